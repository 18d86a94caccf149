"""`understand`: what the built-in model makes of a text, for people and for scoring. Touches no list."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from kirotodo.server.commands.printing import put, put_json_line


@click.command(
    short_help="Show what the built-in model makes of a text.",
    epilog="""\b
Examples:
  kirotodo understand every other friday at 9 water the plants
  kirotodo understand --json "pay rent on the 1st"
  echo '{"id": 1, "text": "add milk", "now": "2026-11-23T10:00:00"}' | kirotodo understand --jsonl""",
)
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.option("--jsonl", is_flag=True, help="Answer questions from stdin, one JSON object a line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def understand(words: Sequence[str], jsonl: bool, as_json: bool) -> None:
    """Show what the built-in model makes of TEXT; nothing is changed."""
    if jsonl:
        _answer_lines()
        return
    text = " ".join(words).strip() or ("" if sys.stdin.isatty() else sys.stdin.read(10_000).strip())
    if not text:
        raise click.UsageError("Nothing was said. For example: kirotodo understand buy milk tomorrow")
    from kirotodo.server.commands import reading

    understanding = reading.read(text)
    if as_json:
        from kirotodo.server.commands.printing import put_json

        put_json(reading.as_json(understanding))
        return
    for line in reading.describe(understanding):
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
        raise click.ClickException(f"Line {number} is no JSON: {error}") from None
    if not isinstance(question, dict):
        raise click.ClickException(f"Line {number} is no JSON object.")
    return question
