"""What a turn does is counted over all its calls and steps: bulk asks once, before the first of it, however split."""

from collections.abc import Sequence

import pytest

from kirotodo.core.agent.approvals import CALLS_MAX, CUT_SHORT, TOO_MANY
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.errors import InvalidInput
from kirotodo.core.events import ApprovalRequested, ToolCallFinished, TurnEvent, TurnFinished
from kirotodo.core.models.model import ToolOutcome
from kirotodo.core.models.scripted import Item, ScriptedModel, call
from tests.contract.harness import BackendHarness, say, until_final, until_parked

TITLES = "abcdefghijkl"


async def listed(backend: Backend, count: int = len(TITLES)) -> None:
    await backend.import_tasks([TaskDraft(title=title) for title in TITLES[:count]])


async def left(backend: Backend) -> str:
    return "".join(sorted(task.title for task in (await backend.tasks()).items))


def singly(tool: str, ids: Sequence[int], **more: object) -> list[Item]:
    return [call(tool, task_id=task_id, **more) for task_id in ids]


async def asked_in(backend: Backend, sent: Sent, decision: str = "yes") -> list[ApprovalRequested]:
    """See the turn through, answering each question; gives the questions."""
    questions: list[ApprovalRequested] = []
    async for event in backend.watch(sent.turn_id):
        if isinstance(event, ApprovalRequested):
            questions.append(event)
            await backend.answer(sent.turn_id, event.approval.call_id, decision)  # type: ignore[arg-type]
    return questions


@pytest.mark.parametrize(
    ("step", "question"),
    [
        (singly("delete_task", range(1, 9)), "Delete 8 tasks?"),
        ([call("delete_task", task_id=1), call("delete_task", task_ids=[2, 3])], "Delete 3 tasks?"),
        (singly("update_task", range(1, 7), priority="high"), "Change 6 tasks?"),
        (singly("complete_task", range(1, 7)), "Mark 6 tasks as done?"),
        ([call("list_tasks"), *singly("delete_task", [1, 1, 2])], "Delete 2 tasks?"),
        ([*singly("delete_task", [99]), *singly("delete_task", [1, 2])], "Delete 2 tasks?"),
    ],
)
async def test_many_single_calls_of_a_step_are_one_question_before_the_first(
    house: BackendHarness, step: list[Item], question: str
) -> None:
    await listed(house.backend)
    before = await house.backend.tasks(TaskFilter(status="all"))
    house.model.extend(step, ["Done."])
    sent = await house.backend.send("all of it")
    asked = await until_parked(house.backend, sent)
    assert asked.approval.question == question
    assert asked.approval.arguments["task_ids"] == [task.id for task in asked.approval.tasks]
    assert await house.backend.tasks(TaskFilter(status="all")) == before
    assert len(await asked_in(house.backend, sent)) == 1
    done = {task.id for task in asked.approval.tasks} - {
        task.id for task in (await house.backend.tasks()).items if task.priority == "none"
    }
    assert len(done) == len(asked.approval.tasks)


async def test_a_no_denies_all_that_was_asked_about_and_nothing_else(house: BackendHarness) -> None:
    await listed(house.backend)
    house.model.extend([call("add_task", title="x"), *singly("delete_task", [1, 2, 3])], ["Well."])
    sent = await house.backend.send("delete these")
    assert len(await asked_in(house.backend, sent, "no")) == 1
    assert await left(house.backend) == TITLES + "x"
    made = (await house.backend.turn(sent.turn_id)).tool_calls
    assert [each.status for each in made] == ["succeeded", "denied", "denied", "denied"]


async def test_several_tools_of_a_kind_are_counted_together(house: BackendHarness) -> None:
    await listed(house.backend)
    step = [*singly("complete_task", [1, 2, 3]), *singly("update_task", [4, 5, 6], priority="low")]
    house.model.extend(step, ["Done."])
    questions = await asked_in(house.backend, await house.backend.send("tidy up"))
    assert [each.approval.question for each in questions] == ["Mark 3 tasks as done?"]


async def test_steps_of_a_turn_are_counted_together(house: BackendHarness) -> None:
    await listed(house.backend)
    house.model.extend(singly("delete_task", [1]), singly("delete_task", [2]), singly("delete_task", [3, 4]), ["Done."])
    questions = await asked_in(house.backend, await house.backend.send("delete the first few"))
    assert [each.approval.question for each in questions] == ["Delete 1 more task?", "Delete 2 more tasks?"]
    assert await left(house.backend) == TITLES[4:]


async def test_what_was_agreed_to_is_not_asked_again_and_counts_no_more(house: BackendHarness) -> None:
    await listed(house.backend)
    house.model.extend(singly("delete_task", [1, 2, 3]), singly("delete_task", [4]), ["Done."])
    assert len(await asked_in(house.backend, await house.backend.send("delete four"))) == 1
    assert await left(house.backend) == TITLES[4:]


async def test_what_the_turn_added_itself_is_its_own(house: BackendHarness) -> None:
    house.model.extend(
        [call("add_task", title=title) for title in "abc"], singly("delete_task", [1, 2, 3]), ["Never mind."]
    )
    assert await asked_in(house.backend, await house.backend.send("try it")) == []
    assert await left(house.backend) == ""


