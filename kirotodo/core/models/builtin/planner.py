"""What the built-in model sets out to do about a text, in the light of the conversation before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias, assert_never

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.intents.inline_marks import parse_inline
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import (
    Action,
    Add,
    Clarify,
    Clear,
    Complete,
    CreateList,
    Delete,
    DeleteList,
    Help,
    LeftOut,
    No,
    OutOfScope,
    Pick,
    Preferences,
    Query,
    Redo,
    Smalltalk,
    Target,
    Undo,
    Update,
    Yes,
)
from kirotodo.core.language.understand import understand
from kirotodo.core.models.builtin import edits
from kirotodo.core.models.builtin.memory import Asked, Memory
from kirotodo.core.models.builtin.queries import query
from kirotodo.core.models.builtin.replies import HELP, REFUSAL, escaped, small_talk, what_is_missing
from kirotodo.core.models.builtin.targets import Work

_NUMBER_OF_A_TASK: Final = pattern(r"#\s*\d|\b(?:tasks?|todos?|ids?|items?)\s+(?:number\s+|no\.?\s+)?\d", re.IGNORECASE)
_WORD: Final = pattern(r"\w+")
_SMALL_WORDS: Final = frozenset(
    {"the", "a", "an", "one", "ones", "task", "please", "my", "that", "with", "about", "for"}
)


def in_places(text: str, target: Target, memory: Memory) -> Target:
    """Return `target` with bare numbers read as places, if the list shown last had places; else as it was.

    Words are looked up among the tasks offered, where a question is open.
    """
    shown = tuple(task["id"] for task in memory.shown)
    if target.pronoun == "them" and memory.numbered and memory.asked and shown:
        return Target(ids=shown, plural=True)
    if target.everything and memory.asked and memory.numbered and shown:
        return Target(ids=shown, plural=True)
    if target.words and memory.asked and (ids := offered_by_words(target.words, memory)):
        return Target(ids=ids, plural=len(ids) > 1)
    if not target.ids or not memory.numbered or not memory.asked or _NUMBER_OF_A_TASK.search(text):
        return target
    if all(0 < place <= len(shown) for place in target.ids):
        return replace(target, ids=tuple(shown[place - 1] for place in target.ids))
    return target


def offered_by_words(text: str, memory: Memory) -> tuple[int, ...]:
    """Return the one task offered whose title has all the words said; none where that is not exactly one."""
    said = _words(text) - _SMALL_WORDS
    if not said or not memory.numbered:
        return ()
    matching = [task["id"] for task in memory.shown if _all_begin(said, _words(str(task["title"])))]
    return (matching[0],) if len(matching) == 1 else ()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _all_begin(said: frozenset[str], title: frozenset[str]) -> bool:
    return all(any(word.startswith(each) for word in title) for each in said)


_ON_IT: Final = pattern(
    r"(?:please\s+)?(?:put|add)\s+(?P<what>.+?)\s+(?:there|(?:on|to|in|into)\s+(?:it|that list|the list))[.!]*",
    re.IGNORECASE,
)
_AND: Final = pattern(r"(?:oh,?\s+)?(?:and|also|plus)\s+(?:also\s+|then\s+)?(?P<what>\S.*)", re.IGNORECASE)
LOOK_BACK: Final = 6
"""How many turns a question may lie before the pick that answers it."""
Wish: TypeAlias = "Action | tuple[Add, ...] | AddUnlessThere"
Targeted: TypeAlias = Complete | Update | Delete | Query


class Reader:
    """Reads texts by one user's clock and preferences."""

    def __init__(self, *, now: datetime, preferences: Preferences) -> None:
        self.now = now
        self.preferences = preferences

    def actions(self, text: str) -> tuple[Action, ...]:
        """Return the actions of a text, taken by itself."""
        return understand(text, now=self.now, preferences=self.preferences).actions

    def added(self, text: str) -> tuple[Add, ...]:
        """Return the additions of a text that is nothing but what to add."""
        if found := _ON_IT.fullmatch(text.strip()):
            text = found["what"]
        for sentence in (text, f"add {text}"):
            actions = self.actions(sentence)
            if all(isinstance(action, Add) for action in actions) and (sentence != text or len(actions) > 1):
                return tuple(action for action in actions if isinstance(action, Add))
        try:
            return (parse_inline(text, now=self.now, preferences=self.preferences),)
        except InvalidInput:
            return ()


def planned(text: str, memory: Memory, reader: Reader) -> tuple[Action, ...]:
    """Return the actions of a text, with a pick or an answer made into the action that it completes."""
    actions = reader.actions(text)
    if len(actions) == 1 and (answer := _answer(text, actions[0], memory, reader)) is not None:
        return answer
    return tuple(_in_context(text, action, memory, reader) for action in actions)


@dataclass(frozen=True, kw_only=True, slots=True)
class AddUnlessThere:
    """An addition on the condition that nothing like it is there."""

    target: Target
    actions: tuple[Add, ...]


def grouped(actions: Sequence[Action]) -> tuple[Wish, ...]:
    """Return the actions, with additions side by side as one wish."""
    match tuple(actions):
        case (Query(about="task", target=Target(words=str(words)) as target), Add(title=title) as addition) if (
            words == title
        ):
            return (AddUnlessThere(target=target, actions=(addition,)),)
    wishes: list[Wish] = []
    for action in actions:
        if not isinstance(action, Add):
            wishes.append(action)
        elif wishes and isinstance(wishes[-1], tuple):
            wishes[-1] = (*wishes[-1], action)
        else:
            wishes.append((action,))
    return tuple(wishes)


