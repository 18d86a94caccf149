"""Whole conversations with the built-in model: what is said, which tools it calls, the list afterwards."""

import pytest

from tests.core.models.dialogue import Dialogue, Said

DIALOGUES = {
    "the eight sentences and more, in one conversation": [
        Said("Add a task to buy groceries", "add_task", ("1 buy groceries",), ("Added #1 buy groceries",)),
        Said("add team meeting on friday at 9", "add_task", None, ("#2 team meeting", "Fri 27 Nov, 09:00")),
        Said("add call the bank", "add_task"),
        Said(
            "Show me all my tasks",
            "list_tasks list_tasks",
            None,
            ("3 open tasks", "#1 buy groceries", "#2 team meeting"),
        ),
        Said("What's pending?", "list_tasks", None, ("#3 call the bank",)),
        Said("Mark task 3 as complete", "complete_task", ("1 buy groceries", "2 team meeting"), ("Done: #3",)),
        Said("Delete the meeting task", "list_tasks delete_task", ("1 buy groceries",), ("Deleted #2 team meeting",)),
        Said("Change task 1 to 'Call mom tonight'", "update_task", ("1 Call mom tonight",), ("#1 Call mom tonight",)),
        Said("I need to remember to pay bills", "add_task", ("1 Call mom tonight", "4 pay bills")),
        Said("What have I completed?", "list_tasks", None, ("#3 call the bank",), ("pay bills",)),
        Said("undo that", "undo", ("1 Call mom tonight",)),
    ],
    "two match, and a pick by place": [
        Said("add team meeting friday at 9"),
        Said("add board meeting monday at 10"),
        Said(
            "Delete the meeting task",
            "list_tasks",
            ("1 team meeting", "2 board meeting"),
            ("Two match", "1. #1 team meeting", "2. #2 board meeting", "Which one should I delete?"),
        ),
        Said("the second one", "delete_task", ("1 team meeting",), ("Deleted #2 board meeting",)),
        Said("no, the other one", "undo delete_task", ("2 board meeting",), ("#2", "Deleted #1 team meeting")),
    ],
    "no, the second one": [
        Said("add team meeting"),
        Said("add board meeting"),
        Said("complete the meeting", "list_tasks", None, ("Which one should I mark as done?",)),
        Said("the first one", "complete_task", ("2 board meeting",)),
        Said("no, the second one", "undo complete_task", ("1 team meeting",), ("Done: #2 board meeting",)),
    ],
    "a pick by a bare number is a place": [
        Said("add alpha report"),
        Said("add wash the car"),
        Said("add beta report"),
        Said("delete the report", "list_tasks", None, ("2. #3 beta report",)),
        Said("2", "delete_task", ("1 alpha report", "2 wash the car")),
    ],
    "a pick by #id is the id": [
        Said("add wash the car"),
        Said("add alpha report"),
        Said("add beta report"),
        Said("delete the report", "list_tasks"),
        Said("#2", "delete_task", ("1 wash the car", "3 beta report")),
    ],
    "a pick by a word": [
        Said("add team meeting"),
        Said("add board meeting"),
        Said("delete the meeting", "list_tasks"),
        Said("the board one", "delete_task", ("1 team meeting",)),
    ],
    "both of them": [
        Said("add team meeting"),
        Said("add board meeting"),
        Said("delete the meeting", "list_tasks"),
        Said("both", "delete_task", (), ("Deleted 2 tasks",)),
    ],
    "a no to a question leaves all as it is": [
        Said("add team meeting"),
        Said("add board meeting"),
        Said("delete the meeting", "list_tasks"),
        Said("no", "", ("1 team meeting", "2 board meeting"), ("Left as they are.",)),
    ],
    "it, that and them": [
        Said("add call the bank"),
        Said("make it high priority", "update_task", None, ("#1 call the bank", "high")),
        Said("move it to tomorrow at 5pm", "update_task", None, ("Moved #1 call the bank — Tue 24 Nov, 17:00",)),
        Said("mark it as done", "complete_task", ()),
        Said("reopen it", "complete_task", ("1 call the bank",)),
        Said("delete it", "delete_task", ()),
    ],
    "several in one sentence": [
        Said("add milk, eggs and bread to shopping", "add_task add_task add_task", ("1 milk", "2 eggs", "3 bread")),
        Said("delete them", "delete_task", (), ("Deleted 3 tasks",)),
    ],
    "two wishes in one sentence": [
        Said("add wine to shopping"),
        Said("remove wine and add beer to my shopping list", "list_tasks add_task delete_task", ("2 beer",)),
    ],
    "undo puts back": [
        Said("add call the bank"),
        Said("delete task 1", "delete_task", ()),
        Said("undo", "undo", ("1 call the bank",), ("Put back: #1 call the bank",)),
    ],
    "a repeating task": [
        Said("every other friday at 9 water the plants", "add_task", ("1 water the plants",), ("Fri 27 Nov, 09:00",)),
        Said("I watered the plants", None),
        Said("mark task 1 as done", None, ("2 water the plants",)),
    ],
    "a list begins with its first task": [
        Said("create a list called groceries", "", (), ("groceries", "What goes on it first?")),
        Said("milk and eggs", "add_task add_task", ("1 milk", "2 eggs")),
        Said("what lists do I have?", "task_stats", None, ("groceries: 2 open",)),
    ],
    "something is put on a new list": [
        Said("create a list called groceries", ""),
        Said("put milk on it", "add_task", ("1 milk",), ("in groceries",)),
        Said("and eggs", "add_task", None, ("Added #2 eggs — in groceries",)),
        Said("rename the groceries list to market", "list_tasks update_task", None, ("from groceries to market",)),
        Said("what's on the market list?", "list_tasks", None, ("2 open tasks in market",)),
    ],
    "a doubtful match is asked about": [
        Said("add lunch friday 1pm"),
        Said("delete the lunch meeting", None, ("1 lunch",), ("The nearest is", "Is that the one?")),
        Said("no", "", ("1 lunch",), ("Left as they are.",)),
        Said("delete the lunch meeting", None, ("1 lunch",)),
        Said("yes", "delete_task", (), ("Deleted #1 lunch",)),
    ],
    "words that stand in the notes only are asked about": [
        Said("add call Ann"),
        Said("add note to task 1: about the invoice", "update_task"),
        Said("complete the invoice task", None, ("1 call Ann",), ("stands in the notes", "Is that the one?")),
        Said("yes", "complete_task", ()),
    ],
    "two titles in one breath": [
        Said("add take vitamins"),
        Said("add pay rent"),
        Said("mark vitamins and rent as done", None, (), ("Marked 2 tasks as done",)),
    ],
    "a title with an and in it": [
        Said('add "salt and pepper"', "add_task", ("1 salt and pepper",)),
        Said("add salt", "add_task"),
        Said("delete salt and pepper", "list_tasks delete_task", ("2 salt",)),
    ],
    "the very title wins": [
        Said("add dentist"),
        Said("add call the dentist"),
        Said("delete dentist", "list_tasks delete_task", ("2 call the dentist",)),
    ],
    "what was done can be deleted and opened again by its words": [
        Said("add call the bank"),
        Said("mark task 1 as done", "complete_task", ()),
        Said(
            "reopen the bank task", "list_tasks complete_task", ("1 call the bank",), ("Opened #1 call the bank again",)
        ),
        Said("mark task 1 as done"),
        Said("delete the bank task", None, (), ("Deleted #1 call the bank",)),
    ],
    "a task made and done in one sentence": [
        Said(
            "add call mom then mark it done", "add_task complete_task", (), ("Added #1 call mom", "Done: #1 call mom")
        ),
    ],
    "a rule, a reminder and a note come and go": [
        Said("add dentist friday at 10am"),
        Said("repeat it every week", "update_task", None, ("repeats every week",)),
        Said("stop repeating it", "update_task", None, ("repeats no more",)),
        Said("add note to task 1: bring *the* card", "update_task", None, ("notes “bring \\*the\\* card”",)),
    ],
    "moved by a while": [
        Said("add dentist friday at 10am"),
        Said(
            "postpone the dentist by two days", "list_tasks update_task", None, ("Sun 29 Nov, 10:00", "it was Fri 27")
        ),
        Said("undo", "undo", None, ("Put back: #1 dentist — Fri 27 Nov, 10:00",)),
    ],
    "counts, lists and tags": [
        Said("what tags do I have?", "task_stats", None, ("No open task has a tag yet",)),
        Said("what lists do I have?", "task_stats", None, ("There are no lists yet",)),
        Said("add call Ann #phone"),
        Said("add milk to shopping"),
        Said("what tags do I have?", "task_stats", None, ("phone: 1 open",)),
        Said("what lists do I have?", "task_stats", None, ("shopping: 1 open, 0 done",)),
        Said("mark task 2 as done"),
        Said("how productive was I this week?", "task_stats", None, ("1 open, 0 overdue", "1 done, 2 added")),
        Said("how many tasks do I have?", None, None, ("1 open task",)),
    ],
    "the first and the last without a list": [
        Said("add alpha"),
        Said("add beta"),
        Said("add gamma"),
        Said("delete the last task", None, ("1 alpha", "2 beta"), ("#3 gamma",)),
        Said("show my tasks", "list_tasks"),
        Said("complete the second one", "complete_task", ("1 alpha",), ("Done: #2 beta",)),
        Said("delete the fifth one", "", ("1 alpha",), ("The list has 2 places",)),
    ],
    "several are left after one is taken": [
        Said("add team meeting"),
        Said("add board meeting"),
        Said("add budget meeting"),
        Said("delete the meeting", "list_tasks", None, ("Three match",)),
        Said("the first one", "delete_task", ("2 board meeting", "3 budget meeting")),
        Said("no, the other one", "", None, ("There are several others",)),
    ],
    "added only where it is missing": [
        Said("is there milk on my list? if not add it", None, ("1 milk",), ("Added #1 milk",)),
        Said("is there milk on my list? if not add it", None, ("1 milk",), ("It is there already", "#1 milk")),
    ],
    "what is open cannot be opened": [
        Said("add call Ann"),
        Said("reopen task 1", "complete_task", ("1 call Ann",), ("#1 call Ann is open already.",)),
    ],
    "redo": [
        Said("add call Ann"),
        Said("undo", "undo", (), ("Took #1 off the list again",)),
        Said("redo", "undo", ("1 call Ann",), ("Did again: #1 call Ann",)),
    ],
    "nothing to agree to": [
        Said("yes", "", (), ("Yes to what?",)),
        Said("no", "", (), ("nothing was changed",)),
        Said("delete it", "", (), ("not sure which task",)),
        Said("no, the second one", "", (), ("not sure what to take back",)),
    ],
    "what is missing is asked for": [
        Said("add a task", "", (), ("What is to be done?",)),
        Said("buy stamps", "add_task", ("1 buy stamps",)),
    ],
    "all of a list": [
        Said("add milk, eggs and bread to shopping"),
        Said("complete everything on the shopping list", "list_tasks complete_task", (), ("Marked 3 tasks as done",)),
        Said("delete all completed tasks", "list_tasks delete_task", (), ("Deleted 3 tasks",)),
    ],
    "nothing like it": [
        Said("add call the bank"),
        Said("delete the zebra", None, ("1 call the bank",), ("zebra",)),
        Said("mark task 99 as done", "complete_task", None, ("There is no task 99.",)),
        Said("delete task 99", "delete_task", None, ("There is no task 99.",)),
    ],
    "small talk and other people's jobs": [
        Said("hello", "", ()),
        Said("thanks!", "", ()),
        Said("what's the weather tomorrow?", "", (), ("to-do list",)),
        Said("help", "", (), ("add buy milk tomorrow at 5pm",)),
    ],
    "an empty list": [
        Said("What's pending?", "list_tasks", (), ("Your list is clear",)),
        Said("undo", "undo", ()),
        Said("delete everything", "list_tasks", (), ("nothing",)),
    ],
}


