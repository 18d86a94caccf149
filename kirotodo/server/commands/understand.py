"""`understand`: what the built-in model makes of a text, for people and for scoring. Touches no list."""

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from kirotodo.core.text.dates import describe_rule
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.console import put, put_json_line
from kirotodo.server.commands.loading import load_settings

if TYPE_CHECKING:
    from kirotodo.core.language.types import Understanding


@click.command(
    short_help="Show how the built-in model understands a text.",
    epilog="""\b
Examples:
  kirotodo understand every other friday at 9 water the plants
  kirotodo understand --json "pay rent on the 1st"
  echo '{"id": 1, "text": "add milk", "now": "2026-11-23T10:00:00"}' | kirotodo understand --jsonl""",
)
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.option("--jsonl", is_flag=True, help="Read questions from stdin, one JSON object per line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def understand(words: Sequence[str], jsonl: bool, as_json: bool) -> None:
    """Show how the built-in model understands TEXT; nothing is changed."""
    if jsonl:
        _answer_lines()
        return
    text = " ".join(words).strip() or ("" if sys.stdin.isatty() else sys.stdin.read(10_000).strip())
    if not text:
        raise click.UsageError("No text was given. For example: kirotodo understand buy milk tomorrow")
    from kirotodo.server.commands import understand

    understanding = understand.read(text)
    if as_json:
        from kirotodo.server.commands.console import put_json

        put_json(understand.as_json(understanding))
        return
    for line in understand.describe(understanding):
        put(line)


def _answer_lines() -> None:
    from kirotodo.core.language.evaluation import answer

    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        put_json_line(answer(_question(line, number)))


def _question(line: bytes, number: int) -> dict[str, Any]:
    try:
        question = json.loads(line)
    except ValueError as error:
        raise click.ClickException(f"Line {number} isn't valid JSON: {error}") from None
    if not isinstance(question, dict):
        raise click.ClickException(f"Line {number} isn't a JSON object.")
    return question


def read(text: str) -> "Understanding":
    """Return what the built-in model understands of a text that is said now, by the settings."""
    from kirotodo.core.language.types import Preferences
    from kirotodo.core.language.understand import understand

    settings = load_settings()
    chosen = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Preferences)}
    return understand(text, now=dt.datetime.now(settings.zone), preferences=Preferences(**chosen))


def as_json(understanding: "Understanding") -> dict[str, Any]:
    """`actions`, each with its `op` and what of it was said."""
    return {
        "actions": [{"op": _op(action), **_fields_of(action)} for action in understanding.actions],
        "when": understanding.when,
        "recurrence": understanding.recurrence,
    }


def describe(understanding: "Understanding") -> Iterator[str]:
    """One line an action, and a line for each thing that was said of it."""
    for action in understanding.actions:
        yield _op(action)
        for name, value in _fields_of(action).items():
            yield f"  {name:<11}{sanitize_line(_words(value))}"


def _op(action: object) -> str:
    name = type(action).__name__
    return "".join(f"_{char.lower()}" if char.isupper() and place else char.lower() for place, char in enumerate(name))


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields that differ from their defaults, or have none."""
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if given != default:
            fields[field.name] = sorted(given) if isinstance(given, frozenset) else given
    return fields


def _words(value: Any) -> str:
    from kirotodo.core.language.types import Recurrence

    if isinstance(value, Recurrence):
        return describe_rule(value.rule, recurs_from=value.recurs_from)
    if dataclasses.is_dataclass(value):
        parts = _fields_of(value).items()
        return ", ".join(_words(part) if name in {"date", "time"} else f"{name} {_words(part)}" for name, part in parts)
    match value:
        case tuple() | list():
            return ", ".join(_words(part) for part in value)
        case dt.date():
            return f"{value:%a} {value.isoformat()}"
        case dt.time():
            return f"{value:%H:%M}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
