"""Tool calls of another program, which runs the model itself: an assistant over MCP, a script over HTTP.

The same tools as in a turn, with the same promises. An effect and its receipt commit together; a call that comes again
is answered from its receipt; what a turn has to ask about, these have to ask about too. Since there is no turn, what
one caller does within a minute counts together.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from kirotodo.core.agent.approvals import CallBatch, Question
from kirotodo.core.backend import ToolAnswer, ToolApproval, ToolInfo, ToolOutcome
from kirotodo.core.domain.conversation import MESSAGE_MAX, Turn
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict, InvalidInput, ToolError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.json_texts import dump_answer, dump_task, load_answer
from kirotodo.core.store.request_keys import RequestKey
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.base import AnyCall, ToolContext, Tools
from kirotodo.core.tools.task_tools import TOOLS
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

WINDOW: Final = timedelta(minutes=1)
"""How long an equal call without a key is taken for the same call again, and how long calls count together."""
NOT_OPEN: Final = "This question isn't open any more. Nothing was changed. Call the tool again to be asked anew."
DENIED: Final = "The user said no. Nothing was changed."
SAY: Final = "say"
_SAY: Final = ToolInfo(
    name=SAY,
    description=(
        "Tell kirotodo in plain words what to do or ask it about the list; it answers in words. Use it for what the "
        "other tools can't do, or to pass the user's words on as they are."
    ),
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": MESSAGE_MAX},
            "conversation_id": {"type": "integer", "description": "To go on with a conversation."},
        },
        "required": ["text"],
        "additionalProperties": False,
    },
    changes="all",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What came of a call. `standing` are the tasks that it changed, each as it left it; None for one that is gone."""

    result: dict[str, Any]
    effect: Effect | None = None
    standing: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuestion:
    """A question as it is stored: the call it is about, bound to the tasks that it names, and what came of it."""

    tool: str
    arguments: dict[str, Any]
    outcome: ToolOutcome | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectCaller:
    """Who calls, when, and how words are read."""

    name: str
    at: UserClock

    def key(self, kind: str, rest: str) -> str:
        """Return the key of a stored answer. No key of a request looks like it: those hold no tab."""
        return "\t".join(("tool", self.name.replace("\t", " "), kind, rest))


def infos() -> tuple[ToolInfo, ...]:
    """Return the tools that other programs may call, as they see them."""
    return (*(_info(TOOLS, name) for name in TOOLS.names), _SAY)


def _info(tools: Tools, name: str) -> ToolInfo:
    schema = next(schema for schema in tools.schemas() if schema.name == name)
    changes = "read" if not tools.changes_tasks(name) else "add" if name == "add_task" else "all"
    return ToolInfo(name=name, description=schema.description, parameters=schema.parameters, changes=changes)  # type: ignore[arg-type]


async def look(store: "Store", call: AnyCall, caller: DirectCaller) -> ToolOutcome:
    """Run a call that changes nothing."""
    return ToolOutcome(tool=call.tool.name, status="succeeded", result=await _run(store, call, caller))


async def carry_out(store: "Store", call: AnyCall, caller: DirectCaller, *, key: str | None = None) -> ToolOutcome:
    """Run a call that may change tasks, return what came of it before, or return the question that it needs."""
    name, asked = call.tool.name, _fingerprint(call)
    kind, rest = ("same", asked) if key is None else ("key", key)
    request = RequestKey(key=caller.key(kind, rest), fingerprint=asked)
    known = await _known(store, request, anew=key is None)
    if known is not None:
        return ToolOutcome(tool=name, status="succeeded", result=known.result, repeated=True)
    question = await _question(store, call, caller)
    if question is not None:
        return await _ask(store, call, caller, question, asked)
    receipt = await _carried_out(store, call, caller, effect=call.effect())
    await store.request_keys.put(request, dump_answer(receipt))
    return ToolOutcome(tool=name, status="succeeded", result=receipt.result)