@pytest.mark.parametrize("name", DIALOGUES)
async def test_dialogue(talk: Dialogue, name: str) -> None:
    await talk.hold(DIALOGUES[name])


async def test_morning_meetings_are_rescheduled_and_no_others(talk: Dialogue) -> None:
    for text in ("add standup meeting tomorrow at 9am", "add review meeting tomorrow at 11am"):
        await talk.say(text)
    await talk.say("add retro meeting tomorrow at 4pm")
    answer = await talk.say("Reschedule my morning meetings to 2 PM")
    assert talk.called[-1] == "update_task"
    assert "Moved 2 tasks" in answer
    times = [str(task.due_time) for task in await talk.desk.tasks()]
    assert times == ["14:00:00", "14:00:00", "16:00:00"]


async def test_taking_the_other_one_never_takes_back_somebody_elses_edit(talk: Dialogue) -> None:
    for text in ("add team meeting", "add board meeting", "add lunch", "delete the meeting", "the first one"):
        await talk.say(text)
    talk.desk.turn += 1
    await talk.desk.call("update_task", task_id=3, title="late lunch")
    answer = await talk.say("no, the second one")
    assert "changed since" in answer
    assert await talk.pending() == ["2 board meeting", "3 late lunch"]


async def test_clearing_a_list_asks_and_a_no_leaves_it(talk: Dialogue) -> None:
    await talk.say("add milk, eggs and bread to shopping")
    await talk.say("add call the bank")
    talk.agree = False
    answer = await talk.say("clear my shopping list")
    assert talk.asked == ["Delete 3 tasks?"]
    assert answer == "Left as they are."
    assert len(await talk.pending()) == 4
    talk.agree = True
    answer = await talk.say("clear my shopping list")
    assert "Deleted 3 tasks" in answer
    assert await talk.pending() == ["4 call the bank"]


