"""Sentences that put something on the list: what becomes of their words, dates, lists, tags and priority."""

import datetime as dt

import pytest

from kirotodo.core.language.types import Add, Clarify, CreateList, OutOfScope, Query
from tests.core.language.said import FRIDAY, TOMORROW, actions, only

FIVE_TOMORROW = dt.datetime.combine(TOMORROW, dt.time(17))


def titles(text: str) -> list[str]:
    found = actions(text)
    assert all(isinstance(a, Add) for a in found), found
    return [a.title for a in found if isinstance(a, Add)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* jam", ["jam"]),
        ("☐ jam", ["jam"]),
        ("- [ ] jam tomorrow", ["jam"]),
        ("4) jam", ["jam"]),
        ("1. jam\n  2) rye bread\n\t– figs", ["jam", "rye bread", "figs"]),
        ("add:\n[ ] jam\n• -5 degrees jacket", ["jam", "-5 degrees jacket"]),
        ("add jam\n* figs", ["jam", "figs"]),
    ],
)
def test_marks_of_a_list_are_no_part_of_a_title(text: str, expected: list[str]) -> None:
    assert titles(text) == expected


def test_behind_a_bullet_a_question_is_a_question() -> None:
    assert isinstance(only("- what's due today?"), Query)
    assert isinstance(only("* is a footnote"), OutOfScope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Add a task to buy groceries", ["buy groceries"]),
        ("I need to remember to pay bills", ["pay bills"]),
        ("I have to ring Grandma tomorrow", ["ring Grandma"]),
        ("I must not forget to lock the shed", ["lock the shed"]),
        ("don't let me forget the candles", ["the candles"]),
        ("note to self: renew the passport", ["renew the passport"]),
        ("hey kiro, could you please add sharpen the knives?", ["sharpen the knives"]),
        ("remind me to sharpen the knives", ["sharpen the knives"]),
        ("tomorrow at 4 remind me to descale the kettle", ["descale the kettle"]),
        ("remind me on friday to descale the kettle", ["descale the kettle"]),
        ("set up a reminder for 6pm to feed the parrot", ["feed the parrot"]),
        ("remind me to send an email to Joan", ["send an email to Joan"]),
        ("jot down sharpen skates on my winter list", ["sharpen skates"]),
        ("my packing list should also have sunscreen on it", ["sunscreen"]),
        ("I'd like you to put candles on the party list", ["candles"]),
        ("on my hardware list, add screws", ["screws"]),
        ("if there is no yeast on my shopping list, please add yeast", ["yeast"]),
        ("add milk, eggs and bread to shopping", ["milk", "eggs", "bread"]),
        ("add tent, stove and matches", ["tent", "stove", "matches"]),
        ("add salt and pepper to shopping", ["salt and pepper"]),
        ("add ring Bob, sweep the porch and oil the gate", ["ring Bob", "sweep the porch", "oil the gate"]),
        ("add ring Bob and Lucy", ["ring Bob and Lucy"]),
        ("add a walk with Tim, Lucy and Bob", ["a walk with Tim, Lucy and Bob"]),
        ("schedule lunch with Priya on friday at noon", ["lunch with Priya"]),
        ("dentist friday 3pm", ["dentist"]),
        ("water the ferns every other day", ["water the ferns"]),
        ("buy oat milk", ["buy oat milk"]),
        ("add: rope", ["rope"]),
        ("add task \"Read 'Dune' tomorrow\" to Books", ["Read 'Dune' tomorrow"]),
        ("I need to repaint the fence, so remind me on friday", ["repaint the fence"]),
        ("remind me to take a hat because it may be sunny", ["take a hat"]),
    ],
)
def test_titles(text: str, expected: list[str]) -> None:
    assert titles(text) == expected


