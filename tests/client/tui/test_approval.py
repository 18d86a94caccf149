"""A yes or no that is owed stands in the composer's place."""

from dataclasses import replace

import pytest

from kirotodo.client.testing.script import Ask, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.core.domain.conversation import Approval
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict
from tests.client.tui.chat_host import backend_of, chatting, deleting
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, days


async def test_it_asks_with_exactly_the_tasks_and_takes_the_place() -> None:
    async with chatting(backend_of(deleting(*SAMPLE[:2]))) as chat:
        await chat.write("draft stays")
        chat.controller.submit("delete them")
        await chat.wait_for("Delete 2 tasks?", "12 pay rent", "3 call the plumber", "y yes", "n no", "a always")
        assert not chat.composer.display
        assert chat.approval.has_focus
        await chat.press("y")
        await chat.wait_for("They are gone.")
        assert chat.draft == "draft stays"
        assert chat.composer.has_focus


@pytest.mark.parametrize(
    ("key", "decision", "answer"),
    [
        ("y", "yes", "They are gone."),
        ("a", "always", "They are gone."),
        ("n", "no", "Left as they are."),
        ("N", "never", "Left as they are."),
        ("escape", "no", "Left as they are."),
    ],
)
async def test_every_key(key: str, decision: str, answer: str) -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.press(key)
        await chat.wait_for(answer)
        assert backend.answers == [("1.1", decision, None)]


@pytest.mark.parametrize(
    ("button", "decision"), [("yes", "yes"), ("no", "no"), ("always", "always"), ("never", "never")]
)
async def test_the_mouse(button: str, decision: str) -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.pilot.click(f"#approve-{button}")
        await chat.until(lambda: backend.answers == [("1.1", decision, None)])
        await chat.idle()


async def test_other_letters_do_nothing() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.press("x", "enter", "space")
        assert backend.answers == []
        await chat.press("n")
        await chat.idle()


