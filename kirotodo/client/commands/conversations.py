"""`conversations` and its commands: list, show, rename, delete, restore, export."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kirotodo.client.commands.context import now, with_backend
from kirotodo.client.commands.file_io import write_out
from kirotodo.client.commands.narration import brief, unescaped
from kirotodo.client.commands.output import Line, Styled, columns, put, put_json, say, to_json
from kirotodo.client.commands.params import CONVERSATION, joined, json_option
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import ChatOutcome, Conversation, Message, Transcript, Turn
from kirotodo.core.domain.task import PAGE_MAX, Page
from kirotodo.core.errors import OperatorError
from kirotodo.core.text.dates import describe_moment
from kirotodo.core.text.sanitize import sanitize, sanitize_line
from kirotodo.core.text.width import fit, pad, width

TITLE_WIDTH = 40


@click.group(
    invoke_without_command=True,
    short_help="Show, rename, delete and export conversations.",
    epilog="""\b
Examples:
  kirotodo conversations
  kirotodo conversations show 3
  kirotodo conversations export 3 > groceries.md""",
)
@json_option
@click.pass_context
def conversations(context: click.Context, as_json: bool) -> None:
    """Show, rename, delete and export conversations. Without a command, list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@conversations.command(
    name="list",
    short_help="List conversations, latest first.",
    epilog="""\b
Examples:
  kirotodo conversations list
  kirotodo conversations list --search dentist
  kirotodo conversations list --json | jq '.items[].title'""",
)
@click.option("--search", metavar="WORDS", help="Only conversations that contain these words.")
@click.option("--limit", type=click.IntRange(1, PAGE_MAX), default=20, show_default=True, help="How many at most.")
@click.option("--cursor", metavar="NEXT", help="Continue after a page, from the `next` in its JSON.")
@json_option
def list_(search: str | None = None, limit: int = 20, cursor: str | None = None, as_json: bool = False) -> None:
    """List conversations, latest first."""
    page = with_backend(lambda backend: backend.conversations(search=search, limit=limit, cursor=cursor))
    if as_json:
        put_json({"items": page.items, "next": page.next})
    elif page.items:
        _put_conversations(page)
    elif search:
        say(f"No conversation contains “{sanitize_line(search)}”.")
    else:
        say('There are no conversations yet. Start one: kirotodo ask "what can you do?"')


def _put_conversations(page: Page[Conversation]) -> None:
    number_width = max(len(str(item.id)) for item in page.items) + 1
    title_width = min(max(width(sanitize_line(item.title)) for item in page.items), TITLE_WIDTH)
    for item in page.items:
        count = "1 message" if item.message_count == 1 else f"{item.message_count} messages"
        title = pad(fit(sanitize_line(item.title), title_width), title_width)
        line = f"{item.id:>{number_width}}  {title}  {describe_moment(item.updated_at, now=now())}  {count}"
        space = columns()
        put(line if space is None else fit(line, space))
        if item.hit is not None:
            found = f"{'':>{number_width}}  {sanitize_line(item.hit.snippet)}"
            put(found if space is None else fit(found, space))
    if page.next is not None:
        say("There are more. See them with --limit.")


@conversations.command(
    short_help="Show the messages of a conversation.",
    epilog="""\b
Examples:
  kirotodo conversations show 3
  kirotodo conversations show 3 --limit 200
  kirotodo conversations show 3 --json""",
)
@click.argument("number", type=CONVERSATION)
@click.option(
    "--limit", type=click.IntRange(1, PAGE_MAX), default=50, show_default=True, help="How many of the newest messages."
)
@click.option("--before", type=click.IntRange(min=1), metavar="SEQ", help="Only messages before this one.")
@json_option
def show(number: int, limit: int, before: int | None, as_json: bool) -> None:
    """Show the newest messages of a conversation, oldest first."""
    page = with_backend(lambda backend: backend.transcript(number, before=before, limit=limit))
    if as_json:
        put_json(page)
        return
    if page.before is not None:
        say(f"Older messages: kirotodo conversations show {number} --before {page.before}")
    for line in _lines_of(page):
        put(*line)


def _lines_of(page: Transcript) -> Iterator[Line]:
    turns = {turn.id: turn for turn in page.turns}
    for message in page.messages:
        who = "you" if message.role == "user" else "kiro"
        content = sanitize(message.content)
        first, *others = (unescaped(content) if message.role == "assistant" else content).splitlines() or [""]
        yield (Styled(f"{who:<5}", bold=True), first)
        yield from ((f"     {line}",) for line in others)
        if message.role == "user":
            yield from _done_in(message, turns)


