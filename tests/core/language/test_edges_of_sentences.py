"""What once slipped between the rules: lists within lists, marks within words, times that tell two things apart."""

import datetime as dt

import pytest

from kirotodo.core.language.types import (
    Action,
    Add,
    Clarify,
    Delete,
    Query,
    Recurrence,
    Scope,
    Target,
    Update,
    When,
)
from tests.core.language.said import FRIDAY, TODAY, TOMORROW, actions, only

AT_SIX = When(date=TODAY, time=dt.time(18), grain="minute")
EVERY_TWO_DAYS = Recurrence(rule="FREQ=DAILY;INTERVAL=2", recurs_from="completion")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make it 6pm", Update(target=Target(pronoun="it"), when=AT_SIX, time_only=True)),
        ("do it friday", Update(target=Target(pronoun="it"), when=When(date=FRIDAY))),
        ("make it friday", Update(target=Target(pronoun="it"), when=When(date=FRIDAY))),
        ("change its priority to low", Update(target=Target(pronoun="it"), priority="low")),
        ("delete the 6pm rehearsal", Delete(target=Target(words="rehearsal", scope=Scope(time=dt.time(18))))),
        ("delete the rehearsal before 6pm", Delete(target=Target(words="rehearsal"))),
        ("clear their dates", Update(target=Target(pronoun="them", plural=True), clear=frozenset({"due", "time"}))),
        (
            "stop the rehearsal from repeating",
            Update(target=Target(words="rehearsal"), clear=frozenset({"recurrence"})),
        ),
        ("friday lunch with Rita", Add(title="lunch with Rita", when=When(date=FRIDAY))),
        ("add rope, but only if it's missing", Add(title="rope")),
        ("i don't need task 8 anymore", Delete(target=Target(ids=(8,)))),
        (
            "delete the event tomorrow",
            Delete(target=Target(everything=True, scope=Scope(due_from=TOMORROW, due_to=TOMORROW))),
        ),
        ("remove the event", Clarify(missing="target", action="delete")),
        ("remind me an hour before the recital", Update(target=Target(words="recital"), remind="an hour before")),
        ("is there anything about the bank?", Query(scope=Scope(search="bank"))),
        ("any tasks about curtains?", Query(scope=Scope(search="curtains"))),
        ("anything due in the next 2 days?", Query(scope=Scope(due_from=TODAY, due_to=FRIDAY))),
        ("show everything", Query(scope=Scope(status="all"))),
        ("ask the landlord about the boiler", Add(title="ask the landlord about the boiler")),
        (
            "add draft the talk in garden project by friday",
            Add(title="draft the talk", project="garden", when=When(date=FRIDAY)),
        ),
        ("add yoga every! 2 days", Add(title="yoga", recurrence=EVERY_TWO_DAYS)),
        ("add 👩\u200d🚀 talk tomorrow", Add(title="👩\u200d🚀 talk", when=When(date=TOMORROW))),
    ],
)
def test_one_sentence(text: str, expected: Action) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("add bread tomorrow, ring Rita friday and pay the gas monday", ["bread", "ring Rita", "pay the gas"]),
        ("add bread tomorrow and rope on friday", ["bread", "rope"]),
        ("schedule judo monday at 9 and chess tuesday at 10", ["judo", "chess"]),
        ("add lunch tomorrow with Bob and Rita", ["lunch with Bob and Rita"]),
        ("add choir every monday and friday", ["choir"]),
        ("add item1, item2", ["item1", "item2"]),
        ("- rope\n- pegs", ["rope", "pegs"]),
    ],
)
def test_several_things(text: str, titles: list[str]) -> None:
    assert [each.title for each in actions(text) if isinstance(each, Add)] == titles


def test_each_has_its_own_day() -> None:
    bread, rope = actions("add bread tomorrow and rope every friday")
    assert isinstance(bread, Add)
    assert (bread.when, bread.recurrence) == (When(date=TOMORROW), None)
    assert isinstance(rope, Add)
    assert (rope.when, rope.recurrence) == (None, Recurrence(rule="FREQ=WEEKLY;BYDAY=FR"))
