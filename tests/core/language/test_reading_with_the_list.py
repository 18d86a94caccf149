"""Texts read with the list in hand: a table of examples for each frame, and rules that hold of every text."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.context import Context, TaskView
from kirotodo.core.language.spans import plain
from kirotodo.core.language.types import (
    Action,
    Add,
    Clear,
    Complete,
    Confirm,
    Delete,
    No,
    OutOfScope,
    Query,
    RenameList,
    Scope,
    Skip,
    Target,
    Update,
)
from kirotodo.core.language.understand import CHANGES, understand
from tests.core.language.said import FRIDAY, NOW, TODAY, TOMORROW

DONE = dt.datetime(2026, 3, 9, 18, tzinfo=dt.UTC)
TASKS = (
    TaskView(id=1, title="vet for Biscuit", due_date=FRIDAY, due_time=dt.time(10)),
    TaskView(id=2, title="renew the parking permit"),
    TaskView(id=3, title="water the ferns", due_date=TOMORROW, recurrence="FREQ=WEEKLY;BYDAY=TH"),
    TaskView(id=4, title="write the annual review", project="office", due_date=FRIDAY),
    TaskView(id=5, title="choir practice", due_date=FRIDAY, due_time=dt.time(19)),
    TaskView(id=6, title="figs", project="groceries"),
    TaskView(id=7, title="rye bread", project="groceries"),
    TaskView(id=8, title="hand back the museum guides", due_date=TODAY - dt.timedelta(days=3)),
    TaskView(id=9, title="pay the gardener", completed=DONE),
    TaskView(id=10, title="choir dinner", due_date=FRIDAY + dt.timedelta(days=7)),
)
CONTEXT = Context(tasks=TASKS, projects=("office", "groceries"), tags=("garden",))


def read(text: str) -> tuple[Action, ...]:
    return understand(text, now=NOW, context=CONTEXT).actions


def ids(action: Any) -> tuple[int, ...]:
    return tuple(action.target.ids)


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("the annual review is done", [4]),
        ("the ferns have been watered", [3]),
        ("i've handed back the museum guides", [8]),
        ("got the figs and the rye bread", [6, 7]),
        ("permit's renewed, museum guides too", [2, 8]),
        ("the annual review went out this morning", [4]),
        ("tick off figs", [6]),
    ],
)
def test_what_is_told_of_a_task_is_done(text: str, done: list[int]) -> None:
    found = read(text)
    assert all(isinstance(each, Complete) and each.completed for each in found), found
    assert [each for action in found for each in ids(action)] == done


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("i don't need figs any more", [6]),
        ("no need to renew the parking permit after all", [2]),
        ("choir practice got cancelled", [5]),
        ("never mind the museum guides, ruth took them back", [8]),
        ("get rid of the figs", [6]),
        ("delet figs an rye bread", [6, 7]),
    ],
)
def test_what_is_no_longer_wanted_is_deleted(text: str, gone: list[int]) -> None:
    found = read(text)
    assert all(isinstance(each, Delete) for each in found), found
    assert [each for action in found for each in ids(action)] == gone


@pytest.mark.parametrize(
    ("text", "id", "change"),
    [
        ("move choir practice to tomorrow", 5, {"when": TOMORROW}),
        ("the vet is on friday now", 1, {"when": FRIDAY}),
        ("do the annual review tomorrow instead", 4, {"when": TOMORROW}),
        ("bring the annual review forward by two days", 4, {"shift_days": -2}),
        ("choir practice an hour later", 5, {"shift_minutes": 60}),
        ("renewing the permit is really urgent", 2, {"priority": "high"}),
        ("set the annual review to low priority", 4, {"priority": "low"}),
        ("the permit should be under errands", 2, {"project": "errands"}),
        ("move the vet to a list called Pets", 1, {"project": "Pets"}),
        ("put the annual review into groceries instead of office", 4, {"project": "groceries"}),
        ("rename figs to dried figs", 6, {"title": "dried figs"}),
        ("the permit should say renew both permits", 2, {"title": "renew both permits"}),
        ("permit: note that they want two photos", 2, {"notes": "they want two photos"}),
        ("tag the permit with car", 2, {"add_tags": ("car",)}),
        ("take the due date off the museum guides", 8, {"clear": frozenset({"due", "time"})}),
        ("stop the ferns from repeating", 3, {"clear": frozenset({"recurrence"})}),
        ("remind me about the vet an hour before", 1, {"remind": "an hour before"}),
        ("take the annual review off the office list", 4, {"clear": frozenset({"project"})}),
        ("pospone teh anual reveiw by a week", 4, {"shift_days": 7}),
    ],
)
def test_a_task_is_changed(text: str, id: int, change: dict[str, Any]) -> None:
    (found,) = read(text)
    assert isinstance(found, Update), found
    assert ids(found) == (id,)
    for name, value in change.items():
        given = getattr(found, name)
        assert (given.date if name == "when" else given) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clear out groceries apart from the rye bread", Clear),
        ("skip the ferns this week", Skip),
        ("merge groceries into errands", RenameList),
        ("don't delete my permit", No),
        ("i haven't renewed the permit yet so don't tick it off", No),
        ("play some jazz", OutOfScope),
    ],
)
def test_one_of_its_kind(text: str, expected: type[Action]) -> None:
    assert [type(each) for each in read(text)] == [expected]


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("which of my office tasks are late", Scope(project="office", due="overdue")),
        ("what's left to get on groceries", Scope(status="pending", project="groceries")),
        ("anything in the evening on friday", Scope(due_from=FRIDAY, due_to=FRIDAY, part="evening")),
        ("what has no date", Scope(due="none")),
    ],
)
def test_filters_compose(text: str, scope: Scope) -> None:
    (found,) = read(text)
    assert isinstance(found, Query)
    assert found.scope == scope


@pytest.mark.parametrize(
    ("text", "about", "asked"),
    [
        ("when is the vet", "when", (1,)),
        ("when did i pay the gardener", "completed_when", (9,)),
        ("what was the thing about the permit", "task", (2,)),
        ("do i still have to hand back the museum guides", "task", (8,)),
    ],
)
def test_questions_about_a_task(text: str, about: str, asked: tuple[int, ...]) -> None:
    (found,) = read(text)
    assert isinstance(found, Query)
    assert found.target is not None
    assert (found.about, found.target.ids) == (about, asked)


def test_words_that_fit_two_tasks_are_asked_about() -> None:
    (found,) = read("delete the choir")
    assert isinstance(found, Delete)
    assert (found.target.ids, set(found.target.candidates)) == ((), {5, 10})


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("we're out of butter", ["butter"]),
        ("tomorrow at noon order new running shoes", ["order new running shoes"]),
        ("add three things to groceries: oil, salt and rice", ["oil", "salt", "rice"]),
        ("so much to do. laundry, call the bank, buy stamps", ["laundry", "call the bank", "buy stamps"]),
        ("um can you uh add soap to groceries and then remind me to ring Ann on friday", ["soap", "ring Ann"]),
        ("buy thread on thursday, no wait, friday", ["buy thread"]),
        ("i want to swim tomorrow and on friday i need to see the bank", ["swim", "see the bank"]),
    ],
)
def test_additions(text: str, titles: list[str]) -> None:
    found = read(text)
    assert [each.title for each in found if isinstance(each, Add)] == titles
    assert all(isinstance(each, Add | Delete) for each in found)


def test_a_correction_leaves_the_right_day() -> None:
    (found,) = read("buy thread on thursday, no wait, friday")
    assert isinstance(found, Add)
    assert found.when is not None
    assert found.when.date == FRIDAY


def test_an_imperative_that_may_be_meant_for_another_is_asked_back() -> None:
    (found,) = read("reply to the email from Joan")
    assert isinstance(found, Confirm)


def test_what_nothing_took_is_named() -> None:
    meant = understand("got the figs, the shop was empty otherwise", now=NOW, context=CONTEXT)
    assert [ids(each) for each in meant.actions] == [(6,)]
    assert meant.left_out == ("the shop was empty otherwise",)


def test_an_explanation_names_spans_and_readings_in_order() -> None:
    why = understand("move choir practice to tomorrow", now=NOW, context=CONTEXT).explanation
    assert [(span.kind, span.text) for span in why.spans] == [("date", "tomorrow")]
    assert why.readings[0].frame == "edit"
    assert [each.score for each in why.readings] == sorted((each.score for each in why.readings), reverse=True)


SAID = (
    "add delete move the a to figs choir practice vet permit groceries office friday tomorrow at 5 is done not and , "
    "then i need don't remind me rename urgent it all every week list my on off from what when remove by two days"
)
WORDS = st.sampled_from(SAID.split())
ANY = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(st.sampled_from(["what", "when is", "which", "is", "did i", "should i", "how many"]), ANY)
def test_a_question_never_changes_anything(opener: str, rest: str) -> None:
    assert not any(isinstance(each, CHANGES) for each in read(f"{opener} {rest}"))


@pytest.mark.parametrize("subject", ["i", "we", "you", "they"])
def test_what_somebody_did_is_asked_without_a_mark_too(subject: str) -> None:
    assert not any(isinstance(each, CHANGES) for each in read(f"did {subject} do figs"))
    assert any(isinstance(each, CHANGES) for each in read("did figs"))


@given(ANY)
def test_a_question_mark_never_changes_anything(text: str) -> None:
    assert not any(isinstance(each, CHANGES) for each in read(f"{text}?"))


def _bare(text: str) -> set[str]:
    """Return the words of a text without the signs at their ends: a sign may lose the space before it."""
    return {word.strip("()[],;:.!?\"'`*") for word in text.split()}


@given(st.one_of(ANY, st.text(max_size=80)))
def test_a_title_is_made_of_the_users_own_words(text: str) -> None:
    said = plain(text)
    for each in read(text):
        if isinstance(each, Add):
            assert _bare(each.title) <= _bare(said)


@given(ANY)
def test_ids_are_of_the_list(text: str) -> None:
    known = {task.id for task in TASKS}
    for each in read(text):
        target = getattr(each, "target", None)
        if isinstance(target, Target) and target.words:
            assert {*target.ids, *target.candidates} <= known
