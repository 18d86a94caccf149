"""The work in the background: one method a job, each speaks to the backend and posts messages. No widget in sight."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from textual.message import Message

from kirotodo.client.state import Outgoing
from kirotodo.client.tui.messages import (
    AnswerRefused,
    CallUndone,
    ConversationDeleted,
    ConversationLoaded,
    ConversationRenamed,
    ConversationsChanged,
    Edited,
    EventArrived,
    Failed,
    LinkReported,
    MessageAccepted,
    MessageRefused,
    ModelsFetched,
    OlderLoaded,
    OpenConversation,
    PageFetched,
    StatusFetched,
    TasksFetched,
    TasksLoaded,
    WatchLost,
)
from kirotodo.core.backend import Backend, LinkChanged, ListChanged
from kirotodo.core.domain.conversation import Decision, Transcript
from kirotodo.core.domain.task import PAGE_MAX, Changed, Task, TaskFilter
from kirotodo.core.errors import KirotodoError, NotFound, Unreachable
from kirotodo.core.events import TurnCancelled, TurnFailed, TurnFinished
from kirotodo.core.retry import Backoff

TASKS_SHOWN: Final = 1_000
"""How many open tasks the pane is given; the rest is a count."""
PAGE: Final = 50
EARLIER: Final = -1
"""The view of a message that was on its way when the program ended the last time."""
_BACKOFF: Final = Backoff()
log = logging.getLogger(__name__)


class Post(Protocol):
    def __call__(self, message: Message, /) -> object: ...


class BackgroundWork:
    """Everything the chat asks of a backend. `post` takes the messages, `pause` sleeps between two tries."""

    def __init__(
        self,
        core: Callable[[], Awaitable[Backend]],
        post: Post,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._post = post
        self._pause = pause

    async def quietly(self, load: Awaitable[object]) -> None:
        """Load something that nobody asked for just now. Without a link it is loaded once there is one."""
        with contextlib.suppress(Unreachable):
            await load

    # --- the conversation ---

    async def open_latest(self, preferred: int | None, view: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        """Load the conversation that the last of `outbox` went to, else the preferred one, the latest, an empty one."""
        preferred = await self.send_all(outbox) or preferred
        backend = await self._core()
        if preferred is not None:
            try:
                return self._loaded(await backend.transcript(preferred, limit=PAGE), view)
            except NotFound:
                pass
        page = await backend.conversations(limit=1)
        latest = page.items[0].id if page.items else None
        self._loaded(await backend.transcript(latest, limit=PAGE) if latest is not None else None, view)

    async def open(self, conversation_id: int, view: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        await self.send_all(outbox)
        backend = await self._core()
        self._loaded(await backend.transcript(conversation_id, limit=PAGE), view)

    async def older(self, conversation_id: int, before: int, view: int) -> None:
        backend = await self._core()
        try:
            transcript = await backend.transcript(conversation_id, before=before, limit=PAGE)
        except KirotodoError:
            self._post(OlderLoaded(None, view))
            raise
        self._post(OlderLoaded(transcript, view))

    async def look_again(self, conversation_id: int, view: int) -> None:
        """Load the newest page of the conversation on screen once more."""
        backend = await self._core()
        try:
            self._post(PageFetched(await backend.transcript(conversation_id, limit=PAGE), view))
        except NotFound:
            self._post(ConversationDeleted(conversation_id))

    async def rename(self, conversation_id: int, title: str) -> None:
        backend = await self._core()
        self._post(ConversationRenamed(await backend.rename_conversation(conversation_id, title)))

    async def delete(self, conversation_id: int) -> None:
        await (await self._core()).delete_conversation(conversation_id)
        self._post(ConversationDeleted(conversation_id))

    async def restore(self, conversation_id: int) -> None:
        await (await self._core()).restore_conversation(conversation_id)
        self._post(OpenConversation(conversation_id))

    def _loaded(self, transcript: Transcript | None, view: int) -> None:
        self._post(ConversationLoaded(transcript, view))

    # --- the turn ---

    async def send(self, message: Outgoing, view: int) -> int | None:
        """Send a message; a refusal comes back with it, whatever it was. Gives the conversation it is in."""
        try:
            backend = await self._core()
            sent = await backend.send(
                message.text,
                conversation_id=message.conversation_id,
                request_key=message.request_key,
                model=message.model,
            )
        except KirotodoError as error:
            self._post(MessageRefused(message, error, view))
            return None
        except Exception as error:
            log.exception("A message could not be sent.")
            why = f"{type(error).__name__}: {error}"
            fault = KirotodoError(f"The message could not be sent and is back in the composer ({why}).")
            self._post(MessageRefused(message, fault, view))
            return None
        self._post(MessageAccepted(message, sent, view))
        return sent.conversation_id

    async def send_all(self, outbox: Sequence[Outgoing]) -> int | None:
        """Send again what was on its way when the program ended; gives the conversation that the last one is in."""
        place = None
        for message in outbox:
            place = await self.send(message, EARLIER) or place
        return place

    async def watch(self, turn_id: str, view: int, after: int = 0) -> None:
        """Post the turn's events up to its final one; a cut stream is taken up again after the last event seen."""
        backend = await self._core()
        tries = 0
        while True:
            try:
                async for event in backend.watch(turn_id, after=after):
                    if event.seq <= after:
                        continue
                    after, tries = event.seq, 0
                    self._post(EventArrived(event, view))
                    if isinstance(event, TurnFinished | TurnFailed | TurnCancelled):
                        return
            except Unreachable:
                await self.status()
            except KirotodoError as error:
                self._post(WatchLost(turn_id, error, view))
                return
            tries += 1
            await self._pause(_BACKOFF.after(tries))

    async def stop(self, turn_id: str) -> None:
        await (await self._core()).cancel(turn_id)

    async def answer(
        self, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None = None
    ) -> None:
        try:
            await (await self._core()).answer(turn_id, call_id, decision, arguments=arguments)
        except KirotodoError as error:
            self._post(AnswerRefused(turn_id, error))

    async def undo_call(self, turn_id: str, call_id: str) -> None:
        changed = await (await self._core()).undo_call(turn_id, call_id)
        self._post(CallUndone(turn_id, call_id, changed))

    # --- the list ---

    async def edit(self, what: Callable[[Backend], Awaitable[Changed]], said: str | Callable[[Changed], str]) -> None:
        """A direct edit of the list, and the sentence to say once it is done."""
        changed = await what(await self._core())
        self._post(Edited(changed, said if isinstance(said, str) else said(changed)))

    async def load_tasks(self) -> None:
        backend = await self._core()
        tasks: list[Task] = []
        cursor: str | None = None
        while True:
            page = await backend.tasks(TaskFilter(), limit=PAGE_MAX, cursor=cursor)
            tasks.extend(page.items)
            repeated, cursor = page.next == cursor, page.next
            if cursor is None or repeated or len(tasks) >= TASKS_SHOWN:
                break
        self._post(TasksLoaded(tasks, page.total))
        await self.status()

    async def follow(self) -> None:
        """Post what changes here or in another program, for as long as the screen lives."""
        backend = await self._core()
        tries = 0
        while True:
            try:
                changes = backend.changes()
                if tries:
                    await self.load_tasks()
                async for change in changes:
                    tries = 0
                    if isinstance(change, LinkChanged):
                        self._post(LinkReported(change))
                    else:
                        self._tell(change)
                        await self.status()
            except KirotodoError as error:
                if not isinstance(error, Unreachable) and not tries:
                    self._post(Failed(error))
            tries += 1
            await self._pause(_BACKOFF.after(tries))

    def _tell(self, change: ListChanged) -> None:
        if change.tasks or change.removed:
            self._post(TasksFetched(change.tasks, change.removed))
        if change.conversations:
            self._post(ConversationsChanged())

    async def models(self) -> None:
        self._post(ModelsFetched(await (await self._core()).models()))

    async def status(self) -> None:
        """Post the status; one that cannot be had says nothing, the next one will."""
        backend = await self._core()
        try:
            self._post(StatusFetched(await backend.status()))
        except KirotodoError:
            return
