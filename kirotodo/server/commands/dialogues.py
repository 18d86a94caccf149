"""`understand --dialogues`: hold whole conversations with the built-in model, each on a list and a clock of its own."""

import asyncio
import datetime as dt
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from kirotodo.core.domain.conversation import MESSAGE_MAX
from kirotodo.core.domain.task import PAGE_MAX, Task, TaskDraft, TaskFilter
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import ApprovalRequested
from kirotodo.core.local import Core, LocalBackend, preferences_from
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.store.database import Database

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings

ALL: Final = TaskFilter(status="all", sort="created")


class InvalidDialogue(ValueError):
    """Raised for a line that describes no conversation. The message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """A conversation to hold: the moment it begins, the zone, the list before it, and what the user says.

    With `approve` every question of approval is answered with yes within the same turn.
    """

    turns: tuple[str, ...]
    id: str | int | None = None
    now: dt.datetime | None = None
    zone: str = "UTC"
    tasks: tuple[TaskDraft, ...] = ()
    approve: bool = False


_DIALOGUE: Final = TypeAdapter(Dialogue)
_TASKS: Final = TypeAdapter(list[Task])


def read_dialogue(line: Mapping[str, Any]) -> Dialogue:
    """Return the conversation that a line describes. Raise `InvalidDialogue`."""
    if unknown := line.keys() - Dialogue.__dataclass_fields__.keys():
        known = ", ".join(Dialogue.__dataclass_fields__)
        raise InvalidDialogue(f"has an unknown field {min(unknown)!r}. Known fields: {known}.")
    try:
        dialogue = _DIALOGUE.validate_python(line)
        ZoneInfo(dialogue.zone)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidDialogue(f"is not valid at {place}: {first['msg']}.") from None
    except (KeyError, ValueError, OSError):
        raise InvalidDialogue(f"names an unknown time zone: {line['zone']!r}.") from None
    for number, text in enumerate(dialogue.turns):
        if not text.strip() or len(text) > MESSAGE_MAX:
            raise InvalidDialogue(f"is not valid at turns.{number}: a message has 1 to {MESSAGE_MAX:,} characters.")
    return dialogue


@dataclass
class _Clock:
    """A clock that is set for each conversation, and stands still but for the order of what happens."""

    moment: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def __call__(self) -> dt.datetime:
        self.moment += dt.timedelta(microseconds=1)
        return self.moment


def hold_all(lines: Sequence[Dialogue], settings: "Settings", put: Callable[[Mapping[str, Any]], None]) -> None:
    """Hold each conversation, in a temporary database, and hand its outcome to `put`."""

    async def run() -> None:
        async with _temporary_core(settings) as (core, clock):
            for number, dialogue in enumerate(lines):
                put({"id": dialogue.id, "turns": await _held(core, clock, f"dialogue-{number}", dialogue)})

    asyncio.run(run())


@asynccontextmanager
async def _temporary_core(settings: "Settings") -> AsyncIterator[tuple[Core, _Clock]]:
    """Open a core on a database of its own: every conversation is a user with a list that no other one sees."""
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="kirotodo-dialogues-") as folder:
        database = await Database.open(f"sqlite:///{Path(folder) / 'tasks.db'}", clock=clock)
        model = BuiltinModel(preferences=preferences_from(settings))
        core = Core(database=database, settings=settings, model=model, clock=clock)
        try:
            yield core, clock
        finally:
            await core.aclose()


async def _held(core: Core, clock: _Clock, user_id: str, dialogue: Dialogue) -> list[Mapping[str, Any]]:
    zone = ZoneInfo(dialogue.zone)
    now = dialogue.now or dt.datetime.now(zone)
    clock.moment = (now if now.tzinfo is not None else now.replace(tzinfo=zone)).astimezone(dt.UTC)
    backend = core.of(user_id, zone=zone)
    if dialogue.tasks:
        await backend.import_tasks(dialogue.tasks)
    conversation_id: int | None = None
    turns: list[Mapping[str, Any]] = []
    for text in dialogue.turns:
        said: Mapping[str, Any]
        try:
            conversation_id, said = await _answered(backend, conversation_id, text, approve=dialogue.approve)
        except KirotodoError as error:  # such as a message while the turn before it waits for an approval
            said = {"response": error.message, "status": "failed"}
        turns.append({**said, "tasks": await _listed(backend)})
    return turns


async def _answered(
    backend: LocalBackend, conversation_id: int | None, text: str, *, approve: bool
) -> tuple[int, Mapping[str, Any]]:
    """Send one message; return its conversation and what came of it."""
    sent = await backend.send(text, conversation_id=conversation_id)
    asked = ""
    async for event in backend.watch(sent.turn_id):
        if isinstance(event, ApprovalRequested):
            if not approve:
                break
            asked += f"{event.approval.question} [yes] "
            await backend.answer(sent.turn_id, event.approval.call_id, "yes")
    turn = await backend.turn(sent.turn_id)
    said = turn.error if turn.status == "failed" else turn.response
    return sent.conversation_id, {"response": asked + (said or ""), "status": turn.status}


async def _listed(backend: LocalBackend) -> Any:
    tasks: list[Task] = []
    cursor: str | None = None
    while True:
        page = await backend.tasks(ALL, limit=PAGE_MAX, cursor=cursor)
        tasks += page.items
        cursor = page.next
        if cursor is None:
            return _TASKS.dump_python(sorted(tasks, key=lambda task: task.id), mode="json")
