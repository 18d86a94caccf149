"""Conversations that lean on what was said before: another time for it, what has been bought, one of several."""

import pytest

from kirotodo.core.domain.view import View
from kirotodo.core.errors import InvalidInput
from tests.core.models.dialogue import Dialogue, UserEntry

FOLLOW_UPS = {
    "another time for what was spoken of": [
        UserEntry("add call the plumber on saturday at 11", "add_task"),
        UserEntry("make it 2:30pm", "update_task", ("1 call the plumber",), ("Sat 28 Nov, 14:30",)),
        UserEntry("make that sunday", "update_task", None, ("Sun 29 Nov, 14:30",)),
        UserEntry("make it tomorrow at 8am", "update_task", None, ("Tue 24 Nov, 08:00",)),
        UserEntry("change its priority to high", "update_task", None, ("priority high",)),
        UserEntry("note that it needs a new pipe", "update_task", None, ("notes “it needs a new pipe”",)),
    ],
    "nothing was spoken of": [
        UserEntry("make it 2:30pm", "", (), ("not sure which task",)),
    ],
    "what was bought or called is done": [
        UserEntry("add buy light bulbs"),
        UserEntry("add candles"),
        UserEntry("add phone Rita"),
        UserEntry("I bought the light bulbs", None, ("2 candles", "3 phone Rita"), ("Done: #1 buy light bulbs",)),
        UserEntry("i bought the candles", None, ("3 phone Rita",), ("Done: #2 candles",)),
        UserEntry("add nails"),
        UserEntry("add glue"),
        UserEntry("i bought the nails and the glue", None, ("3 phone Rita",), ("#4 nails", "#5 glue")),
        UserEntry("i paid the piper", "", ("3 phone Rita",)),
        UserEntry("i bought a boat", "", ("3 phone Rita",)),
    ],
    "when it was done is not when it was due": [
        UserEntry("add send the invoice by friday"),
        UserEntry("i sent the invoice yesterday", None, (), ("Done: #1 send the invoice",)),
    ],
    "things with days of their own": [
        UserEntry(
            "add bread tomorrow, ring Rita thursday at 6 and pay the gas on the 3rd every month",
            "add_task add_task add_task",
            ("1 bread", "2 ring Rita", "3 pay the gas"),
            ("#1 bread — Tue 24 Nov", "#2 ring Rita — Thu 26 Nov, 18:00", "#3 pay the gas — Thu 3 Dec · every month"),
        ),
    ],
    "things with one day for all": [
        UserEntry(
            "add rope, pegs and a lamp on friday", None, None, ("#1 rope — Fri 27", "#2 pegs — Fri 27", "— Fri 27")
        ),
    ],
    "a question for a word": [
        UserEntry("add open an account at the bank"),
        UserEntry("is there anything about the bank?", None, None, ("#1 open an account at the bank",)),
        UserEntry("do I have anything about batteries?", "list_tasks", None, ("about “batteries”",), ("“batter”",)),
    ],
    "a word is found in its plural and in its singular": [
        UserEntry("add buy a battery"),
        UserEntry("find tasks about batteries", None, None, ("#1 buy a battery",)),
    ],
    "all are postponed, but for those without a date": [
        UserEntry("add paint the fence on friday"),
        UserEntry("add learn to juggle"),
        UserEntry(
            "postpone all my tasks by a week",
            "list_tasks update_task",
            None,
            ("Moved #1 paint the fence — Fri 4 Dec", "1 task without a date stays as it is."),
            ("juggle",),
        ),
        UserEntry("when is juggle due?", None, None, ("It has no due date.",)),
    ],
    "those spoken of are postponed, but for those without a date": [
        UserEntry("add paint the fence on friday"),
        UserEntry("add learn to juggle"),
        UserEntry("add oil the gate on sunday"),
        UserEntry("show my tasks"),
        UserEntry("postpone them by two days", "update_task", None, ("1 task without a date",)),
    ],
    "none has a date": [
        UserEntry("add learn to juggle"),
        UserEntry("add learn to whistle"),
        UserEntry("postpone everything by a day", "list_tasks", None, ("None of them has a date to move.",)),
    ],
    "one of several on a day": [
        UserEntry("add judo on friday at 9"),
        UserEntry("add chess on friday at 11"),
        UserEntry("delete the event on friday", "list_tasks", ("1 judo", "2 chess"), ("Two match", "should I delete?")),
        UserEntry("the second one", "delete_task", ("1 judo",)),
        UserEntry("delete the event on friday", "list_tasks delete_task", (), ("Deleted #1 judo",)),
    ],
    "a time tells two apart": [
        UserEntry("add crew meeting tomorrow at 4pm"),
        UserEntry("add budget meeting tomorrow at 10am"),
        UserEntry("delete the 10am meeting", None, ("1 crew meeting",), ("Deleted #2 budget meeting",)),
        UserEntry(
            "delete the 10am meeting", "list_tasks", ("1 crew meeting",), ("#1 crew meeting", "Is that the one?")
        ),
        UserEntry("no", "", ("1 crew meeting",)),
        UserEntry("move the 4pm meeting to 5pm", None, None, ("Tue 24 Nov, 17:00",)),
    ],
    "no more needed": [
        UserEntry("add judo"),
        UserEntry("i don't need task 1 anymore", "delete_task", ()),
    ],
    "reminded before what is there already": [
        UserEntry("add judo on friday at 9"),
        UserEntry("remind me 20 minutes before my judo", "list_tasks update_task", ("1 judo",), ("Fri 27 Nov, 08:40",)),
    ],
    "a to-do that may be meant for another assistant is asked about": [
        UserEntry("reply to the email from Joan", "", (), ("Add “reply to the email from Joan”?",)),
        UserEntry("yes", "add_task", ("1 reply to the email from Joan",)),
    ],
    "set right again": [
        UserEntry("add judo on friday at 9"),
        UserEntry("no, make it 10am", "update_task", None, ("Fri 27 Nov, 10:00",)),
        UserEntry("oh wait, make it sunday", "undo update_task", None, ("Sun 29 Nov, 10:00",)),
        UserEntry("clear its date", "update_task", ("1 judo",), ("has no due date now",)),
        UserEntry("it's done", "complete_task", ()),
    ],
    "taken off and added back": [
        UserEntry("add judo"),
        UserEntry("delete it", "delete_task", ()),
        UserEntry("add it back", "undo", ("1 judo",)),
    ],
    "a list, a tag and a reminder for what was spoken of": [
        UserEntry("add judo"),
        UserEntry("put it in sports", "update_task", None, ("list sports",)),
        UserEntry("tag it weekly", "update_task", None, ("weekly",)),
        UserEntry("remind me about it tomorrow at 7am", "update_task", None, ("reminder Tue 24 Nov, 07:00",)),
        UserEntry("add chess to the same list", "add_task", None, ("#2 chess — in sports",)),
        UserEntry("repeat it every week", "update_task"),
        UserEntry("stop it repeating", "update_task", None, ("repeats no more",)),
    ],
    "everything, open and done": [
        UserEntry("add judo"),
        UserEntry("add chess"),
        UserEntry("mark chess as done"),
        UserEntry("show everything", "list_tasks list_tasks", None, ("1 open task", "1 task done")),
    ],
    "who changed what": [
        UserEntry("add oil the gate on friday"),
        UserEntry("move the gate to saturday"),
        UserEntry("add sweep the path"),
        UserEntry("done with the path"),
        UserEntry(
            "what did you change today?", "list_changes", ("1 oil the gate",), ("4 changes by the assistant today:",)
        ),
        UserEntry(
            "who moved the gate?",
            "list_tasks list_changes",
            ("1 oil the gate",),
            ("1 change of #1 oil the gate:", "due Fri 27 Nov → Sat 28 Nov"),
            ("Added",),
        ),
        UserEntry("who renamed the gate?", None, None, ("Nothing was renamed there. 2 changes of #1",)),
        UserEntry("what changed on it?", "list_changes", ("1 oil the gate",), ("2 changes of #1",), ("path",)),
        UserEntry("what did the assistant do yesterday?", "list_changes", None, ("no changes by the assistant yest",)),
        UserEntry("when did i sweep the path?", None, ("1 oil the gate",), ("You completed #2 sweep the path on",)),
        UserEntry("move it to sunday"),
        UserEntry("undo just the change to the gate", "undo", None, ("Put back: #1 oil the gate — Fri 27 Nov",)),
    ],
    "a time is undone": [
        UserEntry("add oil the gate on friday"),
        UserEntry("add sweep the path"),
        UserEntry("move the gate to saturday"),
        UserEntry("make the path urgent"),
        UserEntry("undo all changes to the path today", "undo", ("1 oil the gate",)),
        UserEntry("when is the gate due?", None, None, ("Sat 28 Nov",)),
        UserEntry("undo everything you did today", "undo", ()),
    ],
}


