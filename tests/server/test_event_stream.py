"""The operator's stream of events: what is published of a change, in which order, and that nothing is lost on the way.

Valkey and the Kafka broker are real ones.
"""

import asyncio
import importlib.util
import json
import random
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.domain.webhook import STREAM, WEBHOOK_EVENTS
from kirotodo.core.errors import ConfigError, NotFound, Unreachable
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from kirotodo.server.app import create_app
from kirotodo.server.event_stream import (
    CONTENT_TYPE,
    REMINDERS,
    TASK_EVENTS,
    EventMessage,
    KafkaPublisher,
    RedisPublisher,
    publisher_at,
)
from kirotodo.server.event_worker import EventWorker
from kirotodo.server.webhook_sender import new_secret
from tests.contract.harness import Clock
from tests.core.store.conftest import counted_statements
from tests.server.auth.valkey import Valkey, valkey
from tests.server.kafka_broker import kafka_broker
from tests.server.serving import served, settings_in
from tests.waiting import until

ANN: Final = "ann"
BOB: Final = "bob@example.com"


class Published:
    """A publisher that keeps what it is given, or refuses it."""

    def __init__(self) -> None:
        self.messages: list[EventMessage] = []
        self.is_up = True

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        await asyncio.sleep(0)
        if not self.is_up:
            raise Unreachable("It is down.")
        self.messages += messages

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def of(self, topic: str = TASK_EVENTS) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.messages if each.topic == topic]


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, clock=clock, publishes=True)
    yield opened
    await opened.aclose()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Valkey]:
    async with valkey(tmp_path) as running:
        yield running


@pytest.fixture
def stream() -> Published:
    return Published()


@pytest.fixture
def worker(database: Database, stream: Published) -> EventWorker:
    return EventWorker(database=database, publisher=stream)


async def add(database: Database, *titles: str, user: str = ANN) -> None:
    async with database.begin(user) as store:
        for title in titles:
            await store.tasks.add(TaskDraft(title=title))


async def entries(store: Valkey, topic: str) -> list[dict[str, Any]]:
    async with Redis(port=store.port) as client:
        found: Any = await client.xrange(topic)
        return [json.loads(fields[b"data"]) for _, fields in found]


async def test_every_change_is_published_as_a_cloud_event(
    database: Database, stream: Published, worker: EventWorker, clock: Clock
) -> None:
    await add(database, "milk", "bread")
    async with database.begin(ANN) as store:
        await store.tasks.update(1, {"title": "oat milk"})
        await store.tasks.delete(2)
        await store.journal.undo()
    await add(database, "tea", user=BOB)
    assert await worker.publish_due() == 7
    assert await worker.publish_due() == 0
    of_ann = [event for event in stream.of() if event["partitionkey"] == ANN]
    assert [(event["type"], event["data"]["change"]["task_id"]) for event in of_ann] == [
        ("task.created", 1),
        ("task.created", 2),
        ("task.updated", 1),
        ("task.deleted", 2),
        ("task.restored", 2),
        ("task.updated", 1),
    ]
    ids = [event["id"] for event in stream.of()]
    assert len(set(ids)) == len(ids) == 7
    (of_bob,) = [event for event in stream.of() if event["partitionkey"] == BOB]
    fixed = {name: of_bob[name] for name in ("specversion", "source", "datacontenttype", "subject")}
    assert fixed == {
        "specversion": "1.0",
        "source": "/kirotodo",
        "datacontenttype": "application/json",
        "subject": "users/bob%40example.com/tasks/1",
    }
    assert of_bob["time"] == clock().isoformat().replace("+00:00", "Z")
    assert of_bob["data"]["user_id"] == BOB
    assert of_bob["data"]["change"]["after"]["title"] == "tea"
    assert {each.key for each in stream.messages} == {ANN, BOB}


async def test_a_reminder_is_published_when_it_is_set_moved_and_dropped(
    database: Database, stream: Published, worker: EventWorker, clock: Clock
) -> None:
    at = clock() + timedelta(hours=2)
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="call", remind_at=at))
        await store.tasks.add(TaskDraft(title="no reminder"))
        await store.tasks.update(1, {"priority": "high"})
        await store.tasks.update(1, {"remind_at": at + timedelta(hours=1)})
        await store.tasks.update(1, {"completed_at": store.now})
        await store.tasks.update(1, {"completed_at": None})
        await store.tasks.delete(1)
    await worker.publish_due()
    events = stream.of(REMINDERS)
    assert [(event["type"], event["data"]["title"]) for event in events] == [
        ("reminder.scheduled", "call"),
        ("reminder.scheduled", "call"),
        ("reminder.cancelled", "call"),
        ("reminder.scheduled", "call"),
        ("reminder.cancelled", "call"),
    ]
    assert [event["data"]["remind_at"][:16] for event in events[:2]] == [
        f"{at:%Y-%m-%dT%H:%M}",
        f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M}",
    ]
    assert events[0]["data"] == {
        **{"user_id": ANN, "task_id": 1, "title": "call", "due_date": None, "due_time": None},
        "remind_at": events[0]["data"]["remind_at"],
    }
    assert len({each.id for each in stream.messages}) == len(stream.messages)


