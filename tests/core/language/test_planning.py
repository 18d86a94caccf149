"""Requests about plans and routines, and what only looks like one."""

import datetime as dt
from typing import Any

import pytest

from kirotodo.core.language.context import Context, DialogueState, TaskView
from kirotodo.core.language.types import Action, Away, Plan, Spread, Update
from kirotodo.core.language.understand import understand

NOW = dt.datetime(2026, 11, 25, 10)  # noqa: DTZ001 (local)
"""A Wednesday."""
TUESDAY = dt.date(2026, 12, 1)
CONTEXT = Context(
    tasks=(
        TaskView(id=1, title="yoga class", due_date=TUESDAY, due_time=dt.time(18), recurrence="FREQ=WEEKLY;BYDAY=TU"),
        TaskView(id=2, title="pay for the piano", due_date=TUESDAY, recurrence="FREQ=MONTHLY"),
        TaskView(id=3, title="see the notary", due_date=TUESDAY),
    ),
    state=DialogueState(about=(1,)),
)


def meant(text: str, context: Context = CONTEXT) -> Action:
    (action,) = understand(text, now=NOW, context=context).actions
    return action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("what should I do first?", Plan()),
        ("what first", Plan()),
        ("so what's most urgent?", Plan()),
        ("which one is the most important", Plan()),
        ("where do i start", Plan()),
        ("what should i work on now?", Plan()),
        ("plan my day", Plan()),
        ("can you organise my week please", Plan(week=True)),
        ("I have two hours", Plan(minutes=120)),
        ("i've only got 45 minutes, what can i get done?", Plan(minutes=45)),
        ("there's half an hour left", Plan(minutes=30)),
        ("spread everything overdue over next week", Spread()),
        ("push everything overdue to next week, a few a day", Spread(per_day=3)),
        ("distribute the overdue tasks across next week, two a day", Spread(per_day=2)),
        ("i'm away until the 12th", Away(until=dt.date(2026, 12, 12))),
        ("we'll be on holiday till next friday", Away(until=dt.date(2026, 12, 4))),
        ("on vacation for two weeks", Away(until=dt.date(2026, 12, 9))),
        ("skip all my routines until monday", Away(until=dt.date(2026, 11, 30))),
    ],
)
def test_what_is_asked_for(text: str, action: Action) -> None:
    assert meant(text) == action


@pytest.mark.parametrize(
    ("text", "task_id", "ends"),
    [
        ("yoga until christmas", 1, "until christmas"),
        ("the yoga class five more times", 1, "five more times"),
        ("the piano, only ten instalments", 2, "only ten instalments"),
        ("until easter", 1, "until easter"),
        ("yoga goes on forever", 1, "forever"),
    ],
)
def test_a_routine_gets_another_end(text: str, task_id: int, ends: str) -> None:
    found = meant(text)
    assert isinstance(found, Update)
    assert (found.target.ids, found.ends) == ((task_id,), ends)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("just this once at 9am", {"time": dt.time(9)}),
        ("move yoga to thursday just this time", {"date": dt.date(2026, 11, 26)}),
        ("rename yoga class to pilates this once", {"title": "pilates"}),
    ],
)
def test_a_change_is_for_this_once(text: str, given: dict[str, Any]) -> None:
    found = meant(text)
    assert isinstance(found, Update)
    assert found.for_once
    for name, value in given.items():
        assert (found.title if name == "title" else getattr(found.when, name)) == value


@pytest.mark.parametrize(
    "text",
    [
        "plan the garden party",
        "plan my holiday",
        "i have two cats",
        "i have a meeting in two hours",
        "spread mulch over the beds next week",
        "push everything overdue to next week",
        "see the notary until friday",
        "buy a book for once",
        "what's first on saturday",
        "i'm away tomorrow",
        "move yoga to 9am",
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    for action in understand(text, now=NOW, context=CONTEXT).actions:
        assert not isinstance(action, Plan | Spread | Away)
        assert not isinstance(action, Update) or not (action.ends or action.for_once)
