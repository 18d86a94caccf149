"""The list behind a ChatKit front end: its server protocol, on the port alone.

A thread is a conversation and a message begins a durable turn, as everywhere; nothing is stored for ChatKit. Buttons of
widgets complete tasks, undo what a turn changed and answer what it asks, bound to what the question named.

https://openai.github.io/chatkit-python/
"""

import asyncio
import warnings
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent, Transcript, Turn
from kirotodo.core.domain.history import ChangeSelection
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict, InvalidInput, KirotodoError, NotFound, NotUndoable
from kirotodo.core.events import ApprovalRequested, TextDelta, ToolCallStarted, TurnCancelled, TurnFailed, TurnFinished
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.protocols import chatkit_items as items
from kirotodo.protocols.turns import outcome

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the library warns of its own classes
    from chatkit import types

if TYPE_CHECKING:
    from kirotodo.core.events import TurnEvent

Request = types.ChatKitReq
Event = BaseModel
Events = AsyncGenerator[Event, None]

PAGE: Final = 50
PAGE_MAX: Final = 100
LIVE_WIDGETS: Final = 3
"""The newest widgets of a page, which show their tasks as they are now, with buttons; older ones as they were."""
NO_THREAD: Final = "There is no such thread."
NO_FILES: Final = "Only text can be read here: attachments and speech can't."
_READER: Final[TypeAdapter[Any]] = TypeAdapter(types.ChatKitReq)


def read(body: bytes) -> Any:
    """Return a request of ChatKit. Raises `InvalidInput`."""
    try:
        return _READER.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise InvalidInput(f"This isn't a request of ChatKit: {where}: {first['msg']}.") from None


def is_streamed(request: Any) -> bool:
    """Return whether the answer is a stream of events."""
    return types.is_streaming_req(request)


def begins_turn(request: Any) -> bool:
    """Return whether a model may be asked for it."""
    return isinstance(request, types.ThreadsCreateReq | types.ThreadsAddUserMessageReq)


