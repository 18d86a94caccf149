"""Conversations that lean on what was said before: another time for it, what has been bought, one of several."""

import pytest

from tests.core.models.dialogue import Dialogue, Said

FOLLOW_UPS = {
    "another time for what was spoken of": [
        Said("add call the plumber on saturday at 11", "add_task"),
        Said("make it 2:30pm", "update_task", ("1 call the plumber",), ("Sat 28 Nov, 14:30",)),
        Said("make that sunday", "update_task", None, ("Sun 29 Nov, 14:30",)),
        Said("make it tomorrow at 8am", "update_task", None, ("Tue 24 Nov, 08:00",)),
        Said("change its priority to high", "update_task", None, ("priority high",)),
        Said("note that it needs a new pipe", "update_task", None, ("notes “it needs a new pipe”",)),
    ],
    "nothing was spoken of": [
        Said("make it 2:30pm", "", (), ("not sure which task",)),
    ],
    "what was bought or called is done": [
        Said("add buy light bulbs"),
        Said("add candles"),
        Said("add phone Rita"),
        Said("I bought the light bulbs", None, ("2 candles", "3 phone Rita"), ("Done: #1 buy light bulbs",)),
        Said("i bought the candles", None, ("3 phone Rita",), ("Done: #2 candles",)),
        Said("add nails"),
        Said("add glue"),
        Said("i bought the nails and the glue", None, ("3 phone Rita",), ("Done: #4 nails", "Done: #5 glue")),
        Said("i paid the piper", None, ("3 phone Rita",), ("I find no open task like “paid the piper”",)),
        Said("i bought a boat", "", ("3 phone Rita",)),
    ],
    "when it was done is not when it was due": [
        Said("add send the invoice by friday"),
        Said("i sent the invoice yesterday", None, (), ("Done: #1 send the invoice",)),
    ],
    "things with days of their own": [
        Said(
            "add bread tomorrow, ring Rita thursday at 6 and pay the gas on the 3rd every month",
            "add_task add_task add_task",
            ("1 bread", "2 ring Rita", "3 pay the gas"),
            ("#1 bread — Tue 24 Nov", "#2 ring Rita — Thu 26 Nov, 18:00", "#3 pay the gas — Thu 3 Dec · every month"),
        ),
    ],
    "things with one day for all": [
        Said("add rope, pegs and a lamp on friday", None, None, ("#1 rope — Fri 27", "#2 pegs — Fri 27", "— Fri 27")),
    ],
    "a question for a word": [
        Said("add open an account at the bank"),
        Said("is there anything about the bank?", "list_tasks", None, ("#1 open an account at the bank",)),
        Said("do I have anything about batteries?", "list_tasks", None, ("about “batteries”",), ("“batter”",)),
    ],
    "a word is found in its plural and in its singular": [
        Said("add buy a battery"),
        Said("find tasks about batteries", "list_tasks", None, ("#1 buy a battery", "about “batteries”")),
    ],
    "all are postponed, but for those without a date": [
        Said("add paint the fence on friday"),
        Said("add learn to juggle"),
        Said(
            "postpone all my tasks by a week",
            "list_tasks update_task",
            None,
            ("Moved #1 paint the fence — Fri 4 Dec", "1 task without a date stays as it is."),
            ("juggle",),
        ),
        Said("when is juggle due?", None, None, ("It has no due date.",)),
    ],
    "those spoken of are postponed, but for those without a date": [
        Said("add paint the fence on friday"),
        Said("add learn to juggle"),
        Said("add oil the gate on sunday"),
        Said("show my tasks"),
        Said("postpone them by two days", "get_task get_task get_task update_task", None, ("1 task without a date",)),
    ],
    "none has a date": [
        Said("add learn to juggle"),
        Said("add learn to whistle"),
        Said("postpone everything by a day", "list_tasks", None, ("None of them has a date to move.",)),
    ],
    "one of several on a day": [
        Said("add judo on friday at 9"),
        Said("add chess on friday at 11"),
        Said("delete the event on friday", "list_tasks", ("1 judo", "2 chess"), ("Two match", "should I delete?")),
        Said("the second one", "delete_task", ("1 judo",)),
        Said("delete the event on friday", "list_tasks delete_task", (), ("Deleted #1 judo",)),
    ],
    "a time tells two apart": [
        Said("add crew meeting tomorrow at 4pm"),
        Said("add budget meeting tomorrow at 10am"),
        Said("delete the 10am meeting", None, ("1 crew meeting",), ("Deleted #2 budget meeting",)),
        Said("delete the 10am meeting", None, ("1 crew meeting",), ("“meeting” at 10:00",)),
        Said("move the 4pm meeting to 5pm", None, None, ("Tue 24 Nov, 17:00",)),
    ],
    "no more needed": [
        Said("add judo"),
        Said("i don't need task 1 anymore", "delete_task", ()),
    ],
    "reminded before what is there already": [
        Said("add judo on friday at 9"),
        Said("remind me 20 minutes before my judo", "list_tasks update_task", ("1 judo",), ("Fri 27 Nov, 08:40",)),
    ],
    "a to-do without a verb of the list is asked about": [
        Said("phone the plumber about the leak", "", (), ("“add” in front",)),
    ],
    "set right again": [
        Said("add judo on friday at 9"),
        Said("no, make it 10am", "update_task", None, ("Fri 27 Nov, 10:00",)),
        Said("oh wait, make it sunday", "update_task", None, ("Sun 29 Nov, 10:00",)),
        Said("clear its date", "update_task", ("1 judo",), ("has no due date now",)),
        Said("it's done", "complete_task", ()),
    ],
    "taken off and added back": [
        Said("add judo"),
        Said("delete it", "delete_task", ()),
        Said("add it back", "undo", ("1 judo",)),
    ],
    "a list, a tag and a reminder for what was spoken of": [
        Said("add judo"),
        Said("put it in sports", "update_task", None, ("list sports",)),
        Said("tag it weekly", "update_task", None, ("weekly",)),
        Said("remind me about it tomorrow at 7am", "update_task", None, ("reminder Tue 24 Nov, 07:00",)),
        Said("add chess to the same list", "add_task", None, ("#2 chess — in sports",)),
        Said("repeat it every week", "update_task"),
        Said("stop it repeating", "update_task", None, ("repeats no more",)),
    ],
    "everything, open and done": [
        Said("add judo"),
        Said("add chess"),
        Said("mark chess as done"),
        Said("show everything", "list_tasks list_tasks", None, ("1 open task", "1 task done")),
    ],
}


@pytest.mark.parametrize("name", FOLLOW_UPS)
async def test_follow_up(talk: Dialogue, name: str) -> None:
    await talk.hold(FOLLOW_UPS[name])
