"""Steps of tasks, start dates and durations, and what only looks like them."""

import datetime as dt

import pytest

from kirotodo.core.language.context import Context, DialogueState, TaskView
from kirotodo.core.language.types import Action, Add, Complete, Confirm, Query, Target, Update, When
from kirotodo.core.language.understand import understand

NOW = dt.datetime(2026, 11, 25, 10)  # noqa: DTZ001 (local)
"""A Wednesday."""
MONDAY = When(date=dt.date(2026, 11, 30))
CONTEXT = Context(
    tasks=(
        TaskView(id=1, title="optician"),
        TaskView(id=2, title="empty the garage", project="house"),
        TaskView(id=3, title="find the old glasses", parent_id=1),
        TaskView(id=4, title="find the old bike"),
    ),
    projects=("house",),
    state=DialogueState(about=(2,)),
)


def meant(text: str, context: Context = CONTEXT) -> tuple[Action, ...]:
    return understand(text, now=NOW, context=context).actions


@pytest.mark.parametrize(
    ("text", "titles", "parent"),
    [
        ("add bring the prescription under optician", ["bring the prescription"], 1),
        ("please add ask about lenses as a step of the optician.", ["ask about lenses"], 1),
        ("add a step to optician: park at the back", ["park at the back"], 1),
        ("add prescription and passport to the optician as steps", ["prescription", "passport"], 1),
        ("break down the garage into shelves, bikes and paint", ["shelves", "bikes", "paint"], 2),
        ("split task 2 into steps: shelves, bikes", ["shelves", "bikes"], 2),
        ("add sweep it under that", ["sweep it"], 2),
    ],
)
def test_steps_are_added_under_a_task(text: str, titles: list[str], parent: int) -> None:
    adds = [action for action in meant(text) if isinstance(action, Add)]
    assert [add.title for add in adds] == titles
    assert {add.parent_id for add in adds} == {parent}


@pytest.mark.parametrize(
    "text",
    ["add paint under house", "add paint under the house list", "add a rug under the piano", "add call Mo to the list"],
)
def test_what_is_no_step(text: str) -> None:
    assert all(add.parent_id is None for add in meant(text) if isinstance(add, Add))


def test_a_task_becomes_a_step_and_what_is_none_is_asked_about() -> None:
    (made,) = meant("make find the old bike a step of the garage")
    assert isinstance(made, Update)
    assert (made.target.ids, made.parent_id) == ((4,), 2)
    (asked,) = meant("make ring the landlord a step of optician")
    assert isinstance(asked, Confirm)
    assert asked.actions == (Add(title="ring the landlord", parent_id=1),)


def test_a_step_is_ticked_under_its_task() -> None:
    (done,) = meant("optician: find the old glasses is done")
    assert isinstance(done, Complete)
    assert done.target.ids == (3,)


@pytest.mark.parametrize(
    "text",
    ["what are the steps of optician", "show me the steps of the optician", "which steps does the optician have?"],
)
def test_steps_are_asked_for(text: str) -> None:
    (asked,) = meant(text)
    assert isinstance(asked, Query)
    assert asked.about == "steps"
    assert asked.target is not None
    assert asked.target.ids == (1,)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("hide the optician until monday", (1,)),
        ("optician not before monday", (1,)),
        ("don't show me the garage before monday", (2,)),
        ("start that on monday", ()),
        ("not before monday", ()),
    ],
)
def test_a_task_gets_a_start_date(text: str, ids: tuple[int, ...]) -> None:
    (action,) = meant(text)
    assert isinstance(action, Update)
    assert action == Update(target=Target(pronoun="it") if not ids else action.target, start=MONDAY)
    assert action.target.ids == ids


@pytest.mark.parametrize("text", ["sell the sofa not before monday", "add sell the sofa, but not before monday"])
def test_a_new_task_gets_a_start_date_and_no_due_date(text: str) -> None:
    assert meant(text) == (Add(title="sell the sofa", start=MONDAY),)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("it takes two hours", 120), ("the garage should take about 90 minutes", 90), ("optician takes half an hour", 30)],
)
def test_a_task_gets_a_duration(text: str, minutes: int) -> None:
    (action,) = meant(text)
    assert isinstance(action, Update)
    assert action.duration == minutes


@pytest.mark.parametrize(
    ("text", "title", "minutes"),
    [
        ("add row for 30 minutes", "row", 30),
        ("add row tomorrow for an hour", "row", 60),
        ("add row for 45 min every friday", "row", 45),
        ("add tidy the shed 2h #garden", "tidy the shed", 120),
        ("add tidy the shed, it takes two hours", "tidy the shed", 120),
        ("add tidy the shed 1h15", "tidy the shed", 75),
        ("add row 500m", "row 500m", None),
        ("add buy rope 20m", "buy rope 20m", None),
        ("add leave in 30 minutes", "leave", None),
        ("add choir at 19h30", "choir", None),
        ("add buy the 24 hour clock", "buy the 24 hour clock", None),
        ('add "wait for 10 minutes"', "wait for 10 minutes", None),
    ],
)
def test_how_long_a_new_task_takes(text: str, title: str, minutes: int | None) -> None:
    (action,) = meant(text)
    assert isinstance(action, Add)
    assert (action.title, action.duration) == (title, minutes)
