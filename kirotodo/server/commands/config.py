"""`config`: what is set, where it came from, and the file to change it in."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.console import prompt_secret, put, put_json, say, where
from kirotodo.server.commands.loading import given_file, load_settings

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings

SETTING_PROBLEMS: Final = "kirotodo.setting_problems"
VIEW_PROBLEMS: Final = "kirotodo.view_problems"
"""Keys in the context's `meta`, where the program's entry point leaves what checks the settings of the chat and the
views of the list."""


@click.group(
    invoke_without_command=True,
    short_help="Show every setting and where it came from.",
    epilog="""\b
Examples:
  kirotodo config
  kirotodo config edit
  kirotodo config show --json | jq '.items[] | select(.source != "default")'""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show every setting and where it came from: the environment, the file of --env-file, config.toml or its default.

    A server also reads .env in its folder; --env-file .env shows the effect of that.
    """
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json)


@config.command(
    short_help="Show every setting, its value and its source.",
    epilog="""\b
Examples:
  kirotodo config show
  kirotodo config show --json""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json: bool = False) -> None:
    """Show every setting, its value and its source. Secrets are hidden."""
    settings = load_settings()
    sources = settings.sources()
    rows = [(name.upper(), value, sources[name]) for name, value in settings.shown().items()]
    if as_json:
        put_json({"items": [dict(zip(("name", "value", "source"), row, strict=True)) for row in rows], "next": None})
        return
    name_width = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        place = "" if source == "default" else f"  ({source})"
        put(f"{name:<{name_width}}  {sanitize_line(value) or '-'}{place}")
    if (found := where(ask=False)).server:
        say(f"Your list is at {found.server}; these are the settings of this computer.")
    say(f"To change them, run `kirotodo config edit` ({settings.config_path}).")


@config.command(
    short_help="Print where config.toml is.",
    epilog="""\b
Examples:
  kirotodo config path
  cat "$(kirotodo config path)\"""",
)
def path() -> None:
    """Print where config.toml is, or would be."""
    from kirotodo.core.settings import default_config_path

    put(str(default_config_path(given_file())))


@config.command(
    short_help="Open config.toml in your editor.",
    epilog="""\b
Examples:
  kirotodo config edit
  EDITOR=nano kirotodo config edit""",
)
def edit() -> None:
    """Open config.toml in $VISUAL or $EDITOR, and check the result."""
    from kirotodo.core.errors import OperatorError
    from kirotodo.core.settings import Settings, default_config_path
    from kirotodo.core.text.files import atomic_write, close_to_others

    file = default_config_path(given_file())
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OperatorError(
            f"An editor needs a terminal. Edit {file} yourself, or set $EDITOR to an editor that needs none."
        )
    try:
        if not file.exists():
            atomic_write(file, "\n".join(_template(Settings)))
        click.edit(filename=str(file))
        close_to_others(file)  # it may hold keys, and editors may make it anew
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror or error}.") from None
    load_settings()
    say(f"{file} is valid.")


