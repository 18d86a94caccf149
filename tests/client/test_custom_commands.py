"""Slash commands of the user's own: what is typed behind a name gets into the prompt, whole and as it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.custom_commands import CustomCommand, custom_commands
from kirotodo.core.errors import InvalidInput


def text(prompt: str, argument: str) -> str:
    return CustomCommand(name="it", prompt=prompt).text(argument)


@pytest.mark.parametrize(
    ("prompt", "argument", "sent"),
    [
        ("what is due today?", "", "what is due today?"),
        ("what is due in", "+home", "what is due in +home"),
        ("add {args} to shopping", "milk and  eggs", "add milk and  eggs to shopping"),
        ("move {1} to {2}", "#3 friday", "move #3 to friday"),
        ("move {2} to {1}", '"next friday" #3', "move #3 to next friday"),
        ("tag {1}: {args}", "red car", "tag red: red car"),
        ("keep {this} and {0}", "x", "keep {this} and {0} x"),
        ("say {args}", "{1} {args}", "say {1} {args}"),
        ("remind {1}", "mum's", "remind mum's"),
    ],
)
def test_the_words_behind_the_name_take_their_places(prompt: str, argument: str, sent: str) -> None:
    assert text(prompt, argument) == sent


@pytest.mark.parametrize(
    ("prompt", "argument", "problem"),
    [
        ("add {args}", " ", "/it needs words behind it: it sends “add {args}”."),
        ("move {1} to {2}", "#3", "/it needs 2 words"),
        ("done {1}", "#3 #4", "/it takes one word. Put words that belong together in quotes."),
        ("move {1} to {2}", "#3 next friday", "/it takes 2 words."),
    ],
)
def test_nothing_is_left_out(prompt: str, argument: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(problem)):
        text(prompt, argument)


@given(argument=st.text(min_size=1).filter(str.strip))
def test_everything_typed_is_sent(argument: str) -> None:
    assert text("a {args} b", argument) == f"a {argument.strip()} b"
    assert text("a", argument) == f"a {argument.strip()}"


def test_a_name_of_the_chat_stays_with_the_chat() -> None:
    found, problems = custom_commands({"undo": "x", "buy": "y", "today": "z"}, {"undo"})
    assert list(found) == ["buy"]
    assert [problem.partition(" ")[0] for problem in problems] == ["/undo", "/today"]
