"""`understand`: what the built-in model makes of a text, for people and for scoring. Touches no list."""

import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

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
  echo '{"id": 1, "text": "add milk", "now": "2026-11-23T10:00:00"}' | kirotodo understand --jsonl
  kirotodo understand --dialogues < conversations.jsonl

\b
With --dialogues, each line on stdin is one conversation, held on a new list:
  {"id": 1, "now": "2026-11-23T10:00:00", "zone": "UTC", "approve": true,
   "tasks": [{"title": "call mom"}], "turns": ["add milk", "and bread"]}
and each line on stdout says what came of it:
  {"id": 1, "turns": [{"response": "...", "status": "finished", "tasks": [...]}, ...]}
"tasks" is the whole list after the turn; the tasks given have the ids 1, 2, 3 and so on. "approve" answers yes to
every question of approval. Only "turns" is required; "now" is a local time.""",
)
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.option("--jsonl", is_flag=True, help="Read questions from stdin, one JSON object per line.")
@click.option(
    "--dialogues", is_flag=True, help="Read conversations from stdin and hold them, one JSON object per line."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def understand(words: Sequence[str], jsonl: bool, dialogues: bool, as_json: bool) -> None:
    """Show how the built-in model understands TEXT; nothing is changed."""
    if jsonl and dialogues:
        raise click.UsageError("Give either --jsonl or --dialogues, not both.")
    if (jsonl or dialogues) and words:
        raise click.UsageError(f"{'--jsonl' if jsonl else '--dialogues'} reads from stdin: leave out TEXT.")
    if jsonl:
        _answer_lines()
        return
    if dialogues:
        _hold_dialogues()
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
    put(understand.weighed(text))


def _answer_lines() -> None:
    from kirotodo.core.language.evaluation import answer

    for number, line in _lines():
        put_json_line(answer(_question(line, number)))


def _hold_dialogues() -> None:
    from kirotodo.server.commands.dialogues import InvalidDialogue, hold_all, read_dialogue

    read = []
    for number, line in _lines():
        try:
            read.append(read_dialogue(_question(line, number)))
        except InvalidDialogue as error:
            raise click.ClickException(f"Line {number} {error}") from None
    hold_all(read, load_settings(), put_json_line)


def _lines() -> Iterator[tuple[int, bytes]]:
    """Yield the lines of stdin that are not blank, with their numbers."""
    return ((number, line) for number, line in enumerate(sys.stdin.buffer, start=1) if line.strip())


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
    chosen = {field.name: getattr(settings, field.name) for field in msgspec.structs.fields(Preferences)}
    return understand(text, now=dt.datetime.now(settings.zone), preferences=Preferences(**chosen))


def as_json(understanding: "Understanding") -> dict[str, Any]:
    """`actions`, each with its `op` and what of it was said."""
    plain: dict[str, Any] = msgspec.to_builtins(_explanation(understanding))
    return plain


def _explanation(understanding: "Understanding") -> dict[str, Any]:
    return {
        "actions": [{"op": _op(action), **_fields_of(action)} for action in understanding.actions],
        "when": understanding.when,
        "recurrence": understanding.recurrence,
        "left_out": list(understanding.left_out),
        "spans": [{"kind": span.kind, "text": span.text} for span in understanding.explanation.spans],
        "readings": [
            {
                "frame": reading.frame,
                "score": reading.score,
                "text": reading.text,
                "actions": [{"op": _op(action), **_fields_of(action)} for action in reading.actions],
            }
            for reading in understanding.explanation.readings
        ],
    }


def describe(understanding: "Understanding") -> Iterator[str]:
    """One line an action, and a line for each thing that was said of it; then how it was read."""
    for action in understanding.actions:
        yield _op(action)
        for name, value in _fields_of(action).items():
            yield f"  {name:<11}{sanitize_line(_words(value))}"
    yield from _explained(understanding)


def _explained(understanding: "Understanding") -> Iterator[str]:
    """Yield what was left out, the spans, and each way in which a clause was read with its score, the best first."""
    for words in understanding.left_out:
        yield f"left out     {sanitize_line(words)}"
    why = understanding.explanation
    if why.spans:
        yield "spans"
        for span in why.spans:
            yield f"  {span.kind:<11}{sanitize_line(span.text)}"
    clause = None
    for reading in why.readings:
        if reading.text != clause:
            yield f"read         {sanitize_line(reading.text)}"
            clause = reading.text
        ops = ", ".join(_op(action) for action in reading.actions)
        yield f"  {reading.score:<11}{reading.frame}: {ops}"


def weighed(text: str) -> str:
    """Return the kinds of wish that the second opinion finds most probable for a text."""
    from kirotodo.core.language.second_opinion import opinion

    likely = sorted(opinion(text).by_kind.items(), key=lambda each: -each[1])[:3]
    return f"opinion      {', '.join(f'{kind} {share:.2f}' for kind, share in likely)}"


def _op(action: object) -> str:
    name = type(action).__name__
    return "".join(f"_{char.lower()}" if char.isupper() and place else char.lower() for place, char in enumerate(name))


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields that differ from their defaults, or have none."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(value):
        given = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if given != default:
            fields[field.name] = sorted(given) if isinstance(given, frozenset) else given
    return fields


def _words(value: Any) -> str:
    from kirotodo.core.language.types import Recurrence

    if isinstance(value, Recurrence):
        return describe_rule(value.rule, recurs_from=value.recurs_from)
    if isinstance(value, msgspec.Struct):
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
