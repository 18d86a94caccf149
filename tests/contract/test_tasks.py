"""The list through the port, without a model."""

from datetime import UTC, date, datetime, time
from typing import Final

import pytest

from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.task import Task, TaskDraft, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import FilterError, InvalidInput, NotFound, NotUndoable, PreconditionFailed
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import BackendHarness, say

HOSTILE = ("pay [/] rent", "[bold red]x", "buy Tom & Jerry", "🥛 milk", "宽" * 200, "שלום עולם")


async def titles(backend: Backend, where: TaskFilter | None = None) -> list[str]:
    page = await backend.tasks(where) if where else await backend.tasks()
    return [task.title for task in page.items]


async def test_a_new_list_is_empty(backend: Backend) -> None:
    page = await backend.tasks()
    assert (page.items, page.next, page.total) == ((), None, 0)


async def test_one_line_says_it_all(backend: Backend) -> None:
    (task,) = await backend.add_from_text("Pay rent friday 17:00 #home +bills !high")
    assert task == await backend.task(task.id)
    assert (task.title, task.due_date, task.due_time) == ("Pay rent", date(2026, 11, 27), time(17))
    assert (task.tags, task.project, task.priority) == (("home",), "bills", "high")


async def test_a_dry_run_stores_nothing(backend: Backend) -> None:
    (task,) = await backend.add_from_text("call mom tomorrow", dry_run=True)
    assert (task.id, task.title, task.due_date) == (0, "call mom", date(2026, 11, 24))
    assert await titles(backend) == []


@pytest.mark.parametrize("title", HOSTILE)
async def test_titles_come_back_as_they_went(backend: Backend, title: str) -> None:
    task = await backend.add_task(TaskFields(title=title))
    assert (await backend.task(task.id)).title == title


@pytest.mark.parametrize("title", ["", "   ", "\x1b\x07", "x" * 201])
async def test_titles_that_cannot_be_taken(backend: Backend, title: str) -> None:
    with pytest.raises(InvalidInput):
        await backend.add_task(TaskFields(title=title))
    assert await titles(backend) == []


async def test_escape_sequences_are_taken_out_of_titles(backend: Backend) -> None:
    task = await backend.add_task(TaskFields(title="a\x1b]0;evil\x07b"))
    assert "\x1b" not in task.title
    assert "\x07" not in task.title


async def test_the_second_of_two_edits_of_a_task_does_not_overwrite_the_first(harness: BackendHarness) -> None:
    backend = harness.backend
    seen = await backend.add_task(TaskFields(title="Pay rent"))
    harness.clock.advance(seconds=5)
    first = await backend.edit_task(seen, TaskFields(notes="by transfer", due="friday"))
    assert first == await backend.task(seen.id)
    assert (first.title, first.notes, first.due_date) == ("Pay rent", "by transfer", date(2026, 11, 27))
    harness.clock.advance(seconds=5)
    with pytest.raises(PreconditionFailed, match="The task has changed since you opened it"):
        await backend.edit_task(seen, TaskFields(notes="in cash"))
    assert await backend.task(seen.id) == first
    assert (await backend.edit_task(first, TaskFields(notes="in cash"))).notes == "in cash"
    await backend.undo()
    assert (await backend.task(seen.id)).notes == "by transfer"


async def test_a_task_that_is_gone_or_a_field_that_cannot_be_taken_is_refused(backend: Backend) -> None:
    seen = await backend.add_task(TaskFields(title="Pay rent"))
    with pytest.raises(InvalidInput):
        await backend.edit_task(seen, TaskFields(due="someday soonish"))
    with pytest.raises(InvalidInput):
        await backend.edit_task(seen, TaskFields())
    await backend.delete_tasks([seen.id])
    with pytest.raises(NotFound):
        await backend.edit_task(seen, TaskFields(title="Pay it"))


async def test_fields_are_set_and_cleared(backend: Backend) -> None:
    task = await backend.add_task(
        TaskFields(title="report", due="tomorrow 9am", notes="draft", priority="low", project="work", tags=["a", "b"])
    )
    await backend.update_tasks(
        [task.id], TaskFields(due="fri 17:00", priority="high", add_tags=["c"], remove_tags=["a"])
    )
    after = await backend.task(task.id)
    assert (after.due_date, after.due_time, after.priority) == (date(2026, 11, 27), time(17), "high")
    assert (after.tags, after.notes, after.project) == (("b", "c"), "draft", "work")
    await backend.update_tasks([task.id], TaskFields(due=None, notes="", project=None))
    bare = await backend.task(task.id)
    assert (bare.due_date, bare.due_time, bare.notes, bare.project) == (None, None, "", None)


