"""Questions, short answers, talk, other assistants' jobs: nothing of it changes the list."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.language.types import (
    Action,
    Add,
    Clarify,
    Clear,
    Complete,
    Confirm,
    CreateList,
    Delete,
    DeleteList,
    Help,
    No,
    OutOfScope,
    Pick,
    Query,
    Redo,
    Scope,
    Smalltalk,
    Target,
    Undo,
    Update,
    Yes,
)
from kirotodo.core.language.understand import is_yes_no, understand
from tests.core.language.said import NOW, TOMORROW, actions, only

CHANGES = (Add, Complete, Update, Delete, Clear, CreateList, DeleteList, Undo, Redo)
YESTERDAY = dt.date(2026, 3, 10)
ON_TOMORROW = Scope(due_from=TOMORROW, due_to=TOMORROW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Show me all my tasks", Query(scope=Scope(status="all"))),
        ("What's pending?", Query(scope=Scope(status="pending"))),
        ("What have I completed?", Query(scope=Scope(status="completed"))),
        (
            "what did I finish yesterday",
            Query(scope=Scope(status="completed", completed_from=YESTERDAY, completed_to=YESTERDAY)),
        ),
        ("what's due today?", Query(scope=Scope(due="today"))),
        ("whats overdue", Query(scope=Scope(due="overdue"))),
        ("what is due this week", Query(scope=Scope(due="week"))),
        ("anything tomorrow?", Query(scope=ON_TOMORROW)),
        (
            "do I have any rehearsals tomorrow?",
            Query(scope=Scope(due_from=TOMORROW, due_to=TOMORROW, search="rehearsals")),
        ),
        ("show tasks tagged garden", Query(scope=Scope(tag="garden"))),
        ("show #garden", Query(scope=Scope(tag="garden"))),
        ("show high priority tasks", Query(scope=Scope(priority="high"))),
        ("what's on my shopping list", Query(scope=Scope(project="shopping"))),
        ("shopping list", Query(scope=Scope(project="shopping"))),
        ("find tasks about curtains", Query(scope=Scope(search="curtains"))),
        ("how many tasks do I have?", Query(count_only=True)),
        ("which lists do I have?", Query(about="lists")),
        ("what tags do I have", Query(about="tags")),
        ("stats", Query(about="stats")),
        ("show task 5", Query(about="task", target=Target(ids=(5,)))),
        ("when is the recital?", Query(about="when", target=Target(words="recital"))),
        ("do I have soap on my list?", Query(about="task", target=Target(words="soap"))),
        ("today", Query(scope=Scope(due="today"))),
    ],
)
def test_questions(text: str, expected: Query) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", Yes()),
        ("Sure, go ahead!", Yes()),
        ("no thanks", No()),
        ("never mind", No()),
        ("none of them", No()),
        ("don't delete it", No()),
        ("the second one", Pick(target=Target(ordinals=(2,)))),
        ("no, the second one", Pick(target=Target(ordinals=(2,)), instead=True)),
        ("not that one, the first", Pick(target=Target(ordinals=(1,)), instead=True)),
        ("2", Pick(target=Target(ids=(2,)))),
        ("1 and 3", Pick(target=Target(ids=(1, 3), plural=True))),
        ("both", Pick(target=Target(pronoun="them", plural=True))),
        ("all of them", Pick(target=Target(pronoun="them", plural=True))),
        ("the other one", Pick(target=Target(pronoun="other"))),
        ("the Dentist one", Pick(target=Target(words="Dentist"))),
        ("no, I meant the blue one", Pick(target=Target(words="blue"), instead=True)),
        ("redo", Redo()),
        ("help", Help()),
        ("what can you do?", Help()),
        ("hello there", Smalltalk(kind="greeting")),
        ("thank you so much!", Smalltalk(kind="thanks")),
        ("see you later", Smalltalk(kind="goodbye")),
        ("how are you?", Smalltalk(kind="how_are_you")),
        ("who are you?", Smalltalk(kind="who_are_you")),
    ],
)
def test_short_answers(text: str, expected: Action) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "will it rain on friday",
        "play the new record by the Beatles' drummer, the song about octopuses",
        "turn off the lamp in the hall",
        "set a timer for the noodles",
        "wake me up at 7",
        "send an email to Joan saying hello",
        "text Joan that I am late",
        "book a flight to Oslo",
        "order a pizza",
        "transfer 50 euros to my savings account",
        "I need to transfer money to my landlord's bank account",
        "translate hello into Finnish",
        "what is the capital of Peru",
        "who painted the ceiling of that chapel",
        "tell me a joke",
        "what is 12 times 12",
        "change your name to Hal",
        "turn the volume up",
        "add this song to my playlist",
        "navigate home",
        "I lost my phone",
        "asdf qwer",
        "the weather is lovely",
    ],
)
def test_what_is_not_its_job_changes_nothing(text: str) -> None:
    found = actions(text)
    assert not any(isinstance(a, CHANGES) for a in found)
    assert any(isinstance(a, OutOfScope | Clarify | Confirm | Query) for a in found)


@pytest.mark.parametrize(
    "text",
    [
        "should I delete task 3?",
        "did I complete the laundry?",
        "add rope?",
        "delete everything?",
        "is the laundry done?",
        "have I marked 3 as done",
        "why did you remove the dentist",
        "what happens if I clear my list",
        "which tasks should I delete and which should I complete",
        "how do I add a task",
    ],
)
def test_a_question_changes_nothing(text: str) -> None:
    assert not any(isinstance(a, CHANGES) for a in actions(text))


PIECES = st.sampled_from(
    [
        "add",
        "delete",
        "mark",
        "task",
        "tasks",
        "3",
        "#4",
        "done",
        "to",
        "my",
        "list",
        "shopping",
        "tomorrow",
        "at",
        "5",
        "friday",
        "every",
        "week",
        "rename",
        "move",
        "it",
        "them",
        "and",
        ",",
        "then",
        ".",
        ";",
        "'Call",
        "mom'",
        '"Tom',
        "&",
        'Jerry"',
        "milk",
        "eggs",
        "the",
        "second",
        "one",
        "no",
        "yes",
        "undo",
        "remind",
        "me",
        "buy",
        "is",
        "urgent",
        "#home",
        "+work",
        "!high",
        "not",
        "all",
        "overdue",
    ]
)
SENTENCES = st.lists(PIECES, min_size=1, max_size=12).map(" ".join)


@given(st.one_of(st.text(max_size=120), SENTENCES))
def test_any_text_means_something_and_always_the_same(text: str) -> None:
    first = understand(text, now=NOW)
    assert first.actions
    assert understand(text, now=NOW) == first


@given(st.sampled_from(["what", "when", "how many", "which", "is", "do i", "should i", "why did i"]), SENTENCES)
def test_a_question_word_in_front_never_changes_anything(opener: str, rest: str) -> None:
    rest = rest.replace(".", "").replace(";", "")
    assert not any(isinstance(a, CHANGES) for a in actions(f"{opener} {rest}"))


@given(SENTENCES)
def test_a_question_mark_at_the_end_never_changes_anything(text: str) -> None:
    text = text.replace(".", "").replace(";", "").replace("'", "").replace('"', "")
    assert not any(isinstance(a, CHANGES) for a in actions(f"{text}?"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", True),
        ("Yep!", True),
        ("go ahead", True),
        ("ok", True),
        ("no", False),
        ("Nope.", False),
        ("cancel", False),
        ("don't", False),
        ("maybe later", None),
        ("yes, and add milk", None),
        ("", None),
        ("the second one", None),
    ],
)
def test_plain_agreement(text: str, expected: bool | None) -> None:
    assert is_yes_no(text) is expected
