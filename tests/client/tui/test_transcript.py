"""The conversation on screen: a window over data, following, keys, tool lines, harmful text."""

import re

import pytest

from kirotodo.client.testing.script import Hold, call, done, say
from kirotodo.client.tui.widgets.messages import AnswerText, ToolLine
from kirotodo.client.tui.widgets.transcript import MOUNTED
from kirotodo.core.domain.conversation import ToolCall
from kirotodo.core.errors import NotUndoable
from tests.client.tui.chat_host import MILK, Chat, adding, backend_of, chatting
from tests.client.tui.list_host import HOSTILE


def questions(chat: Chat) -> list[int]:
    """The numbered questions on screen, from above."""
    return [int(number) for number in re.findall(r"question (\d+)\b", chat.text)]


async def test_a_stored_conversation_is_shown_with_its_calls() -> None:
    backend = backend_of()
    tool_call = ToolCall(
        id="1.1",
        step=1,
        position=1,
        tool="add_task",
        arguments={"title": "milk"},
        result={"status": "created", "task_id": 14, "title": "milk"},
        status="succeeded",
        duration_ms=3,
    )
    backend.add_conversation("Groceries", [("hi", "hello"), ("add milk", "Added **milk**.")], calls=[tool_call])
    async with chatting(backend) as chat:
        await chat.wait_for("kirotodo · Groceries", "you   hi", "kiro  hello", "Added milk.", "✓ added    milk")


async def test_only_a_window_is_mounted_and_it_moves_with_the_reader() -> None:
    backend = backend_of()
    backend.add_conversation("long", [(f"question {n}", f"answer {n}") for n in range(110)])
    async with chatting(backend, size=(80, 40)) as chat:
        transcript = chat.transcript
        await chat.wait_for("answer 109")
        seen = set()
        for _ in range(400):
            seen |= set(questions(chat))
            await chat.press("pageup")
            assert len(transcript.mounted) <= MOUNTED + 15
            if 0 in seen:
                break
        assert seen == set(range(110))
        await chat.press("shift+tab", "end")
        await chat.wait_for("answer 109")
        assert transcript.following


async def test_scrolling_up_shows_every_message_once_and_none_is_skipped() -> None:
    backend = backend_of()
    backend.add_conversation("long", [(f"question {n}", f"answer {n}") for n in range(45)])
    async with chatting(backend) as chat:
        order: list[int] = []
        await chat.wait_for("answer 44")
        for _ in range(300):
            order += [n for n in reversed(questions(chat)) if n not in order]
            if 0 in order:
                break
            await chat.press("pageup")
            await chat.pilot.pause()
        assert order == list(range(44, -1, -1))


async def test_it_follows_what_streams_until_one_scrolls_up() -> None:
    lines = [say(f"line {n}\n\n") for n in range(40)]
    backend = backend_of([*lines, Hold(), *[say(f"later {n}\n\n") for n in range(10)]])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("line 39")
        await chat.press("pageup")
        await chat.until(lambda: "line 39" not in chat.text)
        before = chat.transcript.scroll_y
        backend.release()
        await chat.idle()
        assert "later 9" not in chat.text
        assert chat.transcript.scroll_y == before
        for _ in range(20):  # what was added last may not be laid out yet
            if "later 9" not in chat.text:
                await chat.press("pagedown")
        await chat.wait_for("later 9")
        assert chat.transcript.following