async def test_an_import_in_parts_is_published_once_it_is_whole(
    database: Database, stream: Published, worker: EventWorker
) -> None:
    async with database.begin(ANN) as store:
        part = await store.tasks.add_hidden([TaskDraft(title=f"t{number}") for number in range(3)], after=())
    await add(database, "meanwhile")
    await worker.publish_due()
    assert [event["data"]["change"]["after"]["title"] for event in stream.of()] == ["meanwhile"]
    async with database.begin(ANN) as store:
        await store.tasks.show([part])
    await worker.publish_due()
    assert [event["data"]["change"]["after"]["title"] for event in stream.of()] == ["meanwhile", "t0", "t1", "t2"]


async def test_the_stream_is_no_webhook_of_a_user(database: Database, worker: EventWorker) -> None:
    await add(database, "milk")
    async with database.read(ANN) as store:
        assert await store.webhooks.all() == ()
    for attempt in ("get", "remove", "deliveries"):
        with pytest.raises(NotFound):
            async with database.begin(ANN) as store:
                await getattr(store.webhooks, attempt)(STREAM)
    assert await worker.publish_due() == 1
    async with database.begin(ANN) as store:
        added = await store.webhooks.add("https://example.com/hook", WEBHOOK_EVENTS, secret=new_secret())
        assert added.id == 1
    await add(database, "bread")
    assert await database.due_webhooks(limit=9) == [(ANN, 1)]
    assert await database.users_to_publish(limit=9) == [ANN]


async def test_without_a_stream_nothing_is_added_to_a_change(database_url: str, clock: Clock) -> None:
    plain = await Database.open(database_url, clock=clock)
    publishing = await Database.open(database_url, clock=clock, publishes=True)
    try:
        await add(publishing, "milk")
        async with counted_statements(plain) as statements:
            await add(plain, "bread")
        assert not [statement for statement in statements if "webhook_deliveries" in statement]
        stream = Published()
        await EventWorker(database=publishing, publisher=stream).publish_due()
        assert [event["data"]["change"]["after"]["title"] for event in stream.of()] == ["milk"]
    finally:
        await plain.aclose()
        await publishing.aclose()


async def test_what_the_stream_refuses_is_published_later_in_its_order(
    database: Database, stream: Published, worker: EventWorker
) -> None:
    await add(database, "milk")
    stream.is_up = False
    with pytest.raises(Unreachable):
        await worker.publish_due()
    await add(database, "bread")
    with pytest.raises(Unreachable):
        await worker.publish_due()
    stream.is_up = True
    assert await worker.publish_due() == 2
    assert [event["data"]["change"]["after"]["title"] for event in stream.of()] == ["milk", "bread"]


async def test_two_servers_publish_everything_once_and_in_order(database_url: str, clock: Clock) -> None:
    async with AsyncExitStack() as stack:
        databases = [await Database.open(database_url, clock=clock, publishes=True) for _ in range(2)]
        for each in databases:
            stack.push_async_callback(each.aclose)
        stream = Published()
        workers = [EventWorker(database=each, publisher=stream) for each in databases]
        for number in range(12):
            await add(databases[number % 2], f"{number}", user=ANN)
            await add(databases[number % 2], f"{number}", user=BOB)
            await asyncio.gather(*(worker.publish_due() for worker in workers))
        while sum(await asyncio.gather(*(worker.publish_due() for worker in workers))):
            pass
        titles = defaultdict(list)
        for event in stream.of():
            titles[event["partitionkey"]].append(int(event["data"]["change"]["after"]["title"]))
        assert titles == {ANN: [*range(12)], BOB: [*range(12)]}


# --- deaths


class Killed(BaseException):
    """Stands for the end of a process."""


class DyingPublisher(RedisPublisher):
    """Kills the process that publishes, before or after the stream has accepted the messages."""

    before = True

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        if not self.before:
            await super().publish(messages)
        raise Killed


async def _deaths(url: str, store: Valkey, clock: Clock, *, tries: int) -> tuple[int, int, int]:
    """Kill one of two servers so often while it publishes, and let the other take over: how many changes were lost, how
    many are out of order where each is seen first, and how many came twice."""
    lease = timedelta(milliseconds=20)
    dice = random.Random(7)
    async with AsyncExitStack() as stack:
        one, two = [await Database.open(url, clock=clock, publishes=True) for _ in range(2)]
        stack.push_async_callback(one.aclose)
        stack.push_async_callback(two.aclose)
        dying, living = DyingPublisher(store.url), RedisPublisher(store.url)
        stack.push_async_callback(dying.aclose)
        stack.push_async_callback(living.aclose)
        for number in range(tries):
            dying.before = dice.random() < 0.5
            await add(one, f"{number} a", f"{number} b")
            with suppress(Killed):
                await EventWorker(database=one, publisher=dying, lease=lease).publish_due()
            await add(two, f"{number} c")
            other = EventWorker(database=two, publisher=living, lease=lease)
            while not await other.publish_due():
                clock.now += lease
                await asyncio.sleep(0.005)
        while await other.publish_due():
            pass
    events = await entries(store, TASK_EVENTS)
    ids = {event["data"]["change"]["id"]: event["id"] for event in events}
    assert all(ids[event["data"]["change"]["id"]] == event["id"] for event in events), "what comes again has its id"
    first_seen = list(dict.fromkeys(event["data"]["change"]["id"] for event in events))
    lost = 3 * tries - len(set(ids.values()))
    return lost, int(first_seen != sorted(first_seen)), len(events) - len(first_seen)


