"""Webhooks: what is sent of a change, how often, and to whom it is never sent."""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from fastapi import FastAPI

from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.domain.webhook import WEBHOOK_EVENTS, WEBHOOKS_MAX, WebhookDelivery
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from kirotodo.server.app import create_app
from kirotodo.server.webhook_sender import Delivery, WebhookSender, new_secret
from kirotodo.server.webhook_worker import DELAYS, DISABLED_AFTER, LEASE, WebhookWorker
from tests.contract.harness import Clock
from tests.core.store.conftest import counted_statements
from tests.server.http_sink import HttpSink, http_sink
from tests.server.serving import served, settings_in
from tests.waiting import until

ANN: Final = "ann"
LOCAL: Final = ("127.0.0.0/8",)


class Receiver(WebhookSender):
    """A sender that reaches nobody: what it is given is kept, and answered with `status`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.status = 200
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Delivery:
        self.sent.append((headers["webhook-id"], json.loads(body)))
        accepted = self.status < 300
        return Delivery(
            outcome="accepted" if accepted else "refused", status=self.status, detail="" if accepted else "No."
        )

    @property
    def ids(self) -> list[str]:
        return [message_id for message_id, _ in self.sent]


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, clock=clock)
    yield opened
    await opened.aclose()


@pytest.fixture
async def receiver(clock: Clock) -> AsyncIterator[Receiver]:
    async with Receiver(clock) as made:
        yield made


@pytest.fixture
def worker(database: Database, receiver: Receiver) -> WebhookWorker:
    return WebhookWorker(database=database, sender=receiver, jitter=lambda: 1.0)


async def add(database: Database, *titles: str, user: str = ANN) -> None:
    async with database.begin(user) as store:
        for title in titles:
            await store.tasks.add(TaskDraft(title=title))


async def hook(database: Database, *events: str, user: str = ANN) -> int:
    async with database.begin(user) as store:
        added = await store.webhooks.add("https://example.com/hook", events or WEBHOOK_EVENTS, secret=new_secret())  # type: ignore[arg-type]
    return added.id


async def deliveries(database: Database, webhook_id: int = 1, *, user: str = ANN) -> tuple[WebhookDelivery, ...]:
    async with database.read(user) as store:
        return (await store.webhooks.deliveries(webhook_id, limit=200)).items


async def test_each_change_is_sent_once_with_what_it_was(
    database: Database, receiver: Receiver, worker: WebhookWorker
) -> None:
    await add(database, "before there was a webhook")
    await hook(database)
    await add(database, "milk", "bread")
    async with database.begin(ANN) as store:
        await store.tasks.update(2, {"title": "oat milk"})
        await store.tasks.update(2, {"completed_at": store.now})
        await store.tasks.delete(3)
        await store.journal.undo()
    await add(database, "of somebody else", user="bob")
    assert await worker.deliver_due() == 8
    assert await worker.deliver_due() == 0
    kinds = [(body["type"], body["data"]["change"]["task_id"]) for _, body in receiver.sent]
    assert kinds == [
        ("task.created", 2),
        ("task.created", 3),
        ("task.updated", 2),
        ("task.completed", 2),
        ("task.deleted", 3),
        ("task.restored", 3),
        ("task.reopened", 2),
        ("task.updated", 2),
    ]
    assert len(set(receiver.ids)) == 8
    change = receiver.sent[2][1]["data"]["change"]
    assert (change["before"]["title"], change["after"]["title"]) == ("milk", "oat milk")
    assert {each.status for each in await deliveries(database)} == {"delivered"}


async def test_only_wanted_kinds_are_sent_and_only_while_it_is_enabled(
    database: Database, receiver: Receiver, worker: WebhookWorker
) -> None:
    webhook_id = await hook(database, "task.deleted")
    await add(database, "milk", "bread", "tea")
    async with database.begin(ANN) as store:
        await store.tasks.delete(1)
    async with database.begin(ANN) as store:
        await store.webhooks.set_enabled(webhook_id, enabled=False)
    assert await worker.deliver_due() == 0, "it waits while the webhook is disabled"
    async with database.begin(ANN) as store:
        await store.tasks.delete(2)
    async with database.begin(ANN) as store:
        await store.webhooks.set_enabled(webhook_id, enabled=True)
        await store.tasks.delete(3)
    await worker.deliver_due()
    assert [body["data"]["change"]["task_id"] for _, body in receiver.sent] == [1, 3]


async def test_an_import_that_is_shown_at_once_is_sent_when_it_is_shown(
    database: Database, receiver: Receiver, worker: WebhookWorker
) -> None:
    await hook(database)
    drafts = [TaskDraft(title="a"), TaskDraft(title="b")]
    async with database.begin(ANN) as store:
        parts = [await store.tasks.add_hidden(drafts, after=[])]
    assert await worker.deliver_due() == 0
    async with database.begin(ANN) as store:
        await store.tasks.show(parts)
    assert await worker.deliver_due() == 2
    assert [body["type"] for _, body in receiver.sent] == ["task.created", "task.created"]


async def test_users_without_webhooks_pay_nothing(database: Database) -> None:
    """The statements of a change are the same as before there were webhooks: none is about them."""

    async def change(user: str) -> list[str]:
        async with counted_statements(database) as seen:
            async with database.begin(user) as store:
                await store.tasks.add(TaskDraft(title="milk"))
            async with database.begin(user) as store:
                await store.tasks.update(1, {"title": "bread"})
            async with database.begin(user) as store:
                await store.tasks.delete(1)
            async with database.begin(user) as store:
                await store.journal.undo()
        return [statement for statement in seen if "webhooks " in statement or "webhook_deliveries" in statement]

    await add(database, "first", user="bob")
    assert await change(ANN) == []
    await hook(database, user="bob")
    assert await change(ANN) == []
    assert len(await change("bob")) == 8, "one look and one row for each"


async def test_a_delivery_is_tried_for_a_day_and_then_given_up(
    database: Database, receiver: Receiver, worker: WebhookWorker, clock: Clock
) -> None:
    await hook(database)
    await add(database, "milk")
    receiver.status = 500
    began = clock.now
    for delay in DELAYS:
        assert await worker.deliver_due() == 1
        assert await worker.deliver_due() == 0, "not before it is time"
        (waiting,) = await deliveries(database)
        assert (waiting.status, waiting.next_at, waiting.status_code) == ("pending", clock.now + delay, 500)
        clock.now += delay
    assert await worker.deliver_due() == 1
    assert timedelta(hours=20) < clock.now - began < timedelta(hours=26)
    (dead,) = await deliveries(database)
    assert (dead.status, dead.attempts, dead.next_at, dead.detail) == ("dead", len(DELAYS) + 1, None, "No.")
    assert len(set(receiver.ids)) == 1
    receiver.status = 204
    async with database.begin(ANN) as store:
        await store.webhooks.redeliver(1, dead.change_id)
    assert await worker.deliver_due() == 1
    assert len(set(receiver.ids)) == 1
    (again,) = await deliveries(database)
    assert (again.status, again.attempts) == ("delivered", 1)
    async with database.read(ANN) as store:
        assert (await store.webhooks.get(1)).failing_since is None


async def test_one_that_fails_does_not_hold_up_those_after_it_for_good(
    database: Database, receiver: Receiver, worker: WebhookWorker, clock: Clock
) -> None:
    await hook(database)
    await add(database, "a", "b", "c")
    receiver.status = 500
    assert await worker.deliver_due() == 1, "the rest waits too, and is not counted as tried"
    assert [each.attempts for each in await deliveries(database)] == [0, 0, 1]
    receiver.status = 200
    clock.now += DELAYS[0]
    assert await worker.deliver_due() == 3
    assert [body["data"]["change"]["id"] for _, body in receiver.sent] == [1, 2, 3, 1]


@pytest.mark.parametrize("gone", [True, False])
async def test_a_webhook_that_accepts_nothing_for_days_is_disabled(
    database: Database, receiver: Receiver, worker: WebhookWorker, clock: Clock, gone: bool
) -> None:
    await hook(database)
    await add(database, "milk")
    receiver.status = 410 if gone else 500
    await worker.deliver_due()
    if not gone:
        clock.now += DISABLED_AFTER
        await worker.deliver_due()
    async with database.read(ANN) as store:
        webhook = await store.webhooks.get(1)
    assert webhook.disabled_at == clock.now
    assert webhook.disabled_reason == (
        "It answered that it is gone (410)." if gone else "It accepted nothing for 3 days."
    )
    await add(database, "bread")
    clock.now += timedelta(days=1)
    assert await worker.deliver_due() == 0


async def test_what_was_purged_or_removed_is_not_sent(
    database: Database, receiver: Receiver, worker: WebhookWorker, clock: Clock
) -> None:
    await hook(database)
    await add(database, "milk")
    clock.now += timedelta(days=2)
    await database.purge(before=clock.now - timedelta(days=1))
    await worker.deliver_due()
    (dead,) = await deliveries(database)
    assert (dead.status, dead.detail) == ("dead", "The change was purged before it could be sent.")
    await database.forget_deliveries(until=clock.now + timedelta(seconds=1))
    assert await deliveries(database) == ()
    await add(database, "bread")
    async with database.begin(ANN) as store:
        await store.webhooks.remove(1)
    assert await worker.deliver_due() == 0
    assert receiver.sent == []


class Killed(BaseException):
    """Stands for the end of a process."""


class DyingReceiver(Receiver):
    """Kills the process that sends, before or after the message is out."""

    before = True

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Delivery:
        if not self.before:
            await super().send(url, body=body, headers=headers)
        raise Killed


async def _kills(url: str, clock: Clock, *, tries: int) -> tuple[int, int, int]:
    """Kill one of two servers so often while it delivers a change, and let the other take over: how many changes were
    lost, how many were sent twice though nothing was out when the server died, and how many twice in all."""
    lost = doubled = twice = 0
    lease = timedelta(milliseconds=20)
    dice = random.Random(7)
    async with AsyncExitStack() as stack:
        one, two = [await Database.open(url, clock=clock) for _ in range(2)]
        stack.push_async_callback(one.aclose)
        stack.push_async_callback(two.aclose)
        await hook(one)
        dying = await stack.enter_async_context(DyingReceiver(clock))
        living = await stack.enter_async_context(Receiver(clock))
        for number in range(tries):
            dying.before = before = dice.random() < 0.5
            dying.sent, living.sent = [], []
            await add(one, f"task {number}")
            with suppress(Killed):
                await WebhookWorker(database=one, sender=dying, lease=lease).deliver_due()
            other = WebhookWorker(database=two, sender=living, lease=lease)
            while not await other.deliver_due():
                clock.now += lease
                await asyncio.sleep(0.005)
            async with two.read(ANN) as store:
                (newest,) = (await store.webhooks.deliveries(1, limit=1)).items
            lost += newest.status != "delivered" or living.ids != [newest.message_id]
            doubled += before and len(dying.sent) + len(living.sent) != 1
            twice += len(dying.sent) + len(living.sent) > 1
        assert await WebhookWorker(database=one, sender=living, lease=lease).deliver_due() == 0
    return lost, doubled, twice


async def test_a_server_that_dies_loses_nothing(database_url: str, clock: Clock) -> None:
    lost, doubled, twice = await _kills(database_url, clock, tries=6)
    assert (lost, doubled) == (0, 0)
    assert twice > 0, "at least once: what was out when the server died is sent again, with the same id"


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
async def test_two_hundred_deaths_lose_nothing(postgres_url: str, clock: Clock) -> None:
    lost, doubled, _ = await _kills(postgres_url, clock, tries=200)
    assert (lost, doubled) == (0, 0)


async def test_two_servers_share_the_work_and_send_nothing_twice(database_url: str, clock: Clock) -> None:
    async with AsyncExitStack() as stack:
        databases = [await Database.open(database_url, clock=clock) for _ in range(2)]
        for each in databases:
            stack.push_async_callback(each.aclose)
        for user in (ANN, "bob", "cid"):
            await hook(databases[0], user=user)
            await add(databases[0], *map(str, range(15)), user=user)
        receivers = [await stack.enter_async_context(Receiver(clock)) for _ in databases]
        workers = [
            WebhookWorker(database=one, sender=other, lease=LEASE)
            for one, other in zip(databases, receivers, strict=True)
        ]
        while sum(await asyncio.gather(*(worker.deliver_due() for worker in workers))):
            pass
        ids = [message_id for receiver in receivers for message_id in receiver.ids]
        assert (len(ids), len(set(ids))) == (45, 45)


# --- the routes, with a receiver on a socket


@pytest.fixture
def settings(tmp_path: Path, empty_list: Path) -> Settings:
    shutil.copy(empty_list, tmp_path / "list.db")
    return settings_in(tmp_path, webhook_private_networks=LOCAL)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel([call("add_task", title="Milk")], ["Added."])


@pytest.fixture
async def sink() -> AsyncIterator[HttpSink]:
    async with http_sink() as listening:
        yield listening


def _verified(got: Any, secret: str) -> Any:
    signed = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    return json.loads(got.body)


async def test_a_turns_change_reaches_the_receiver_signed(api: httpx2.AsyncClient, sink: HttpSink) -> None:
    added = (await api.post("/webhooks", json={"url": f"{sink.url}/hook"})).json()
    assert (added["id"], added["events"]) == (1, list(WEBHOOK_EVENTS))
    tried = (await api.post("/webhooks/1/test")).json()
    assert tried == {"accepted": True, "status_code": 200, "detail": ""}
    assert _verified(sink.received[0], added["secret"])["type"] == "webhook.test"
    await api.post("/chat", json={"message": "add milk"})
    await until(lambda: len(sink.received) == 2)
    message = _verified(sink.received[1], added["secret"])
    assert (message["type"], message["data"]["change"]["after"]["title"]) == ("task.created", "Milk")
    assert message["data"]["change"]["by"]["kind"] == "model"
    shown = (await api.get("/webhooks")).json()["items"]
    assert shown[0]["secret"] is None


async def test_webhooks_are_changed_and_removed(api: httpx2.AsyncClient, sink: HttpSink) -> None:
    for status, body in (
        (422, {"url": "ftp://example.com"}),
        (422, {"url": "https://ann:secret@example.com"}),
        (422, {"url": sink.url, "events": ["task.eaten"]}),
        (422, {"url": sink.url, "secret": "short"}),
        (201, {"url": sink.url, "events": ["task.created"], "secret": new_secret()}),
    ):
        assert (await api.post("/webhooks", json=body)).status_code == status
    disabled = (await api.patch("/webhooks/1", json={"enabled": False})).json()
    assert disabled["disabled_at"] is not None
    assert (await api.patch("/webhooks/1", json={"enabled": True})).json()["disabled_at"] is None
    assert (await api.post("/webhooks/1/deliveries/7/redeliver")).status_code == 404
    assert (await api.delete("/webhooks/1")).status_code == 204
    for method, path in (("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        assert (await api.request(method, f"/webhooks/1{path}")).status_code == 404
    for _ in range(WEBHOOKS_MAX):
        assert (await api.post("/webhooks", json={"url": sink.url})).status_code == 201
    assert (await api.post("/webhooks", json={"url": sink.url})).status_code == 409


async def test_a_private_address_is_never_reached(tmp_path: Path, settings: Settings, sink: HttpSink) -> None:
    app: FastAPI = create_app(settings.replaced(webhook_private_networks=()), model=ScriptedModel())
    async with served(app) as server, server.client("1") as api:
        await api.post("/webhooks", json={"url": sink.url})
        tried = (await api.post("/webhooks/1/test")).json()
    assert (tried["accepted"], sink.received) == (False, [])
    assert "isn't public" in tried["detail"]