@pytest.mark.parametrize("yes", ["enter", "y"])
async def test_e_lets_one_leave_tasks_out_before_one_says_yes(yes: str) -> None:
    backend = backend_of(deleting(*SAMPLE[:3]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 3 tasks?")
        await chat.press("e")
        await chat.wait_for("› ✓    12 pay rent", "✓     3 call the plumber", "space leave out")
        await chat.press("j", "space", "a")
        await chat.wait_for("›       3 call the plumber", "“Always” is for the question as it was.")
        await chat.pilot.click("#approval-list", offset=(9, 2))
        await chat.wait_for("›       4 water the plants")
        await chat.pilot.click("#approval-list", offset=(9, 2))
        await chat.press(yes)
        await chat.until(lambda: backend.answers == [("1.1", "yes", {"task_ids": [12, 4]})])
        await chat.idle()


async def test_where_no_task_is_left_that_is_said_and_esc_goes_back_to_the_question() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.press("e", "space", "down", "space", "enter")
        await chat.wait_for("No task is left. esc goes back, to say no.")
        await chat.press("escape")
        await chat.until(lambda: "No task is left" not in chat.text and "✓" not in chat.text)
        assert backend.answers == []
        await chat.press("y")
        await chat.until(lambda: backend.answers == [("1.1", "yes", None)])
        await chat.idle()


async def test_a_proposal_is_edited_day_by_day() -> None:
    rent, plumber = SAMPLE[:2]
    moves = [
        {"task_id": task.id, "due_date": str(task.due_date), "to": str(days(number))}
        for number, task in ((1, rent), (0, plumber))
    ]
    question = "Move 2 tasks?"
    approval = Approval(
        call_id="1.1", tool="move_tasks", arguments={"moves": moves}, question=question, tasks=(rent, plumber)
    )
    backend = backend_of([Ask(approval, yes=[say("Moved.")], no=[say("No.")])])
    async with chatting(backend) as chat:
        await chat.say("spread overdue over next week")
        await chat.wait_for(
            question, "pay rent  Fri 20 Nov → Wed 25 Nov", "call the plumber  Tue 24 Nov, 17:00 → Tue 24 Nov"
        )
        await chat.press("e", "right_square_bracket", "shift+right", "left_square_bracket")
        await chat.wait_for("pay rent  Fri 20 Nov → Thu 26 Nov")
        await chat.press("down", "left_square_bracket", "space")  # not into the past, and not at all
        await chat.press("enter")
        await chat.wait_for("Moved.")
        assert backend.answers == [("1.1", "yes", {"moves": [{**moves[0], "to": str(days(2))}]})]


@pytest.mark.parametrize("size", [(80, 24), (45, 14)])
async def test_the_answers_are_in_sight_below_a_long_question_about_many_tasks(size: tuple[int, int]) -> None:
    tasks = tuple(Task(id=number, title=f"task {number}", created_at=NOW, updated_at=NOW) for number in range(1, 13))
    beats = deleting(*tasks)
    assert isinstance(beats[0], Ask)
    asked = replace(beats[0].approval, question="Move 12 tasks (" + "#81 to Tue 1 Dec, " * 12 + ")?")
    async with chatting(backend_of([replace(beats[0], approval=asked)]), size=size) as chat:
        await chat.say("x")
        await chat.wait_for("Move 12 tasks", "1 task 1")
        bar, button = chat.approval.content_region, chat.app.screen.query_one("#approve-yes").region
        assert bar.contains_region(button)
        await chat.press("n")
        await chat.idle()


async def test_a_question_that_comes_meanwhile_leaves_what_is_chosen() -> None:
    first, second = deleting(*SAMPLE[:2], call_id="1.1"), deleting(SAMPLE[1], call_id="1.2")
    async with chatting(backend_of([*first, *second])) as chat:
        await chat.say("x")
        await chat.wait_for("12 pay rent")
        await chat.press("e", "space")
        pending = chat.approval._pending
        chat.approval.show((*pending, *pending))
        await chat.wait_for("(1 of 2)", "✓     3 call the plumber")
        assert "✓    12" not in chat.text
        chat.approval.show(pending)
        await chat.press("escape", "n")
        await chat.wait_for("3 call the plumber")
        await chat.press("n")
        await chat.idle()


async def test_arguments_can_be_edited_as_they_are() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.press("e", "e")
        await chat.wait_for('{"task_ids": [12, 3]}')
        await chat.press(*["backspace"] * 5, *"]}")
        await chat.press("enter")
        await chat.until(lambda: backend.answers == [("1.1", "yes", {"task_ids": [12]})])
        await chat.idle()


async def test_arguments_that_are_no_json_are_told_and_stay() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("delete them")
        await chat.wait_for("Delete 2 tasks?")
        await chat.press("e", "e", "backspace", "enter")
        await chat.wait_for("valid JSON", '{"task_ids": [12, 3]')
        await chat.press("escape")
        await chat.until(lambda: "valid JSON" not in chat.text)
        assert backend.answers == []
        await chat.press("n")
        await chat.wait_for("Left as they are.")


async def test_several_wait_their_turn() -> None:
    first, second = deleting(SAMPLE[0], call_id="1.1"), deleting(SAMPLE[1], call_id="1.2")
    backend = backend_of([*first, *second])
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("12 pay rent")
        await chat.press("y")
        await chat.wait_for("3 call the plumber")
        await chat.press("n")
        await chat.idle()
        assert [(id, decision) for id, decision, _ in backend.answers] == [("1.1", "yes"), ("1.2", "no")]


async def test_a_refused_answer_is_asked_again() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("Delete 2 tasks?")
        backend.break_down("answer", Conflict("Not now."))
        await chat.press("y")
        await chat.until(lambda: chat.toasts() == ["Not now."])
        await chat.wait_for("Delete 2 tasks?")
        await chat.press("n")
        await chat.wait_for("Left as they are.")


async def test_a_turn_parked_at_the_start_asks_again() -> None:
    backend = backend_of()
    conversation = backend.add_conversation("earlier", [("q", "a")])

    async def start() -> ScriptedBackend:
        backend.begin_turn(conversation, "delete them", deleting(*SAMPLE[:2]))
        return backend

    async with chatting(start) as chat:
        await chat.wait_for("Delete 2 tasks?", "? waiting for your yes or no")
        await chat.press("y")
        await chat.wait_for("They are gone.")


async def test_an_answer_given_elsewhere_takes_the_question_away() -> None:
    backend = backend_of(deleting(*SAMPLE[:2]))
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("Delete 2 tasks?")
        await backend.answer(chat.controller.live or "", "1.1", "no")
        await chat.wait_for("Left as they are.")
        assert chat.focused is chat.composer


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
async def test_no_text_can_hurt(text: str) -> None:
    task = Task(id=1, title=text, created_at=NOW, updated_at=NOW)
    beats = deleting(task)
    backend = backend_of(beats)
    async with chatting(backend) as chat:
        await chat.say("x")
        await chat.wait_for("Delete 1 tasks?")
        await chat.press("e")
        assert "\x1b" not in chat.text
        assert "\u202e" not in chat.text
        await chat.press("escape", "n")
        await chat.idle()