async def answer(store: "Store", call: AnyCall, caller: DirectCaller, given: ToolAnswer) -> ToolOutcome:
    """Take a yes or no to the question about this call. The same answer again gives the same outcome.

    Raises `Conflict` where no such question is open, or it is about another call.
    """
    request = RequestKey(key=caller.key("question", given.id), fingerprint=_fingerprint(call))
    stored = await store.request_keys.stored(request.key)
    if stored is None or stored.fingerprint != request.fingerprint:
        raise Conflict(NOT_OPEN)
    question: OpenQuestion = load_answer(OpenQuestion, stored.answer)
    if question.outcome is not None:
        return question.outcome
    if given.decision == "no":
        outcome = ToolOutcome(tool=call.tool.name, status="denied", result={"error": DENIED})
    else:
        bound = TOOLS.validate(question.tool, question.arguments)
        receipt = await _carried_out(store, bound, caller, effect=None)
        outcome = ToolOutcome(tool=call.tool.name, status="succeeded", result=receipt.result)
    answered = OpenQuestion(tool=question.tool, arguments=question.arguments, outcome=outcome)
    await store.request_keys.put(request, dump_answer(answered))
    return outcome


async def claim_message(store: "Store", text: str, caller: DirectCaller, *, key: str | None, about: int | None) -> str:
    """Return the request key under which a message is sent, the same for the same message within a minute."""
    asked = _digest([SAY, text, about])
    kind, rest = ("same", asked) if key is None else ("key", key)
    request = RequestKey(key=caller.key(kind, rest), fingerprint=asked)
    stored = await store.request_keys.stored(request.key)
    if stored is not None and key is not None:
        return str(await store.request_keys.answer_to(request))
    if stored is not None and store.now - stored.created_at < WINDOW:
        return stored.answer
    chosen = secrets.token_hex(16)
    await store.request_keys.put(request, chosen)
    return chosen


THREAD_WINDOW: Final = timedelta(minutes=10)
"""How long a thread of one message that changed something is taken for the same thread again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentInThread:
    """Under which key a message of a thread was sent, and the turn that came of it, once that is known."""

    request_key: str
    turn_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadClaim:
    """What to send a message of a thread under, or the turn that it began before."""

    request_key: str
    conversation_id: int | None = None
    begun: Turn | None = None


async def claim_in_thread(store: "Store", caller: DirectCaller, *, thread: str, follows: str | None) -> ThreadClaim:
    """Return under which key the newest message of a thread is sent, and in which conversation.

    A thread that comes again is the turn it began before: for as long as that runs, within a minute, and where it
    changed something. Of one message that holds for ten minutes, since people begin anew with the same words.
    """
    key = caller.key("thread", thread)
    before = await _turn_of_thread(store, caller, follows)
    conversation_id = before.conversation_id if before is not None else None
    stored = await store.request_keys.stored(key)
    if stored is not None:
        sent: SentInThread = load_answer(SentInThread, stored.answer)
        found = await _turn_of(store, sent)
        if found is None or _is_the_same(found, store.now, first=follows is None):
            return ThreadClaim(request_key=sent.request_key, conversation_id=conversation_id, begun=found)
    chosen = secrets.token_hex(16)
    await _keep_sent(store, key, SentInThread(request_key=chosen))
    return ThreadClaim(request_key=chosen, conversation_id=conversation_id)


async def note_in_thread(store: "Store", caller: DirectCaller, *, thread: str, sent: SentInThread) -> None:
    """Note which turn a message of a thread began, or answered."""
    await _keep_sent(store, caller.key("thread", thread), sent)


async def _keep_sent(store: "Store", key: str, sent: SentInThread) -> None:
    await store.request_keys.put(RequestKey(key=key, fingerprint=SAY), dump_answer(sent))


async def _turn_of_thread(store: "Store", caller: DirectCaller, thread: str | None) -> Turn | None:
    stored = None if thread is None else await store.request_keys.stored(caller.key("thread", thread))
    return None if stored is None else await _turn_of(store, load_answer(SentInThread, stored.answer))


async def _turn_of(store: "Store", sent: SentInThread) -> Turn | None:
    """Return the turn of a message. That of a yes or no is the one it answered, which has a key of its own."""
    if sent.turn_id is not None:
        return (await store.turns.get(sent.turn_id)).turn
    record = await store.turns.by_request_key(sent.request_key)
    return None if record is None else record.turn


def _is_the_same(turn: Turn, now: datetime, *, first: bool) -> bool:
    age = now - turn.created_at
    changed = any(call.status == "succeeded" and TOOLS.changes_tasks(call.tool) for call in turn.tool_calls)
    return turn.finished_at is None or age < WINDOW or (changed and (not first or age < THREAD_WINDOW))


def message_of(arguments: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the text and the conversation of a call of `say`. Raises `ToolError`."""
    match dict(arguments):
        case {"text": str(text), **rest} if not set(rest) - {"conversation_id"}:
            conversation = rest.get("conversation_id")
            if conversation is None or (isinstance(conversation, int) and not isinstance(conversation, bool)):
                return text, conversation
    raise ToolError("say takes `text` and, to go on with a conversation, `conversation_id`, a whole number.")