@pytest.mark.parametrize(
    "question",
    [
        "what's due today?",
        "what is overdue?",
        "what do I have this week?",
        "when is the dentist?",
        "how many tasks do I have?",
        "do I have anything tomorrow?",
        "what's on my shopping list?",
        "what did I finish yesterday?",
        "show my high priority tasks",
        "is there a meeting on friday?",
        "did I complete the dentist?",
        "show me task 1",
    ],
)
async def test_a_question_never_changes_anything(talk: Dialogue, question: str) -> None:
    await talk.say("add dentist on friday at 10")
    await talk.say("add milk to shopping")
    before = await talk.pending()
    answer = await talk.say(question)
    assert talk.changed == []
    assert answer
    assert await talk.pending() == before


async def chores(talk: Dialogue) -> None:
    for title in ("polish the boots", "sweep the attic", "oil the hinges"):
        await talk.desk.call("add_task", title=title)


@pytest.mark.parametrize("between", ["flibber the gromble", "thanks", "add chalk", "what's the weather like?", "hello"])
@pytest.mark.parametrize(
    "pick", ["delete the first one", "drop the second one", "complete the last one", "delete them"]
)
async def test_a_pick_means_only_what_was_just_shown(talk: Dialogue, between: str, pick: str) -> None:
    """After a text that was not understood, or an unrelated one, it is asked about and nothing is done."""
    await chores(talk)
    await talk.say("show my tasks")
    await talk.say(between)
    before = await talk.pending()
    answer = await talk.say(pick)
    if (pick, between) == ("delete them", "add chalk"):
        assert await talk.pending() == before[:-1]  # what was just added, and nothing of the list
        return
    assert (talk.changed, await talk.pending()) == ([], before)
    assert "?" in answer or "not sure which" in answer


