"""Whole conversations with the built-in model: what is said, which tools it calls, the list afterwards."""

import pytest

from tests.core.models.dialogue import Dialogue, UserEntry

DIALOGUES = {
    "the eight sentences and more, in one conversation": [
        UserEntry("Add a task to buy groceries", "add_task", ("1 buy groceries",), ("Added #1 buy groceries",)),
        UserEntry("add team meeting on friday at 9", "add_task", None, ("#2 team meeting", "Fri 27 Nov, 09:00")),
        UserEntry("add call the bank", "add_task"),
        UserEntry(
            "Show me all my tasks",
            "list_tasks list_tasks",
            None,
            ("3 open tasks", "#1 buy groceries", "#2 team meeting"),
        ),
        UserEntry("What's pending?", "list_tasks", None, ("#3 call the bank",)),
        UserEntry("Mark task 3 as complete", "complete_task", ("1 buy groceries", "2 team meeting"), ("Done: #3",)),
        UserEntry(
            "Delete the meeting task", "list_tasks delete_task", ("1 buy groceries",), ("Deleted #2 team meeting",)
        ),
        UserEntry(
            "Change task 1 to 'Call mom tonight'", "update_task", ("1 Call mom tonight",), ("#1 Call mom tonight",)
        ),
        UserEntry("I need to remember to pay bills", "add_task", ("1 Call mom tonight", "4 pay bills")),
        UserEntry("What have I completed?", "list_tasks", None, ("#3 call the bank",), ("pay bills",)),
        UserEntry("undo that", "undo", ("1 Call mom tonight",)),
    ],
    "two match, and a pick by place": [
        UserEntry("add team meeting friday at 9"),
        UserEntry("add board meeting monday at 10"),
        UserEntry(
            "Delete the meeting task",
            "list_tasks",
            ("1 team meeting", "2 board meeting"),
            ("Two match", "1. #1 team meeting", "2. #2 board meeting", "Which one should I delete?"),
        ),
        UserEntry("the second one", "delete_task", ("1 team meeting",), ("Deleted #2 board meeting",)),
        UserEntry("no, the other one", "undo delete_task", ("2 board meeting",), ("#2", "Deleted #1 team meeting")),
    ],
    "no, the second one": [
        UserEntry("add team meeting"),
        UserEntry("add board meeting"),
        UserEntry("complete the meeting", "list_tasks", None, ("Which one should I mark as done?",)),
        UserEntry("the first one", "complete_task", ("2 board meeting",)),
        UserEntry("no, the second one", "undo complete_task", ("1 team meeting",), ("Done: #2 board meeting",)),
    ],
    "a pick by a bare number is a place": [
        UserEntry("add alpha report"),
        UserEntry("add wash the car"),
        UserEntry("add beta report"),
        UserEntry("delete the report", "list_tasks", None, ("2. #3 beta report",)),
        UserEntry("2", "delete_task", ("1 alpha report", "2 wash the car")),
    ],
    "a pick by #id is the id": [
        UserEntry("add wash the car"),
        UserEntry("add alpha report"),
        UserEntry("add beta report"),
        UserEntry("delete the report", "list_tasks"),
        UserEntry("#2", "delete_task", ("1 wash the car", "3 beta report")),
    ],
    "a pick by a word": [
        UserEntry("add team meeting"),
        UserEntry("add board meeting"),
        UserEntry("delete the meeting", "list_tasks"),
        UserEntry("the board one", "delete_task", ("1 team meeting",)),
    ],
    "both of them": [
        UserEntry("add team meeting"),
        UserEntry("add board meeting"),
        UserEntry("delete the meeting", "list_tasks"),
        UserEntry("both", "delete_task", (), ("Deleted 2 tasks",)),
    ],
    "a no to a question leaves all as it is": [
        UserEntry("add team meeting"),
        UserEntry("add board meeting"),
        UserEntry("delete the meeting", "list_tasks"),
        UserEntry("no", "", ("1 team meeting", "2 board meeting"), ("Left as they are.",)),
    ],
    "it, that and them": [
        UserEntry("add call the bank"),
        UserEntry("make it high priority", "update_task", None, ("#1 call the bank", "high")),
        UserEntry("move it to tomorrow at 5pm", "update_task", None, ("Moved #1 call the bank — Tue 24 Nov, 17:00",)),
        UserEntry("mark it as done", "complete_task", ()),
        UserEntry("reopen it", "complete_task", ("1 call the bank",)),
        UserEntry("delete it", "delete_task", ()),
    ],
    "several in one sentence": [
        UserEntry(
            "add milk, eggs and bread to shopping", "add_task add_task add_task", ("1 milk", "2 eggs", "3 bread")
        ),
        UserEntry("delete them", "delete_task", (), ("Deleted 3 tasks",)),
    ],
    "two wishes in one sentence": [
        UserEntry("add wine to shopping"),
        UserEntry("remove wine and add beer to my shopping list", "list_tasks delete_task add_task", ("2 beer",)),
    ],
    "undo puts back": [
        UserEntry("add call the bank"),
        UserEntry("delete task 1", "delete_task", ()),
        UserEntry("undo", "undo", ("1 call the bank",), ("Put back: #1 call the bank",)),
    ],
    "a repeating task": [
        UserEntry(
            "every other friday at 9 water the plants", "add_task", ("1 water the plants",), ("Fri 27 Nov, 09:00",)
        ),
        UserEntry("I watered the plants", None),
        UserEntry("mark task 1 as done", None, ("2 water the plants",)),
    ],
    "a list begins with its first task": [
        UserEntry("create a list called groceries", "", (), ("groceries", "What goes on it first?")),
        UserEntry("milk and eggs", "add_task add_task", ("1 milk", "2 eggs")),
        UserEntry("what lists do I have?", "task_stats", None, ("groceries: 2 open",)),
    ],
    "something is put on a new list": [
        UserEntry("create a list called groceries", ""),
        UserEntry("put milk on it", "add_task", ("1 milk",), ("in groceries",)),
        UserEntry("and eggs", "add_task", None, ("Added #2 eggs — in groceries",)),
        UserEntry("rename the groceries list to market", "list_tasks update_task", None, ("from groceries to market",)),
        UserEntry("what's on the market list?", "list_tasks", None, ("2 open tasks in market",)),
    ],
    "a doubtful match is asked about": [
        UserEntry("add lunch friday 1pm"),
        UserEntry("delete the lunch meeting", None, ("1 lunch",), ("The nearest is", "Is that the one?")),
        UserEntry("no", "", ("1 lunch",), ("Left as they are.",)),
        UserEntry("delete the lunch meeting", None, ("1 lunch",)),
        UserEntry("yes", "delete_task", (), ("Deleted #1 lunch",)),
    ],
    "words that stand in the notes only are asked about": [
        UserEntry("add call Ann"),
        UserEntry("add note to task 1: about the invoice", "update_task"),
        UserEntry("complete the invoice task", None, ("1 call Ann",), ("stands in the notes", "Is that the one?")),
        UserEntry("yes", "complete_task", ()),
    ],
    "two titles in one breath": [
        UserEntry("add take vitamins"),
        UserEntry("add pay rent"),
        UserEntry("mark vitamins and rent as done", None, (), ("Marked 2 tasks as done",)),
    ],
    "a title with an and in it": [
        UserEntry('add "salt and pepper"', "add_task", ("1 salt and pepper",)),
        UserEntry("add salt", "add_task"),
        UserEntry("delete salt and pepper", "list_tasks delete_task", ("2 salt",)),
    ],
    "the very title wins": [
        UserEntry("add dentist"),
        UserEntry("add call the dentist"),
        UserEntry("delete dentist", "list_tasks delete_task", ("2 call the dentist",)),
    ],
    "what was done can be deleted and opened again by its words": [
        UserEntry("add call the bank"),
        UserEntry("mark task 1 as done", "complete_task", ()),
        UserEntry(
            "reopen the bank task", "list_tasks complete_task", ("1 call the bank",), ("Opened #1 call the bank again",)
        ),
        UserEntry("mark task 1 as done"),
        UserEntry("delete the bank task", None, (), ("Deleted #1 call the bank",)),
    ],
    "a task made and done in one sentence": [
        UserEntry(
            "add call mom then mark it done", "add_task complete_task", (), ("Added #1 call mom", "Done: #1 call mom")
        ),
    ],
    "a rule, a reminder and a note come and go": [
        UserEntry("add dentist friday at 10am"),
        UserEntry("repeat it every week", "update_task", None, ("repeats every week",)),
        UserEntry("stop repeating it", "update_task", None, ("repeats no more",)),
        UserEntry("add note to task 1: bring *the* card", "update_task", None, ("notes “bring \\*the\\* card”",)),
    ],
    "moved by a while": [
        UserEntry("add dentist friday at 10am"),
        UserEntry(
            "postpone the dentist by two days", "list_tasks update_task", None, ("Sun 29 Nov, 10:00", "it was Fri 27")
        ),
        UserEntry("undo", "undo", None, ("Put back: #1 dentist — Fri 27 Nov, 10:00",)),
    ],
    "counts, lists and tags": [
        UserEntry("what tags do I have?", "task_stats", None, ("No open task has a tag yet",)),
        UserEntry("what lists do I have?", "task_stats", None, ("There are no lists yet",)),
        UserEntry("add call Ann #phone"),
        UserEntry("add milk to shopping"),
        UserEntry("what tags do I have?", "task_stats", None, ("phone: 1 open",)),
        UserEntry("what lists do I have?", "task_stats", None, ("shopping: 1 open, 0 done",)),
        UserEntry("mark task 2 as done"),
        UserEntry("how productive was I this week?", "task_stats", None, ("1 open, 0 overdue", "1 done, 2 added")),
        UserEntry("how many tasks do I have?", None, None, ("1 open task",)),
    ],
    "the first and the last without a list": [
        UserEntry("add alpha"),
        UserEntry("add beta"),
        UserEntry("add gamma"),
        UserEntry("delete the last task", None, ("1 alpha", "2 beta"), ("#3 gamma",)),
        UserEntry("show my tasks", "list_tasks"),
        UserEntry("complete the second one", "complete_task", ("1 alpha",), ("Done: #2 beta",)),
        UserEntry("delete the fifth one", "", ("1 alpha",), ("The list has 2 places",)),
    ],
    "several are left after one is taken": [
        UserEntry("add team meeting"),
        UserEntry("add board meeting"),
        UserEntry("add budget meeting"),
        UserEntry("delete the meeting", "list_tasks", None, ("Three match",)),
        UserEntry("the first one", "delete_task", ("2 board meeting", "3 budget meeting")),
        UserEntry("no, the other one", "", None, ("There are several others",)),
    ],
    "added only where it is missing": [
        UserEntry("is there milk on my list? if not add it", None, ("1 milk",), ("Added #1 milk",)),
        UserEntry("is there milk on my list? if not add it", None, ("1 milk",), ("It is there already", "#1 milk")),
    ],
    "what is open cannot be opened": [
        UserEntry("add call Ann"),
        UserEntry("reopen task 1", "complete_task", ("1 call Ann",), ("#1 call Ann is open already.",)),
    ],
    "redo": [
        UserEntry("add call Ann"),
        UserEntry("undo", "undo", (), ("Took #1 off the list again",)),
        UserEntry("redo", "undo", ("1 call Ann",), ("Did again: #1 call Ann",)),
    ],
    "nothing to agree to": [
        UserEntry("yes", "", (), ("Yes to what?",)),
        UserEntry("no", "", (), ("nothing was changed",)),
        UserEntry("delete it", "", (), ("not sure which task",)),
        UserEntry("no, the second one", "", (), ("not sure what to take back",)),
    ],
    "what is missing is asked for": [
        UserEntry("add a task", "", (), ("What is to be done?",)),
        UserEntry("buy stamps", "add_task", ("1 buy stamps",)),
    ],
    "all of a list": [
        UserEntry("add milk, eggs and bread to shopping"),
        UserEntry(
            "complete everything on the shopping list", "list_tasks complete_task", (), ("Marked 3 tasks as done",)
        ),
        UserEntry("delete all completed tasks", "list_tasks delete_task", (), ("Deleted 3 tasks",)),
    ],
    "nothing like it": [
        UserEntry("add call the bank"),
        UserEntry("delete the zebra", None, ("1 call the bank",), ("zebra",)),
        UserEntry("mark task 99 as done", "complete_task", None, ("There is no task 99.",)),
        UserEntry("delete task 99", "delete_task", None, ("There is no task 99.",)),
    ],
    "small talk and other people's jobs": [
        UserEntry("hello", "", ()),
        UserEntry("thanks!", "", ()),
        UserEntry("what's the weather tomorrow?", "", (), ("to-do list",)),
        UserEntry("help", "", (), ("add buy milk tomorrow at 5pm",)),
    ],
    "an empty list": [
        UserEntry("What's pending?", "list_tasks", (), ("Your list is clear",)),
        UserEntry("undo", "", (), ("haven't changed anything in this conversation",)),
        UserEntry("delete everything", "list_tasks", (), ("nothing",)),
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
    times = [str(task.due_time) for task in await talk.tools.tasks()]
    assert times == ["14:00:00", "14:00:00", "16:00:00"]


async def test_taking_the_other_one_never_takes_back_somebody_elses_edit(talk: Dialogue) -> None:
    for text in ("add team meeting", "add board meeting", "add lunch", "delete the meeting", "the first one"):
        await talk.say(text)
    talk.tools.turn += 1
    await talk.tools.call("update_task", task_id=3, title="late lunch")
    answer = await talk.say("no, the second one")
    assert answer == "Put back: #1 team meeting.\n\nDeleted #2 board meeting."
    assert await talk.pending() == ["1 team meeting", "3 late lunch"]


async def test_what_was_edited_by_hand_since_is_not_taken_back(talk: Dialogue) -> None:
    for text in ("add team meeting", "add board meeting", "complete the meeting", "the first one"):
        await talk.say(text)
    talk.tools.turn += 1
    async with talk.tools.database.begin("ann") as store:
        await store.tasks.update(1, {"title": "crew meeting", "completed_at": None})
    answer = await talk.say("no, the second one")
    assert "changed outside the chat since" in answer
    assert await talk.pending() == ["1 crew meeting"]


async def test_clearing_a_list_asks_and_a_no_leaves_it(talk: Dialogue) -> None:
    await talk.say("add milk, eggs and bread to shopping")
    await talk.say("add call the bank")
    talk.agree = False
    answer = await talk.say("clear my shopping list")
    assert talk.questions == ["Delete 3 tasks?"]
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
        await talk.tools.call("add_task", title=title)


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


@pytest.mark.slow
async def test_too_many_at_once_are_refused_whole(talk: Dialogue) -> None:
    """And with the true number: 1,200 lines fit into a message."""
    answer = await talk.say("\n".join(f"- chore {number}" for number in range(600)))
    assert answer.startswith("Those are 600 things, and I take at most 200")
    assert await talk.pending() == []
    await talk.say("\n".join(f"- chore {number}" for number in range(200)))
    assert len(await talk.pending()) == 200


@pytest.mark.slow
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
        await talk.tools.call("add_task", title=f"chore {number}")
    await talk.say("complete everything")
    assert await talk.pending() == []
    await talk.say("reopen them")
    assert len(await talk.pending()) == 25


async def test_a_long_list_is_a_page_and_says_how_many_more(talk: Dialogue) -> None:
    for number in range(25):
        await talk.tools.call("add_task", title=f"chore {number}")
    answer = await talk.say("show me all my tasks")
    assert answer.startswith("25 open tasks:")
    assert answer.count("chore") == 20
    assert "…and 5 more." in answer


@pytest.mark.slow
async def test_a_misspelt_title_is_found_among_hundreds(talk: Dialogue) -> None:
    for number in range(230):
        await talk.tools.call("add_task", title=f"chore number {number}", due="2026-11-27")
    await talk.tools.call("add_task", title="renew the passport")
    await talk.say("complete the pasport task")
    assert talk.called[-1] == "complete_task"
    assert (await talk.tools.task(231)).completed
