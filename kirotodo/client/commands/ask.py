"""`ask`: one turn of the chat, printed without a screen."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal

import click

from kirotodo.client.commands.context import (
    APPROVAL_NEEDED,
    FAILED,
    UNREACHABLE,
    can_ask,
    confirmed,
    now,
    with_backend,
)
from kirotodo.client.commands.narration import JsonLines, QuietPrinter, TextPrinter, TurnPrinter
from kirotodo.client.commands.output import put_json, say
from kirotodo.client.commands.params import CONVERSATION, joined, text_or_pipe
from kirotodo.client.commands.task_view import in_brief
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import MESSAGE_MAX, Approval, ChatOutcome, Decision, Sent, Turn
from kirotodo.core.errors import Conflict, LiveTurn, NotFound
from kirotodo.core.events import ApprovalAnswered, ApprovalRequested
from kirotodo.core.lazy_dataclasses import dataclass

EXAMPLE: Final = 'kirotodo ask "add milk tomorrow"'
LIVE_TURN_SECONDS: Final = 120.0
"""How long a message waits for the one before it to be answered."""

Answering = Literal["yes", "no", "ask", "never"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A message, its conversation, and how approvals are answered; `latest` continues the newest conversation."""

    text: str
    conversation_id: int | None
    latest: bool
    model: str | None
    answering: Answering


@click.command(
    short_help="Ask or tell the assistant something in plain English.",
    epilog="""\b
Examples:
  kirotodo ask add milk tomorrow at 5pm
  kirotodo ask "what is due this week?"
  kirotodo ask --continue "mark the second one as done"
  echo "add milk tomorrow at 5pm" | kirotodo ask --json | jq .response
  kirotodo ask --yes "delete all completed tasks"
  kirotodo ask --dry-run "reschedule my meetings to 2 PM"

\b
Exit codes: 0 done, 1 failed, 3 approval needed, 5 the model cannot be reached.""",
)
@click.argument("words", nargs=-1, metavar="TEXT...")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print the events as they come, one JSON object per line.")
@click.option("--conversation", "-n", type=CONVERSATION, metavar="NUMBER", help="Continue this conversation.")
@click.option("--continue", "-c", "latest", is_flag=True, help="Continue the latest conversation.")
@click.option("--yes", "-y", is_flag=True, help="Approve whatever needs approval.")
@click.option("--no", is_flag=True, help="Refuse whatever needs approval.")
@click.option("--dry-run", is_flag=True, help="Try it on a temporary copy of your list and change nothing.")
@click.option("--model", metavar="NAME", help="Use this model.")
def ask(words: Sequence[str], as_json: bool, as_jsonl: bool, dry_run: bool, **given: Any) -> None:
    """Ask or tell the assistant something in plain English, and print the answer.

    The answer goes to stdout, and what was done to your tasks to stderr. Without TEXT, stdin is read.
    """
    question = _question(words, given, dry_run=dry_run)
    printer: TurnPrinter = JsonLines() if as_jsonl else QuietPrinter() if as_json else TextPrinter()
    turn = with_backend(lambda backend: _ask(backend, question, printer), rehearse=dry_run, resume=True)
    if as_json:
        put_json(ChatOutcome.of(turn))
    if turn.approval is not None:
        say(turn.approval.question if dry_run else _how_to_answer(turn))
    if dry_run:
        say("This was a dry run. Nothing was changed.")
    code = _exit_code(turn, printer)
    if code:
        raise SystemExit(code)


def _question(words: Sequence[str], given: dict[str, Any], *, dry_run: bool) -> Question:
    if given["yes"] and given["no"]:
        raise click.UsageError("Give either --yes or --no, not both.")
    if given["conversation"] is not None and given["latest"]:
        raise click.UsageError("Give either --conversation or --continue, not both.")
    return Question(
        text=text_or_pipe(
            words, limit=MESSAGE_MAX, example=EXAMPLE, instead="use `kirotodo add` or `kirotodo import` for lists"
        ),
        conversation_id=given["conversation"],
        latest=given["latest"],
        model=joined([given["model"]]) if given["model"] else None,
        answering="yes" if given["yes"] else "no" if given["no"] else "never" if dry_run else "ask",
    )


