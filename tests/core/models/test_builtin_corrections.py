"""Conversations in which a text only makes sense after the one before: corrections, repetitions, taking back, picks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.task import Task, TaskFilter
from tests.core.models.dialogue import Dialogue, UserEntry
from tests.examples import examples

LIST: tuple[dict[str, str], ...] = (
    {"title": "piano lesson", "due": "2026-11-26", "time": "16:00"},
    {"title": "band practice", "due": "2026-11-27", "time": "19:00"},
    {"title": "rice", "project": "pantry"},
    {"title": "beans", "project": "pantry"},
    {"title": "sweep the attic"},
)
"""Numbered from 1. Today is Monday, 23 November 2026, 10:30."""


async def fill(talk: Dialogue) -> None:
    for fields in LIST:
        await talk.tools.call("add_task", **fields)
    talk.tools.turn += 1


CORRECTIONS = {
    "another value": [
        UserEntry("set the attic to low priority"),
        UserEntry("no, medium", "undo update_task", None, ("priority medium",), ("Put back",)),
        UserEntry("sorry, high", "undo update_task", None, ("priority high",)),
        UserEntry("undo", "undo", None, ("Put back: #5",)),
    ],
    "another day or hour": [
        UserEntry("add haircut tuesday at 3pm", None, None, ("Tue 24 Nov, 15:00",)),
        UserEntry("i meant the 26th", "update_task", None, ("Thu 26 Nov, 15:00 (it was Tue 24 Nov, 15:00)",)),
        UserEntry("sorry, half 4", "undo update_task", None, ("Thu 26 Nov, 16:30",)),
        UserEntry("oops, friday", "undo update_task", None, ("Fri 27 Nov, 16:30",)),
        UserEntry("17:15 rather", "undo update_task", None, ("Fri 27 Nov, 17:15",)),
    ],
    "another list": [
        UserEntry("add figs to the office list"),
        UserEntry("wrong list, should be pantry", "update_task", None, ("list office → pantry",)),
        UserEntry("no wait, i meant office", "undo update_task", None, ("Put back: #6 figs",)),
    ],
    "another task": [
        UserEntry("mark the piano lesson as done", None, None, ("Done: #1",)),
        UserEntry("no, the band practice", "undo complete_task", None, ("Put back: #1", "Done: #2")),
        UserEntry("not the practice, the attic", "undo complete_task", None, ("Put back: #2", "Done: #5")),
    ],
    "another word": [
        UserEntry("add lunch with Omar on friday at 1pm"),
        UserEntry("and it's dinner not lunch, so 8pm", "update_task", None, ("dinner with Omar", "20:00")),
    ],
    "so many of them": [
        UserEntry("add bulbs to the pantry list"),
        UserEntry("make that six of them", "update_task", None, ("6 bulbs",)),
    ],
    "what somebody else would like": [
        UserEntry("add coffee with Noor on tuesday at 11am"),
        UserEntry("she'd prefer thursday", "update_task", None, ("Thu 26 Nov, 11:00",)),
        UserEntry("Noor can only do friday", "undo update_task", None, ("Fri 27 Nov, 11:00",)),
        UserEntry("she cancelled", "", None, ("Delete #6 coffee with Noor?",)),
        UserEntry("yes", "delete_task", None, ("Deleted #6",)),
    ],
    "another length": [
        UserEntry("push the piano lesson back three days", None, None, ("Sun 29 Nov",)),
        UserEntry("make it two", "undo update_task", None, ("Sat 28 Nov",)),
        UserEntry("a day is plenty", "undo update_task", None, ("Fri 27 Nov",)),
        UserEntry("undo", "undo", None, ("Thu 26 Nov",)),
    ],
    "an answer that says more": [
        UserEntry("play chess with Omar", "", None, ("Add “play chess with Omar”?",)),
        UserEntry("yes, for friday at 9", "add_task", None, ("Fri 27 Nov, 09:00",)),
    ],
    "the end of a repetition": [
        UserEntry("add run every monday"),
        UserEntry("until christmas", "update_task", None, ("until 25 December 2026",)),
        UserEntry("no end date after all", "undo update_task", None, ("Put back: #6 run",)),
    ],
    "after a text that was not understood it asks": [
        UserEntry("set the attic to low priority"),
        UserEntry("flibber gromble"),
        UserEntry("no, the piano lesson", "", None, ("not sure",)),
    ],
}

CONTINUATIONS = {
    "the same for another task": [
        UserEntry("make the piano lesson high priority"),
        UserEntry("the band practice as well", "list_tasks update_task", None, ("#2 band practice: priority high",)),
        UserEntry("and the attic", "list_tasks update_task", None, ("#5 sweep the attic: priority high",)),
        UserEntry("same for the beans", "list_tasks update_task", None, ("#4 beans: priority high",)),
    ],
    "the same verb, another value": [
        UserEntry("move the piano lesson to saturday", None, None, ("Sat 28 Nov, 16:00",)),
        UserEntry(
            "and the band practice to sunday", "list_tasks update_task", None, ("#2 band practice — Sun 29 Nov, 19:00",)
        ),
        UserEntry("the piano lesson to 5", "list_tasks update_task", None, ("Sat 28 Nov, 17:00",)),
    ],
    "one more on the same list": [
        UserEntry("add oats to the pantry list"),
        UserEntry("lentils too", "add_task", None, ("#7 lentils — in pantry",)),
        UserEntry("and the salt", "add_task", None, ("salt — in pantry",)),
    ],
    "done as well": [
        UserEntry("mark the rice as done"),
        UserEntry("the beans too", "list_tasks complete_task", None, ("Done: #4 beans",)),
    ],
    "said of it": [
        UserEntry("add grease the hinges"),
        UserEntry("low priority", "update_task", None, ("priority low",)),
        UserEntry('and add "left door only" as a note', "update_task", None, ("notes “left door only”",)),
        UserEntry("give me until friday for it", "update_task", None, ("Fri 27 Nov",)),
        UserEntry("without a date", None, None, ("Put back: #6 grease the hinges.",)),
        UserEntry("it's done", "complete_task", None, ("Done: #6",)),
    ],
    "both": [
        UserEntry("add bread and tofu to the pantry list"),
        UserEntry("both for tomorrow", "update_task", None, ("Moved 2 tasks", "Tue 24 Nov")),
    ],
}

TAKEN_BACK = {
    "all of it": [
        UserEntry("add flowers for Ada on friday"),
        UserEntry("scrap that, he cancelled", "undo", None, ("Took #6 off the list",)),
    ],
    "a part of it": [
        UserEntry("add jam, tea and honey to the pantry list", None, None, ("#7 tea",)),
        UserEntry("not the tea actually", "undo", None, ("Took #7 off the list",)),
        UserEntry("what's on the pantry list?", None, None, ("jam", "honey"), ("tea",)),
    ],
    "by its place": [
        UserEntry("mark the rice and the beans as done"),
        UserEntry("undo just the first", "undo", None, ("Put back: #3 rice",), ("beans",)),
    ],
    "of what was deleted": [
        UserEntry("delete the rice and the beans"),
        UserEntry("keep the beans", "undo", None, ("Put back: #4 beans",), ("rice",)),
    ],
    "what another conversation did is undone only when asked about": [
        UserEntry("what's due friday?"),
        UserEntry("undo", "", None, ("haven't changed anything in this conversation",)),
        UserEntry("yes", "undo"),
    ],
    "undo answers an open question with no": [
        UserEntry("delete the practise"),
        UserEntry("undo", None, None, (), ("Put back: #1",)),
    ],
    "put back some turns of undoing later": [
        UserEntry("mark the rice, the beans and the attic as done"),
        UserEntry("undo just the beans", "undo", None, ("Put back: #4",)),
        UserEntry("and put the rice back too", "undo", None, ("Put back: #3",), ("attic",)),
    ],
    "something else to be done with it": [
        UserEntry("delete the rice"),
        UserEntry("sorry, i meant mark it done", "undo complete_task", None, ("Put back: #3", "Done: #3")),
    ],
    "never mind a question": [
        UserEntry("what's due friday?"),
        UserEntry("never mind", "", None, (), ("Put back", "Took")),
    ],
}

FOLLOW_UPS = {
    "another day": [
        UserEntry("what's due thursday?", "list_tasks", None, ("#1 piano lesson",)),
        UserEntry("and friday?", "list_tasks", None, ("due Fri 27 Nov", "#2 band practice")),
        UserEntry("the day before that", "list_tasks", None, ("due Thu 26 Nov", "#1 piano lesson")),
        UserEntry("and the rest of the week", "list_tasks", None, ("from Fri 27 Nov to Sun 29 Nov",)),
    ],
    "another list": [
        UserEntry("what's on the pantry list?", "list_tasks", None, ("rice", "beans")),
        UserEntry("add ink to the office list"),
        UserEntry("what's on the office list?", "list_tasks", None, ("ink",), ("rice",)),
        UserEntry("and pantry?", "list_tasks", None, ("rice",), ("ink",)),
    ],
    "what is not there": [
        UserEntry("did I put flour on the pantry list?", None, None, ("flour", "Say “yes” to add it.")),
        UserEntry("yes", "add_task", None, ("#6 flour — in pantry",)),
    ],
    "what was noted": [
        UserEntry("add a note to the piano lesson: bring the red book"),
        UserEntry("what did i note there?", None, None, ("bring the red book",)),
    ],
    "another task": [
        UserEntry("when is the piano lesson?", None, None, ("Thu 26 Nov, 16:00",)),
        UserEntry("and the band practice?", None, None, ("Fri 27 Nov, 19:00",)),
    ],
    "what was changed": [
        UserEntry("delete the rice"),
        UserEntry("mark the attic as done"),
        UserEntry("what did you just change?", "", None, ("completed #5 sweep the attic",)),
    ],
}
TABLES = {**CORRECTIONS, **CONTINUATIONS, **TAKEN_BACK, **FOLLOW_UPS}


@pytest.mark.parametrize("name", TABLES)
async def test_dialogue(talk: Dialogue, name: str) -> None:
    await fill(talk)
    await talk.hold(TABLES[name])


async def everything(talk: Dialogue) -> list[Task]:
    return [*await talk.tools.tasks(TaskFilter(status="all"))]


def plain(tasks: list[Task]) -> list[tuple[object, ...]]:
    return [(task.id, task.title, task.due_date, task.due_time, task.priority, task.completed) for task in tasks]


@pytest.mark.parametrize(
    ("said", "corrected"),
    [
        ("mark the piano lesson as done", "no, the band practice"),
        ("set the attic to low priority", "no, high"),
        ("move the piano lesson to sunday", "i meant saturday"),
        ("delete the rice", "oh wait, not the rice, the beans"),
    ],
)
async def test_undo_after_a_correction_restores_what_there_was_at_first(
    talk: Dialogue, said: str, corrected: str
) -> None:
    await fill(talk)
    first = plain(await everything(talk))
    await talk.say(said)
    wrong = plain(await everything(talk))
    await talk.say(corrected)
    assert plain(await everything(talk)) not in (first, wrong)
    await talk.say("undo")
    assert plain(await everything(talk)) == first


CHANGES = st.sampled_from(
    [
        "mark the rice as done",
        "make the attic high priority",
        "add tea to the pantry list",
        "delete the beans",
        "hello",
        "undo",
    ]
)
QUESTIONS = st.sampled_from(
    [
        "and tuesday?",
        "the attic as well?",
        "no, medium?",
        "and the rest of the week?",
        "what did you just change?",
        "and the beans?",
        "not the rice?",
        "both?",
        "the day before that?",
        "should it be friday?",
    ]
)


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(CHANGES | QUESTIONS, max_size=2), QUESTIONS)
async def test_a_question_changes_nothing_whatever_was_said_before(
    talk: Dialogue, before: list[str], question: str
) -> None:
    talk.history = []
    if not await everything(talk):
        await fill(talk)
    for text in before:
        await talk.say(text)
    known = plain(await everything(talk))
    await talk.say(question)
    assert plain(await everything(talk)) == known