async def _run(store: "Store", call: AnyCall, caller: DirectCaller) -> dict[str, Any]:
    at = caller.at
    context = ToolContext(store=store, now=at.now, zone=at.zone, preferences=at.preferences, turn_id="", call_id="")
    return dict(await call.run(context))


async def _carried_out(store: "Store", call: AnyCall, caller: DirectCaller, *, effect: Effect | None) -> Receipt:
    result = await _run(store, call, caller)
    changed = store.journal.changed
    standing: dict[str, str | None] = {str(task.id): _state(task) for task in changed.tasks}
    return Receipt(result=result, effect=effect, standing=standing | {str(id): None for id in changed.removed})


async def _known(store: "Store", request: RequestKey, *, anew: bool) -> Receipt | None:
    """Return the receipt of the same call. Without a key of its own, only a fresh one whose effect still stands: who
    adds milk, deletes it and adds it again wants it on the list."""
    if not anew:
        text = await store.request_keys.answer_to(request)
        return None if text is None else load_answer(Receipt, text)
    stored = await store.request_keys.stored(request.key)
    if stored is None or store.now - stored.created_at >= WINDOW:
        return None
    receipt: Receipt = load_answer(Receipt, stored.answer)
    there = {str(task.id): _state(task) for task in await store.tasks.known([int(id) for id in receipt.standing])}
    stands = all(there.get(id) == state for id, state in receipt.standing.items())
    return receipt if stands else None


async def _question(store: "Store", call: AnyCall, caller: DirectCaller) -> Question | None:
    effect = call.effect()
    if effect is None:
        return None
    receipts = await _recent(store, caller)
    batch = CallBatch(
        tool=call.tool.name,
        effects=(effect,),
        before=tuple(each.effect for each in receipts if each.effect is not None and each.effect.kind == effect.kind),
        beside=(),
        own=frozenset(_added(receipts)),
    )
    return await batch.question_for(store, turn_id="", granted=0, at=caller.at) if batch.is_large else None


async def _recent(store: "Store", caller: DirectCaller) -> tuple[Receipt, ...]:
    since = store.now - WINDOW
    texts = [
        text
        for kind in ("same", "key")
        for text in await store.request_keys.recent(caller.key(kind, ""), since=since)
        if text.startswith("{")  # what stands for a message is no receipt
    ]
    return tuple(load_answer(Receipt, text) for text in texts)


def _added(receipts: Iterable[Receipt]) -> Iterable[int]:
    for receipt in receipts:
        if receipt.result.get("status") == "created" and isinstance(task_id := receipt.result.get("task_id"), int):
            yield task_id


async def _ask(store: "Store", call: AnyCall, caller: DirectCaller, question: Question, asked: str) -> ToolOutcome:
    approval = ToolApproval(id=secrets.token_urlsafe(24), question=question.text, tasks=question.tasks)
    stored = OpenQuestion(tool=call.tool.name, arguments=dict(question.arguments))
    await store.request_keys.put(
        RequestKey(key=caller.key("question", approval.id), fingerprint=asked), dump_answer(stored)
    )
    return ToolOutcome(
        tool=call.tool.name,
        status="needs_approval",
        result={"error": f"This needs the user's approval, so nothing was changed yet: {question.text}"},
        approval=approval,
    )


def _state(task: Task) -> str:
    return hashlib.sha256((dump_task(task) or "").encode()).hexdigest()


def _fingerprint(call: AnyCall) -> str:
    return _digest([call.tool.name, call.as_json()])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def checked_key(key: str | None) -> str | None:
    """Return the idempotency key of a call. Raises `InvalidInput` for one that can't be stored."""
    if key is not None and not (0 < len(key) <= 200 and key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInput("An idempotency key has 1 to 200 letters, digits and symbols, without spaces.")
    return key
