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


async def requests_in(backend: Backend, sent: Sent, decision: str = "yes") -> list[ApprovalRequested]:
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
    harness: BackendHarness, step: list[Item], question: str
) -> None:
    await listed(harness.backend)
    before = await harness.backend.tasks(TaskFilter(status="all"))
    harness.model.extend(step, ["Done."])
    sent = await harness.backend.send("all of it")
    requested = await until_parked(harness.backend, sent)
    assert requested.approval.question == question
    assert requested.approval.arguments["task_ids"] == [task.id for task in requested.approval.tasks]
    assert await harness.backend.tasks(TaskFilter(status="all")) == before
    assert len(await requests_in(harness.backend, sent)) == 1
    done = {task.id for task in requested.approval.tasks} - {
        task.id for task in (await harness.backend.tasks()).items if task.priority == "none"
    }
    assert len(done) == len(requested.approval.tasks)


async def test_a_no_denies_all_that_was_asked_about_and_nothing_else(harness: BackendHarness) -> None:
    await listed(harness.backend)
    harness.model.extend([call("add_task", title="x"), *singly("delete_task", [1, 2, 3])], ["Well."])
    sent = await harness.backend.send("delete these")
    assert len(await requests_in(harness.backend, sent, "no")) == 1
    assert await left(harness.backend) == TITLES + "x"
    made = (await harness.backend.turn(sent.turn_id)).tool_calls
    assert [each.status for each in made] == ["succeeded", "denied", "denied", "denied"]


async def test_several_tools_of_a_kind_are_counted_together(harness: BackendHarness) -> None:
    await listed(harness.backend)
    step = [*singly("complete_task", [1, 2, 3]), *singly("update_task", [4, 5, 6], priority="low")]
    harness.model.extend(step, ["Done."])
    questions = await requests_in(harness.backend, await harness.backend.send("tidy up"))
    assert [each.approval.question for each in questions] == ["Mark 3 tasks as done?"]


async def test_steps_of_a_turn_are_counted_together(harness: BackendHarness) -> None:
    await listed(harness.backend)
    harness.model.extend(
        singly("delete_task", [1]), singly("delete_task", [2]), singly("delete_task", [3, 4]), ["Done."]
    )
    questions = await requests_in(harness.backend, await harness.backend.send("delete the first few"))
    assert [each.approval.question for each in questions] == ["Delete 1 more task?", "Delete 2 more tasks?"]
    assert await left(harness.backend) == TITLES[4:]


async def test_what_was_agreed_to_is_not_asked_again_and_counts_no_more(harness: BackendHarness) -> None:
    await listed(harness.backend)
    harness.model.extend(singly("delete_task", [1, 2, 3]), singly("delete_task", [4]), ["Done."])
    assert len(await requests_in(harness.backend, await harness.backend.send("delete four"))) == 1
    assert await left(harness.backend) == TITLES[4:]


async def test_what_the_turn_added_itself_is_its_own(harness: BackendHarness) -> None:
    harness.model.extend(
        [call("add_task", title=title) for title in "abc"], singly("delete_task", [1, 2, 3]), ["Never mind."]
    )
    assert await requests_in(harness.backend, await harness.backend.send("try it")) == []
    assert await left(harness.backend) == ""


async def test_a_yes_holds_over_a_restart_in_the_middle_of_the_lot(harness: BackendHarness) -> None:
    await listed(harness.backend)
    harness.model.extend(singly("delete_task", range(1, 9)), ["Done."])
    sent = await harness.backend.send("delete eight")
    requested = await until_parked(harness.backend, sent)
    await harness.reopen()
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    assert isinstance((await until_final(harness.backend, sent))[-1], TurnFinished)
    assert await left(harness.backend) == TITLES[8:]


