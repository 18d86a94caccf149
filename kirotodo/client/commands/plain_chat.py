"""The chat without a screen, line after line: for screen readers, pipes and terminals that cannot move a cursor.

Nothing printed is ever changed again; each line begins with the role of whoever it is from.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Final

from kirotodo.client.commands.ask import Question, send_question
from kirotodo.client.commands.context import APPROVAL_NEEDED, now, session, with_backend
from kirotodo.client.commands.narration import brief, unescaped
from kirotodo.client.commands.output import put, put_chunk
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.custom_commands import CustomCommand, custom_commands
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Approval, Decision
from kirotodo.core.domain.task import Changed, TaskFilter
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import ApprovalRequested, ToolCallFinished, TurnCancelled, TurnEvent, TurnFailed, TurnFinished
from kirotodo.core.text.sanitize import sanitize, sanitize_line

HELP: Final = (
    "Write what there is to do, or ask. Lines with a slash are commands: "
    "/tasks lists what is open, /today what is due by today, /undo and /redo, /new begins a conversation, /quit ends."
)
COMMANDS: Final = ("help", "tasks", "today", "undo", "redo", "new", "quit")
LOOKUPS: Final = frozenset({"list_tasks", "get_task", "task_stats", "plan"})
_DECISIONS: Final[dict[str, Decision]] = {"y": "yes", "yes": "yes", "a": "always", "always": "always", "never": "never"}


def chat_plainly(*, conversation: int | None, new: bool, model: str | None) -> None:
    """Talk in lines until the input ends. Exit with 3 where a question was left open."""

    async def talk(backend: Backend) -> bool:
        own, problems = custom_commands(session().prompts(), COMMANDS)
        for problem in problems:
            put(f"problem: {problem}")
        chat = PlainChat(backend, model=model, own=own)
        await chat.begin(conversation, new=new)
        return await chat.run()

    if not with_backend(talk, resume=True):
        raise SystemExit(APPROVAL_NEEDED)


class PlainChat:
    """One conversation at a time over standard input and output."""

    def __init__(self, backend: Backend, *, model: str | None, own: Mapping[str, CustomCommand]) -> None:
        self._backend = backend
        self._model = model
        self._own = own
        self._conversation: int | None = None
        self._echo = not sys.stdin.isatty()

    async def begin(self, conversation: int | None, *, new: bool) -> None:
        """Say where one is: the conversation asked for, the latest, or a new one."""
        if not new and conversation is None:
            page = await self._backend.conversations(limit=1)
            conversation = page.items[0].id if page.items else None
        self._conversation = conversation
        if conversation is None:
            put("conversation: new")
        else:
            transcript = await self._backend.transcript(conversation, limit=1)
            put(f"conversation: {sanitize_line(transcript.conversation.title)}")
        status = await self._backend.status()
        put(f"list: {sanitize_line(status.place)}, {status.pending} open. /help lists what there is.")

    async def run(self) -> bool:
        """Take lines until there are none. Return False where a question was left open."""
        while (line := await self._read("you: ")) is not None:
            if not line:
                continue
            if line == "/quit":
                break
            try:
                if not await self._take(line):
                    return False
            except KirotodoError as error:
                put(f"problem: {sanitize(error.message)}")
        return True

    async def _read(self, role: str) -> str | None:
        """Return the next line, None at the end; what comes from a pipe is printed, since nobody has seen it."""
        if not self._echo:
            put_chunk(role)
        try:
            line = await asyncio.to_thread(sys.stdin.readline)
        except UnicodeDecodeError:
            put("problem: This line isn't text.")
            return ""
        if self._echo and line:
            put(f"{role}{sanitize_line(line)}")
        return line.strip() if line else None

    async def _take(self, line: str) -> bool:
        match line:
            case "/help":
                put(f"help: {HELP}")
                for each in self._own.values():
                    put(f"help: /{each.name} sends: {sanitize_line(each.prompt)}")
            case "/tasks":
                await self._list(TaskFilter(), "Nothing is open.")
            case "/today":
                today = now().date()
                await self._list(TaskFilter(due_to=today), "Nothing is due by today.")
            case "/new":
                self._conversation = None
                put("conversation: new")
            case "/undo":
                _report("undone", await self._backend.undo())
            case "/redo":
                _report("redone", await self._backend.redo())
            case _:
                name, _, argument = line.removeprefix("/").partition(" ")
                own = self._own.get(name.casefold()) if line.startswith("/") else None
                return await self._turn(own.text(argument) if own is not None else line)
        return True

    async def _list(self, where: TaskFilter, nothing: str) -> None:
        cursor: str | None = None
        empty = True
        while True:
            page = await self._backend.tasks(where, limit=200, cursor=cursor)
            for task in page.items:
                empty = False
                put(f"task: {in_brief(task, now=now())}")
            cursor = page.next
            if cursor is None:
                break
        if empty:
            put(f"list: {nothing}")

    async def _turn(self, text: str) -> bool:
        question = Question(
            text=text, conversation_id=self._conversation, latest=False, model=self._model, answering="ask"
        )
        sent = await send_question(self._backend, question, self._conversation)
        self._conversation = sent.conversation_id
        async for event in self._backend.watch(sent.turn_id):
            if isinstance(event, ApprovalRequested):
                if not await self._ask(event.turn_id, event.approval):
                    return False
            else:
                _print(event)
        return True

    async def _ask(self, turn_id: str, approval: Approval) -> bool:
        """Ask for a yes or no. Return False where the input ends before there is one; the question waits then."""
        for task in approval.tasks:
            put(f"task: {in_brief(task, now=now())}")
        put(f"question: {sanitize_line(approval.question)} Answer yes, no, always or never.")
        answer = await self._read("you: ")
        if answer is None:
            put("question: Left open. It waits for your yes or no.")
            return False
        await self._backend.answer(turn_id, approval.call_id, _DECISIONS.get(answer.casefold(), "no"))
        return True


def _print(event: TurnEvent) -> None:
    match event:
        case ToolCallFinished() if event.status != "succeeded":
            put(f"failed: {sanitize_line(brief(event.result))}")
        case ToolCallFinished() if event.tool not in LOOKUPS:
            put(f"change: {sanitize_line(brief(event.result))}")
        case TurnFinished() | TurnCancelled():
            if event.response:
                put(f"kiro: {unescaped(sanitize(event.response)).rstrip()}")
            if isinstance(event, TurnCancelled):
                put("stopped.")
        case TurnFailed():
            put(f"problem: {sanitize(event.message)}")
        case _:
            pass


def _report(verb: str, changed: Changed) -> None:
    titles = [sanitize_line(task.title) for task in changed.tasks]
    gone = f"{len(changed.removed)} taken off the list" if changed.removed else ""
    put(f"{verb}: {', '.join(part for part in (*titles, gone) if part) or 'nothing'}")
    for sentence in changed.skipped:
        put(f"note: {sanitize_line(sentence)}")