@config.command(
    short_help="Check config.toml, themes, keys, models and saved views.",
    epilog="""\b
Examples:
  kirotodo config validate
  kirotodo config validate --json | jq -r '.items[].problem'""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def validate(as_json: bool) -> None:
    """Check all that you can set: config.toml with its models, keys and slash commands, the environment, the files of
    themes, and the filters of your saved views. Print each fault, where it is and what to do; the exit code is 1 then.
    """
    settings, faults = _checked()
    if as_json:
        put_json({"items": [{"problem": fault} for fault in faults], "next": None})
    elif faults:
        put("\n".join(map(sanitize_line, faults)))
    else:
        there = "is valid" if settings.config_path.exists() else "isn't there, and isn't needed"
        put(f"{settings.config_path} {there}; keys, themes, models and saved views are in order.")
    if faults:
        raise SystemExit(1)


def _checked() -> "tuple[Settings, list[str]]":
    """Return the settings, and a sentence for each fault. Views are looked at where it is known which list is used."""
    from kirotodo.core.errors import KirotodoError
    from kirotodo.core.settings import Settings

    meta = click.get_current_context().find_root().meta
    settings, faults = Settings.checked(env_file=given_file())
    usable = not faults
    if (look := meta.get(SETTING_PROBLEMS)) is not None:
        faults += look(settings)
    if not usable:
        say("Saved views are checked once the settings are valid.")
    elif (look := meta.get(VIEW_PROBLEMS)) is not None:
        try:
            faults += look(settings)
        except KirotodoError as error:
            say(f"Your saved views weren't checked: {error.message}")
    return settings, faults


@config.command(
    short_help="Store the key of a model, or delete it.",
    epilog="""\b
Examples:
  kirotodo config key fast
  pass show models/fast | kirotodo config key fast
  kirotodo config key fast --delete""",
)
@click.argument("name")
@click.option("--delete", is_flag=True, help="Delete the key instead.")
def key(name: str, delete: bool) -> None:
    """Store the key of the model NAME, a table [models.NAME] of config.toml, in the system keyring.

    You are prompted for the key, which isn't shown; or pipe it. Without a keyring it is stored in a file that only you
    can read.
    """
    from kirotodo.core.models.keys import KeyStore, checked_key

    settings = load_settings()
    keys = KeyStore(settings.config_dir)
    if delete:
        gone = keys.delete(name)
        say(f"Deleted the key of {sanitize_line(name)}." if gone else "There was no such key.")
        return
    _check_takes_key(name, settings)
    stored = keys.store(name, checked_key(_typed_key(name)))
    where = "the system keyring" if stored.place == "keyring" else f"{stored.place}, since {stored.detail}"
    say(f"Stored the key of {name} in {where}.")


def _check_takes_key(name: str, settings: "Settings") -> None:
    from kirotodo.core.errors import InvalidInput

    profile = next((profile for profile in settings.profiles() if profile.name == name), None)
    if profile is None:
        raise InvalidInput(
            f"There is no model {sanitize_line(name)!r}. First add a table [models.NAME] for it to config.toml."
        )
    variable = "OPENAI_API_KEY" if profile.from_environment else profile.key_env
    if variable is not None:
        raise InvalidInput(f"The key of {sanitize_line(name)} comes from {variable}: set it there.")


def _typed_key(name: str) -> str:
    if sys.stdin.isatty():
        return prompt_secret(f"Key of {name}")
    return sys.stdin.readline()


def _template(settings: "type[Settings]") -> Iterator[str]:
    yield "# Settings of kirotodo. Remove the # from a line to change it; environment variables override this file."
    yield ""
    from kirotodo.core.settings import TABLES

    blank = settings(timezone="UTC", database_url="")
    for name, field in settings.fields.items():
        if name in {"kirotodo_home", *TABLES}:
            continue
        yield f"# {field.description}"
        yield f"# {name} = {_toml(name, blank)}"
        yield ""
    yield "# Keys of the chat by action; docs/keys.md lists the actions."
    yield from ("# [keys]", '# "tasks.done"="space x"', "")
    yield "# Slash commands of your own: /buy milk sends what stands here, with milk in the place of {args}."
    yield from ("# [commands]", '# buy="add {args} to shopping"', "")
    yield "# Models to choose from: one table each, at the end of the file; `kirotodo config key NAME` stores a key."
    yield from ("# [models.home]", '# model="qwen3:8b"', '# base_url="http://localhost:11434/v1"')


def _toml(name: str, blank: "Settings") -> str:
    if name in {"timezone", "database_url"}:
        return '"Europe/Vienna"' if name == "timezone" else '"sqlite+aiosqlite:////path/to/kirotodo.db"'
    value = getattr(blank, name)
    shown = blank.shown()[name]
    return shown if isinstance(value, bool | int | float) else f'"{shown}"'