async def test_tasks_can_be_chosen_out_of_a_lot(harness: BackendHarness) -> None:
    await listed(harness.backend)
    harness.model.extend([*singly("delete_task", [1, 2]), call("delete_task", task_ids=[3, 4])], ["Done."])
    sent = await harness.backend.send("delete four")
    requested = await until_parked(harness.backend, sent)
    wrongs: tuple[dict[str, object], ...] = ({"task_ids": [1, 9]}, {"task_ids": [1], "title": "x"}, {"task_ids": []})
    for wrong in wrongs:
        with pytest.raises(InvalidInput):
            await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes", arguments=wrong)
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes", arguments={"task_ids": [1, 3]})
    await until_final(harness.backend, sent)
    assert await left(harness.backend) == "bd" + TITLES[4:]
    made = (await harness.backend.turn(sent.turn_id)).tool_calls
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
async def test_always_is_for_as_many_and_the_same_tool(harness: BackendHarness, later: list[Item], asks: int) -> None:
    await listed(harness.backend)
    harness.model.extend(singly("delete_task", [1, 2, 3]), ["Done."], later, ["Done."])
    sent = await harness.backend.send("delete three")
    assert len(await requests_in(harness.backend, sent, "always")) == 1
    again = await harness.backend.send("and more", conversation_id=sent.conversation_id)
    assert len(await requests_in(harness.backend, again, "no")) == asks


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
async def test_taking_back_more_than_one_change_asks(harness: BackendHarness, step: list[Item], question: str) -> None:
    await edited_by_hand(harness.backend)
    harness.model.extend(step, ["Back."])
    sent = await harness.backend.send("what time is it?")
    requested = await until_parked(harness.backend, sent)
    assert requested.approval.question == question
    assert len(requested.approval.tasks) == int(question.split()[2])
    assert await left(harness.backend) == "abcd"
    assert len(await requests_in(harness.backend, sent)) == 1
    assert len(await left(harness.backend)) == 4 - int(question.split()[2])


async def test_one_change_is_taken_back_at_once(harness: BackendHarness) -> None:
    await edited_by_hand(harness.backend)
    harness.model.extend([call("undo")], ["Back."])
    await say(harness.backend, "undo")
    assert await left(harness.backend) == "abc"


async def test_a_yes_to_taking_back_does_not_cover_what_was_changed_since(harness: BackendHarness) -> None:
    await edited_by_hand(harness.backend)
    harness.model.extend([call("undo", turns=2)], ["Hm."])
    sent = await harness.backend.send("undo two")
    requested = await until_parked(harness.backend, sent)
    await harness.backend.add_from_text("e")
    await harness.backend.answer(sent.turn_id, requested.approval.call_id, "yes")
    finished = [event for event in await until_final(harness.backend, sent) if isinstance(event, ToolCallFinished)]
    assert [event.status for event in finished] == ["failed"]
    assert await left(harness.backend) == "abcde"


def outcomes(model: ScriptedModel) -> list[ToolOutcome]:
    return [item for item in model.requests[-1].history if isinstance(item, ToolOutcome)]


@pytest.mark.slow
async def test_the_calls_of_a_turn_have_a_bound_that_model_and_user_are_told(harness: BackendHarness) -> None:
    harness.model.extend([call("add_task", title=f"task {number}") for number in range(CALLS_MAX + 100)], ["All done."])
    sent, events = await say(harness.backend, "fill it up")
    assert (await harness.backend.tasks(limit=1)).total == CALLS_MAX
    assert len(outcomes(harness.model)) == CALLS_MAX + 1
    assert outcomes(harness.model)[-1].result == {"error": TOO_MANY}
    last: TurnEvent = events[-1]
    assert isinstance(last, TurnFinished)
    assert last.response.endswith(CUT_SHORT)
    assert (await harness.backend.turn(sent.turn_id)).response == last.response


async def test_the_built_in_model_asks_once_for_what_was_said_at_once(harness: BackendHarness) -> None:
    await harness.use_builtin()
    await harness.backend.import_tasks([TaskDraft(title=title) for title in ("milk", "bread", "eggs")])
    sent = await harness.backend.send("mark milk and bread as done")
    assert await requests_in(harness.backend, sent) == []
    sent = await harness.backend.send("delete all completed tasks")
    questions = await requests_in(harness.backend, sent)
    assert [each.approval.question for each in questions] == ["Delete 2 tasks?"]
    sent = await harness.backend.send("delete eggs")
    assert await requests_in(harness.backend, sent) == []
    assert (await harness.backend.tasks(TaskFilter(status="all"))).total == 0