async def test_a_yes_holds_over_a_restart_in_the_middle_of_the_lot(house: BackendHarness) -> None:
    await listed(house.backend)
    house.model.extend(singly("delete_task", range(1, 9)), ["Done."])
    sent = await house.backend.send("delete eight")
    asked = await until_parked(house.backend, sent)
    await house.reopen()
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    assert isinstance((await until_final(house.backend, sent))[-1], TurnFinished)
    assert await left(house.backend) == TITLES[8:]


async def test_tasks_can_be_chosen_out_of_a_lot(house: BackendHarness) -> None:
    await listed(house.backend)
    house.model.extend([*singly("delete_task", [1, 2]), call("delete_task", task_ids=[3, 4])], ["Done."])
    sent = await house.backend.send("delete four")
    asked = await until_parked(house.backend, sent)
    wrongs: tuple[dict[str, object], ...] = ({"task_ids": [1, 9]}, {"task_ids": [1], "title": "x"}, {"task_ids": []})
    for wrong in wrongs:
        with pytest.raises(InvalidInput):
            await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes", arguments=wrong)
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes", arguments={"task_ids": [1, 3]})
    await until_final(house.backend, sent)
    assert await left(house.backend) == "bd" + TITLES[4:]
    made = (await house.backend.turn(sent.turn_id)).tool_calls
    assert [each.status for each in made] == ["succeeded", "denied", "succeeded"]


@pytest.mark.parametrize(
    ("later", "asks"),
    [
        ([call("delete_task", task_ids=[4, 5, 6])], 0),
        (singly("delete_task", [4, 5, 6]), 0),
        (singly("delete_task", [4, 5, 6, 7]), 1),
        (singly("complete_task", range(4, 10)), 1),
    ],
)
async def test_always_is_for_as_many_and_the_same_tool(house: BackendHarness, later: list[Item], asks: int) -> None:
    await listed(house.backend)
    house.model.extend(singly("delete_task", [1, 2, 3]), ["Done."], later, ["Done."])
    sent = await house.backend.send("delete three")
    assert len(await asked_in(house.backend, sent, "always")) == 1
    again = await house.backend.send("and more", conversation_id=sent.conversation_id)
    assert len(await asked_in(house.backend, again, "no")) == asks


async def edited_by_hand(backend: Backend) -> None:
    for title in "abcd":
        await backend.add_from_text(title)


@pytest.mark.parametrize(
    ("step", "question"),
    [
        ([call("undo", turns=3)], "Take back 3 changes?"),
        ([call("undo"), call("undo"), call("undo", turns=2)], "Take back 4 changes?"),
    ],
)
async def test_taking_back_more_than_one_change_asks(house: BackendHarness, step: list[Item], question: str) -> None:
    await edited_by_hand(house.backend)
    house.model.extend(step, ["Back."])
    sent = await house.backend.send("what time is it?")
    asked = await until_parked(house.backend, sent)
    assert asked.approval.question == question
    assert len(asked.approval.tasks) == int(question.split()[2])
    assert await left(house.backend) == "abcd"
    assert len(await asked_in(house.backend, sent)) == 1
    assert len(await left(house.backend)) == 4 - int(question.split()[2])


async def test_one_change_is_taken_back_at_once(house: BackendHarness) -> None:
    await edited_by_hand(house.backend)
    house.model.extend([call("undo")], ["Back."])
    await say(house.backend, "undo")
    assert await left(house.backend) == "abc"


async def test_a_yes_to_taking_back_does_not_cover_what_was_changed_since(house: BackendHarness) -> None:
    await edited_by_hand(house.backend)
    house.model.extend([call("undo", turns=2)], ["Hm."])
    sent = await house.backend.send("undo two")
    asked = await until_parked(house.backend, sent)
    await house.backend.add_from_text("e")
    await house.backend.answer(sent.turn_id, asked.approval.call_id, "yes")
    finished = [event for event in await until_final(house.backend, sent) if isinstance(event, ToolCallFinished)]
    assert [event.status for event in finished] == ["failed"]
    assert await left(house.backend) == "abcde"


def outcomes(model: ScriptedModel) -> list[ToolOutcome]:
    return [item for item in model.requests[-1].history if isinstance(item, ToolOutcome)]


async def test_the_calls_of_a_turn_have_a_bound_that_model_and_user_are_told(house: BackendHarness) -> None:
    house.model.extend([call("add_task", title=f"task {number}") for number in range(CALLS_MAX + 100)], ["All done."])
    sent, events = await say(house.backend, "fill it up")
    assert (await house.backend.tasks(limit=1)).total == CALLS_MAX
    assert len(outcomes(house.model)) == CALLS_MAX + 1
    assert outcomes(house.model)[-1].result == {"error": TOO_MANY}
    last: TurnEvent = events[-1]
    assert isinstance(last, TurnFinished)
    assert last.response.endswith(CUT_SHORT)
    assert (await house.backend.turn(sent.turn_id)).response == last.response


async def test_the_built_in_model_asks_once_for_what_was_said_at_once(house: BackendHarness) -> None:
    await house.use_builtin()
    await house.backend.import_tasks([TaskDraft(title=title) for title in ("milk", "bread", "eggs")])
    sent = await house.backend.send("mark milk and bread as done")
    assert await asked_in(house.backend, sent) == []
    sent = await house.backend.send("delete all completed tasks")
    questions = await asked_in(house.backend, sent)
    assert [each.approval.question for each in questions] == ["Delete 2 tasks?"]
    sent = await house.backend.send("delete eggs")
    assert await asked_in(house.backend, sent) == []
    assert (await house.backend.tasks(TaskFilter(status="all"))).total == 0
