"""The shell: opening, sizes, areas, drawer, errors, leaving."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from kirotodo.client.state import ClientState
from kirotodo.client.testing.script import Hold, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui.editor import EditorFailed, editor_command, run_editor
from kirotodo.client.tui.plain import clean, line, plain
from kirotodo.client.tui.screens.too_small import TooSmall
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.backend import Status
from kirotodo.core.errors import NotFound, StorageBusy, StorageCorrupt
from tests.client.tui.chat_host import adding, backend_of, chatting
from tests.client.tui.list_host import HOSTILE, SAMPLE, task


async def test_the_composer_takes_keys_before_the_core_is_there() -> None:
    gate = asyncio.Event()
    backend = backend_of()

    async def slow() -> ScriptedBackend:
        await gate.wait()
        return backend

    async with chatting(slow, ready=False) as chat:
        await chat.write("typing")
        assert chat.draft == "typing"
        await chat.wait_for("opening…", "› typing")
        gate.set()
        await chat.wait_for("local · built-in · 6 open")
        assert chat.draft == "typing"


async def test_a_core_that_cannot_be_opened_says_why_and_can_be_tried_again() -> None:
    backend = backend_of([say("hello")])
    tries = 0

    async def second_time() -> ScriptedBackend:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StorageBusy("Another program holds the list [/].")
        return backend

    async with chatting(second_time, ready=False) as chat:
        await chat.wait_for("Another program holds the list [/].", "/retry", "not open")
        await chat.say("kept")
        await chat.wait_for("queued", "1. kept")
        await chat.say("/retry")
        await chat.wait_for("kiro  hello")
        assert backend.sent == ["kept"]


async def test_a_fault_in_opening_is_a_sentence_and_no_crash() -> None:
    async def broken() -> ScriptedBackend:
        raise ZeroDivisionError("oh")

    async with chatting(broken, ready=False) as chat:
        await chat.wait_for("The list could not be opened.")
        assert chat.app.is_running


@pytest.mark.parametrize("method", ["tasks", "conversations", "status"])
async def test_errors_of_the_backend_are_a_toast_at_most(method: str) -> None:
    backend = backend_of()
    backend.break_down(method, StorageCorrupt("The file is damaged [/]."))
    async with chatting(backend, ready=False) as chat:
        await chat.until(lambda: method == "status" or chat.toasts())
        assert chat.app.is_running
        assert set(chat.toasts()) <= {"The file is damaged [/]."}


async def test_the_latest_conversation_is_resumed() -> None:
    backend = backend_of()
    backend.add_conversation("older", [("old question", "old answer")])
    backend.add_conversation("latest", [("new question", "new answer")])
    async with chatting(backend) as chat:
        await chat.wait_for("kirotodo · latest", "new answer")


async def test_the_one_left_last_comes_before_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    backend = backend_of()
    first = backend.add_conversation("older", [("q", "a")])
    backend.add_conversation("latest", [("q", "a")])
    async with chatting(backend, state_path=path) as chat:
        await chat.open(first)
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("kirotodo · older")


async def test_new_begins_an_empty_conversation() -> None:
    backend = backend_of([say("hi")])
    backend.add_conversation("older", [("q", "old answer")])
    async with chatting(backend, new=True) as chat:
        assert "old answer" not in chat.text
        await chat.say("hello")
        await chat.wait_for("kiro  hi")
        assert chat.controller.conversation_id == 2


async def test_a_conversation_that_is_not_there_is_told() -> None:
    async with chatting(backend_of(), conversation_id=9, ready=False) as chat:
        await chat.until(lambda: chat.toasts() == ["There is no conversation 9."])


async def test_switching_leaves_the_turn_running_and_finds_it_again() -> None:
    backend = backend_of([say("working "), Hold(), say("done")])
    first = backend.add_conversation("first", [("q", "a")])
    second = backend.add_conversation("second", [("other", "one")])
    async with chatting(backend, conversation_id=first) as chat:
        await chat.say("go")
        await chat.wait_for("working")
        await chat.open(second)
        await chat.wait_for("you   other")
        assert "working" not in chat.text
        backend.release()
        await chat.open(first)
        await chat.wait_for("kiro  working done")
        assert not chat.controller.busy


async def test_wide_has_the_tasks_beside_and_narrow_a_drawer() -> None:
    async with chatting(backend_of(), size=(100, 24)) as chat:
        pane = chat.screen.query_one(TaskPane)
        await chat.wait_for("pay rent")
        await chat.press("ctrl+t")
        await chat.until(lambda: not pane.display)
        await chat.press("ctrl+t")
        await chat.until(lambda: pane.display)
        await chat.pilot.resize_terminal(99, 24)
        await chat.until(lambda: not pane.display)
        await chat.press("ctrl+t")
        await chat.until(lambda: pane.display and pane.has_focus_within)
        await chat.press("escape")
        await chat.until(lambda: not pane.display)
        assert chat.focused is chat.composer


async def test_that_the_pane_was_closed_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of(), size=(120, 24), state_path=path) as chat:
        await chat.press("ctrl+t")
        await chat.until(lambda: not chat.screen.query_one(TaskPane).display)
    async with chatting(backend_of(), size=(120, 24), state_path=path) as chat:
        assert not chat.screen.query_one(TaskPane).display


async def test_forty_by_twelve_works_and_less_is_one_sentence() -> None:
    async with chatting(backend_of([say("fine")]), size=(40, 12)) as chat:
        await chat.write("hello")
        await chat.press("enter")
        await chat.wait_for("kiro  fine")
        await chat.write("draft")
        await chat.pilot.resize_terminal(39, 12)
        await chat.wait_for("Make the window larger")
        await chat.pilot.resize_terminal(40, 11)
        await chat.pilot.resize_terminal(20, 6)
        await chat.wait_for("kirotodo needs 40")
        await chat.pilot.resize_terminal(40, 12)
        await chat.until(lambda: not isinstance(chat.app.screen, TooSmall))
        assert chat.draft == "draft"
        await chat.press("x")
        assert chat.draft == "draftx"


async def test_a_terminal_that_is_too_small_from_the_start() -> None:
    async with chatting(backend_of(), size=(20, 6), ready=False) as chat:
        await chat.wait_for("kirotodo needs")
        await chat.pilot.resize_terminal(80, 24)
        await chat.wait_for("› ")
        await chat.until(lambda: chat.controller.loaded)


async def test_tab_goes_round_and_back() -> None:
    async with chatting(backend_of([say("a")], [Hold()]), size=(120, 30)) as chat:
        await chat.say("x")
        await chat.idle()
        await chat.say("y")
        await chat.say("queued one")
        await chat.wait_for("1. queued one")
        visited = []
        for _ in range(4):
            await chat.press("tab")
            path = chat.focused.ancestors_with_self if chat.focused else []
            visited.append(next(node.id for node in path if node.id in ("composer", "queue", "transcript", "tasks")))
        assert visited == ["queue", "transcript", "tasks", "composer"]
        await chat.press("shift+tab")
        assert chat.screen.query_one(TaskPane).has_focus_within


async def test_tab_reaches_the_examples_of_a_first_run() -> None:
    async with chatting(backend_of(tasks=())) as chat:
        await chat.press("tab", "enter")
        await chat.until(lambda: chat.draft == "add milk, eggs and bread to shopping")


async def test_without_colours_the_screen_still_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with chatting(backend_of([say("fine")])) as chat:
        assert chat.app.theme == "kirotodo-ansi"
        await chat.say("hi")
        await chat.wait_for("kiro  fine")
        styles = [segment.style for strip in chat.screen._compositor.render_strips() for segment in strip]
        colours = {colour.name for style in styles if style for colour in (style.color, style.bgcolor) if colour}
        assert colours <= {"default"}
        await chat.press("shift+tab")
        await chat.wait_for("kiro› fine")


async def test_keys_outside_text_undo_redo_and_go_back_to_writing() -> None:
    async with chatting(backend_of(adding()), size=(120, 30)) as chat:
        await chat.say("add")
        await chat.wait_for("20 ○ oat milk")
        chat.screen.query_one("UserMessage").focus()
        await chat.press("u")
        await chat.until(lambda: "20 ○ oat milk" not in chat.text)
        await chat.press("U")
        await chat.wait_for("20 ○ oat milk")
        await chat.press("i")
        assert chat.focused is chat.composer


async def test_the_pane_completes_deletes_and_undoes() -> None:
    async with chatting(backend_of(), size=(120, 30)) as chat:
        await chat.wait_for("pay rent", "6 open")
        await chat.press("shift+tab", "space")
        await chat.wait_for("5 open")
        assert chat.toasts() == ["Done: pay rent"]
        await chat.press("u")
        await chat.wait_for("6 open")
        await chat.press("x")
        await chat.wait_for("5 open")
        assert chat.toasts()[-1].startswith("Deleted: ")


@pytest.mark.parametrize("key", ["e", "d", "n", "enter"])
async def test_the_pane_opens_its_editors(key: str) -> None:
    async with chatting(backend_of(), size=(120, 30)) as chat:
        await chat.wait_for("pay rent")
        await chat.press("shift+tab", key)
        await chat.until(lambda: chat.app.screen is not chat.screen)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)


async def test_what_another_program_changes_shows() -> None:
    backend = backend_of()
    async with chatting(backend, size=(120, 30)) as chat:
        await chat.wait_for("6 open")
        backend.change_elsewhere([task(40, "from another window")], removed=[12])
        await chat.wait_for("40 ○ from another window")
        await chat.until(lambda: "pay rent" not in chat.text)


@pytest.mark.parametrize("key", ["f1", "ctrl+o", "ctrl+p"])
async def test_keys_that_open_a_screen(key: str) -> None:
    async with chatting(backend_of()) as chat:
        await chat.press(key)
        await chat.until(lambda: chat.app.screen is not chat.screen)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)


async def test_ctrl_n_begins_a_new_conversation_and_f2_turns_the_light_on() -> None:
    backend = backend_of()
    backend.add_conversation("old", [("q", "a")])
    async with chatting(backend) as chat:
        await chat.press("ctrl+n")
        await chat.wait_for("new conversation")
        await chat.press("f2")
        assert chat.app.theme == "kirotodo-light"


async def test_an_offered_text_lands_in_the_composer_or_is_sent() -> None:
    from kirotodo.client.tui.messages import TextOffered

    backend = backend_of([say("ok")])
    async with chatting(backend) as chat:
        chat.screen.post_message(TextOffered("try this"))
        await chat.until(lambda: chat.draft == "try this")
        chat.screen.post_message(TextOffered("and this", send=True))
        await chat.wait_for("you   and this")


async def test_links_are_told_in_honest_words() -> None:
    backend = backend_of()
    backend.link = Status(link="offline", place="api.example.com", model="gpt [/]", user="1", pending=0)
    async with chatting(backend, size=(120, 30)) as chat:
        await chat.wait_for("api.example.com offline · gpt [/] · 6 open")


@pytest.mark.parametrize("keys", [("ctrl+q",), ("ctrl+d",), ("ctrl+c", "ctrl+c")])
async def test_ways_to_leave(keys: tuple[str, ...]) -> None:
    backend = backend_of()
    async with chatting(backend) as chat:
        await chat.press(*keys)
        await chat.until(lambda: not chat.app.is_running)
    assert backend.closed


async def test_one_ctrl_c_or_ctrl_d_over_a_draft_does_not_leave(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of(), state_path=path) as chat:
        await chat.press("ctrl+c")
        await chat.write("x")
        await chat.press("ctrl+d")
        assert chat.app.is_running
        assert chat.draft == "x"
        await chat.press("ctrl+q")
    assert ClientState(path).draft(None) == "x"


async def test_a_state_that_cannot_be_kept_is_said_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    async with chatting(backend_of(), state_path=blocked / "state.json") as chat:
        await chat.write("a")
        await chat.until(lambda: chat.toasts())
        await chat.write("b")
        chat.screen.keep_draft()
        assert len(chat.toasts()) == 1


async def test_a_conversation_deleted_elsewhere_gives_way_to_a_new_one() -> None:
    backend = backend_of()
    conversation = backend.add_conversation("old", [("q", "a")])
    async with chatting(backend) as chat:
        await chat.wait_for("kirotodo · old")
        await backend.delete_conversation(conversation)
        await chat.wait_for("new conversation")
        with pytest.raises(NotFound):
            await backend.transcript(conversation)


# --- the pure parts ---


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_keeps_words_and_drops_what_scripts(text: str) -> None:
    shown = plain(text).plain
    assert not any(ord(letter) < 32 and letter != "\n" for letter in shown)
    assert not any(letter in shown for letter in "\x7f\x9b\u202e\u2066\u200f")
    assert "\n" not in line(text).plain


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x1b]0;evil\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b[1;31mb\x9b2Jc", "abc"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("an open end \x1b]0;stays", "an open end 0;stays"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("tab\tstop", "tab stop"),
        ("\ud800lone", "\ufffdlone"),
        ("👩‍👩‍👧 stays", "👩‍👩‍👧 stays"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_the_editor_gets_the_text_and_gives_it_back(tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text("import sys; p = sys.argv[1]; t = open(p).read(); open(p, 'w').write(t + ' edited\\n')")
    assert run_editor([sys.executable, str(script)], "text") == "text edited"


def test_an_editor_that_fails_loses_nothing(tmp_path: Path) -> None:
    with pytest.raises(EditorFailed, match="unchanged"):
        run_editor([sys.executable, "-c", "raise SystemExit(1)"], "text")
    with pytest.raises(EditorFailed, match="No editor"):
        editor_command({"EDITOR": str(tmp_path / "missing")})


def test_visual_comes_before_editor() -> None:
    environ = {"VISUAL": f"{sys.executable} -x", "EDITOR": os.devnull}
    assert editor_command(environ) == [sys.executable, "-x"]


def test_the_sample_is_what_the_counts_above_say() -> None:
    assert len(SAMPLE) == 6
