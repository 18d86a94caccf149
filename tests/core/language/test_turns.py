"""The shape of a turn: what its weights were made from, and turns that neither the frames nor the corpus hold."""

import datetime as dt

import pytest

from kirotodo.core.language.context import Call, Context, DialogueState, TaskView
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.turns import (
    INTENT_WEIGHTS,
    INTENTS,
    LABEL_WEIGHTS,
    Before,
    extents_of,
    intents_of,
    made_from,
    units_of,
)
from kirotodo.core.language.types import Add, Complete, Confirm, Preferences, Update
from kirotodo.core.language.understand import understand
from kirotodo.core.language.wishes import wish_of
from scripts.turns.corpus import digest, turns

NOW = dt.datetime(2026, 11, 28, 7, 40)  # noqa: DTZ001 (local, as the reading takes it)
TASKS = (
    TaskView(id=1, title="hand the keys to Marek", due_date=dt.date(2026, 12, 1)),
    TaskView(id=2, title="varnish the canoe", tags=("summer",)),
    TaskView(id=3, title="choir rehearsal", due_date=dt.date(2026, 12, 2), due_time=dt.time(19)),
)


def read(text: str, *, state: DialogueState = DialogueState()) -> Text:  # noqa: B008
    return Text(text, now=NOW, preferences=Preferences(), context=Context(tasks=TASKS, state=state))


def added(task_id: int) -> DialogueState:
    return DialogueState(done=(Call(tool="add_task", task_ids=(task_id,)),), about=(task_id,))


def test_the_weights_were_made_from_the_corpus() -> None:
    assert made_from() == (digest(), digest()), "The corpus or the script changed: run `make turns`."
    assert INTENT_WEIGHTS.stat().st_size + LABEL_WEIGHTS.stat().st_size < 500_000


def test_every_line_of_the_corpus_is_read_and_every_intent_has_some() -> None:
    found = turns()
    assert {turn.intent for turn in found} == set(INTENTS)
    assert len({turn.line for turn in found}) > 5_000


@pytest.mark.parametrize(
    ("text", "before", "intent"),
    [
        ("canoe's varnished, took me all afternoon", "-", "done"),
        ("you can strike the canoe off, we sold it", "-", "delete"),
        ("nope, put it back how it was", "updated", "undo"),
        ("seven would be better for the choir", "listed", "update"),
        ("anything on for sunday then", "-", "ask"),
        ("I must remember to grease the hinges before winter", "-", "add"),
        ("play something by the Kinks", "-", "none"),
        ("leave the canoe as it is", "listed", "keep"),
    ],
)
def test_intents_of_turns_that_the_corpus_does_not_hold(text: str, before: Before, intent: str) -> None:
    shares = intents_of(units_of(read(text)), before)
    assert max(shares, key=lambda each: shares[each]) == intent
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (
            "right so I need to grease the hinges, ring the piano tuner and um collect the boat trailer",
            ["grease the hinges", "ring the piano tuner", "collect the boat trailer"],
        ),
        ("things for the regatta: rope, sun cream and a whistle", ["rope", "sun cream", "a whistle"]),
    ],
)
def test_titles_of_a_dump_are_told_apart(text: str, titles: list[str]) -> None:
    line = read(text)
    found = [each.piece.raw for each in extents_of(line, units_of(line), "add") if each.kind == "C"]
    assert found == titles


def test_a_task_on_the_list_is_one_unit_of_a_turn() -> None:
    known = [unit.shown for unit in units_of(read("the canoe can wait until friday")) if unit.known]
    assert known == ["canoe"]


def test_a_change_is_of_what_the_turn_names_or_of_what_was_spoken_of() -> None:
    (action,) = wish_of(read("the canoe can wait until friday")).actions
    assert isinstance(action, Update)
    assert action.target.ids == (2,)
    assert action.when is not None
    assert action.when.date == dt.date(2026, 12, 4)
    (action,) = wish_of(read("they say friday suits them better", state=added(3))).actions
    assert isinstance(action, Update)
    assert action.target.ids == (3,)


def test_one_of_several_tasks_that_it_may_mean_is_asked_for() -> None:
    state = DialogueState(shown=(1, 2), about=(1, 2))
    actions = wish_of(read("that one's sorted now", state=state)).actions
    assert [each.target.candidates for each in actions if isinstance(each, Complete)] == [(1, 2)]


def test_a_turn_that_names_nothing_on_the_list_changes_nothing() -> None:
    context = Context(tasks=TASKS)
    for text in ("the ferry got cancelled", "the ferry can wait until friday", "ferry's done and dusted"):
        actions = understand(text, now=NOW, context=context).actions
        assert not any(isinstance(each, Add | Update | Complete) for each in actions), (text, actions)
        assert not any(isinstance(each, Confirm) and not each.actions for each in actions)
