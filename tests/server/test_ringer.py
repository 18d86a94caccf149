"""The server rings: signed webhooks and ntfy, once, whichever server gets to it, and again where nobody took it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kirotodo.core.domain.reminder import TargetKind
from kirotodo.core.local import Core
from kirotodo.core.settings import Settings
from kirotodo.server.ringer import Ringer
from kirotodo.server.webhook_sender import WebhookSender, new_secret
from tests.contract.harness import MONDAY, Clock
from tests.server.http_sink import HttpSink, http_sink
from tests.server.serving import Served
from tests.waiting import until


@pytest.fixture
def settings(tmp_path: Path, empty_list: Path, settings: Settings) -> Settings:
    return settings.replaced(webhook_private_networks=("127.0.0.0/8",))


@pytest.fixture
async def sink() -> AsyncIterator[HttpSink]:
    async with http_sink() as listening:
        yield listening


async def _target(api: httpx2.AsyncClient, kind: str, url: str, **more: Any) -> dict[str, Any]:
    answer = await api.post("/reminders/targets", json={"kind": kind, "url": url, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _task(api: httpx2.AsyncClient, title: str, **more: Any) -> None:
    answer = await api.post("/tasks", json={"title": title, "remind": "at the time", **more})
    assert answer.status_code == 201, answer.text


async def test_a_server_rings_what_comes_due(
    api: httpx2.AsyncClient, server: Served, clock: Clock, sink: HttpSink
) -> None:
    await _target(api, "webhook", f"{sink.url}/hook")
    await _task(api, "call Jane", due="today 12:00")
    clock.advance(hours=2)
    await _task(api, "wakes whoever waits for a reminder", due="tomorrow 12:00")
    await until(lambda: bool(sink.received))
    assert [json.loads(each.body)["data"]["task"]["title"] for each in sink.received] == ["call Jane"]


async def test_nothing_is_shown_of_a_secret_later(api: httpx2.AsyncClient) -> None:
    await _target(api, "webhook", "https://hooks.example.com/a")
    await _target(api, "ntfy", "https://ntfy.example.com/topic", secret="tk_1")
    assert (await api.get("/reminders/targets")).json()["items"] == [
        {"kind": "ntfy", "url": "https://ntfy.example.com/topic", "secret": None},
        {"kind": "webhook", "url": "https://hooks.example.com/a", "secret": None},
    ]
    assert (await api.delete("/reminders/targets/ntfy")).status_code == 204
    assert (await api.delete("/reminders/targets/ntfy")).status_code == 404


@pytest.fixture(params=["sqlite", "postgres"])
async def cores(request: pytest.FixtureRequest, settings: Settings, clock: Clock) -> AsyncIterator[tuple[Core, Core]]:
    """Two servers of one database."""
    if request.param == "postgres":
        settings = settings.replaced(database_url=request.getfixturevalue("postgres_url"))
    one, two = await Core.open(settings, clock=clock), await Core.open(settings, clock=clock)
    yield one, two
    await one.aclose()
    await two.aclose()


@pytest.fixture
async def ringers(cores: tuple[Core, Core], clock: Clock) -> AsyncIterator[tuple[Ringer, Ringer]]:
    async with WebhookSender(clock=clock, private=("127.0.0.0/8",)) as sender:
        one, two = (Ringer(core, sender, lease=timedelta(), retry=timedelta()) for core in cores)
        yield one, two


async def _remind(core: Core, user_id: str, titles: list[str], *, kind: TargetKind, url: str, secret: str = "") -> None:
    backend = core.of(user_id)
    for title in titles:
        await backend.add_task({"title": title, "due": "today 12:00", "remind": "at the time"})
    await backend.set_reminder_target(kind, url, secret=secret)


async def test_a_webhook_is_signed_and_its_id_stays_the_same_until_it_is_accepted(
    cores: tuple[Core, Core], ringers: tuple[Ringer, Ringer], clock: Clock, sink: HttpSink
) -> None:
    secret = new_secret()
    await _remind(cores[0], "ann", ["call Jane"], kind="webhook", url=f"{sink.url}/hook", secret=secret)
    await cores[0].of("bob").add_task({"title": "nowhere to ring", "due": "today 12:00", "remind": "at the time"})
    assert await ringers[0].ring_due() == MONDAY.replace(hour=11, minute=0)
    clock.advance(hours=2)
    sink.status = 500
    retry_at = await ringers[0].ring_due()
    assert retry_at is not None
    sink.status = 200
    clock.advance(days=1)
    await asyncio.gather(ringers[0].ring_due(), ringers[1].ring_due())
    assert await ringers[1].ring_due() is None
    first, *more = sink.received
    assert more
    assert {each.headers["webhook-id"] for each in sink.received} == {first.headers["webhook-id"]}
    for got in sink.received:
        signed = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        assert got.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    message = json.loads(more[-1].body)
    assert message["type"] == "reminder.due"
    assert message["data"]["late"] is True
    assert (message["data"]["user_id"], message["data"]["task"]["title"]) == ("ann", "call Jane")


async def test_ntfy_gets_json_in_which_no_title_is_a_header(
    cores: tuple[Core, Core], ringers: tuple[Ringer, Ringer], clock: Clock, sink: HttpSink
) -> None:
    title = "pay [/] rent é\u202e"
    await _remind(cores[0], "ann", [title], kind="ntfy", url=f"{sink.url}/base/topic", secret="tk_1")
    clock.advance(hours=1, minutes=30)
    await ringers[0].ring_due()
    [got] = sink.received
    assert (got.path, got.headers["authorization"]) == ("/base/", "Bearer tk_1")
    message = json.loads(got.body)
    assert message.pop("sequence_id").startswith("reminder_")
    assert message == {
        "topic": "topic",
        "title": "pay [/] rent é",
        "message": "Due today, 12:00",
        "tags": ["alarm_clock"],
    }


async def test_two_servers_ring_a_hundred_and_twenty_once_each(
    cores: tuple[Core, Core], ringers: tuple[Ringer, Ringer], clock: Clock, sink: HttpSink
) -> None:
    async with WebhookSender(clock=clock, private=("127.0.0.0/8",)) as sender:
        both = [Ringer(core, sender) for core in cores]
        for user in ("ann", "bob", "cid"):
            titles = [f"{user} {number}" for number in range(40)]
            await _remind(cores[0], user, titles, kind="ntfy", url=f"{sink.url}/{user}")
        clock.advance(hours=1, minutes=30)
        await asyncio.gather(*(each.ring_due() for each in both))
    rang = [json.loads(each.body)["title"] for each in sink.received]
    assert sorted(rang) == sorted(f"{user} {number}" for user in ("ann", "bob", "cid") for number in range(40))


async def test_what_no_server_could_deliver_an_open_chat_rings(
    cores: tuple[Core, Core], ringers: tuple[Ringer, Ringer], clock: Clock, sink: HttpSink
) -> None:
    await _remind(cores[0], "ann", ["call Jane"], kind="ntfy", url=f"{sink.url}/ann")
    clock.advance(hours=1, minutes=30)
    sink.status = 503
    await ringers[0].ring_due()
    claimed = await cores[1].of("ann").claim_reminders("chat")
    assert [each.task.title for each in claimed.items] == ["call Jane"]


async def test_a_target_that_is_not_public_gets_nothing(cores: tuple[Core, Core], clock: Clock, sink: HttpSink) -> None:
    await _remind(cores[0], "ann", ["call Jane"], kind="ntfy", url=f"{sink.url}/ann")
    clock.advance(hours=1, minutes=30)
    async with WebhookSender(clock=clock) as sender:
        await Ringer(cores[0], sender).ring_due()
    assert sink.received == []
    assert (await cores[0].of("ann").claim_reminders("chat")).items
