"""What whoever runs turns is told of them."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kirotodo.core.agent.observer import Observer, StepReport, TurnReport
from kirotodo.core.errors import ModelError
from kirotodo.core.local import Core
from kirotodo.core.models.scripted import Fail, ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.contract.harness import say, until_parked
from tests.lists import list_at


class RecordingObserver(Observer):
    def __init__(self) -> None:
        self.turns: list[TurnReport] = []
        self.steps: list[StepReport] = []

    def turn_ended(self, report: TurnReport) -> None:
        self.turns.append(report)

    def model_ran(self, report: StepReport) -> None:
        self.steps.append(report)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


@pytest.fixture
async def core(tmp_path: Path, model: ScriptedModel, observer: RecordingObserver) -> AsyncIterator[Core]:
    settings = Settings(kirotodo_home=tmp_path, database_url=list_at(tmp_path / "list.db"), timezone="UTC")
    core = await Core.open(settings, model=model, observer=observer)
    yield core
    await core.aclose()


async def test_every_stretch_of_a_turn_is_reported(
    core: Core, model: ScriptedModel, observer: RecordingObserver
) -> None:
    ann = core.of("ann")
    for title in "ab":
        await ann.add_from_text(title)
    model.extend([call("delete_task", task_ids=[1, 2])], ["Gone."])
    sent = await ann.send("delete both")
    question = await until_parked(ann, sent)
    await ann.answer(sent.turn_id, question.approval.call_id, "yes")
    [_ async for _ in ann.watch(sent.turn_id)]
    await core.aclose()
    assert [report.ended for report in observer.turns] == ["parked", "finished"]
    assert {report.user_id for report in observer.turns} == {"ann"}
    assert core.live_turns == 0
    assert [step.code for step in observer.steps] == ["", ""]
    assert all(step.first_seconds is not None and step.first_seconds <= step.seconds for step in observer.steps)


async def test_an_error_is_reported_by_its_code(core: Core, model: ScriptedModel, observer: RecordingObserver) -> None:
    model.extend([Fail(error=ModelError("The service is down."))])
    await say(core.of("ann"), "hello")
    await core.aclose()
    assert [(report.ended, report.code) for report in observer.turns] == [("failed", "model_error")]
    assert [step.code for step in observer.steps] == ["model_error"]


async def test_the_log_says_how_long_and_never_what(
    core: Core, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    model.extend([call("add_task", title="wombat food")], ["Added wombat food."])
    with caplog.at_level(logging.INFO, logger="kirotodo"):
        await say(core.of("ann"), "add wombat food")
        await core.aclose()
    lines = [record for record in caplog.records if "Agent execution time" in record.getMessage()]
    assert len(lines) == 1
    assert vars(lines[0])["user_id"] == "ann"
    assert "wombat" not in "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)
