"""Two users on one database: whatever belongs to one looks to the other as if it had never been."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from kirotodo.core.domain.conversation import Approval, ToolCall
from kirotodo.core.domain.reminder import Claim, ReminderTarget
from kirotodo.core.domain.task import Changed, Task, TaskDraft, TaskFilter, TaskSnapshot
from kirotodo.core.domain.view import View
from kirotodo.core.errors import KirotodoError
from kirotodo.core.store.accounts import AccountStore
from kirotodo.core.store.conversations import ConversationStore
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.journal import Journal
from kirotodo.core.store.postgres.connection import Connection
from kirotodo.core.store.postgres.engine import PostgresEngine
from kirotodo.core.store.reminders import ReminderStore
from kirotodo.core.store.request_keys import RequestKey, RequestKeyStore
from kirotodo.core.store.selective_undo import Selected
from kirotodo.core.store.tasks import HiddenTasks, TaskStore
from kirotodo.core.store.turns import TurnStore
from kirotodo.core.store.views import ViewStore
from tests.core.store.conftest import ANN, BERLIN, BOB, TODAY, shown

Attempt = Callable[[Store, int, str], Coroutine[Any, Any, Any]]

AGES_AGO = datetime(2020, 1, 1, tzinfo=UTC)
REMIND_AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
CALL = ToolCall(id="1.1", step=1, position=1, tool="add_task", arguments={})
APPROVAL = Approval(call_id="1.1", tool="x", arguments={}, question="?")

# Each is tried on Ann's id and on one that was never there, as Bob: both must end in the same way.
ATTEMPTS: dict[str, Attempt] = {
    "tasks.get": lambda store, number, turn: store.tasks.get(number),
    "tasks.get_many": lambda store, number, turn: store.tasks.get_many((number,)),
    "tasks.known": lambda store, number, turn: store.tasks.known((number,)),
    "tasks.update": lambda store, number, turn: store.tasks.update(number, {"title": "mine"}),
    "tasks.delete": lambda store, number, turn: store.tasks.delete(number),
    "tasks.next_of": lambda store, number, turn: store.tasks.next_of(number),
    "tasks.steps_of": lambda store, number, turn: store.tasks.steps_of((number,)),
    "tasks.goes_on_without": lambda store, number, turn: store.tasks.goes_on_without(_task(number)),
    "tasks.show": lambda store, number, turn: _show(store, number),
    "conversations.get": lambda store, number, turn: store.conversations.get(number),
    "conversations.rename": lambda store, number, turn: store.conversations.rename(number, "mine"),
    "conversations.delete": lambda store, number, turn: store.conversations.delete(number),
    "conversations.restore": lambda store, number, turn: store.conversations.restore(number),
    "conversations.messages": lambda store, number, turn: store.conversations.messages(number),
    "conversations.add_message": lambda store, number, turn: store.conversations.add_message(
        number, role="user", content="hello", turn_id=turn
    ),
    "conversations.take_message": lambda store, number, turn: store.conversations.take_message(
        number, role="user", content="mine", turn_id=turn
    ),
    "conversations.branch": lambda store, number, turn: store.conversations.branch(number, 1),
    "conversations.show_branch": lambda store, number, turn: store.conversations.show_branch(number, 1),
    "conversations.granted": lambda store, number, turn: store.conversations.granted(number, "delete_task"),
    "conversations.grant": lambda store, number, turn: store.conversations.grant(number, "delete_task", 3),
    "turns.create": lambda store, number, turn: store.turns.create(
        turn_id=f"by bob {number}", conversation_id=number, message_seq=1, owner="bob", lease=timedelta()
    ),
    "turns.get": lambda store, number, turn: store.turns.get(turn),
    "turns.many": lambda store, number, turn: store.turns.many((turn,)),
    "turns.by_request_key": lambda store, number, turn: store.turns.by_request_key(f"key of {turn}"),
    "turns.live": lambda store, number, turn: store.turns.live(number),
    "turns.claim": lambda store, number, turn: store.turns.claim(
        turn, owner="bob", lease=timedelta(), expected_epoch=1
    ),
    "turns.take_over": lambda store, number, turn: store.turns.take_over(
        turn, owner="bob", lease=timedelta(), expected_epoch=1
    ),
    "turns.fence": lambda store, number, turn: store.turns.fence(turn, 1),
    "turns.append_event": lambda store, number, turn: store.turns.append_event(turn, 1, 99, b"mine"),
    "turns.release": lambda store, number, turn: store.turns.release(turn, 1),
    "turns.add_step": lambda store, number, turn: store.turns.add_step(turn, 9, "mine"),
    "turns.add_calls": lambda store, number, turn: store.turns.add_calls(turn, [CALL]),
    "turns.steps": lambda store, number, turn: store.turns.steps((turn,)),
    "turns.set_call": lambda store, number, turn: store.turns.set_call(turn, 1, 1, status="denied"),
    "turns.park": lambda store, number, turn: store.turns.park(turn, APPROVAL),
    "turns.unpark": lambda store, number, turn: store.turns.unpark(turn),
    "turns.finish": lambda store, number, turn: store.turns.finish(turn, status="failed"),
    "turns.request_cancel": lambda store, number, turn: store.turns.request_cancel(turn),
    "turns.append_events": lambda store, number, turn: store.turns.append_events(turn, [(99, b"mine")]),
    "turns.events": lambda store, number, turn: store.turns.events(turn),
    "accounts.session": lambda store, number, turn: store.accounts.session(turn),
    "accounts.session_status": lambda store, number, turn: store.accounts.session_status(turn),
    "accounts.rotate": lambda store, number, turn: store.accounts.rotate(turn, expires_at=store.now),
    "accounts.can_reset": lambda store, number, turn: store.accounts.can_reset(turn),
    "accounts.use_reset": lambda store, number, turn: store.accounts.use_reset(turn),
    "accounts.revoke": lambda store, number, turn: store.accounts.revoke(turn),
    "accounts.revoke_agent": lambda store, number, turn: store.accounts.revoke_agent(turn),
    "accounts.agent_seen": lambda store, number, turn: store.accounts.agent_seen(turn),
    "request_keys.answer_to": lambda store, number, turn: store.request_keys.answer_to(_keyed(turn)),
    "request_keys.stored": lambda store, number, turn: store.request_keys.stored(turn),
    "request_keys.recent": lambda store, number, turn: store.request_keys.recent(turn, since=AGES_AGO),
    "request_keys.put": lambda store, number, turn: store.request_keys.put(_keyed(turn), "mine"),
    "request_keys.keep": lambda store, number, turn: store.request_keys.keep(_keyed(turn), "mine"),
    "reminders.claimed": lambda store, number, turn: _reminders_of(store, number),
    "reminders.settle": lambda store, number, turn: store.reminders.settle("ann", [_claim(number)]),
    "reminders.release": lambda store, number, turn: store.reminders.release("ann", [_claim(number)]),
    "reminders.remove_target": lambda store, number, turn: store.reminders.remove_target("webhook"),
    "views.get": lambda store, number, turn: store.views.get(turn),
    "views.delete": lambda store, number, turn: store.views.delete(turn),
    "journal.undo": lambda store, number, turn: store.journal.undo(),
    "journal.undo_tasks": lambda store, number, turn: store.journal.undo_tasks([number]),
    "journal.undo_call": lambda store, number, turn: store.journal.undo_call(turn, "1.1"),
    "journal.undo_selected": lambda store, number, turn: store.journal.undo_selected(Selected(turn_id=turn)),
    "journal.selected": lambda store, number, turn: store.journal.selected(Selected(turn_id=turn)),
    "journal.show_added": lambda store, number, turn: store.journal.show_added(number),
    "journal.latest": lambda store, number, turn: store.journal.latest(groups=9, skip_turn=turn),
    "journal.redo": lambda store, number, turn: store.journal.redo(),
}


def _task(number: int) -> Task:
    return Task(id=number, title="mine", created_at=REMIND_AT, updated_at=REMIND_AT)


async def _show(store: Store, number: int) -> Any:
    await store.tasks.show(
        (HiddenTasks(group=number, first=number, last=number, counts={"completed": 0, "pending": 1}),)
    )
    return await store.tasks.get(number)


async def _reminders_of(store: Store, number: int) -> Any:
    return [each.task for each in await store.reminders.claimed([_claim(number)])]


def _claim(number: int) -> Claim:
    return Claim(task_id=number, remind_at=REMIND_AT, epoch=1)


def _keyed(key: str) -> RequestKey:
    return RequestKey(key=key, fingerprint="asked")


ALONE = {
    "tasks.add",
    "tasks.add_many",
    "tasks.add_hidden",
    "tasks.page",
    "tasks.snapshot",
    "tasks.count_pending",
    "tasks.repeating_before",
    "tasks.due_counts",
    "tasks.stats",
    "tasks.projects",
    "tasks.tags",
    "conversations.begin",
    "conversations.create",
    "conversations.page",
    "journal.record",
    "journal.record_added",
    "journal.changed",
    "accounts.create",
    "accounts.get",
    "accounts.set_password_hash",
    "accounts.set_reset",
    "accounts.drop_reset",
    "accounts.set_deletion",
    "accounts.add_session",
    "accounts.add_agent",
    "accounts.agents",
    "accounts.agent_names",
    "accounts.revoke_all",
    "reminders.waiting",
    "reminders.claim",
    "reminders.next_at",
    "reminders.rung_since",
    "reminders.targets",
    "reminders.set_target",
    "views.all",
    "views.save",
    "views.replay",
}
"""Methods that take no id, or return those they are given: what they show is tested below."""


@pytest.fixture(params=["sqlite", "postgres", "postgres that forgets whose"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def database(database: Database, kind: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """On PostgreSQL once more with every condition on the user taken out of every statement: row-level security has to
    do alone then."""
    forgotten = 0

    def forget(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        nonlocal forgotten
        scoped, count = WHOSE.subn(r"\1::VARCHAR IS NOT NULL", statement)
        forgotten += count
        return scoped, parameters

    ask = Connection.ask

    async def ask_for_all(self: Connection, query: str, parameters: Sequence[Any]) -> list[Any]:
        return await ask(self, *forget(None, None, query, parameters))

    if kind == "postgres that forgets whose":
        assert isinstance(database._engine, PostgresEngine)
        event.listen(database._engine.pool.sync_engine, "before_cursor_execute", forget, retval=True)
        monkeypatch.setattr(Connection, "ask", ask_for_all)
    yield database
    assert forgotten or kind in {"sqlite", "postgres"}


WHOSE = re.compile(r"\b(?:\w+\.)?(?:user_id|(?<=users\.)id) = (\$\d+)(?:::VARCHAR)?")


@pytest.fixture
async def of_ann(database: Database) -> AsyncIterator[Database]:
    async with database.begin(ANN) as store:
        await store.conversations.create("ann's secret")
        await store.conversations.add_message(1, role="user", content="ann's secret", turn_id="t1")
        await store.turns.create(
            turn_id="t1",
            conversation_id=1,
            message_seq=1,
            request_key="key of t1",
            owner="ann",
            lease=timedelta(hours=1),
        )
        await store.turns.add_step("t1", 1, "ann's secret", (CALL,))
        await store.turns.append_events("t1", [(1, b"ann's secret")])
        await store.accounts.add_session("t1", expires_at=store.now + timedelta(hours=1))
        await store.accounts.set_password_hash("ann's secret")
        await store.request_keys.keep(_keyed("t1"), "ann's secret")
        target = ReminderTarget(kind="webhook", url="https://ann.example", secret="ann's secret")
        await store.reminders.set_target(target)
        await store.views.save(View(name="t1", filter="secret"))
        await store.accounts.set_reset("t1", expires_at=store.now + timedelta(hours=1))
    async with database.begin(ANN, turn_id="t1", call_id="1.1") as store:
        daily = TaskDraft(
            title="ann's next", previous_id=1, remind_at=REMIND_AT, recurrence="FREQ=DAILY", due_date=TODAY
        )
        await store.tasks.add(daily)
        await store.tasks.add(
            TaskDraft(title="ann's secret", tags=("secret",), project="secret", remind_at=REMIND_AT, due_date=TODAY)
        )
    async with database.begin(ANN) as store:
        store._scope.now = REMIND_AT
        assert len(await store.reminders.claim("ann", limit=2, lease=timedelta(days=9))) == 2
    before = await _everything(database)
    yield database
    assert await _everything(database) == before, "Bob changed something of Ann's"


async def _everything(database: Database) -> list[Any]:
    async with database.read(ANN) as store:
        return [
            await shown(store, TaskFilter(status="all")),
            await store.conversations.page(),
            await store.conversations.messages(1),
            await store.conversations.granted(1, "delete_task"),
            await store.turns.get("t1"),
            await store.turns.steps(("t1",)),
            await store.turns.events("t1"),
            await store.accounts.get(),
            await store.accounts.session("t1"),
            await store.request_keys.answer_to(_keyed("t1")),
            await store.reminders.waiting(),
            await store.reminders.next_at(),
            await store.reminders.targets(),
            await store.views.all(),
            await store.accounts.can_reset("t1"),
            await store.revision(),
        ]


async def _outcome(database: Database, user: str, attempt: Attempt, number: int, turn: str) -> Any:
    try:
        async with database.begin(user) as store:
            return await attempt(store, number, turn)
    except KirotodoError as error:
        return type(error), re.sub(rf"\b{turn}\b|\b{number}\b(?=\.$)", "…", error.message)


@pytest.mark.parametrize("of", sorted({name.partition(".")[0] for name in ATTEMPTS}))
async def test_what_is_anothers_looks_like_what_never_was(of_ann: Database, of: str) -> None:
    """Each attempt is made by a user of its own, for whom the ones before it are another's too."""
    for name, attempt in ATTEMPTS.items():
        if name.startswith(f"{of}."):
            foreign = await _outcome(of_ann, f"bob of {name}", attempt, 1, "t1")
            unknown = await _outcome(of_ann, f"bob of {name}", attempt, 987, "t987")
            assert foreign == unknown, name