def started(action: Wish, memory: Memory, reader: Reader) -> Work[str]:
    """Return the work on one wish."""
    match action:
        case tuple():
            return edits.add(action)
        case AddUnlessThere(target=target, actions=additions):
            return edits.add_unless_there(target, additions, memory)
        case Query():
            return query(action, memory, reader.now.date())
        case Complete():
            return edits.complete(action, memory)
        case Update():
            return edits.update(action, memory)
        case Delete():
            return edits.delete(action, memory)
        case Clear() | DeleteList():
            return edits.clear(action)
        case Undo() | Redo():
            return edits.undo(action)
        case Pick(instead=True):
            return edits.instead(action.target, memory)
        case _:
            return _say(_reply(action, memory))


def _reply(action: Action, memory: Memory) -> str:
    match action:
        case CreateList(name=None):
            return "A list begins with its first task: say for example “add milk to groceries”."
        case CreateList(name=name):
            return f"The list {escaped(name or '')} begins with its first task. What goes on it first?"
        case Yes():
            return "Yes to what? Tell me what to do, for example “add buy milk tomorrow”."
        case No():
            return "Left as they are." if memory.asked else "All right, nothing was changed."
        case Help():
            return HELP
        case Smalltalk(kind=kind):
            return small_talk(kind)
        case OutOfScope():
            return REFUSAL
        case LeftOut(texts=texts):
            ticked = "it is ticked" if len(texts) == 1 else "they are ticked"
            return f"Left out, as {ticked} off: {', '.join(map(escaped, texts))}."
        case Clarify():
            return what_is_missing(action)
        case _:
            return "I did not get that. Say “help” for what I can do."


def _answer(text: str, action: Action, memory: Memory, reader: Reader) -> tuple[Action, ...] | None:
    """What `text` means as the answer to the question that was asked last; None where it is none."""
    match memory.asked:
        case None:
            return _continued(text, action, memory, reader)
        case "title" | "first_item":
            return _named_task(text, action, memory, reader)
        case "confirm":
            if isinstance(action, Yes) and (asked := _asked_for(memory, reader)) is not None:
                return (_aimed(asked, Target(ids=tuple(task["id"] for task in memory.shown))),)
            return None
        case _:
            bare = isinstance(action, Add) and action.title.casefold() == text.strip(" .!?").casefold()
            return _picked_by_words(text, memory, reader) if bare or isinstance(action, Clarify | OutOfScope) else None


def _continued(text: str, action: Action, memory: Memory, reader: Reader) -> tuple[Action, ...] | None:
    """ "and eggs", after an addition, adds to the same list."""
    found = _AND.fullmatch(text.strip())
    last = memory.turns[-1].effects if memory.turns else ()
    if found is None or not isinstance(action, Clarify | OutOfScope) or not last:
        return None
    if any(call.tool != "add_task" for call, _ in last):
        return None
    project = last[-1][0].arguments.get("project")
    return tuple(replace(each, project=each.project or project) for each in reader.added(found["what"])) or None


def _named_task(text: str, action: Action, memory: Memory, reader: Reader) -> tuple[Action, ...] | None:
    wanted = reader.actions(memory.turns[-1].text)
    name = next((each.name for each in wanted if isinstance(each, CreateList)), None)
    if not isinstance(action, Add | Clarify | OutOfScope | Pick):
        return None
    added = reader.added(text)
    return tuple(replace(each, project=each.project or name) for each in added) or None


def _picked_by_words(text: str, memory: Memory, reader: Reader) -> tuple[Action, ...] | None:
    ids = offered_by_words(text, memory)
    asked = _asked_for(memory, reader) if ids else None
    return (_aimed(asked, Target(ids=ids)),) if asked is not None else None


def _in_context(text: str, action: Action, memory: Memory, reader: Reader) -> Action:
    match action:
        case Pick(target=target, instead=True):
            return replace(action, target=in_places(text, target, memory))
        case Pick(target=target):
            target = in_places(text, target, memory)
            asked = _asked_for(memory, reader) if memory.asked else None
            return _aimed(asked, target) if asked is not None else Query(about="task", target=target)
        case Complete() | Update() | Delete():
            return replace(action, target=in_places(text, action.target, memory))
        case Query(target=Target() as target):
            return replace(action, target=in_places(text, target, memory))
        case Add(project=str(name)) if name.casefold() == "same":
            return replace(action, project=_last_list(memory))
        case _:
            return action


def _last_list(memory: Memory) -> str | None:
    """The list that something was last put on or moved to."""
    called = [call for turn in memory.turns for call, _ in turn.effects]
    return next((call.arguments["project"] for call in reversed(called) if call.arguments.get("project")), None)


def _asked_for(memory: Memory, reader: Reader) -> Targeted | None:
    """The action that the last question was asked for."""
    for turn in reversed(memory.turns[-LOOK_BACK:]):
        for action in reader.actions(turn.text):
            if isinstance(action, Targeted) and _fits(action, memory.asked):
                return action
    return None


def _fits(action: Targeted, asked: Asked | None) -> bool:
    match action:
        case Delete():
            return asked in ("delete", "confirm")
        case Complete(completed=completed):
            return asked in ("complete" if completed else "reopen", "confirm")
        case Update():
            return asked in ("change", "confirm")
        case Query():
            return asked == "show"
        case _ as never:
            assert_never(never)


def _aimed(action: Targeted, target: Target) -> Action:
    return replace(action, target=target)


def leans_on_earlier(action: Wish) -> bool:
    """Return whether an action speaks of what another one in the same sentence does."""
    return isinstance(action, Targeted) and action.target is not None and action.target.pronoun in ("it", "them")


def _say(text: str) -> Work[str]:
    """No work at all."""
    yield from ()
    return text


def texts_of(said: Sequence[str]) -> str:
    """Return several answers as one."""
    return "\n\n".join(text for text in said if text)
