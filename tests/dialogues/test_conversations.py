"""Whole conversations, written as people talk to a list: what changes after each turn, and what is answered."""

from functools import cache
from typing import Any, Final

import pytest

from kirotodo.core.settings import Settings
from tests.dialogues.conversations import (
    KNOWN_FAILURES,
    Conversation,
    Held,
    all_conversations,
    hold,
    judge,
)

CONVERSATIONS: Final = all_conversations()
AT_ONCE: Final = 10


def _known_failures() -> dict[str, str]:
    lines = (line for line in KNOWN_FAILURES.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, _, reason in (line.partition(":") for line in lines)}


@cache
def _held(part: int) -> dict[str, list[Held]]:
    """Hold some conversations at once: to open a database for each would take much of the time, and to hold all of a
    file would be done by each worker that gets one of them."""
    return hold(CONVERSATIONS[part * AT_ONCE : (part + 1) * AT_ONCE], Settings(timezone="UTC"))


def _case(conversation: Conversation) -> Any:
    reason = KNOWN.get(conversation.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason is not None else []
    return pytest.param(conversation, id=conversation.name, marks=marks)


KNOWN: Final = _known_failures()


@pytest.mark.parametrize("conversation", [_case(each) for each in CONVERSATIONS])
def test_a_conversation_changes_what_it_asks_for_and_nothing_else(conversation: Conversation) -> None:
    outcomes = _held(CONVERSATIONS.index(conversation) // AT_ONCE)[conversation.name]
    for turn, outcome in zip(conversation.turns, outcomes, strict=True):
        amiss = judge(turn, outcome)
        assert amiss is None, f"{turn.text!r}: {amiss}. The answer: {outcome.answer!r}"


def test_every_known_failure_is_a_conversation() -> None:
    assert KNOWN.keys() <= {each.name for each in CONVERSATIONS}