async def test_lists_hold_what_is_ones_own(of_ann: Database) -> None:
    async with of_ann.read(BOB) as store:
        for where in (TaskFilter(status="all"), TaskFilter(search="secret"), TaskFilter(tag="secret")):
            page = await shown(store, where)
            assert (page.items, page.total) == ((), 0)
        assert await store.tasks.count_pending() == 0
        assert await store.tasks.repeating_before(date.max) == ()
        assert await store.tasks.due_counts(date.min, date.max) == {}
        assert await store.tasks.projects() == ()
        assert await store.tasks.tags() == {}
        stats = await store.tasks.stats(today=TODAY, zone=BERLIN, period_days=7)
        assert (stats.pending, stats.created, stats.projects) == (0, 0, ())
        assert await store.tasks.snapshot("the secret", today=TODAY, zone=BERLIN) == TaskSnapshot()
        assert (await store.conversations.page()).items == ()
        assert (await store.conversations.page(search="secret")).items == ()
        assert await store.revision() == 0
        assert await store.timezone() is None
        assert await store.reminders.waiting() is None
        assert await store.reminders.next_at() is None
        assert await store.reminders.targets() == ()
        assert await store.accounts.agent_names() == frozenset()
        assert await store.history.programs() == ()
        assert await store.views.all() == ()
        assert await store.reminders.rung_since(-1) == ()
        assert await store.accounts.get() is None
        since = await store.changed_since(-1)
        assert (since.tasks, since.removed, since.conversations) == ((), (), False)
        assert store.journal.changed == Changed()


