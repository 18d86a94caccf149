"""Answers as they come: growing, begun anew, frozen, stopped, failed, cut and taken up again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kirotodo.client.testing.script import Beat, Cut, Hold, ScriptedTurn, call, done, fail, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui.markdown import StreamedLines, cut, render, without_marks
from kirotodo.client.tui.widgets.messages import AnswerText
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.errors import ModelError, Unreachable
from tests.client.tui.chat_host import adding, backend_of, chatting


async def test_an_answer_grows_and_ends_as_markdown() -> None:
    backend = backend_of([say("Here is **bo"), Hold(), say("ld**.\n\n- one\n- two\n")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("Here is **bo")
        backend.release()
        await chat.wait_for("Here is bold.", "• one", "• two")


async def test_the_timer_rests_when_nothing_comes() -> None:
    backend = backend_of([say("a"), Hold(), say("b")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("kiro  a")
        text = chat.screen.query_one(AnswerText)
        await chat.until(lambda: text.at_rest)
        backend.release()
        await chat.wait_for("kiro  ab")
        await chat.until(lambda: text.at_rest)


async def test_a_higher_attempt_drops_what_the_earlier_one_said() -> None:
    backend = backend_of([say("wrong start"), Hold(), say("right", attempt=2), say(" end", attempt=2)])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("wrong start")
        backend.release()
        await chat.wait_for("kiro  right end")
        assert "wrong" not in chat.text


async def test_a_cut_link_is_shown_and_what_was_missed_follows_once() -> None:
    backend = backend_of([say("one "), Hold(), Cut(), say("two "), say("three")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("kiro  one")
        backend.release()
        await chat.wait_for("reconnecting")
        assert "two" not in chat.text
        backend.release("link")
        await chat.wait_for("kiro  one two three")
        await chat.until(lambda: "reconnecting" not in chat.text)


async def test_a_lost_turn_is_watched_no_longer() -> None:
    """The backend resumes streams; what it raises, it cannot resume."""
    backend = backend_of([Hold(), say("three")])
    async with chatting(backend) as chat:
        backend.break_down("watch", Unreachable("The server does not answer."))
        await chat.say("go")
        await chat.wait_for("✗ The server does not answer.")


async def test_a_turn_that_runs_at_the_start_is_watched_to_its_end() -> None:
    backend = backend_of()
    conversation = backend.add_conversation("earlier", [("q", "a")])
    backend_turn: list[Beat] = [say("still "), Hold(), say("going")]

    async def start() -> ScriptedBackend:
        backend.begin_turn(conversation, "long one", backend_turn)
        return backend

    async with chatting(start) as chat:
        await chat.wait_for("you   q", "you   long one", "kiro  still")
        backend.release()
        await chat.wait_for("kiro  still going")
        await chat.idle()


async def test_escape_stops_the_turn_and_keeps_answer_and_draft() -> None:
    backend = backend_of([say("half an ans"), Hold(), say("wer")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.wait_for("half an ans")
        await chat.write("my draft")
        await chat.press("escape")
        await chat.wait_for("■ stopped", "half an ans")
        assert chat.draft == "my draft"
        await chat.press("escape", "escape")
        assert chat.draft == "my draft"


async def test_a_failed_turn_says_why_and_can_be_tried_again() -> None:
    backend = backend_of(
        [say("hm"), fail("The model does not answer [/].")], ScriptedTurn(message="try me", beats=[say("better")])
    )
    async with chatting(backend) as chat:
        await chat.say("try me")
        await chat.wait_for("✗ The model does not answer [/].", "r try again")
        await chat.press("shift+tab", "r")
        await chat.wait_for("kiro  better")


async def test_a_failure_that_trying_again_cannot_mend_offers_nothing() -> None:
    backend = backend_of([fail("No key is set.", retryable=False)])
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("✗ No key is set.")
        assert "try again" not in chat.text


async def test_a_turn_that_cannot_be_watched_any_more_ends_in_words() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend) as chat:
        backend.break_down("watch", ModelError("It is lost."))
        await chat.say("x")
        await chat.wait_for("✗ It is lost.")
        assert not chat.controller.busy


async def test_tasks_of_the_turn_reach_the_pane_and_the_count() -> None:
    async with chatting(backend_of(adding()), size=(120, 30)) as chat:
        await chat.wait_for("6 open")
        await chat.say("add oat milk")
        await chat.wait_for("7 open", "✓ added", "20 ○ oat milk")


async def test_title_and_tokens_reach_the_header() -> None:
    backend = backend_of([say("ok"), done(title="Groceries", usage=Usage(input_tokens=900, output_tokens=100))])
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("kirotodo · Groceries", "1000 tokens")


async def test_a_long_answer_is_frozen_whole() -> None:
    items = "\n".join(f"- item {number} with a few words more" for number in range(300))
    async with chatting(backend_of([say(items)])) as chat:
        await chat.say("x")
        await chat.wait_for("• item 299")
        text = chat.screen.query_one(AnswerText)
        assert not text.live
        assert "• item 0 " in text.plain_text


async def test_calls_stand_under_the_answer_in_order() -> None:
    beats = [
        *call("list_tasks", {"search": "x"}, {"tasks": [], "total": 3}, id="1.1", undoable=False),
        *call("delete_task", {"task_id": 9}, {"error": "There is no task 9."}, id="1.2"),
        say("Not found."),
    ]
    async with chatting(backend_of(beats)) as chat:
        await chat.say("x")
        await chat.wait_for("Not found.", "✓ found", "3 tasks", "✗ deleted", "There is no task 9.")
        text = chat.text
        assert text.index("Not found.") < text.index("✓ found") < text.index("✗ deleted")


# --- the pure parts ---

PIECES = st.lists(
    st.sampled_from(
        ["word ", "two words\n", "\n", "- item\n", "1. one\n", "```\n", "  in\n", "| a | b |\n", "# head\n"]
    ),
    max_size=40,
)


@given(PIECES, st.integers(10, 60))
def test_lines_do_not_depend_on_how_the_text_was_cut_into_deltas(pieces: list[str], width: int) -> None:
    text = "".join(pieces)
    grown = StreamedLines(width)
    for end in range(1, len(pieces) + 1):
        grown.of("".join(pieces[:end]))
    assert [line.plain for line in grown.of(text)] == [line.plain for line in grown.of(text)]
    words = "".join(line.plain for line in grown.of(text))
    assert words.count("word") == text.count("word")


@given(PIECES)
def test_a_cut_never_moves_back_as_the_text_grows(pieces: list[str]) -> None:
    ends = [cut("".join(pieces[:end]), 0) for end in range(len(pieces) + 1)]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("one\n\ntwo", "one\n\n"),
        ("one\ntwo", ""),
        ("- a\n\n- b\n\nafter\n", "- a\n\n- b\n\n"),
        ("- a\n\n  more of a\n", ""),
        ("```\na\n\nb\n", ""),
        ("```\na\n\nb\n```\n\nafter", "```\na\n\nb\n```\n\n"),
        ("| a |\n|---|\n| 1 |\n\nafter", "| a |\n|---|\n| 1 |\n\n"),
    ],
)
def test_what_counts_as_finished(text: str, finished: str) -> None:
    assert text[: cut(text, 0)] == finished


@given(st.text(max_size=200), st.integers(4, 40))
@example("123456789. one\n123456790. two", 6)
def test_any_text_is_drawn_within_its_width(text: str, width: int) -> None:
    assert all(line.cell_length <= width for line in render(text, width))


@given(st.text(max_size=200) | PIECES.map("".join), st.integers(14, 60))
def test_any_text_grows_within_its_width(text: str, width: int) -> None:
    assert all(line.cell_length <= width for line in StreamedLines(width).of(text))


def test_numbers_have_their_dots_and_lists_of_ten_stand_in_line() -> None:
    assert [line.plain for line in render("1. a\n2. b", 20)] == [" 1. a", " 2. b"]
    ten = render("\n".join(f"{number}. x" for number in range(1, 11)), 20)
    assert (ten[0].plain, ten[-1].plain) == ("  1. x", " 10. x")


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("Two tasks:\n1. **milk**\n2. **bre", ["Two tasks:", " 1. milk", " 2. **bre"]),
        ("- pay \\[/\\] rent", [" • pay [/] rent"]),
        ("## Today\n* `x` and", ["Today", " • x and"]),
        ("- a long item wraps", [" • a long item", "   wraps"]),
        ("```\n- **code**\n", ["```", "  - **code**    "]),
        ("```\na\n\nb\n", ["```", "  a             ", " " * 16, "  b             "]),
        ("-", ["-"]),
        ("**not closed and 2 * 3", ["**not closed and", "2 * 3"]),
    ],
)
def test_what_is_not_finished_looks_like_what_it_will_be(growing: str, shown: list[str]) -> None:
    assert [line.plain for line in StreamedLines(16).of(growing)] == shown


def test_the_worst_line_does_not_take_long() -> None:
    assert len(StreamedLines(60).of("**a " * 50_000)) > 1_000


async def test_a_stopped_answer_can_be_tried_again() -> None:
    backend = backend_of([say("half "), Hold(), say("x")], ScriptedTurn(message="try me", beats=[say("whole")]))
    async with chatting(backend) as chat:
        await chat.say("try me")
        await chat.wait_for("kiro  half")
        await chat.press("escape")
        await chat.wait_for("■ stopped  r try again")
        await chat.press("tab", "r", "r", "r")
        await chat.until(lambda: "That message was sent again already." in chat.toasts())
        await chat.wait_for("kiro  whole")
        await chat.idle()
        await chat.press("r")
        assert [len(backend.sent), chat.screen.controller.queued] == [2, []]


def test_a_preview_has_no_marks_of_markdown() -> None:
    text = "4 open tasks:\n- **#4** pay `rent` \\#home\n\n# Head\n> said 2 * 3"
    assert without_marks(text) == "4 open tasks: #4 pay rent #home Head said 2 * 3"