async def test_a_pick_that_was_asked_about_is_answered_from_what_the_question_shows(talk: Dialogue) -> None:
    await chores(talk)
    await talk.say("show my tasks")
    await talk.say("flibber the gromble")
    answer = await talk.say("drop the second one")
    assert answer.startswith("No list was shown just now. These are open:\n1. #")
    assert answer.endswith("Which one should I delete?")
    await talk.say("the third one")
    assert [title.split(" ", 1)[1] for title in await talk.pending()] == ["polish the boots", "sweep the attic"]


async def test_a_list_is_worked_on_turn_after_turn(talk: Dialogue) -> None:
    await chores(talk)
    await talk.say("show my tasks")
    await talk.say("complete the first one")
    await talk.say("undo that")
    await talk.say("delete the third one")
    await talk.say("complete the second one")
    assert [title.split(" ", 1)[1] for title in await talk.pending()] == ["polish the boots"]


async def test_too_many_at_once_are_refused_whole(talk: Dialogue) -> None:
    """And with the true number: 1,200 lines fit into a message."""
    answer = await talk.say("\n".join(f"- chore {number}" for number in range(600)))
    assert answer.startswith("Those are 600 things, and I take at most 200")
    assert await talk.pending() == []
    await talk.say("\n".join(f"- chore {number}" for number in range(200)))
    assert len(await talk.pending()) == 200