async def test_nobody_claims_the_reminders_of_another(of_ann: Database) -> None:
    async with of_ann.begin(BOB) as store:
        store._scope.now = REMIND_AT + timedelta(days=30)
        assert await store.reminders.claim("bob", limit=9, lease=timedelta()) == ()


async def test_the_same_ids_do_not_get_in_each_others_way(of_ann: Database) -> None:
    async with of_ann.begin(BOB) as store:
        task = await store.tasks.add(TaskDraft(title="bob's", tags=("own",)))
        conversation = await store.conversations.create("bob's")
        message = await store.conversations.add_message(1, role="user", content="hello", turn_id="t1")
        await store.turns.create(
            turn_id="t1", conversation_id=1, message_seq=1, request_key="key of t1", owner="b", lease=timedelta()
        )
        await store.turns.add_step("t1", 1, "", (CALL,))
        await store.turns.append_events("t1", [(1, b"bob's")])
        await store.accounts.add_session("t1", expires_at=store.now)
        await store.accounts.set_password_hash("bob's")
        assert await store.accounts.revoke_all() == 1
    assert (task.id, conversation.id, message.seq) == (1, 1, 1)
    async with of_ann.begin(BOB) as store:
        assert (await store.journal.undo()).removed == (1,)


def test_every_method_of_the_store_is_tried() -> None:
    methods = {
        f"{name}.{method}"
        for name, kind in (
            ("tasks", TaskStore),
            ("conversations", ConversationStore),
            ("turns", TurnStore),
            ("journal", Journal),
            ("accounts", AccountStore),
            ("request_keys", RequestKeyStore),
            ("reminders", ReminderStore),
            ("views", ViewStore),
        )
        for method in vars(kind)
        if not method.startswith("_")
    }
    assert methods == set(ATTEMPTS) | ALONE
