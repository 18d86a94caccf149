"""A second model behind the first: when it answers, when not, and what it says of itself."""

from dataclasses import replace

import pytest

from kirotodo.core.domain.task import TaskSnapshot
from kirotodo.core.errors import ModelError
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.fallback import NOTICE, SLOW_NOTICE, FallbackModel
from kirotodo.core.models.model import (
    AssistantStep,
    ModelEvent,
    Restarted,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    UserText,
)
from kirotodo.core.models.openai.errors import Kind, ProviderFault, slow
from kirotodo.core.models.registry import LazyModel
from kirotodo.core.models.scripted import Fail, ScriptedModel, call
from tests.core.models.provider import model_request, run

CALLED = (
    AssistantStep(text="", calls=(ToolCallRequest(call_id="0.0", tool="list_tasks", arguments={}),)),
    ToolOutcome(call_id="0.0", tool="list_tasks", status="succeeded", result={"tasks": []}),
)


def fault(kind: Kind) -> Fail:
    return Fail(error=ProviderFault("It is down.", kind=kind))


async def test_it_answers_when_the_first_is_down() -> None:
    both = FallbackModel(ScriptedModel([fault("down")]), ScriptedModel(["Hi."]))
    assert await run(both, model_request()) == [TextDelta(text=f"{NOTICE}\n\nHi.")]


async def test_every_model_behind_another_can_look_at_the_list() -> None:
    seen: list[str] = []

    async def look(text: str) -> TaskSnapshot:
        seen.append(text)
        return TaskSnapshot()

    request = replace(model_request(UserText(text="delete the fern")), snapshot=look)
    both = FallbackModel(ScriptedModel([fault("down")]), BuiltinModel())
    lazy = LazyModel("late", BuiltinModel)
    for model in (both, lazy):
        assert await run(model, request)
    assert seen == ["delete the fern"] * 2


async def test_a_first_word_that_did_not_come_names_the_setting_and_stays_handed_over() -> None:
    second = ScriptedModel([call("list_tasks")], ["Nothing."])
    both = FallbackModel(ScriptedModel([Fail(error=slow("localhost"))]), second)
    assert await run(both, model_request()) == [TextDelta(text=SLOW_NOTICE), call("list_tasks")]
    assert "AGENT_TIMEOUT" in SLOW_NOTICE
    step = AssistantStep(text=SLOW_NOTICE, calls=CALLED[0].calls)
    assert await run(both, model_request(UserText(text="list"), step, CALLED[1])) == [TextDelta(text="Nothing.")]


async def test_what_the_first_had_said_is_taken_back() -> None:
    both = FallbackModel(ScriptedModel(["I beg", fault("down")]), ScriptedModel(["Hi."]))
    expected: list[ModelEvent] = [TextDelta(text="I beg"), Restarted(), TextDelta(text=f"{NOTICE}\n\nHi.")]
    assert await run(both, model_request()) == expected


@pytest.mark.parametrize("kind", ["busy", "refused"])
async def test_it_keeps_out_of_what_is_not_an_outage(kind: Kind) -> None:
    both = FallbackModel(ScriptedModel([fault(kind)]), ScriptedModel())
    with pytest.raises(ModelError, match=r"It is down\."):
        await run(both, model_request())


async def test_a_turn_in_which_the_first_has_acted_is_not_handed_over() -> None:
    both = FallbackModel(ScriptedModel([fault("down")]), ScriptedModel())
    with pytest.raises(ModelError, match=r"It is down\."):
        await run(both, model_request(UserText(text="list"), *CALLED))


async def test_a_turn_that_was_handed_over_stays_with_it() -> None:
    first, second = ScriptedModel([fault("down")]), ScriptedModel([call("list_tasks")], ["Nothing."])
    both = FallbackModel(first, second)
    assert await run(both, model_request()) == [TextDelta(text=NOTICE), call("list_tasks")]
    step = AssistantStep(text=NOTICE, calls=CALLED[0].calls)
    assert await run(both, model_request(UserText(text="list"), step, CALLED[1])) == [TextDelta(text="Nothing.")]
    second.assert_done()


async def test_the_next_turn_is_the_firsts_again_and_shows_it_no_notice() -> None:
    first = ScriptedModel(["Back."])
    both = FallbackModel(first, ScriptedModel())
    earlier = (UserText(text="hi"), AssistantStep(text=f"{NOTICE}\n\nHi."), UserText(text="and now?"))
    assert await run(both, model_request(*earlier)) == [TextDelta(text="Back.")]
    assert first.requests[0].history[1] == AssistantStep(text="Hi.")
