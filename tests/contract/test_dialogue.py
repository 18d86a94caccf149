"""The built-in model through the port: one conversation, sentence by sentence."""

from datetime import time

from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.events import ToolCallFinished, TurnEvent, TurnFinished
from tests.contract.harness import BackendHarness, say


class Talk:
    """One conversation with the built-in model."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.conversation_id: int | None = None
        self.events: list[TurnEvent] = []

    async def __call__(self, text: str) -> str:
        sent, self.events = await say(self.backend, text, self.conversation_id)
        self.conversation_id = sent.conversation_id
        last = self.events[-1]
        assert isinstance(last, TurnFinished), last
        return last.response

    @property
    def tools(self) -> list[str]:
        return [event.tool for event in self.events if isinstance(event, ToolCallFinished)]

    async def titles(self, where: TaskFilter | None = None) -> list[str]:
        page = await self.backend.tasks(where) if where else await self.backend.tasks()
        return sorted(task.title for task in page.items)


async def test_the_sentences_everybody_tries_first(harness: BackendHarness) -> None:
    await harness.use_builtin()
    talk = Talk(harness.backend)
    assert "buy groceries" in (await talk("Add a task to buy groceries")).lower()
    await talk("add team meeting on friday at 9")
    await talk("add water the plants")
    answer = await talk("Show me all my tasks")
    assert all(title in answer for title in ("groceries", "team meeting", "water the plants"))
    assert "team meeting" in await talk("What's pending?")
    await talk("Mark task 3 as complete")
    assert (await harness.backend.task(3)).completed
    await talk("Delete the meeting task")
    assert talk.tools == ["list_tasks", "delete_task"]
    await talk("Change task 1 to 'Call mom tonight'")
    assert (await harness.backend.task(1)).title == "Call mom tonight"
    await talk("I need to remember to pay bills")
    assert await talk.titles() == ["Call mom tonight", "pay bills"]
    done = await talk("What have I completed?")
    assert "water the plants" in done
    assert "pay bills" not in done


async def test_two_matches_are_asked_about_and_the_second_one_is_understood(harness: BackendHarness) -> None:
    await harness.use_builtin()
    talk = Talk(harness.backend)
    await talk("add team meeting friday at 9")
    await talk("add board meeting monday at 10")
    answer = await talk("Delete the meeting task")
    assert "delete_task" not in talk.tools
    assert "team meeting" in answer
    assert "board meeting" in answer
    await talk("the second one")
    left = await talk.titles()
    assert len(left) == 1
    await talk("no, the other one")
    assert await talk.titles() != left
    assert len(await talk.titles()) == 1


async def test_rescheduling_several_by_a_word(harness: BackendHarness) -> None:
    await harness.use_builtin()
    talk = Talk(harness.backend)
    for line in ("add standup meeting tomorrow at 9am", "add review meeting tomorrow at 11am", "add dinner at 7pm"):
        await talk(line)
    await talk("Reschedule my morning meetings to 2 PM")
    times = {task.title: task.due_time for task in (await harness.backend.tasks()).items}
    assert times == {"standup meeting": time(14), "review meeting": time(14), "dinner": time(19)}


async def test_recurrence_several_items_and_undo(harness: BackendHarness) -> None:
    await harness.use_builtin()
    talk = Talk(harness.backend)
    await talk("every other friday at 9 water the plants")
    (plants,) = (await harness.backend.tasks()).items
    assert (plants.title, plants.due_time) == ("water the plants", time(9))
    assert plants.recurrence is not None
    assert "INTERVAL=2" in plants.recurrence
    await talk("add milk, eggs and bread to shopping")
    assert await talk.titles(TaskFilter(project="shopping")) == ["bread", "eggs", "milk"]
    await talk("undo that")
    assert await talk.titles() == ["water the plants"]


async def test_what_is_not_its_job_changes_nothing(harness: BackendHarness) -> None:
    await harness.use_builtin()
    talk = Talk(harness.backend)
    for text in ("what's the weather in Vienna?", "play some jazz", "hello", "thank you!"):
        assert await talk(text)
        assert [tool for tool in talk.tools if tool not in ("list_tasks", "task_stats", "get_task")] == []
    assert await talk.titles(TaskFilter(status="all")) == []
