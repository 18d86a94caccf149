"""One core, many users: each sees their own list, in their own days and hours."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kirotodo.core.errors import NotFound
from kirotodo.core.local import Core
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.contract.harness import say, until_parked
from tests.lists import list_at

AUCKLAND, LIMA = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Lima")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
async def core(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[Core]:
    settings = Settings(kirotodo_home=tmp_path, database_url=list_at(tmp_path / "list.db"), timezone="UTC")
    core = await Core.open(settings, clock=lambda: NOON, model=model)
    yield core
    await core.aclose()


async def test_users_share_a_core_and_nothing_else(core: Core, model: ScriptedModel) -> None:
    ann, bob = core.of("ann"), core.of("bob")
    model.extend([call("add_task", title="milk")], ["Added."], [call("add_task", title="wine")], ["Added."])
    sent, _ = await say(ann, "add milk")
    await say(bob, "add wine")
    assert [task.title for task in (await ann.tasks()).items] == ["milk"]
    assert [task.title for task in (await bob.tasks()).items] == ["wine"]
    with pytest.raises(NotFound):
        await bob.turn(sent.turn_id)
    with pytest.raises(NotFound):
        await bob.cancel(sent.turn_id)
    await ann.aclose()
    assert (await bob.tasks()).total == 1, "one user who leaves must not close the core"


async def test_today_is_where_the_user_is(core: Core, model: ScriptedModel) -> None:
    for _ in range(2):
        model.extend([call("add_task", title="milk", due="today")], ["Added."])
    east, west = core.of("ann", zone=AUCKLAND), core.of("bob", zone=LIMA)
    await say(east, "add milk today")
    await say(west, "add milk today")
    await east.add_from_text("eggs tomorrow")
    assert [task.due_date for task in (await east.tasks()).items] == [date(2026, 11, 24), date(2026, 11, 25)]
    assert [task.due_date for task in (await west.tasks()).items] == [date(2026, 11, 23)]


async def test_a_turn_goes_on_in_the_zone_of_its_user(core: Core, model: ScriptedModel) -> None:
    model.extend([call("update_task", task_ids=[1, 2, 3, 4, 5, 6], due="today")], ["Moved."])
    ann = core.of("ann", zone=AUCKLAND)
    async with core.database.begin("ann") as store:
        await store.set_timezone("Pacific/Auckland")
    for title in "abcdef":
        await ann.add_from_text(title)
    sent = await ann.send("move all my tasks to today")
    question = await until_parked(ann, sent)
    await core.of("ann").answer(sent.turn_id, question.approval.call_id, "yes")
    events = [event async for event in ann.watch(sent.turn_id)]
    assert events[-1].kind == "turn_finished"
    assert {task.due_date for task in (await ann.tasks()).items} == {date(2026, 11, 24)}