async def test_sending_goes_back_to_the_end() -> None:
    backend = backend_of([say("\n\n".join(map(str, range(60))))], [say("newest")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("59")
        await chat.press("pageup", "pageup")
        await chat.until(lambda: "59" not in chat.text)
        await chat.say("more")
        await chat.wait_for("newest")


async def test_up_and_down_walk_the_messages_and_tool_lines() -> None:
    async with chatting(backend_of(adding())) as chat:
        await chat.say("add oat milk")
        await chat.idle()
        await chat.press("shift+tab")
        line, text = chat.screen.query_one(ToolLine), chat.screen.query_one(AnswerText)
        visited = [chat.focused]
        for key in ("up", "j"):
            await chat.press(key)
            visited.append(chat.focused)
        assert visited == [line, text, line]
        await chat.press("i")
        assert chat.focused is chat.composer


async def test_a_tool_line_unfolds_to_before_and_after() -> None:
    beats = call(
        "update_task",
        {"task_id": 3, "due": "tomorrow"},
        {
            "status": "updated",
            "task_id": 3,
            "title": "call the plumber",
            "before": {"due_date": "2026-11-24", "due": "Tue 24 Nov"},
            "after": {"due_date": "2026-11-25", "due": "Wed 25 Nov"},
        },
    )
    async with chatting(backend_of([*beats, say("Moved.")])) as chat:
        await chat.say("x")
        await chat.wait_for("✓ changed")
        await chat.press("shift+tab", "enter")
        await chat.wait_for("update_task · #3 · 2 ms", "due  Tue 24 Nov → Wed 25 Nov")
        assert "2026-11-24" not in chat.text
        await chat.press("space")
        await chat.until(lambda: "update_task" not in chat.text)
        assert "Tue 24 Nov → Wed 25 Nov" in chat.text


async def test_u_on_a_tool_line_puts_back_what_that_call_did() -> None:
    async with chatting(backend_of(adding(), [say("meanwhile")]), size=(120, 30)) as chat:
        await chat.say("add oat milk")
        await chat.wait_for("20 ○ oat milk")
        await chat.say("hm")
        await chat.wait_for("meanwhile")
        chat.screen.query_one(ToolLine).focus()
        await chat.press("u")
        await chat.until(lambda: "20 ○ oat milk" not in chat.text)
        await chat.wait_for("undone")


async def test_the_mouse_undoes_and_unfolds_too() -> None:
    async with chatting(backend_of(adding())) as chat:
        await chat.say("add oat milk")
        await chat.wait_for("u undo")
        line = chat.screen.query_one(ToolLine)
        await chat.pilot.click(line, offset=(10, 0))
        await chat.until(lambda: line.unfolded)
        await chat.pilot.click(line, offset=(line.size.width - 4 + 7, 0))
        await chat.wait_for("undone")


async def test_a_refused_undo_is_one_toast() -> None:
    backend = backend_of(adding())
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.idle()
        backend.break_down("undo_call", NotUndoable("The task has moved on [/]."))
        await chat.press("shift+tab", "u")
        await chat.until(lambda: chat.toasts() == ["The task has moved on [/]."])
        await chat.pilot.pause()


async def test_a_turn_begun_in_another_program_appears() -> None:
    backend = backend_of()
    conversation = backend.add_conversation("shared", [("q", "a")])
    async with chatting(backend) as chat:
        await chat.wait_for("kiro  a")
        backend.begin_turn(conversation, "from elsewhere", [say("heard")])
        backend.publish_conversations()
        await chat.wait_for("you   from elsewhere", "kiro  heard")


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
async def test_no_text_can_hurt(text: str) -> None:
    task = MILK.__class__(id=20, title=text, created_at=MILK.created_at, updated_at=MILK.updated_at)
    calls = call("add_task", {"title": text}, {"status": "created", "task_id": 20, "title": text}, tasks=[task])
    failed = call("add_task", {text: text}, {"error": text}, id="1.2")
    backend = backend_of([*calls, *failed, say(text), Hold(), done(title=text)])
    backend.add_conversation(text, [(text, text)])
    async with chatting(backend, size=(100, 30)) as chat:
        await chat.say(text)
        await chat.until(lambda: len(chat.screen.query(ToolLine)) == 2)
        for line in chat.screen.query(ToolLine):
            line.action_toggle()
        await chat.say(text)
        backend.release()
        backend.script.clear()
        await chat.pilot.pause()
        shown = chat.text
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert chat.app.is_running
        chat.controller.queued.clear()


async def test_undo_marks_follow_what_was_undone_and_redone_elsewhere() -> None:
    async with chatting(backend_of(adding()), size=(100, 24)) as chat:
        await chat.say("add oat milk")
        await chat.wait_for("u undo")
        await chat.press("tab", "u")
        await chat.wait_for("undone")
        await chat.press("escape", "tab", "U")
        await chat.until(lambda: "undone" not in chat.text.split("oat milk", 1)[1].splitlines()[0])
        await chat.wait_for("u undo")
        await chat.press("i")
        await chat.say("/undo")
        await chat.until(lambda: any(line.rstrip().endswith("undone") for line in chat.text.split("│")))


async def test_undoing_an_edit_of_your_own_leaves_the_marks_of_answers_alone() -> None:
    async with chatting(backend_of(adding(), tasks=()), size=(100, 24)) as chat:
        await chat.say("add oat milk")
        await chat.wait_for("u undo")
        await chat.until(lambda: chat.screen.view.tasks.tasks)
        chat.screen.action_focus_tasks()
        await chat.pilot.pause()
        await chat.press("space")
        await chat.until(lambda: "Done: oat milk" in chat.toasts())
        await chat.press("u")
        await chat.until(lambda: "Undone: oat milk" in chat.toasts())
        await chat.pilot.pause()
        assert "u undo" in chat.text
        await chat.press("U")
        await chat.until(lambda: "Redone: oat milk" in chat.toasts())
        await chat.press("u")
        await chat.press("u")
        await chat.until(lambda: any(line.rstrip().endswith("undone") for line in chat.text.split("│")))


async def test_a_line_that_changed_nothing_offers_no_undo() -> None:
    searched = call("list_tasks", {}, {"tasks": [], "total": 0}, undoable=False)
    async with chatting(backend_of([*searched, say("Nothing.", step=2)]), size=(100, 24)) as chat:
        await chat.say("what is there?")
        await chat.idle()
        await chat.press("tab")
        assert isinstance(chat.focused, ToolLine)
        assert "undo this" not in chat.text