async def test_a_server_that_dies_loses_nothing(database_url: str, store: Valkey, clock: Clock) -> None:
    lost, disordered, twice = await _deaths(database_url, store, clock, tries=6)
    assert (lost, disordered) == (0, 0)
    assert twice > 0, "at least once: what was out when the server died is published again, with the same id"


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
async def test_two_hundred_deaths_lose_nothing(postgres_url: str, store: Valkey, clock: Clock) -> None:
    lost, disordered, _ = await _deaths(postgres_url, store, clock, tries=200)
    assert (lost, disordered) == (0, 0)


async def test_nothing_is_lost_while_valkey_is_down(
    store: Valkey, tmp_path: Path, empty_list: Path, clock: Clock
) -> None:
    shutil.copy(empty_list, tmp_path / "list.db")
    database = await Database.open(f"sqlite:///{tmp_path / 'list.db'}", clock=clock, publishes=True)
    publisher = RedisPublisher(store.url)
    worker = EventWorker(database=database, publisher=publisher)
    try:
        await store.kill()
        await add(database, "milk", "bread")
        with pytest.raises(Unreachable, match="Redis did not accept"):
            await worker.publish_due()
        await store.start()
        assert await worker.publish_due() == 2
        assert [event["data"]["change"]["after"]["title"] for event in await entries(store, TASK_EVENTS)] == [
            "milk",
            "bread",
        ]
    finally:
        await publisher.aclose()
        await database.aclose()


# --- Kafka


def _message(number: int, *, key: str = ANN) -> EventMessage:
    return EventMessage(topic=TASK_EVENTS, key=key, id=f"msg_{number}", body=b"%d" % number)


@pytest.mark.slow
async def test_kafka_is_given_the_messages_of_a_user_in_order_under_their_key() -> None:
    async with kafka_broker() as broker:
        publisher = publisher_at(broker.url)
        assert isinstance(publisher, KafkaPublisher)
        try:
            await publisher.publish([_message(number) for number in range(20)])
            await publisher.publish([_message(20, key=BOB)])
            records = await broker.read(TASK_EVENTS, 21)
            assert [int(each.value) for each in records if each.key == ANN.encode()] == [*range(20)]
            assert [int(each.value) for each in records if each.key == BOB.encode()] == [20]
            assert dict(records[0].headers) == {"content-type": CONTENT_TYPE}
            await broker.kill()
            impatient = KafkaPublisher(f"127.0.0.1:{broker.port}", timeout=0.5)
            with pytest.raises(Unreachable, match="Kafka did not accept"):
                await impatient.publish([_message(21)])
            await broker.start()
            await publisher.aclose()
            await publisher.publish([_message(22)])
            assert [int(each.value) for each in await broker.read(TASK_EVENTS, 1)] == [22]
        finally:
            await publisher.aclose()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"kirotodo\[kafka\]"):
        publisher_at("kafka://127.0.0.1:9092")


@pytest.mark.parametrize(
    "url", ["http://example.com", "kafka://", "kafka://host", "redis://", "memory", "kafka://a:1,b"]
)
def test_an_address_of_no_stream_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="EVENTS_URL"):
        Settings(events_url=url)


# --- a server


async def test_what_a_turn_changes_reaches_valkey(store: Valkey, tmp_path: Path, empty_list: Path) -> None:
    shutil.copy(empty_list, tmp_path / "list.db")
    settings = settings_in(tmp_path, events_url=store.url)
    model = ScriptedModel([call("add_task", title="Milk", remind="tomorrow 8am")], ["Added."])
    async with served(create_app(settings, model=model)) as server, server.client() as api:
        await api.post("/chat", json={"message": "add milk"})

        async def published() -> bool:
            return bool(await entries(store, REMINDERS))

        await until(published)
        (event,) = await entries(store, TASK_EVENTS)
        assert (event["type"], event["data"]["change"]["by"]["kind"]) == ("task.created", "model")
        (reminder,) = await entries(store, REMINDERS)
        assert reminder["type"] == "reminder.scheduled"
        connected = (await api.get("/integrations")).json()["items"]
        assert [(each["kind"], each["name"]) for each in connected] == [("events", "redis")]
        assert str(store.port) not in json.dumps(connected), "where the operator's stream is remains the operator's"
