"""What the built-in model remembers of a conversation: read from its history, which is all it has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kirotodo.core.language.patterns import pattern
from kirotodo.core.models.model import AssistantStep, PromptItem, ToolCallRequest, ToolOutcome, UserText

ListItem = Mapping[str, Any]
CHANGING: Final = frozenset({"add_task", "complete_task", "update_task", "delete_task"})
_LINE: Final = pattern(r"\s*(?:(?P<place>\d+)\.|[-*])\s+#(?P<id>\d+) (?P<title>.*)")
_NAMED: Final = pattern(
    r"(?:^|[.:] |\b(?:Added|Deleted|Done|Renamed|Moved|Changed|Opened)\s)#(?P<id>\d+)\b", re.MULTILINE
)
_ESCAPE: Final = pattern(r"\\([!-/:-@\[-`{-~])")

Asked = Literal["delete", "complete", "reopen", "change", "show", "confirm", "title", "first_item"]
QUESTIONS: Final[Mapping[Asked, str]] = {
    "delete": "should I delete?",
    "complete": "should I mark as done?",
    "reopen": "should I open again?",
    "change": "should I change?",
    "show": "do you mean?",
    "confirm": "Is that the one?",
    "title": "What is to be done?",
    "first_item": "What goes on it first?",
}
"""How each question ends: by this the next turn knows what was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of the model: what it said and called, and what came of the calls so far."""

    text: str
    calls: tuple[ToolCallRequest, ...] = ()
    outcomes: tuple[ToolOutcome, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PastTurn:
    """A user's text and all that followed it."""

    text: str
    steps: tuple[Step, ...] = ()

    @property
    def answer(self) -> str:
        """Return all the text of the turn."""
        return "\n".join(step.text for step in self.steps if step.text)

    @property
    def effects(self) -> tuple[tuple[ToolCallRequest, ToolOutcome], ...]:
        """Return the calls that changed tasks."""
        return tuple(
            (call, outcome)
            for step in self.steps
            for call, outcome in zip(step.calls, step.outcomes, strict=False)
            if outcome.tool in CHANGING and outcome.status == "succeeded"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """The things that earlier turns left to refer to.

    `shown` is the list shown last, `numbered` whether it had places to pick by; `about` the ids talked about last;
    `asked` what the last answer asked, if anything.
    """

    turns: tuple[PastTurn, ...] = ()
    shown: tuple[ListItem, ...] = ()
    numbered: bool = False
    about: tuple[int, ...] = ()
    asked: Asked | None = None
    acted: tuple[int, ...] = field(default=())
    """The ids that the last changing call was about."""


def turns_of(history: Sequence[PromptItem]) -> tuple[PastTurn, ...]:
    """Return the history turn by turn; the last is the one under way."""
    turns: list[PastTurn] = []
    for item in history:
        match item:
            case UserText(text=text):
                turns.append(PastTurn(text=text))
            case AssistantStep(text=text, calls=calls) if turns:
                turns[-1] = PastTurn(text=turns[-1].text, steps=(*turns[-1].steps, Step(text=text, calls=calls)))
            case ToolOutcome() if turns and turns[-1].steps:
                *before, last = turns[-1].steps
                step = Step(text=last.text, calls=last.calls, outcomes=(*last.outcomes, item))
                turns[-1] = PastTurn(text=turns[-1].text, steps=(*before, step))
            case _:
                continue
    return tuple(turns)


def remember(turns: Sequence[PastTurn]) -> Memory:
    """Return the memory of the turns before the one under way."""
    shown, numbered = _shown(turns)
    return Memory(
        turns=tuple(turns),
        shown=shown,
        numbered=numbered,
        about=_about(turns),
        asked=asked_in(turns[-1].answer) if turns else None,
        acted=_acted(turns),
    )


def asked_in(answer: str) -> Asked | None:
    """Return the question that an answer ends with."""
    last = answer.rstrip().rpartition("\n")[2]
    if _LINE.fullmatch(last):
        return None
    return next((asked for asked, words in QUESTIONS.items() if last.endswith(words)), None)


def ids_of(outcome: ToolOutcome) -> tuple[int, ...]:
    """Return the ids that an edit was about."""
    result = outcome.result
    if isinstance(result.get("task_id"), int):
        return (result["task_id"],)
    ids = result.get("task_ids")
    return tuple(each for each in ids if isinstance(each, int)) if isinstance(ids, Sequence) else ()


def _ids_in(call: ToolCallRequest, outcome: ToolOutcome) -> tuple[int, ...]:
    """The ids that a change was about: as called, since results of earlier turns come shortened."""
    ids = call.arguments.get("task_ids")
    if isinstance(ids, Sequence) and all(isinstance(each, int) for each in ids):
        return tuple(ids)
    return ids_of(outcome)


def _shown(turns: Sequence[PastTurn]) -> tuple[tuple[ListItem, ...], bool]:
    """The list that was just shown, by the last turn or before turns that only worked on it.

    After anything else, such as small talk or a text that was not understood, a place on it is no longer meant.
    """
    worked_on: set[int] = set()
    for turn in reversed(turns):
        found = _lines(turn)
        if found:
            items = tuple({"id": int(line["id"]), "title": _ESCAPE.sub(r"\1", line["title"])} for line in found)
            if worked_on <= {item["id"] for item in items}:
                return items, all(line["place"] for line in found)
            return (), False
        touched = {each for effect in turn.effects for each in _ids_in(*effect)}
        if not touched and not any(outcome.tool == "undo" for step in turn.steps for outcome in step.outcomes):
            return (), False
        worked_on |= touched
    return (), False


def _lines(turn: PastTurn) -> list[re.Match[str]]:
    """The lines of an answer that show a task each."""
    return [line for text in turn.answer.splitlines() if (line := _LINE.fullmatch(text))]


def _about(turns: Sequence[PastTurn]) -> tuple[int, ...]:
    """What was changed last, or what was shown or named since; an older list is not meant any more."""
    for age, turn in enumerate(reversed(turns)):
        if turn.effects:
            return tuple(dict.fromkeys(each for effect in turn.effects for each in _ids_in(*effect)))
        named = [line["id"] for line in _lines(turn)] or _NAMED.findall(turn.answer)
        if named and (age == 0 or len(named) == 1):
            return tuple(dict.fromkeys(int(each) for each in named))
        if named:
            return ()
    return ()


def _acted(turns: Sequence[PastTurn]) -> tuple[int, ...]:
    for turn in reversed(turns):
        if turn.effects:
            return _ids_in(*turn.effects[-1])
    return ()
