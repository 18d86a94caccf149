"""What an answer lists is a list: rows that follow the tasks, act on keys and mouse, and go on; said once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.testing.script import Beat, call, say
from kirotodo.client.tui.entries import AnswerEntry, Call, in_words, verb_of
from kirotodo.client.tui.screens.task_edit import DetailsScreen, TitleScreen
from kirotodo.client.tui.task_cards import listing_of, without_listed
from kirotodo.client.tui.widgets.task_card import TaskCard
from kirotodo.core.domain.task import Task, TaskFilter
from tests.client.tui.chat_host import backend_of, chatting
from tests.client.tui.list_host import HOSTILE, SAMPLE, days, task

TEXT = "4 open tasks:\n- #3 call the plumber — today\n- #14 milk — in shopping\n\n…and 2 more."
MANY = tuple(task(number, f"errand {number}") for number in range(1, 61))


def brief(each: Task) -> dict[str, Any]:
    return {"id": each.id, "title": each.title, "project": each.project}


def listing(*tasks: Task, total: int, next: str | None = None, text: str = "Here:", **asked: Any) -> list[Beat]:
    result = {"tasks": [brief(each) for each in tasks], "total": total, "next": next}
    return [*call("list_tasks", asked, result, undoable=False), say(text, step=2)]


def entry(*calls: Call, text: str = "") -> AnswerEntry:
    return AnswerEntry(key="a", turn_id="t", status="finished", response=text, calls=calls)


def listed(arguments: dict[str, Any], *tasks: dict[str, Any]) -> Call:
    result = {"tasks": list(tasks), "total": len(tasks), "next": "x"}
    return Call(id="1", tool="list_tasks", arguments=arguments, result=result, status="succeeded")


async def test_a_listed_task_is_ticked_edited_and_opened_where_it_stands() -> None:
    backend = backend_of(listing(SAMPLE[1], SAMPLE[4], total=2, text=TEXT.replace("…and 2 more.", "")))
    async with chatting(backend, size=(120, 30)) as chat:
        await chat.say("what is there?")
        await chat.idle()
        left = "\n".join(line[:80] for line in chat.text.splitlines())
        assert left.count("call the plumber") == left.count("milk") == 2 - (left.count("add milk, eggs") == 0)
        assert "found" not in left
        await chat.press("tab")
        assert isinstance(chat.focused, TaskCard)
        await chat.press("down", "space")
        await chat.wait_for("14 ● milk")
        await chat.press("space")
        await chat.wait_for("14 ○ milk")
        await chat.press("up", "e")
        await chat.until(lambda: isinstance(chat.app.screen, TitleScreen))
        await chat.press("end", "!", "enter")
        await chat.until(lambda: chat.text.count("call the plumber!") >= 2)
        await chat.press("t", "t")
        await chat.until(lambda: "Due Wed 25 Nov: call the plumber!" in chat.toasts())
        await chat.press("s")
        await chat.until(lambda: any("call the plumber!” does not repeat" in toast for toast in chat.toasts()))
        await chat.press("enter")
        await chat.until(lambda: isinstance(chat.app.screen, DetailsScreen))
        await chat.press("escape", "x")
        await chat.until(lambda: "call the plumber!" not in chat.text.replace("Deleted: call the plumber!", ""))


async def test_the_mouse_ticks_and_shows_the_rest() -> None:
    backend = backend_of(listing(*MANY[:3], total=60, next="3", status="pending"), tasks=MANY)
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.wait_for("60 open")
        await chat.say("show my tasks")
        await chat.wait_for("m show 57 more")
        card = chat.screen.query_one(TaskCard)
        await chat.pilot.click(card, offset=(12, 3))
        await chat.until(lambda: len(card.listing.tasks) == 53)
        await chat.press("m")
        await chat.until(lambda: len(card.listing.tasks) == 60)
        assert "more" not in card.lines(60)[-1].plain
        await chat.press("home")
        await chat.until(lambda: chat.transcript.scroll_y == 0)
        await chat.pilot.click(card, offset=(7 + 4, 1))
        await chat.wait_for("2 ● errand 2")


def test_a_listing_is_only_of_an_answer_that_changed_nothing() -> None:
    found = listed({"limit": 20, "status": "pending"}, {"id": 1, "title": "milk"})
    made = Call(id="2", tool="add_task", arguments={}, result={"task_id": 2}, status="succeeded")
    assert listing_of(entry(found, made)) is None
    shown = listing_of(entry(found))
    assert shown is not None
    assert [each.title for each in shown.tasks] == ["milk"]
    assert shown.where == TaskFilter()
    assert listing_of(entry(listed({}))) is None
    assert listing_of(entry(listed({}, {"id": "no number", "title": 3}, {"title": "x"}))) is None


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (
            {"due": "overdue", "project": "work", "sort": "priority"},
            TaskFilter(due="overdue", project="work", sort="priority"),
        ),
        ({"due": "2026-11-24..2026-11-30"}, TaskFilter(due_from=days(0), due_to=days(6))),
        ({"due": "2026-11-24"}, TaskFilter(due_from=days(0), due_to=days(0))),
        ({"due": "the day after the party"}, None),
        ({"completed": "yesterday"}, None),
        ({"status": "somehow"}, None),
    ],
)
def test_more_can_be_shown_where_the_filter_is_known(arguments: dict[str, Any], where: TaskFilter | None) -> None:
    shown = listing_of(entry(listed(arguments, {"id": 1, "title": "milk"})))
    assert shown is not None
    assert shown.where == where
    assert (shown.cursor is None) == (where is None)


def test_the_text_keeps_what_does_not_name_a_listed_task() -> None:
    tasks = [task(3, "call the plumber"), task(14, "milk")]
    assert without_listed(TEXT, tasks) == "4 open tasks:"
    assert (
        without_listed("- **milk** (shopping)\n- eat well\n\nAnything else?", tasks) == "- eat well\n\nAnything else?"
    )
    assert without_listed("Which one?\n\n1. milk\n2. oat milk", tasks) == "Which one?\n\n1. milk\n2. oat milk"
    assert without_listed("- #4 milk", tasks) == "- #4 milk"


@given(st.text(max_size=60) | st.sampled_from(HOSTILE))
def test_any_text_survives_without_a_listing(text: str) -> None:
    assert without_listed(text, []) == text


@pytest.mark.parametrize(
    ("tool", "arguments", "result", "words"),
    [
        ("add_task", {"title": "milk"}, {"task_id": 1, "title": "milk"}, "added milk"),
        ("complete_task", {"task_id": 1}, {"task_id": 1, "title": "milk"}, "done milk"),
        (
            "complete_task",
            {"task_id": 1, "completed": False},
            {"task_id": 1, "title": "milk"},
            "reopened milk",
        ),
        (
            "update_task",
            {"task_id": 1, "due": "friday"},
            {"title": "rent", "before": {"due": "Thu 26 Nov"}, "after": {"due": "Fri 27 Nov"}},
            "changed rent · due Thu 26 Nov → Fri 27 Nov",
        ),
        (
            "delete_task",
            {"task_ids": [1, 2, 3, 4]},
            {"count": 4, "tasks": [{"title": name} for name in ("a", "b", "c")]},
            "deleted a, b, c and 1 more",
        ),
        (
            "list_tasks",
            {"search": "milk", "status": "pending"},
            {"tasks": [], "total": 2},
            "found 2 tasks · search milk",
        ),
        ("move_tasks", {"moves": [{"task_id": 1}, {"task_id": 2}]}, {}, "moved 2 tasks"),
        ("move_tasks", {"moves": [{"task_id": 1}]}, {"task_id": 1, "title": "milk"}, "moved milk"),
        ("shop_online", {"what": "milk"}, {"ok": True}, "shop_online what milk"),
    ],
)
def test_a_call_in_words(tool: str, arguments: dict[str, Any], result: dict[str, Any], words: str) -> None:
    made = Call(id="1", tool=tool, arguments=arguments, result=result, status="succeeded", duration_ms=3)
    assert f"{verb_of(made)} {in_words(made)}" == words
