"""The background work of the chat: each method calls the backend and posts messages with the results.

No widget is touched here. What the results mean is decided in `turn_controller.py`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from textual.message import Message
from textual.message_pump import MessagePump

from kirotodo.client.ringing import ClientRinger
from kirotodo.client.state import Outgoing
from kirotodo.client.tui.messages import (
    AnswerRefused,
    CallUndone,
    ConversationDeleted,
    ConversationLoaded,
    ConversationRenamed,
    ConversationsChanged,
    DoneLoaded,
    Edited,
    EditsWaiting,
    EventArrived,
    Failed,
    LinkReported,
    MessageAccepted,
    MessageRefused,
    ModelsFetched,
    MoreLoaded,
    OlderLoaded,
    OpenConversation,
    PageFetched,
    PendingCounted,
    RemindersRang,
    SavedLoaded,
    StatusFetched,
    TasksFetched,
    TasksLoaded,
    ViewsLoaded,
    WatchLost,
)
from kirotodo.core.backend import Backend, KeepsCopy, LinkChanged, ListChanged
from kirotodo.core.domain.conversation import Decision, Transcript
from kirotodo.core.domain.reminder import Reminder
from kirotodo.core.domain.task import PAGE_MAX, Changed, Task, TaskFilter
from kirotodo.core.errors import KirotodoError, NotFound, Unreachable
from kirotodo.core.retry import Backoff

if TYPE_CHECKING:
    from kirotodo.client.tui.widgets.task_card import TaskCard

TASKS_FIRST: Final = 1_000
"""Open tasks that the pane is given before the others are loaded."""
TASKS_SHOWN: Final = 10_000
"""Open tasks that the pane is given; it shows the rest as a count."""
PAGE: Final = 50
EARLIER: Final = -1
"""The visit of a message that was being sent when the program ended the last time."""
_BACKOFF: Final = Backoff()
log = logging.getLogger(__name__)


class BackgroundWork:
    """Calls the backend for the chat, which gets the messages. Those that carry an `error` go through `failed`, which
    may ask to sign in first. `pause` sleeps between two tries."""

    def __init__(
        self,
        core: Callable[[], Awaitable[Backend]],
        *,
        chat: Callable[[], MessagePump],
        failed: Callable[[Message], object],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._chat = chat
        self._failed = failed
        self._pause = pause
        self._counted: PendingCounted | None = None
        self._ringer: ClientRinger | None = None
        self._copy_shown = False

    def _post(self, message: Message) -> None:
        if getattr(message, "error", None) is None:
            self._chat().post_message(message)
        else:
            self._failed(message)

    async def quietly(self, load: Awaitable[object]) -> None:
        """Load something that the user did not ask for just now; offline, that is done once the link is back."""
        with contextlib.suppress(Unreachable):
            await load

    # --- the conversation ---

    async def open_latest(self, preferred: int | None, visit: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        """Load the conversation that the last of `outbox` is in, or the preferred one, the latest, or an empty one."""
        preferred = await self.send_all(outbox) or preferred
        backend = await self._core()
        if preferred is not None:
            try:
                return self._loaded(await backend.transcript(preferred, limit=PAGE), visit)
            except NotFound:
                pass
        page = await backend.conversations(limit=1)
        latest = page.items[0].id if page.items else None
        self._loaded(await backend.transcript(latest, limit=PAGE) if latest is not None else None, visit)

    async def open(self, conversation_id: int, visit: int, *, outbox: Sequence[Outgoing] = ()) -> None:
        """Load a conversation, after sending what `outbox` holds."""
        await self.send_all(outbox)
        backend = await self._core()
        self._loaded(await backend.transcript(conversation_id, limit=PAGE), visit)

    async def open_at(self, conversation_id: int, seq: int, visit: int) -> None:
        """Load a conversation back to one of its messages."""
        backend = await self._core()
        page = await backend.transcript(conversation_id, limit=PAGE)
        while page.before is not None and page.messages and page.messages[0].seq > seq:
            older = await backend.transcript(conversation_id, before=page.before, limit=PAGE_MAX)
            turns = {turn.id: turn for turn in (*older.turns, *page.turns)}
            page = replace(
                page,
                messages=(*older.messages, *page.messages),
                turns=tuple(turns.values()),
                before=older.before,
            )
        self._loaded(page, visit)

    async def show_variant(self, conversation_id: int, seq: int, visit: int) -> None:
        """Show another variant of a message; where that is refused, the conversation as it is."""
        backend = await self._core()
        try:
            await backend.show_branch(conversation_id, seq)
        finally:
            self._loaded(await backend.transcript(conversation_id, limit=PAGE), visit)

    async def open_new(self, visit: int) -> None:
        """Show an empty conversation."""
        self._loaded(None, visit)

    async def older(self, conversation_id: int, before: int, visit: int) -> None:
        """Load the page before the message with the number `before`."""
        backend = await self._core()
        try:
            transcript = await backend.transcript(conversation_id, before=before, limit=PAGE)
        except KirotodoError:
            self._post(OlderLoaded(None, visit))
            raise
        self._post(OlderLoaded(transcript, visit))

    async def refresh(self, conversation_id: int, visit: int) -> None:
        """Load the newest page of the conversation on screen once more."""
        backend = await self._core()
        try:
            self._post(PageFetched(await backend.transcript(conversation_id, limit=PAGE), visit))
        except NotFound:
            self._post(ConversationDeleted(conversation_id))

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        backend = await self._core()
        self._post(ConversationRenamed(await backend.rename_conversation(conversation_id, title)))

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation."""
        await (await self._core()).delete_conversation(conversation_id)
        self._post(ConversationDeleted(conversation_id))

    async def restore(self, conversation_id: int) -> None:
        """Restore a deleted conversation and show it."""
        await (await self._core()).restore_conversation(conversation_id)
        self._post(OpenConversation(conversation_id))

    def _loaded(self, transcript: Transcript | None, visit: int) -> None:
        self._post(ConversationLoaded(transcript, visit))

    async def dismiss_note(self, note_id: int) -> None:
        """Forget a note on an edit that waited."""
        backend = await self._core()
        if isinstance(backend, KeepsCopy):
            await backend.dismiss_note(note_id)

    # --- the turn ---

    async def send(self, message: Outgoing, visit: int) -> int | None:
        """Send a message and return the conversation it is in; a refusal of any kind is posted with the message."""
        try:
            backend = await self._core()
            sent = await backend.send(
                message.text,
                conversation_id=message.conversation_id,
                request_key=message.request_key,
                model=message.model,
                instead_of=message.instead_of,
            )
        except KirotodoError as error:
            self._post(MessageRefused(message, error, visit))
            return None
        except Exception as error:
            log.exception("A message could not be sent.")
            cause = f"{type(error).__name__}: {error}"
            refusal = KirotodoError(f"The message could not be sent and is back in the composer ({cause}).")
            self._post(MessageRefused(message, refusal, visit))
            return None
        self._post(MessageAccepted(message, sent, visit))
        return sent.conversation_id

    async def send_all(self, outbox: Sequence[Outgoing]) -> int | None:
        """Send again what was being sent when the program ended. Return the conversation that the last one is in."""
        conversation_id = None
        for message in outbox:
            conversation_id = await self.send(message, EARLIER) or conversation_id
        return conversation_id

    async def watch(self, turn_id: str, visit: int) -> None:
        """Post the turn's events up to its final one. A stream that breaks is resumed by the backend."""
        backend = await self._core()
        try:
            async for event in backend.watch(turn_id):
                self._post(EventArrived(event, visit))
        except KirotodoError as error:
            self._post(WatchLost(turn_id, error, visit))

    async def stop(self, turn_id: str) -> None:
        """Stop a turn."""
        await (await self._core()).cancel(turn_id)

    async def answer(
        self, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None = None
    ) -> None:
        """Send the user's answer to a question of a turn."""
        try:
            await (await self._core()).answer(turn_id, call_id, decision, arguments=arguments)
        except KirotodoError as error:
            self._post(AnswerRefused(turn_id, error))

    async def undo_call(self, turn_id: str, call_id: str) -> None:
        """Undo what one tool call changed."""
        changed = await (await self._core()).undo_call(turn_id, call_id)
        self._post(CallUndone(turn_id, call_id, changed))

    # --- the list ---

    async def edit(
        self,
        what: Callable[[Backend], Awaitable[Changed]],
        notice: str | Callable[[Changed], str],
        *,
        reverts: Literal["undo", "redo"] | None = None,
    ) -> None:
        """Edit the list directly, and post the sentence to show once it is done."""
        changed = await what(await self._core())
        self._post(Edited(changed, notice if isinstance(notice, str) else notice(changed), reverts))

    async def load_tasks(self) -> None:
        """Load the open tasks, page by page, up to as many as the pane shows."""
        backend = await self._core()
        await self._show_last_known(backend)
        tasks: list[Task] = []
        cursor: str | None = None
        while True:
            page = await backend.tasks(TaskFilter(), limit=PAGE_MAX, cursor=cursor)
            tasks.extend(page.items)
            repeated, cursor = page.next == cursor, page.next
            # A server that returns the same cursor again would keep this loop going for ever.
            if cursor is None or repeated or len(tasks) >= TASKS_SHOWN:
                break
            if len(tasks) == TASKS_FIRST:
                self._post(TasksLoaded(tuple(tasks), page.total))
        self._post(TasksLoaded(tuple(tasks), page.total))
        await self.status()

    async def _show_last_known(self, backend: Backend) -> None:
        """Show the list from its copy at the start, which takes no server."""
        if not self._copy_shown and isinstance(backend, KeepsCopy):
            self._copy_shown = True
            if (known := await backend.last_known()) is not None:
                self._post(TasksLoaded(known, None))
                await self.status()

    async def load_done(self, since: date | None, *, cursor: str | None = None) -> None:
        """Load a page of what is done, the latest first; `since` limits it to that day and later ones."""
        where = TaskFilter(status="completed", completed_from=since, sort="completed")
        page = await (await self._core()).tasks(where, limit=PAGE_MAX, cursor=cursor)
        self._post(DoneLoaded(page.items, page.next if since is None else None))

    async def load_views(self) -> None:
        """Load the saved views; a server of an earlier release has none."""
        with contextlib.suppress(NotFound):
            self._post(ViewsLoaded(await (await self._core()).views()))

    async def load_saved(self, name: str, filter: str, sort: str | None) -> None:
        """Load the tasks of a saved view, up to as many as are shown at first."""
        backend, where = await self._core(), TaskFilter(status=None, filter=filter, sort=sort or "due")
        tasks: list[Task] = []
        cursor: str | None = None
        while len(tasks) < TASKS_FIRST:
            page = await backend.tasks(where, limit=PAGE_MAX, cursor=cursor)
            tasks.extend(page.items)
            if page.next is None or page.next == cursor:
                break
            cursor = page.next
        self._post(SavedLoaded(name, tuple(tasks)))

    async def more_tasks(self, where: TaskFilter, cursor: str, card: "TaskCard") -> None:
        """Load the page after `cursor` for a card."""
        page = await (await self._core()).tasks(where, limit=PAGE, cursor=cursor)
        self._post(MoreLoaded(card, page.items, page.next))

    async def follow(self) -> None:
        """Post changes made here or in another program, for as long as the screen lives."""
        backend = await self._core()
        if isinstance(backend, KeepsCopy):
            backend.on_pending(lambda edits: self._post(EditsWaiting(edits)))
        tries = 0
        while True:
            try:
                changes, first = backend.changes(), True
                if tries:
                    await self.load_tasks()
                async for change in changes:
                    tries = 0
                    if isinstance(change, LinkChanged):
                        self._post(LinkReported(change))
                        if change.link == "online" and self._ringer is not None:
                            self._ringer.wake()  # what happened meanwhile may have been missed
                    else:
                        self._post_change(change, first=first)
                        first = False
                        if change.pending is None:  # a server of an earlier release does not say
                            await self.status()
            except KirotodoError as error:
                if not isinstance(error, Unreachable) and not tries:
                    self._post(Failed(error))
            tries += 1
            await self._pause(_BACKOFF.after(tries))

    async def ring_reminders(self, clock: Callable[[], datetime]) -> None:
        """Ring reminders that come due, for as long as the screen lives."""
        ringer = ClientRinger(await self._core(), self._show_reminders, clock=lambda: clock().astimezone(UTC))
        self._ringer = ringer
        await ringer.run(waiting=lambda _: None, trouble=lambda error: log.info("no reminders: %s", error.message))

    async def _show_reminders(self, reminders: Sequence[Reminder]) -> bool:
        shown = asyncio.Event()
        self._post(RemindersRang(tuple(reminders), shown))
        await shown.wait()
        return True

    def _post_change(self, change: ListChanged, *, first: bool) -> None:
        if self._ringer is not None:
            self._ringer.hear([task.remind_at for task in change.tasks], first=first)
        if change.tasks or change.removed:
            self._post(TasksFetched(change.tasks, change.removed))
        if change.conversations:
            self._post(ConversationsChanged(change.heads))
        if change.pending is not None:
            self._counted = PendingCounted(change.pending)
            self._post(self._counted)

    async def models(self) -> None:
        """Post the models there are."""
        self._post(ModelsFetched(await (await self._core()).models()))

    async def status(self) -> None:
        """Post the status; where it is not available, the next one will be."""
        backend, counted = await self._core(), self._counted
        try:
            status = await backend.status()
        except KirotodoError:
            return
        if self._counted is not None and self._counted is not counted:  # while the status was on its way
            status = replace(status, pending=self._counted.pending)
        self._post(StatusFetched(status))
