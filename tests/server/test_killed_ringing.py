"""Two processes that ring from one database are killed again and again: nothing is lost, and nothing is doubled.

Killed between the claim and the ring, another rings it, once. Killed between the ring and its receipt it is sent again,
with the same id, by which its receiver knows it (decision 0040).
"""

import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from kirotodo.core.local import Core, utc_now
from kirotodo.core.store.tables import reminders
from kirotodo.server.webhook_sender import new_secret
from tests.lists import list_at
from tests.server import ringing
from tests.server.http_sink import HttpSink, http_sink
from tests.server.ringing import Moment
from tests.server.serving import settings_in
from tests.waiting import until


@pytest.fixture
async def sink() -> AsyncIterator[HttpSink]:
    async with http_sink() as listening:
        yield listening


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return list_at(tmp_path / "list.db")


async def _fill(folder: Path, url: str, sink: HttpSink, count: int) -> None:
    """Set so many reminders that came due half an hour ago, as if nobody had run since."""
    earlier = utc_now() - timedelta(hours=1)
    core = await Core.open(settings_in(folder, database_url=url), clock=lambda: earlier)
    backend = core.of("ann")
    for number in range(count):
        await backend.add_task({"title": f"t{number}", "remind_at": earlier + timedelta(minutes=30)})
    await backend.set_reminder_target("webhook", sink.url, secret=new_secret())
    await core.aclose()


async def _try(folder: Path, url: str, sink: HttpSink, *, kills: int, moment: Moment) -> tuple[int, int, int]:
    """Kill so many; return how many died, and how many reminders were lost and doubled."""
    count = 2 * kills + 10
    await _fill(folder, url, sink, count)
    core = await Core.open(settings_in(folder, database_url=url))

    async def end_leases(owner: str) -> None:
        over = update(reminders).where(reminders.c.owner == owner).values(lease_until=reminders.c.next_at)
        async with core.database._engine.operate(writing=True) as connection:
            await connection.execute(over)

    async with ringing.two(folder, url, kills=kills, moment=moment, page=1, end_leases=end_leases) as died:
        await until(lambda: len(died) >= kills, seconds=60 + 4 * kills)
        await until(
            lambda: len({each.headers["webhook-id"] for each in sink.received}) == count, seconds=60 + 4 * kills
        )
        await until(lambda: _is_settled(core), seconds=60 + 4 * kills, pause=0.2)
    await core.aclose()
    rang = Counter(json.loads(each.body)["data"]["task"]["title"] for each in sink.received)
    ids = {each.headers["webhook-id"] for each in sink.received}
    assert len(ids) == len(rang)  # what is sent again has the id that it had
    return len(died), count - len(rang), sum(rang.values()) - len(rang)


async def _is_settled(core: Core) -> bool:
    async with core.database.read("ann") as store:
        return await store.reminders.waiting() is None


@pytest.mark.slow
async def test_killed_between_claim_and_ring(tmp_path: Path, url: str, sink: HttpSink) -> None:
    died, lost, doubled = await _try(tmp_path, url, sink, kills=5, moment="claimed")
    assert (lost, doubled) == (0, 0)
    assert died >= 5


@pytest.mark.slow
async def test_killed_between_ring_and_receipt(tmp_path: Path, url: str, sink: HttpSink) -> None:
    died, lost, doubled = await _try(tmp_path, url, sink, kills=3, moment="rung")
    assert lost == 0
    assert doubled == died == 3  # each of them with the id of its first attempt, see above


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
async def test_killed_many_times_between_claim_and_ring(tmp_path: Path, url: str, sink: HttpSink) -> None:
    """KILLS=200 for as many as the decision record tells of, which takes minutes."""
    kills = int(os.environ.get("KILLS", "30"))
    died, lost, doubled = await _try(tmp_path, url, sink, kills=kills, moment="claimed")
    assert (lost, doubled) == (0, 0)
    assert died >= kills