def _done_in(message: Message, turns: dict[str, Turn]) -> Iterator[Line]:
    turn = turns.get(message.turn_id)
    if turn is None or turn.message_seq != message.seq:
        return
    for call in turn.tool_calls:
        done = sanitize_line(brief(call.result or {})) or call.status
        yield (Styled(f"     {sanitize_line(call.tool)}: {done}", dim=True),)
    if turn.status != "finished":
        yield (Styled(f"     {sanitize_line(turn.error or turn.status.replace('_', ' '))}", dim=True),)


@conversations.command(
    short_help="Rename a conversation.",
    epilog="""\b
Examples:
  kirotodo conversations rename 3 Groceries and bills""",
)
@click.argument("number", type=CONVERSATION)
@click.argument("title", nargs=-1, required=True, metavar="TITLE...")
@json_option
def rename(number: int, title: Sequence[str], as_json: bool) -> None:
    """Rename a conversation."""
    renamed = with_backend(lambda backend: backend.rename_conversation(number, joined(title)))
    _put_one(renamed, "Renamed", as_json=as_json)


@conversations.command(
    short_help="Delete a conversation.",
    epilog="""\b
Examples:
  kirotodo conversations delete 3
  kirotodo conversations restore 3    (brings it back)""",
)
@click.argument("number", type=CONVERSATION)
def delete(number: int) -> None:
    """Delete a conversation. Its tasks are kept, and `restore` brings it back."""
    with_backend(lambda backend: backend.delete_conversation(number))
    put(f"Deleted conversation {number}")
    say(f"To bring it back: kirotodo conversations restore {number}")


@conversations.command(
    short_help="Restore a deleted conversation.",
    epilog="""\b
Examples:
  kirotodo conversations restore 3""",
)
@click.argument("number", type=CONVERSATION)
@json_option
def restore(number: int, as_json: bool) -> None:
    """Restore a deleted conversation."""
    restored = with_backend(lambda backend: backend.restore_conversation(number))
    _put_one(restored, "Restored", as_json=as_json)


def _put_one(conversation: Conversation, verb: str, *, as_json: bool) -> None:
    if as_json:
        put_json(conversation)
    else:
        put(f"{verb} conversation {conversation.id} {sanitize_line(conversation.title)}")


@conversations.command(
    short_help="Save a whole conversation as Markdown or JSON.",
    epilog="""\b
Examples:
  kirotodo conversations export 3
  kirotodo conversations export 3 groceries.md
  kirotodo conversations export 3 --format json | jq '.messages | length'""",
)
@click.argument("number", type=CONVERSATION)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option(
    "--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", help="[default: markdown]"
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def export(number: int, file: Path, form: str, force: bool) -> None:
    """Write a whole conversation to FILE, or to stdout."""
    moment = now()
    text = with_backend(lambda backend: exported(backend, number, as_json=form == "json", now=moment))
    write_out(text, file, force=force)


async def exported(backend: Backend, number: int, *, as_json: bool, now: dt.datetime) -> str:
    """Return a whole conversation as JSON or Markdown, its dates relative to `now`. Raises `NotFound`."""
    whole = await _whole(backend, number)
    return (to_json(_as_json(whole), indent=2) if as_json else "\n".join(_markdown(whole, now))) + "\n"


async def _whole(backend: Backend, number: int) -> Transcript:
    page = await backend.transcript(number, limit=PAGE_MAX)
    messages, turns = list(page.messages), {turn.id: turn for turn in page.turns}
    while (before := page.before) is not None:
        page = await backend.transcript(number, before=before, limit=PAGE_MAX)
        if page.before is not None and page.before >= before:
            raise OperatorError("The server sends the same messages again and again, so the rest can't be read.")
        messages[:0] = page.messages
        turns = {**{turn.id: turn for turn in page.turns}, **turns}
    return Transcript(conversation=page.conversation, messages=tuple(messages), turns=tuple(turns.values()))


def _as_json(whole: Transcript) -> dict[str, Any]:
    turns = [ChatOutcome.of(turn) for turn in whole.turns]
    return {"conversation": whole.conversation, "messages": whole.messages, "turns": turns}


def _markdown(whole: Transcript, now: dt.datetime) -> Iterator[str]:
    turns = {turn.id: turn for turn in whole.turns}
    yield f"# {sanitize_line(whole.conversation.title)}"
    for message in whole.messages:
        yield ""
        yield f"**{'You' if message.role == 'user' else 'Kiro'}**, {describe_moment(message.created_at, now=now)}"
        yield ""
        yield sanitize(message.content).strip()
        turn = turns.get(message.turn_id)
        if message.role == "user" and turn is not None and turn.message_seq == message.seq and turn.tool_calls:
            yield ""
            for call in turn.tool_calls:
                yield f"- `{sanitize_line(call.tool)}` {sanitize_line(brief(call.result or {}))}".rstrip()