async def test_a_time_alone_keeps_the_date(backend: Backend) -> None:
    task = await backend.add_task(TaskFields(title="meeting", due="friday 9am"))
    await backend.update_tasks([task.id], TaskFields(time="2 pm"))
    after = await backend.task(task.id)
    assert (after.due_date, after.due_time) == (date(2026, 11, 27), time(14))


@pytest.mark.parametrize(
    "fields",
    [
        TaskFields(due="the day that never comes"),
        TaskFields(recurrence="whenever"),
        TaskFields(title=""),
        TaskFields(notes="x" * 2001),
    ],
)
async def test_a_wrong_field_changes_nothing(backend: Backend, fields: TaskFields) -> None:
    task = await backend.add_task(TaskFields(title="report"))
    with pytest.raises(InvalidInput):
        await backend.update_tasks([task.id], fields)
    assert await backend.task(task.id) == task


async def test_all_or_none(backend: Backend) -> None:
    await backend.add_from_text("milk")
    for edit in (backend.complete_tasks, backend.delete_tasks):
        with pytest.raises(NotFound):
            await edit([1, 99])
    assert await titles(backend) == ["milk"]


async def test_done_is_set_not_toggled(backend: Backend) -> None:
    await backend.add_from_text("milk")
    await backend.complete_tasks([1])
    changed = await backend.complete_tasks([1])
    assert [task.completed for task in changed.tasks] in ([True], [])
    assert (await backend.task(1)).completed
    await backend.complete_tasks([1], completed=False)
    assert not (await backend.task(1)).completed


async def test_a_recurring_task_leaves_exactly_one_next_occurrence(harness: BackendHarness) -> None:
    backend = harness.backend
    (first,) = await backend.add_from_text("water the plants every friday at 9")
    assert (first.due_date, first.due_time) == (date(2026, 11, 27), time(9))
    harness.clock.advance(days=30)
    await backend.complete_tasks([first.id])
    await backend.complete_tasks([first.id])
    (following,) = (await backend.tasks()).items
    assert (following.previous_id, following.title, following.due_time) == (first.id, "water the plants", time(9))
    assert following.due_date is not None
    assert following.due_date >= harness.clock.now.date()
    assert following.due_date.strftime("%a") == "Fri"


async def test_undo_and_redo_walk_through_the_edits(backend: Backend) -> None:
    await backend.add_from_text("milk")
    await backend.update_tasks([1], TaskFields(title="oat milk"))
    await backend.complete_tasks([1])
    await backend.delete_tasks([1])
    seen = []
    for _ in range(3):
        await backend.undo()
        seen.append([(task.title, task.completed) for task in (await backend.tasks(TaskFilter(status="all"))).items])
    assert seen == [[("oat milk", True)], [("oat milk", False)], [("milk", False)]]
    await backend.undo()
    assert await titles(backend) == []
    with pytest.raises(NotUndoable):
        await backend.undo()
    await backend.redo()
    await backend.redo()
    assert await titles(backend) == ["oat milk"]
    await backend.add_from_text("new")
    with pytest.raises(NotUndoable):
        await backend.redo()


