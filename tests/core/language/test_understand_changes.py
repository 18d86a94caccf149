"""Sentences that finish, delete or change tasks, and several of them in one text."""

import datetime as dt
from typing import Any

import pytest

from kirotodo.core.language.types import (
    Action,
    Add,
    Clarify,
    Clear,
    Complete,
    Delete,
    DeleteList,
    Query,
    Scope,
    Target,
    Undo,
    Update,
)
from tests.core.language.said import FRIDAY, TODAY, TOMORROW, actions, only

THREE = Target(ids=(3,))
IT = Target(pronoun="it")


def words(text: str, **more: Any) -> Target:
    return Target(words=text, **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mark task 3 as complete", Complete(target=THREE)),
        ("mark 3 done", Complete(target=THREE)),
        ("complete #3", Complete(target=THREE)),
        ("task 3 is done", Complete(target=THREE)),
        ("check off the laundry", Complete(target=words("laundry"))),
        ("cross the laundry off my list", Complete(target=words("laundry"))),
        ("I finished the laundry", Complete(target=words("laundry"))),
        ("done with the laundry", Complete(target=words("laundry"))),
        ("complete tasks 1, 2 and 5", Complete(target=Target(ids=(1, 2, 5), plural=True))),
        ("mark 2-4 as done", Complete(target=Target(ids=(2, 3, 4), plural=True))),
        (
            "complete everything due today",
            Complete(target=Target(everything=True, plural=True, scope=Scope(due="today"))),
        ),
        ("mark the second one as done", Complete(target=Target(ordinals=(2,)))),
        ("complete the last one", Complete(target=Target(ordinals=(-1,)))),
        ("reopen task 3", Complete(target=THREE, completed=False)),
        ("mark the laundry as not done", Complete(target=words("laundry"), completed=False)),
        ("I didn't finish the laundry", Complete(target=words("laundry"), completed=False)),
        ("Delete the meeting task", Delete(target=words("meeting"))),
        ("remove soap from my shopping list", Delete(target=words("soap", scope=Scope(project="shopping")))),
        ("take soap off the list please", Delete(target=words("soap"))),
        ("I don't need soap on my list anymore", Delete(target=words("soap"))),
        ("cancel my piano lesson", Delete(target=words("piano lesson"))),
        ("delete it", Delete(target=IT)),
        ("delete the other one", Delete(target=Target(pronoun="other"))),
        ("delete both of them", Delete(target=Target(pronoun="them", plural=True))),
        ("can you delete task 3?", Delete(target=THREE)),
        ("clear my shopping list", Clear(scope=Scope(project="shopping"))),
        ("delete everything", Clear()),
        ("remove all completed tasks", Clear(scope=Scope(status="completed"))),
        ("delete all tasks tagged garden", Clear(scope=Scope(tag="garden"))),
        ("delete the camping list", DeleteList(name="camping")),
        ("Change task 1 to 'Call mom tonight'", Update(target=Target(ids=(1,)), title="Call mom tonight")),
        ("rename laundry to wash the curtains", Update(target=words("laundry"), title="wash the curtains")),
        ("make task 3 high priority", Update(target=THREE, priority="high")),
        ("set the priority of the laundry to low", Update(target=words("laundry"), priority="low")),
        ("it's urgent", Update(target=IT, priority="high")),
        ("tag 3 with garden", Update(target=THREE, add_tags=("garden",))),
        ("untag 3 #garden", Update(target=THREE, remove_tags=("garden",))),
        ("move 3 to my garden list", Update(target=THREE, project="garden")),
        ("add a note to task 3: bring gloves", Update(target=THREE, notes="bring gloves")),
        ("remove the due date from task 3", Update(target=THREE, clear=frozenset({"due", "time"}))),
        ("stop repeating task 3", Update(target=THREE, clear=frozenset({"recurrence"}))),
        ("postpone task 3 by two days", Update(target=THREE, shift_days=2)),
        ("push it back a week", Update(target=IT, shift_days=7)),
        ("move the laundry up by an hour", Update(target=words("laundry"), shift_minutes=-60)),
        ("undo the last 2", Undo(turns=2)),
        ("undo that", Undo()),
        ("take it back", Undo()),
    ],
)
def test_one_action(text: str, expected: Action) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    ("text", "target", "date", "time", "time_only"),
    [
        ("push the dentist to friday", words("dentist"), FRIDAY, None, False),
        ("move 3 to tomorrow at 5", THREE, TOMORROW, dt.time(17), False),
        ("snooze it until tomorrow", IT, TOMORROW, None, False),
        (
            "move friday's rehearsal to tomorrow",
            words("rehearsal", scope=Scope(due_from=FRIDAY, due_to=FRIDAY)),
            TOMORROW,
            None,
            False,
        ),
        ("task 3 is due friday", THREE, FRIDAY, None, False),
        ("change the due date of 3 to friday", THREE, FRIDAY, None, False),
        (
            "Reschedule my morning meetings to 2 PM",
            words("meetings", plural=True, scope=Scope(part="morning")),
            TODAY,
            dt.time(14),
            True,
        ),
    ],
)
def test_reschedules(text: str, target: Target, date: dt.date, time: dt.time | None, time_only: bool) -> None:
    found = only(text)
    assert isinstance(found, Update)
    assert found.when is not None
    assert (found.target, found.when.date, found.when.time, found.time_only) == (target, date, time, time_only)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("remove tea and add coffee to my shopping list", [Delete, Add]),
        ("add rope and mark task 3 done", [Add, Complete]),
        ("finish task 3 and move 4 to friday", [Complete, Update]),
        ("delete 3, then show me what's left", [Delete, Query]),
        ("add rope. What's due today?", [Add, Query]),
        ("mark the ironing and the laundry as done", [Complete, Complete]),
        ("take rope off my camping list and put pegs on it", [Delete, Add]),
    ],
)
def test_several_actions_in_the_order_said(text: str, kinds: list[type[Action]]) -> None:
    assert [type(a) for a in actions(text)] == kinds


def test_it_may_have_been_said_in_the_sentence_before() -> None:
    assert actions("I don't need soap anymore; take it off my list") == (Delete(target=words("soap")),)


def test_a_question_with_an_order_behind_it_asks_first_and_then_adds() -> None:
    query, add = actions("do I have soap on my shopping list? if not, add it")[-2:]
    assert isinstance(query, Query)
    assert add == Add(title="soap", project="shopping")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("delete", Clarify(missing="target", action="delete")),
        ("mark as done", Clarify(missing="target", action="complete")),
        ("reschedule the dentist", Clarify(missing="time", action="update")),
    ],
)
def test_what_is_missing_is_asked_for(text: str, expected: Clarify) -> None:
    assert only(text) == expected