@pytest.mark.parametrize(
    "title",
    [
        "buy Tom & Jerry",
        "read The 9/11 Report again",
        "monitor paprika",
        "watch 2001 with Sam",
        "Fix the A4 printer",
        "plan B for the gala",
        "pay [/] rent",
        "return the MARCH issue to IBM's lobby",
        "learn C++ & C#",
        "café crème für Zoë",
    ],
)
@pytest.mark.parametrize("frame", ["add {}", "remind me to {}", "please add {} to my list", "Add a task: {}"])
def test_a_title_keeps_its_own_words_and_capitals(title: str, frame: str) -> None:
    assert titles(frame.format(title)) == [title]


@pytest.mark.parametrize(
    "quoted", ["Call Bob tomorrow", "milk, eggs and bread", "drop tea and add rice", "what is due friday?", "#1 fan"]
)
def test_nothing_is_taken_out_of_quotes(quoted: str) -> None:
    assert titles(f'add "{quoted}" to my work list') == [quoted]


def test_a_date_at_the_edge_leaves_the_title_and_one_in_the_middle_stays() -> None:
    edge = only("add ring Anna tomorrow at 5pm")
    assert isinstance(edge, Add)
    assert (edge.title, edge.when and edge.when.moment) == ("ring Anna", FIVE_TOMORROW)
    middle = only("add compare friday prices with Anna")
    assert isinstance(middle, Add)
    assert (middle.title, middle.when) == ("compare friday prices with Anna", None)


def test_a_day_and_a_time_said_apart_become_one_moment() -> None:
    found = only("at 5pm ring Anna tomorrow")
    assert isinstance(found, Add)
    assert (found.title, found.when and found.when.moment) == ("ring Anna", FIVE_TOMORROW)


def test_every_part_of_a_task_can_be_said_at_once() -> None:
    found = only("add oil the gate on friday #garden +House !high")
    assert found == Add(
        title="oil the gate",
        when=found.when if isinstance(found, Add) else None,
        priority="high",
        project="House",
        tags=("garden",),
    )
    assert isinstance(found, Add)
    assert found.when is not None
    assert found.when.date == FRIDAY


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("add oil the gate, high priority", "high"),
        ("add urgent task oil the gate", "high"),
        ("add oil the gate !!", "high"),
        ("add oil the gate p1", "high"),
        ("add oil the gate with low priority", "low"),
        ("add oil the gate !2", "medium"),
        ("add oil the gate", None),
    ],
)
def test_priority(text: str, priority: str | None) -> None:
    found = only(text)
    assert isinstance(found, Add)
    assert (found.title, found.priority) == ("oil the gate", priority)


@pytest.mark.parametrize(
    ("text", "project"),
    [
        ("add rope to my Camping list", "Camping"),
        ("add rope to the list of camping gear", "camping gear"),
        ("put rope on my to-do list", None),
        ("add rope to my task list", None),
        ("add rope to work", "work"),
        ('add rope to my "Big Trip" list', "Big Trip"),
        ("add rope to the list", None),
    ],
)
def test_the_list_is_the_project(text: str, project: str | None) -> None:
    found = only(text)
    assert isinstance(found, Add)
    assert (found.title, found.project) == ("rope", project)


def test_a_rule_is_taken_off_and_kept() -> None:
    found = only("every other friday at 9 water the plants")
    assert isinstance(found, Add)
    assert found.title == "water the plants"
    assert found.recurrence is not None
    assert "INTERVAL=2" in found.recurrence.rule


def test_when_to_remind_is_apart_from_when_it_is_due() -> None:
    found = only("remind me about the recital tomorrow 10 minutes before")
    assert isinstance(found, Add)
    assert (found.title, found.remind) == ("recital", "10 minutes before")
    assert found.when is not None
    assert found.when.date == TOMORROW


@pytest.mark.parametrize(
    "text",
    ["add", "add a task", "remind me", "set a reminder for later", "add something to my list", "remind me tomorrow"],
)
def test_without_words_it_asks_for_them(text: str) -> None:
    assert only(text) == Clarify(missing="title", action="add")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("create a list called Camping", "Camping"),
        ("make a new list for school things", "school things"),
        ("start a packing list", "packing"),
        ("create a new list", None),
    ],
)
def test_lists_are_made(text: str, name: str | None) -> None:
    assert only(text) == CreateList(name=name)
