"""Reminders are claimed along an index, a page at a time, however many wait and however many users there are."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from kirotodo.core.domain.reminder import CLAIM_MAX, LEASE, ReminderTarget
from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, Clock, seen_statements

COUNT = 1_000


@pytest.fixture
async def full(database: Database, clock: Clock) -> Database:
    """A thousand reminders of Ann's within a minute, as many of hers much later, and twenty other users."""
    start = clock.now + timedelta(hours=1)
    for place, user in enumerate((ANN, *(f"u{number}" for number in range(20)))):
        many = COUNT if place == 0 else 20
        async with database.begin(user) as store:
            for hours in (0, 1_000):
                drafts = (
                    TaskDraft(title=f"t{number}", remind_at=start + timedelta(hours=hours, seconds=number * 60 / many))
                    for number in range(many)
                )
                await store.tasks.add_many(tuple(drafts))
            if place < 3:
                await store.reminders.set_target(ReminderTarget(kind="ntfy", url="https://ntfy.example/t", secret=""))
    clock.now = start + timedelta(minutes=1)
    return database


async def _plans(database: Database, kind: str, path: Path, url: str, what: Any) -> list[str]:
    with seen_statements(database) as seen:
        await what
    claims = [(statement, parameters) for statement, parameters in seen if "reminders" in statement]
    assert claims
    if kind == "sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return [
                "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
                for statement, parameters in claims
            ]
    connection = await asyncpg.connect(url)
    try:
        # Of a few thousand rows PostgreSQL may as well read all: what matters is that it need not.
        await connection.execute("ANALYZE; SET enable_seqscan = off")
        return ["\n".join(await _explained(connection, *claim)) for claim in claims]
    finally:
        await connection.close()


async def _explained(connection: Any, statement: str, parameters: Sequence[Any]) -> list[str]:
    return [row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *parameters)]


async def _claim(database: Database, user: str) -> int:
    async with database.begin(user) as store:
        return len(await store.reminders.claim("me", limit=CLAIM_MAX, lease=LEASE))


@pytest.mark.slow
async def test_a_user_claims_along_the_index(full: Database, kind: str, path: Path, database_url: str) -> None:
    [plan, *_] = await _plans(full, kind, path, database_url, _claim(full, ANN))
    assert "ix_reminders_next" in plan, plan
    assert "SCAN reminders" not in plan, plan
    assert "Seq Scan on reminders " not in plan, plan


@pytest.mark.slow
async def test_a_server_claims_along_the_index(full: Database, kind: str, path: Path, database_url: str) -> None:
    claim = full.claim_reminders("me", limit=CLAIM_MAX, lease=LEASE)
    [plan, *_] = await _plans(full, kind, path, database_url, claim)
    assert "ix_reminders_next" in plan, plan
    assert "SCAN reminders" not in plan, plan
    assert "Seq Scan on reminders " not in plan, plan


@pytest.mark.slow
async def test_a_thousand_within_a_minute_are_claimed_in_pages_once_each(full: Database) -> None:
    claimed: list[int] = []
    while True:
        async with full.begin(ANN) as store:
            some = await store.reminders.claim("me", limit=CLAIM_MAX, lease=LEASE)
            rung = await store.reminders.settle("me", [each.claim for each in some])
        assert len(rung) == len(some) <= CLAIM_MAX
        if not some:
            break
        claimed += [each.task.id for each in some]
    assert claimed == list(range(1, COUNT + 1))