async def test_one_call_of_a_turn_can_be_undone_alone(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk"), call("add_task", title="eggs")], ["Added."])
    sent, _ = await say(backend, "add milk and eggs")
    await backend.undo_call(sent.turn_id, "0.0")
    assert await titles(backend) == ["eggs"]
    with pytest.raises(NotUndoable):
        await backend.undo_call(sent.turn_id, "0.0")
    for turn_id, call_id in (("nope", "0.0"), (sent.turn_id, "9.9")):
        with pytest.raises(NotFound):
            await backend.undo_call(turn_id, call_id)


async def test_a_turn_is_undone_whole(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk"), call("add_task", title="eggs")], ["Added."])
    await say(backend, "add milk and eggs")
    await backend.undo()
    assert await titles(backend) == []


async def test_undo_leaves_alone_what_has_changed_since(backend: Backend, model: ScriptedModel) -> None:
    await backend.add_from_text("milk")
    model.extend([call("update_task", task_id=1, title="oat milk", priority="high")], ["Changed."])
    sent, _ = await say(backend, "change it")
    await backend.update_tasks([1], TaskFields(title="soy milk"))
    changed = await backend.undo_call(sent.turn_id, "0.0")
    task = await backend.task(1)
    assert (task.title, task.priority) == ("soy milk", "none")
    assert len(changed.skipped) == 1


async def test_filters_and_search(harness: BackendHarness) -> None:
    backend = harness.backend
    for line in ("late yesterday", "rent today +home #money", "plan friday", "someday #money", "milk +Shopping"):
        await backend.add_from_text(line)
    await backend.complete_tasks([4])
    assert await titles(backend, TaskFilter(due="overdue")) == ["late"]
    assert await titles(backend, TaskFilter(due="today")) == ["rent"]
    assert await titles(backend, TaskFilter(due="week")) == ["rent", "plan"]
    assert await titles(backend, TaskFilter(due="none")) == ["milk"]
    assert await titles(backend, TaskFilter(project="shopping")) == ["milk"]
    assert await titles(backend, TaskFilter(tag="money", status="all")) == ["rent", "someday"]
    assert await titles(backend, TaskFilter(status="completed")) == ["someday"]
    assert await titles(backend, TaskFilter(search="mil")) == ["milk"]
    assert await titles(backend, TaskFilter(search='"*) OR x')) == []
    today = harness.clock.now.date()
    assert await titles(backend, TaskFilter(status="completed", completed_from=today)) == ["someday"]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("don't panic", "dont"),
        ("answer the e-mail", "email"),
        ("read the followup", "follow-up"),
        ("paint Ærø", "aero"),
        ("\uff33\uff4f\uff4b\uff4f", "soko"),
    ],
)
async def test_search_knows_the_ways_to_spell_a_word(harness: BackendHarness, title: str, typed: str) -> None:
    await harness.backend.import_tasks([TaskDraft(title="something else"), TaskDraft(title=title)])
    assert await titles(harness.backend, TaskFilter(search=typed)) == [title]
    harness.model.extend(["Noted."])
    sent, _ = await say(harness.backend, title)
    assert [each.id for each in (await harness.backend.conversations(search=typed)).items] == [sent.conversation_id]


async def test_pages_walk_the_whole_list_once(backend: Backend) -> None:
    drafts = [TaskDraft(title=f"task {number}") for number in range(25)]
    report = await backend.import_tasks(drafts)
    assert len(report.added) == 25
    seen: list[Task] = []
    cursor = None
    while True:
        page = await backend.tasks(limit=10, cursor=cursor)
        assert page.total == 25
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert sorted(task.id for task in seen) == list(range(1, 26))
    with pytest.raises(InvalidInput):
        await backend.tasks(cursor="garbage")
    with pytest.raises(InvalidInput):
        await backend.tasks(limit=0)


async def test_an_import_keeps_history_and_is_undone_at_once(backend: Backend) -> None:
    done = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
    await backend.import_tasks([TaskDraft(title="old", created_at=done, completed_at=done), TaskDraft(title="new")])
    (old,) = (await backend.tasks(TaskFilter(status="completed"))).items
    assert (old.created_at, old.completed_at) == (done, done)
    await backend.undo()
    assert await titles(backend, TaskFilter(status="all")) == []


async def test_stats_count(harness: BackendHarness) -> None:
    backend = harness.backend
    for line in ("late yesterday", "now today", "other +home"):
        await backend.add_from_text(line)
    await backend.complete_tasks([3])
    stats = await backend.stats()
    assert (stats.pending, stats.overdue, stats.due_today, stats.completed, stats.created) == (2, 1, 1, 1, 3)
    assert stats.streak == 1
    with pytest.raises(InvalidInput):
        await backend.stats(period_days=0)


async def test_status_says_where_the_list_lives(harness: BackendHarness) -> None:
    await harness.backend.add_from_text("milk")
    status = await harness.backend.status()
    assert (status.link, status.place) == (harness.link, harness.place)
    assert (status.model, status.pending) == ("scripted", 1)