async def _ask(backend: Backend, question: Question, printer: TurnPrinter) -> Turn:
    conversation_id = await _latest(backend) if question.latest else question.conversation_id
    parked = await _parked(backend, conversation_id)
    sent = await send_question(backend, question, conversation_id)
    try:
        async for event in backend.watch(sent.turn_id):
            if parked is not None:  # a yes or no was sent: what led to the question was told when it was asked
                if isinstance(event, ApprovalAnswered) and event.call_id == parked.call_id:
                    parked = None
                continue
            printer.print(event)
            if isinstance(event, ApprovalRequested) and not await _answered(backend, event, question.answering):
                break
    except (asyncio.CancelledError, KeyboardInterrupt):
        stopped = await backend.cancel(sent.turn_id)
        printer.finish()
        say(f"Stopped. The messages so far are in conversation {stopped.conversation_id}.")
        raise
    printer.finish()
    return await backend.turn(sent.turn_id)


async def send_question(backend: Backend, question: Question, conversation_id: int | None) -> Sent:
    """Send the message, once the last one of its conversation is answered: that may be what a run that was killed left
    behind. Raises `LiveTurn` where that takes too long, or waits for the user."""
    try:
        async with asyncio.timeout(LIVE_TURN_SECONDS) as patience:
            while True:
                try:
                    return await backend.send(question.text, conversation_id=conversation_id, model=question.model)
                except LiveTurn as live:
                    if question.answering == "never" or not await _over(backend, live.turn_id):
                        raise
    except TimeoutError:
        if not patience.expired():
            raise
        raise Conflict("The previous message in this conversation is still being answered. Try again later.") from None


async def _over(backend: Backend, turn_id: str) -> bool:
    """Wait for the end of a turn; False where it waits for the user."""
    say("Waiting for the previous message in this conversation to be answered.")
    async for event in backend.watch(turn_id):
        if isinstance(event, ApprovalRequested) and (await backend.turn(turn_id)).status == "awaiting_approval":
            return False
    return True


async def _latest(backend: Backend) -> int:
    page = await backend.conversations(limit=1)
    if not page.items:
        raise NotFound(f"There is no conversation to continue yet. Start one: {EXAMPLE}")
    return page.items[0].id


async def _parked(backend: Backend, conversation_id: int | None) -> Approval | None:
    """Return the approval that the conversation waits for, which a plain yes or no would answer."""
    if conversation_id is None:
        return None
    turns = (await backend.transcript(conversation_id, limit=1)).turns
    return turns[-1].approval if turns and turns[-1].status == "awaiting_approval" else None


async def _answered(backend: Backend, event: ApprovalRequested, answering: Answering) -> bool:
    """Answer the approval; False where nobody is there to do so. Replayed ones were answered before."""
    turn = await backend.turn(event.turn_id)
    if turn.approval is None or turn.approval.call_id != event.approval.call_id:
        return True
    decision: Decision
    if answering == "ask" or answering == "never":
        for task in event.approval.tasks:
            say(f"  {in_brief(task, now=now())}")
        if answering == "never" or not can_ask():
            return False
        decision = "yes" if confirmed(event.approval.question) else "no"
    else:
        decision = answering
    await backend.answer(event.turn_id, event.approval.call_id, decision)
    return True


def _how_to_answer(turn: Turn) -> str:
    question = turn.approval.question if turn.approval is not None else ""
    return f"{question} Answer with: kirotodo ask --conversation {turn.conversation_id} yes (or no)."


def _exit_code(turn: Turn, printer: TurnPrinter) -> int:
    match turn.status:
        case "finished":
            return 0
        case "awaiting_approval":
            return APPROVAL_NEEDED
        case "failed":
            return UNREACHABLE if printer.failure_code in {"model_error", "unreachable"} else FAILED
        case _:
            return FAILED