@pytest.mark.parametrize("name", FOLLOW_UPS)
async def test_follow_up(talk: Dialogue, name: str) -> None:
    await talk.hold(FOLLOW_UPS[name])


async def test_an_undo_of_a_time_is_asked_about(talk: Dialogue) -> None:
    await talk.say("add oil the gate")
    await talk.say("add sweep the path")
    talk.agree = False
    await talk.say("undo what you did today")
    assert talk.questions
    assert list(await talk.pending()) == ["1 oil the gate", "2 sweep the path"]


async def test_a_saved_view_is_shown_where_there_is_one(talk: Dialogue) -> None:
    for text in ("add oil the gate to garden", "add sweep the path", "add garden view"):
        await talk.say(text)
    before = await talk.say("show my garden view")
    async with talk.tools.database.begin("ann") as store:
        await store.views.save(View(name="Garden", filter="+garden"))
    after = await talk.say("show my garden view")
    assert "garden view" in before
    assert "1 open task in the view @Garden:" in after
    assert "oil the gate" in after
    assert "garden view" not in after


async def test_an_undo_of_a_time_is_of_one_task_at_most(talk: Dialogue) -> None:
    await talk.say("add oil the gate")
    await talk.say("add sweep the path")
    with pytest.raises(InvalidInput, match="one task or none"):
        await talk.tools.call("undo", since="today", task_ids=[1, 2])
    assert list(await talk.pending()) == ["1 oil the gate", "2 sweep the path"]
