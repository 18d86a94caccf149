"""`models`: which models can answer, and which others the service of one offers."""

import asyncio
from typing import TYPE_CHECKING, Final

import click

from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.console import put, put_json, say, where
from kirotodo.server.commands.loading import load_settings

if TYPE_CHECKING:
    from kirotodo.core.backend import ModelChoice
    from kirotodo.core.settings import Settings

UNREACHABLE: Final = 5
FAILED: Final = 1


@click.command(
    short_help="List the models that can answer.",
    epilog="""\b
Examples:
  kirotodo models
  kirotodo models fast
  kirotodo models --json | jq -r '.offered[]'

\b
Exit codes: 0 done, 1 the key was refused, 5 the model service cannot be reached.""",
)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(name: str | None, as_json: bool) -> None:
    """List the configured models, and the models that the service of the default one (or of NAME) offers.

    A model is configured with a table [models.NAME] in config.toml, or with OPENAI_API_KEY and OPENAI_MODEL.
    """
    from kirotodo.core.errors import InvalidInput, KirotodoError, Unreachable
    from kirotodo.core.models.registry import choices

    settings = load_settings()
    known = choices(settings)
    profile = next((choice for choice in known if choice.name == (name or settings.default_model)), None)
    if profile is None:
        raise InvalidInput(f"There is no model {name!r}. Choose one of: {', '.join(each.name for each in known)}.")
    if not as_json:
        _print(known)
    found: tuple[str, ...] | None = None
    fault: KirotodoError | None = None
    try:
        found = _offered(profile.name, settings)
    except KirotodoError as error:
        fault = error
    if as_json:
        put_json({"items": known, "next": None, "offered": found, "error": fault.message if fault else None})
    elif found is not None:
        put(f"\nOffered by {sanitize_line(profile.place)}:")
        for offered in found:
            put(f"  {sanitize_line(offered)}")
    if fault is not None:
        say(fault.message)
        raise click.exceptions.Exit(UNREACHABLE if isinstance(fault, Unreachable) else FAILED)


def _offered(name: str, settings: "Settings") -> tuple[str, ...] | None:
    """None for the built-in model, which has no service."""
    profile = next((profile for profile in settings.profiles() if profile.name == name), None)
    if profile is None:
        return None

    from kirotodo.core.models.openai.probe import offered
    from kirotodo.core.models.registry import endpoint_of

    return asyncio.run(offered(endpoint_of(profile, settings)))


def _print(known: "tuple[ModelChoice, ...]") -> None:
    rows = [
        (*(sanitize_line(text) for text in (choice.name, choice.model, choice.place)), _price(choice), choice.default)
        for choice in known
    ]
    widths = [max(len(str(row[column])) for row in rows) for column in range(3)]
    for name, model, place, price, default in rows:
        columns = "  ".join(f"{text:<{width}}" for text, width in zip((name, model, place), widths, strict=True))
        put(f"{'*' if default else ' '} {columns}  {price}".rstrip())
    say("* is the default. To use another: kirotodo ask --model NAME")
    if (found := where(ask=False)).server:
        say(f"These are this computer's models. Your list is at {found.server}; /model in the chat lists its models.")


def _price(choice: "ModelChoice") -> str:
    if choice.input_price is None or choice.output_price is None:
        return ""
    return (
        f"{choice.currency}{choice.input_price:g} in, {choice.currency}{choice.output_price:g} out per million tokens"
    )