async def test_a_long_message_is_read_to_its_end(talk: Dialogue) -> None:
    lines = [f"add ask the neighbours about parcel number {number} and its missing label" for number in range(90)]
    await talk.say("\n".join(lines))
    pending = await talk.pending()
    assert len(pending) == 90
    assert pending[-1].endswith("ask the neighbours about parcel number 89 and its missing label")


async def test_a_title_that_is_too_long_is_named_and_costs_the_others_nothing(talk: Dialogue) -> None:
    answer = await talk.say(f"- milk\n- {'write a letter ' * 20}\n- eggs")
    assert [title.split(" ", 1)[1] for title in await talk.pending()] == ["milk", "eggs"]
    assert "at most 200 characters; this one has 299" in answer
    assert "“write a letter write" in answer


async def test_ticked_items_of_a_pasted_list_are_named_and_left_out(talk: Dialogue) -> None:
    answer = await talk.say("Shopping list:\n- [ ] oat milk\n* [x] rye bread\n\t3. figs\n☑ salt\n")
    assert [title.split(" ", 1)[1] for title in await talk.pending()] == ["oat milk", "figs"]
    assert answer.endswith("Left out, as they are ticked off: rye bread, salt.")


async def test_them_are_all_of_them_however_many(talk: Dialogue) -> None:
    for number in range(25):
        await talk.desk.call("add_task", title=f"chore {number}")
    await talk.say("complete everything")
    assert await talk.pending() == []
    await talk.say("reopen them")
    assert len(await talk.pending()) == 25


async def test_a_long_list_is_a_page_and_says_how_many_more(talk: Dialogue) -> None:
    for number in range(25):
        await talk.desk.call("add_task", title=f"chore {number}")
    answer = await talk.say("show me all my tasks")
    assert answer.startswith("25 open tasks:")
    assert answer.count("chore") == 20
    assert "…and 5 more." in answer


async def test_a_misspelt_title_is_found_among_hundreds(talk: Dialogue) -> None:
    for number in range(230):
        await talk.desk.call("add_task", title=f"chore number {number}", due="2026-11-27")
    await talk.desk.call("add_task", title="renew the passport")
    await talk.say("complete the pasport task")
    assert talk.called[-1] == "complete_task"
    assert (await talk.desk.task(231)).completed