async def test_what_is_written_is_there_at_the_next_start(harness: BackendHarness) -> None:
    await harness.backend.add_from_text("milk tomorrow #dairy")
    before = (await harness.backend.tasks()).items
    await harness.reopen()
    assert (await harness.backend.tasks()).items == before


FILTERED: Final[tuple[tuple[str, list[str]], ...]] = (
    ("milk", ["milk", "oat milk"]),
    ('"oat milk"', ["oat milk"]),
    ("+shop -#waiting", ["milk"]),
    ("due:today..friday", ["milk", "rent"]),
    ("overdue or !high", ["tax", "rent"]),
    ("done:today", ["done already"]),
    ("-(+shop or overdue) is:open", ["rent"]),
    ("is:recurring", []),
)


async def filtered_list(backend: Backend) -> None:
    """Put on the list what `FILTERED` speaks of."""
    for text in ("milk today +shop", "oat milk +shop #waiting", "rent friday !high", "tax 2026-11-01", "done already"):
        await backend.add_from_text(text)
    await backend.complete_tasks([5])


@pytest.mark.parametrize(("text", "found"), FILTERED)
async def test_a_tool_call_means_the_same_by_a_filter(
    harness: BackendHarness, model: ScriptedModel, text: str, found: list[str]
) -> None:
    await filtered_list(harness.backend)
    model.extend([call("list_tasks", filter=text)], ["There they are."])
    assert await listed_in(harness.backend, "which ones?") == sorted(found)


IN_CHAT: Final = (
    ("find anything about milk", "milk"),
    ("what's on my shop list", "+shop"),
    ("what's due between today and friday", "due:today..friday"),
    ("what is overdue", "overdue"),
    ("what has high priority", "!high"),
    ("what did I finish today", "done:today"),
    ("what has no date?", "no:date"),
    ("which recurring tasks do I have", "is:recurring"),
    ("what on the shop list has no date", "+shop no:date"),
    ("anything tagged waiting?", "#waiting"),
    ("show @work", "@work"),
)


@pytest.mark.parametrize(("words", "text"), IN_CHAT)
async def test_what_is_asked_in_the_chat_is_what_a_filter_finds(harness: BackendHarness, words: str, text: str) -> None:
    await harness.use_builtin()
    await filtered_list(harness.backend)
    await harness.backend.add_from_text("water the plants every day !low")
    await harness.backend.save_view(View(name="work", filter="+shop -#waiting"))
    expected = await titles(harness.backend, TaskFilter(status=None, filter=text))
    assert expected
    assert await listed_in(harness.backend, words) == sorted(expected)


async def listed_in(backend: Backend, words: str) -> list[str]:
    """Return the titles that a turn looked up, by name."""
    sent, _ = await say(backend, words)
    calls = [used for used in (await backend.turn(sent.turn_id)).tool_calls if used.tool == "list_tasks"]
    return sorted(task["title"] for used in calls for task in (used.result or {})["tasks"])


async def test_filters_in_words(backend: Backend) -> None:
    await filtered_list(backend)
    for text, found in FILTERED:
        assert sorted(await titles(backend, TaskFilter(status=None, filter=text))) == sorted(found), text
    assert await titles(backend, TaskFilter(status=None, filter="milk", tag="waiting")) == ["oat milk"]
    page = await backend.tasks(TaskFilter(status="all", filter="-+shop", sort="title"), limit=2)
    rest = await backend.tasks(TaskFilter(status="all", filter="-+shop", sort="title"), limit=2, cursor=page.next)
    assert [task.title for task in (*page.items, *rest.items)] == ["done already", "rent", "tax"]


async def test_a_filter_that_cannot_be_read_says_where(backend: Backend) -> None:
    with pytest.raises(FilterError, match="Did you mean !high") as caught:
        await backend.tasks(TaskFilter(filter="milk prio:high"))
    error = caught.value
    assert (error.text, error.position, error.suggestion) == ("milk prio:high", 5, "!high")


async def test_filters_in_words_are_read_as_of_the_day_that_is_looked_back_to(harness: BackendHarness) -> None:
    backend = harness.backend
    await backend.add_from_text("milk today")
    await backend.add_from_text("rent friday")
    harness.clock.advance(days=4)
    page = await backend.tasks_as_of("yesterday", TaskFilter(filter="due:tomorrow -milk"))
    assert [task.title for task in page.items] == ["rent"]
