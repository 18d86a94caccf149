"""Questions about the history, undo of a time, and saved views by their names."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from kirotodo.core.language.context import Context, DialogueState, TaskView
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.language.types import Action, Query, Scope, TakeBack, Target, Undo
from kirotodo.core.language.understand import understand
from kirotodo.core.tools.past import read_past
from kirotodo.core.tools.user_clock import UserClock

ZONE = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 25, 20, tzinfo=ZONE)
"""A Wednesday."""
CONTEXT = Context(
    tasks=(
        TaskView(id=1, title="oil the bike chain"),
        TaskView(id=2, title="send the tax form", completed=dt.datetime(2026, 3, 2, 9)),  # noqa: DTZ001 (local)
        TaskView(id=3, title="sketch the logo", project="studio"),
    ),
    projects=("studio",),
    views=("Studio", "soon"),
    state=DialogueState(begun=True, about=(3,)),
)
CHAIN, FORM = Target(words="bike chain", ids=(1,)), Target(words="tax form", ids=(2,))


def meant(text: str, context: Context = CONTEXT) -> Action:
    (action,) = understand(text, now=NOW, context=context).actions
    return action


def history(during: str | None = None, **more: object) -> Query:
    return Query(about="history", during=during, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("what did the assistant change on monday?", history("monday", by="assistant")),
        ("what have you done this week", history("this week", by="assistant")),
        ("so what did kiro delete last night?", history("last night", by="assistant", deed="deleted")),
        ("what did you add in the last 3 hours?", history("the last 3 hours", by="assistant", deed="added")),
        ("which tasks did i move yesterday", history("yesterday", deed="moved")),
        ("what did i myself change today?", history("today", by="you")),
        ("what has changed since yesterday?", None),
        ("what's changed on my list this afternoon?", history("this afternoon")),
        ("show me the changes of yesterday evening", history("yesterday evening")),
        ("show changes by the assistant today", history("today", by="assistant")),
        ("what changed about the bike chain?", history(target=CHAIN)),
        ("show the history of the tax form", history(target=FORM)),
        ("what was changed on task 3?", history(target=Target(ids=(3,)))),
        ("who postponed the bike chain?", history(target=CHAIN, deed="moved")),
        ("when was the tax form renamed", history(target=FORM, deed="renamed")),
        ("who added that?", history(target=Target(pronoun="it"), deed="added")),
    ],
)
def test_the_history_is_asked_about(text: str, action: Action | None) -> None:
    found = meant(text)
    assert isinstance(found, Query)
    assert found == action or action is None


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("undo what you did this afternoon", Undo(since="this afternoon", by="assistant")),
        ("undo what my phone did", Undo(since="today", by="calendar")),
        ("revert everything the iPad changed yesterday", Undo(since="yesterday", by="calendar")),
        ("undo all changes from my phone since this morning", Undo(since="this morning", until="now", by="calendar")),
        ("please revert everything the bot changed today", Undo(since="today", by="assistant")),
        ("take back all the changes from last night", Undo(since="last night")),
        ("undo everything i did in the last 10 minutes", Undo(since="the last 10 minutes")),
        ("undo all changes since monday", Undo(since="monday", until="now")),
        ("undo yesterday's changes", Undo(since="yesterday")),
        ("undo all changes to the bike chain from today", Undo(since="today", target=CHAIN)),
        ("undo just the change to the bike chain", TakeBack(target=CHAIN)),
        ("revert the edit of the tax form", TakeBack(target=FORM)),
        ("undo", Undo()),
        ("undo the last change", Undo()),
    ],
)
def test_what_is_to_be_undone(text: str, action: Action) -> None:
    assert meant(text) == action


@pytest.mark.parametrize("text", ["show my studio view", "open the view Studio", "what's in my STUDIO view?"])
def test_a_saved_view_is_shown_by_its_name(text: str) -> None:
    assert meant(text) == Query(scope=Scope(search="@Studio"))


@pytest.mark.parametrize("text", ["open the view attic", "show the attic view", "show my week view", "view soon"])
def test_no_view_of_that_name(text: str) -> None:
    for action in understand(text, now=NOW, context=CONTEXT).actions:
        assert not isinstance(action, Query) or not (action.scope.search or "").startswith("@")


@pytest.mark.parametrize(
    "text",
    [
        "what did i do yesterday?",
        "what did you do?",
        "who called the plumber?",
        "who moved my cheese?",
        "undo the knot in the rope today",
        "change the oil today",
        "remind me to undo the changes tomorrow",
        "when did i send the tax form?",
        "add who moved the bike chain",
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    for action in understand(text, now=NOW, context=CONTEXT).actions:
        assert not isinstance(action, Query) or action.about != "history"
        assert not isinstance(action, Undo) or action.since is None


@pytest.mark.parametrize(
    "words",
    [
        *("today", "tonight", "yesterday", "yesterday morning", "this afternoon", "this week", "last night"),
        *("last month", "last weekend", "monday", "last friday", "the last 3 hours", "past 2 days", "the past week"),
    ],
)
def test_the_times_are_those_that_the_tools_read(words: str) -> None:
    found = meant(f"what did you change {words}?")
    assert isinstance(found, Query)
    assert found.during == words
    past = read_past(words, at=UserClock(now=NOW, zone=ZONE, preferences=Preferences()))
    assert past.start < past.end