class ChatKit:
    """Answers the requests of one user. `sentence` says an error in words for them, `request_key` names the request
    where its sender gave it a name, and `asks_for_steps` says that open steps are not completed without asking."""

    def __init__(
        self,
        backend: Backend,
        *,
        sentence: Callable[[KirotodoError], str],
        request_key: str | None = None,
        asks_for_steps: bool = True,
    ) -> None:
        self._backend = backend
        self._sentence = sentence
        self._request_key = request_key
        self._asks_for_steps = asks_for_steps

    # --- requests with one answer ---

    async def answer(self, request: Any) -> bytes:
        """Return the answer to a request that isn't streamed, as JSON."""
        match request:
            case types.ThreadsGetByIdReq(params=params):
                return _json(await self._whole_thread(params.thread_id))
            case types.ThreadsListReq(params=params):
                return _json(await self._threads(params))
            case types.ItemsListReq(params=params):
                return _json(await self._items(params))
            case types.ThreadsUpdateReq(params=params):
                renamed = await self._backend.rename_conversation(_conversation(params.thread_id), params.title)
                return _json(items.thread_of(renamed))
            case types.ThreadsDeleteReq(params=params):
                await self._backend.delete_conversation(_conversation(params.thread_id))
                return b"{}"
            case types.ItemsFeedbackReq():
                return b"{}"  # nobody reads thumbs here
            case types.ThreadsSyncCustomActionReq(params=params):
                turn, notice = await self._act(params)
                if notice is not None:
                    raise Conflict(notice)
                return _json(types.SyncCustomActionResponse(updated_item=await self._widget(turn)))
        raise InvalidInput(NO_FILES)

    async def _whole_thread(self, thread_id: str) -> BaseModel:
        transcript = await self._backend.transcript(_conversation(thread_id), before=PAGE_MAX + 1, limit=PAGE_MAX)
        return items.thread_of(transcript.conversation, await self._page(transcript, after=PAGE_MAX))

    async def _threads(self, params: types.ThreadListParams) -> BaseModel:
        if params.order != "desc":
            raise InvalidInput("Threads are listed with the latest first.")
        limit = min(params.limit or PAGE, PAGE_MAX)
        page = await self._backend.conversations(limit=limit, cursor=params.after)
        return types.Page[types.Thread](
            data=[items.thread_of(each) for each in page.items], has_more=page.next is not None, after=page.next
        )

    async def _items(self, params: types.ItemsListParams) -> BaseModel:
        """Return a page of items; places in a thread are marked by messages, of which a limit counts."""
        conversation_id, limit = _conversation(params.thread_id), min(params.limit or PAGE, PAGE_MAX)
        seq = _seq(params.after) if params.after is not None else None
        if params.order == "desc":
            transcript = await self._backend.transcript(conversation_id, before=seq, limit=limit)
            found = await self._page(transcript, after=None)
            found.data.reverse()
            found.has_more = transcript.before is not None
            found.after = None if transcript.before is None else items.message_id(transcript.before)
            return found
        start = seq or 0
        transcript = await self._backend.transcript(conversation_id, before=start + limit + 1, limit=limit)
        messages = tuple(message for message in transcript.messages if message.seq > start)
        return await self._page(replace(transcript, messages=messages), after=start + limit)

    async def _page(self, transcript: Transcript, *, after: int | None) -> "types.Page[types.ThreadItem]":
        """Return the items of a page, oldest first. `after` is the message up to which it goes."""
        turns = [turn for turn in transcript.turns if items.shown_tasks(turn) or turn.approval is not None]
        live = {turn.id for turn in turns[-LIVE_WIDGETS:]}
        widgets = {turn.id: await self._widget(turn, live=turn.id in live) for turn in turns}
        found = items.items_of(transcript, {id: each for id, each in widgets.items() if each is not None})
        more = False
        if after is not None:
            newest = await self._backend.transcript(transcript.conversation.id, limit=1)
            more = bool(newest.messages) and newest.messages[-1].seq > after
        return types.Page[types.ThreadItem](
            data=found, has_more=more, after=items.message_id(after) if more and after is not None else None
        )

    async def _widget(self, turn: Turn, *, live: bool = True) -> types.WidgetItem | None:
        now: Mapping[int, Task | None] | None = None
        if live:
            ids = [task["id"] for task in items.shown_tasks(turn)]
            now = dict(zip(ids, await asyncio.gather(*map(self._task, ids)), strict=True))
        changing = frozenset(each.name for each in await self._backend.tools() if each.changes != "read")
        return items.widget_of(turn, now, changing=changing)

    async def _task(self, task_id: int) -> Task | None:
        try:
            return await self._backend.task(task_id)
        except NotFound:
            return None

    # --- requests with a stream of events ---

    async def frames(self, request: Any) -> AsyncGenerator[bytes, None]:
        """Yield the answer to a streamed request, as server-sent events. What goes wrong is an event too."""
        try:
            async with aclosing(self._events(request)) as events:
                async for event in events:
                    yield _frame(event)
        except KirotodoError as error:
            yield _frame(
                types.ErrorEvent(message=self._sentence(error), allow_retry=not isinstance(error, InvalidInput))
            )

    async def _events(self, request: Any) -> Events:
        match request:
            case types.ThreadsCreateReq(params=params):
                events = self._sent(params.input, None)
            case types.ThreadsAddUserMessageReq(params=params):
                events = self._sent(params.input, _conversation(params.thread_id))
            case types.ThreadsRetryAfterItemReq(params=params):
                events = self._again(_conversation(params.thread_id), _seq(params.item_id))
            case types.ThreadsCustomActionReq(params=params):
                events = self._acted(params)
            case _:
                raise InvalidInput("Nothing here asks the front end for tools or forms.")
        async with aclosing(events):
            async for event in events:
                yield event

    async def _sent(self, message: types.UserMessageInput, conversation_id: int | None) -> Events:
        """Send a message and follow its turn, which goes on when the front end leaves."""
        model = message.inference_options.model or None
        sent = await self._backend.send(
            _text(message), conversation_id=conversation_id, request_key=self._request_key, model=model
        )
        transcript = await self._backend.transcript(sent.conversation_id, before=sent.message_seq + 1, limit=1)
        if conversation_id is None:
            yield types.ThreadCreatedEvent(thread=items.thread_of(transcript.conversation))
        for each in transcript.messages:
            yield types.ThreadItemDoneEvent(item=items.user_item(each))
        yield types.StreamOptionsEvent(stream_options=types.StreamOptions(allow_cancel=False))
        async with aclosing(self._answer_of(sent, is_new=conversation_id is None)) as events:
            async for event in events:
                yield event

    async def _again(self, conversation_id: int, seq: int) -> Events:
        """Follow the turn of a message once more; nothing is sent again."""
        transcript = await self._backend.transcript(conversation_id, before=seq + 1, limit=1)
        found = next((each for each in transcript.messages if each.seq == seq), None)
        if found is None:
            raise NotFound("There is no such message.")
        sent = Sent(conversation_id=conversation_id, turn_id=found.turn_id, message_seq=seq, attached=True)
        async with aclosing(self._answer_of(sent, is_new=False)) as events:
            async for event in events:
                yield event

    async def _answer_of(self, sent: Sent, *, is_new: bool) -> Events:
        turn = await self._backend.turn(sent.turn_id)
        if turn.message_seq != sent.message_seq or turn.status != "running":  # it went on with a yes, or is over
            for event in await self._ending(await outcome(self._backend, turn.id)):
                yield event
            return
        writing = _Writing(turn)
        watched = cast("AsyncGenerator[TurnEvent, None]", self._backend.watch(turn.id))
        async with aclosing(watched) as news:
            async for each in news:
                match each:
                    case TextDelta():
                        for event in writing.add(each):
                            yield event
                    case ToolCallStarted(tool=tool):
                        yield types.ProgressUpdateEvent(text=sanitize_line(tool).replace("_", " ").capitalize())
                    case ApprovalRequested() | TurnFinished() | TurnFailed() | TurnCancelled():
                        reached = await self._backend.turn(turn.id)
                        if isinstance(each, ApprovalRequested) and reached.status == "running":
                            continue  # answered since
                        for event in await self._ending(reached):
                            yield event
                        if is_new and isinstance(each, TurnFinished):
                            titled = await self._backend.transcript(turn.conversation_id, limit=1)
                            yield types.ThreadUpdatedEvent(thread=items.thread_of(titled.conversation))
                        return
                    case _:
                        pass

    async def _ending(self, turn: Turn) -> list[Event]:
        """Return the events with which a turn is over, or waits for an answer."""
        found: list[Event] = []
        if turn.response:
            found.append(types.ThreadItemDoneEvent(item=items.answer_item(turn, turn.response)))
        if (widget := await self._widget(turn)) is not None:
            found.append(types.ThreadItemDoneEvent(item=widget))
        if turn.status == "failed":
            found.append(types.ErrorEvent(message=turn.error or "The turn failed.", allow_retry=False))
        return found

    # --- buttons ---

    async def _acted(self, params: types.ThreadCustomActionParams) -> Events:
        turn, notice = await self._act(params)
        if notice is not None:
            yield types.NoticeEvent(level="warning", message=notice)
        if (widget := await self._widget(turn)) is not None:
            yield types.ThreadItemReplacedEvent(item=widget)
        if params.action.type == items.ANSWER and notice is None and turn.response:
            yield types.ThreadItemDoneEvent(item=items.answer_item(turn, turn.response))

    async def _act(self, params: types.ThreadCustomActionParams) -> tuple[Turn, str | None]:
        """Do what a button says; return its turn as it is now, and why nothing was done, where it wasn't."""
        payload = params.action.payload if isinstance(params.action.payload, Mapping) else {}
        turn = await self._turn(params.thread_id, payload.get("turn_id"))
        match params.action.type, dict(payload):
            case items.DONE, {"task_id": int(task_id), "done": bool(done)}:
                return turn, await self._complete(task_id, done)
            case items.UNDO, _:
                try:
                    undone = await self._backend.undo_changes(ChangeSelection(turn_id=turn.id))
                except NotUndoable as error:
                    return turn, error.message
                return turn, " ".join(undone.skipped) or None
            case items.ANSWER, {"call_id": str(call_id), "decision": "yes" | "no" as decision}:
                try:
                    await self._backend.answer(turn.id, call_id, decision)
                except Conflict as error:
                    return await self._backend.turn(turn.id), error.message
                return await outcome(self._backend, turn.id), None
        raise InvalidInput("This isn't a button of kirotodo.")

    async def _turn(self, thread_id: str, turn_id: Any) -> Turn:
        conversation_id = _conversation(thread_id)
        turn = await self._backend.turn(turn_id) if isinstance(turn_id, str) else None
        if turn is None or turn.conversation_id != conversation_id:
            raise NotFound(NO_THREAD)
        return turn

    async def _complete(self, task_id: int, done: bool) -> str | None:
        task = await self._backend.task(task_id)
        if done and self._asks_for_steps and task.open_steps:
            return (
                f"“{sanitize_line(task.title)}” has open steps. Complete them first, or write: "
                f"complete task {task_id} with its steps."
            )
        await self._backend.complete_tasks([task_id], completed=done)
        return None


class _Writing:
    """The answer of a turn as it is written: the item is added with its first text, and each piece updates it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._steps: dict[int, str] = {}
        self._attempt: dict[int, int] = {}

    def add(self, piece: TextDelta) -> Sequence[Event]:
        """Return the events of a piece of text. One of a later attempt takes the place of what its step had before."""
        is_first = not self._steps
        anew = piece.attempt > self._attempt.get(piece.step, piece.attempt)
        before = "" if anew else self._steps.get(piece.step, "")
        gap = "\n\n" if piece.step not in self._steps and self._steps else ""
        self._attempt[piece.step] = piece.attempt
        self._steps[piece.step] = before + piece.text
        whole = items.answer_item(self._turn, "\n\n".join(self._steps.values()))
        if is_first:
            empty = whole.model_copy(update={"content": []})
            return [types.ThreadItemAddedEvent(item=empty), self._part(whole)]
        if anew:
            return [self._part(whole)]
        delta = types.AssistantMessageContentPartTextDelta(content_index=0, delta=gap + piece.text)
        return [types.ThreadItemUpdatedEvent(item_id=whole.id, update=delta)]

    @staticmethod
    def _part(whole: types.AssistantMessageItem) -> Event:
        update = types.AssistantMessageContentPartAdded(content_index=0, content=whole.content[0])
        return types.ThreadItemUpdatedEvent(item_id=whole.id, update=update)


def _text(message: types.UserMessageInput) -> str:
    if message.attachments:
        raise InvalidInput(NO_FILES)
    text = " ".join(part.text for part in message.content)
    return f"About “{message.quoted_text}”: {text}" if message.quoted_text else text


def _conversation(thread_id: str) -> int:
    if not (thread_id.isascii() and thread_id.isdecimal() and len(thread_id) < 10):
        raise NotFound(NO_THREAD)
    return int(thread_id)


def _seq(item_id: str) -> int:
    seq = items.seq_of(item_id)
    if seq is None:
        raise InvalidInput("A place in a thread is marked by the id of one of the user's messages.")
    return seq


def _json(value: BaseModel) -> bytes:
    return value.model_dump_json(by_alias=True, exclude_none=True).encode()


def _frame(event: BaseModel) -> bytes:
    return b"data: %b\n\n" % _json(event)
