"""The last look before a text is acted on: an addition whose title is no phrase is asked back, whoever read it."""

from functools import cache
from itertools import pairwise
from typing import Final

from kirotodo.core.language.clauses import freed
from kirotodo.core.language.content import minutes_in
from kirotodo.core.language.frames.base import meant
from kirotodo.core.language.lexicon import CHORES, COMMON, NUMBERS, phrases
from kirotodo.core.language.mentions import past_of, same_doing
from kirotodo.core.language.slips import one_off
from kirotodo.core.language.spans import Token, level
from kirotodo.core.language.targets import mentions
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Action, Add, Amend, Clarify, Complete, Confirm, Delete, Repeat, Update
from kirotodo.core.language.when.parse import due_day
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

_MANY: Final = 80
"""Of so many things one is not asked."""


def cautious(text: Text, actions: tuple[Action, ...], unread: list[Piece]) -> tuple[Action, ...]:
    """Return actions as they are, or as a question where one of them adds what is hardly a title, where a date was
    dropped, or where a clause was not read that names another task or another date."""
    actions = tuple(_done_rather(text, action) for action in actions)
    titles = [action.title for action in actions if isinstance(action, Add)] if len(actions) < _MANY else []
    if any(is_broken(text, title) for title in titles):
        edits = any(_changes_ours(text, title.lower().split()) for title in titles)
        return (Clarify(missing="target", action="update"),) if edits else (Confirm(actions=actions),)
    if any(isinstance(action, Update) and (action.notes or "").lower() in _POINTING_WORDS for action in actions):
        return (Clarify(missing="target", action="update"),)
    added = [action for action in actions if isinstance(action, Add)]
    if (
        _passes_over_ours(text, added, actions)
        or _drops_a_value(text, actions)
        or _drops_a_clause(actions, unread)
        or _is_disowned(text, added)
        or _is_taken_back(text, actions)
        or any(_is_over(text, action) or _has_more_time(text, action) for action in actions)
    ):
        return (Confirm(actions=actions),)
    return actions


def _done_rather(text: Text, action: Action) -> Action:
    """Return a new date as a task done where the text tells what happened on that day ("passport came today")."""
    change = action.change if isinstance(action, Amend | Repeat) else next(iter(meant((action,))))
    if not isinstance(change, Update) or change.when is None or len(change.target.ids) != 1:
        return action
    view = text.context.task(change.target.ids[0])
    only_day = change == Update(target=change.target, when=change.when)
    verbs = [token.word for token in text.tokens if past_of(token.word) is not None or token.word in _HAPPENED]
    if view is None or not only_day or change.when.date > text.now.date() or not verbs or _is_asked_for(text):
        return action
    done = Complete(target=change.target)
    told = any(same_doing(word, view.title) or word in phrases("became_done") for word in verbs)
    return done if told and view.completed is None else Confirm(actions=(done,))


_HAPPENED: Final = word_set("came went got took gave sent arrived left happened")


def _is_asked_for(text: Text) -> bool:
    """Return whether somebody wants something, so that a day is when to do it."""
    words = {token.word for token in text.tokens}
    return not words.isdisjoint(_ASKING | phrases("move"))


_ASKING: Final = word_set("wants want need needs to by until till for said says due make it's")
_POINTING_WORDS: Final = word_set("it that this these those them")
_UNTIL: Final = pattern(r"(?:un)?til+\b")


def _is_over(text: Text, action: Action) -> bool:
    """Return whether a change would put a task on a day that is over."""
    when = action.when if isinstance(action, Update) and not action.time_only else None
    return when is not None and due_day(when, today=text.now.date()) < text.now.date()


def _has_more_time(text: Text, action: Action) -> bool:
    """Return whether a task would be taken for done that has until a day to come."""
    return isinstance(action, Complete) and any(
        token.value.when.date > text.now.date() and _UNTIL.match(text.low, token.start)
        for token in text.whole().spans("W")
    )


def _is_taken_back(text: Text, actions: tuple[Action, ...]) -> bool:
    """Return whether a text forbids within itself what it asked for first ("cancel it, no wait, don't cancel it")."""
    return (
        any(isinstance(action, Delete | Complete) for action in actions)
        and text.whole().search("no|wait|actually don't|do_not") is not None
    )


def _drops_a_clause(actions: tuple[Action, ...], unread: list[Piece]) -> bool:
    """Return whether a clause that was not read says more than why."""
    if not unread or not all(isinstance(action, Add | Complete | Delete | Update) for action in actions):
        return False
    aimed = {each for action in actions if not isinstance(action, Add) for each in action.target.ids}  # type: ignore[union-attr]
    known = _moments(actions)
    return any(
        (_is_mine(piece) and any(_moment(token) not in known for token in piece.spans("W")))
        or any(match.id not in aimed for match in mentions(piece))
        for piece in unread
    )


def _moments(actions: tuple[Action, ...]) -> set[object]:
    """Return the days and times that actions hold."""
    whens = [action.when for action in actions if isinstance(action, Add | Update) and action.when is not None]
    starts = [action.start for action in actions if isinstance(action, Add | Update) and action.start is not None]
    return {value for when in (*whens, *starts) for value in (when.date, when.time, when.until)}


def _moment(token: Token) -> object:
    return token.value.when.time if token.value.time_only else token.value.when.date


def _is_mine(piece: Piece) -> bool:
    """Return whether a clause speaks of what the user does ("I'll wrap it on friday")."""
    return not {"i", "i'll", "i'm", "we", "we'll", "we're", "must", "should"}.isdisjoint(piece.words)


def _passes_over_ours(text: Text, adds: list[Add], actions: tuple[Action, ...]) -> bool:
    """Return whether a text that is read as no more than additions names a task of the list beside them."""
    if not 0 < len(adds) == len(actions) < _MANY or not text.titles or any(add.parent_id for add in adds):
        return False
    from kirotodo.core.language.turns import units_of  # most texts need none

    written = {word for add in adds for word in f"{add.title} {add.notes or ''} {add.project or ''}".lower().split()}
    head = max((token.start for token in text.tokens if token.word == ":"), default=0)
    beside = [unit.shown for unit in units_of(text) if unit.known and text.tokens[unit.first].start >= head]
    return any(word not in written for word in beside) and _STEP.isdisjoint(token.word for token in text.tokens)


_STEP: Final = word_set("step subtask sub-task child under instead")
DISOWNED: Final = 0.6
OWNED: Final = 0.3
"""An addition that nobody asked for is asked back where its text is another change by its shape with the first
probability, and an addition with less than the second."""
_OTHERS: Final = ("delete", "done", "note", "rename", "reopen", "undo", "update")


def _is_disowned(text: Text, adds: list[Add]) -> bool:
    """Return whether a text that asks nobody to add anything, and tells of no chore, is another change by its shape."""
    if not 0 < len(adds) < _MANY or not _commands().isdisjoint(token.word for token in text.tokens):
        return False
    if freed(text.whole()).wish or all(add.title.lower().split()[0] in CHORES for add in adds):
        return False
    from kirotodo.core.language.turns import before_of, intents_of, units_of  # most texts need none

    shares = intents_of(units_of(text), before_of(text.context.state))
    return shares["add"] < OWNED and any(shares[other] >= DISOWNED for other in _OTHERS)


def _drops_a_value(text: Text, actions: tuple[Action, ...]) -> bool:
    """Return whether no action has the priority that a text names, or none of its additions a day or a time."""
    changes = [action for action in actions if isinstance(action, Add | Update)]
    rated = any(action.priority for action in changes)
    if changes and not rated and all(isinstance(action, Add | Complete | Delete) for action in actions):
        written = " ".join(action.title or "" for action in changes).lower()
        named = [text.low[token.start : token.end] for token in text.tokens if token.word == "P"]
        return any(name not in written for name in named) or _drops_a_date(text, actions)
    return _drops_a_date(text, actions)


def _drops_a_date(text: Text, actions: tuple[Action, ...]) -> bool:
    """Return whether a text of additions names a day or a time that none of them has, but in a heading."""
    adds = [action for action in actions if isinstance(action, Add)]
    if len(adds) < len(actions) or any(add.recurrence for add in adds):
        return False
    if any(add.remind not in (None, "at the time") for add in adds):
        return False  # a moment of its own, or a lead before the date
    known = _moments(actions)
    written = " ".join(f"{add.title} {add.notes or ''}" for add in adds).lower()
    if not known and _SAME.search(text.low) and not _SAME.search(written):
        return True
    head = max((token.start for token in text.tokens if token.word == ":"), default=0)
    lengths = {add.duration for add in adds} - {None}
    return any(
        token.start >= head
        and _moment(token) not in known
        and minutes_in(text.low[token.start : token.end]) not in lengths
        and text.low[token.start : token.end] not in written
        for token in text.spans
        if token.word == "W"
    )


_SAME: Final = pattern(r"\b(?:that|same) (?:day|evening|morning|afternoon|night)\b")


def is_broken(text: Text, title: str) -> bool:
    """Return whether a title holds what belongs to a sentence around it: a slip that was taken back, a rest of a date.

    What is told without a verb of the list ("the oven is filthy again") must be a phrase throughout.
    """
    if any(str(token.value) == title for token in text.spans if token.word == "Q"):
        return False
    low = title.lower().replace("’", "'")
    words = [word.strip(".,;:!?()\"'") for word in low.split()]
    if "no" in words[1:-1] and any(token.word in _HEARD for token in text.tokens):
        return True
    if _is_unfinished(low, words):
        return True
    if _is_commanded(text, low):
        return False
    if "the list" in low and any(token.word == "K" for token in text.tokens):
        return True
    return _holds_a_date(text, title) or is_sentence(low, words) or _changes_ours(text, words)


def _holds_a_date(text: Text, title: str) -> bool:
    """Return whether a title has a date within that was not taken out ("pads by tuesday, they have a match")."""
    start = text.raw.find(title)
    return start >= 0 and any(
        start < token.start and token.end < start + len(title) and not token.value.kept and token.lead
        for token in text.spans
        if token.word == "W"
    )


_HEARD: Final = word_set("um umm uh erm er oh hmm hm lol haha hahaha hooray yay oops whoops plz")
_LEFT: Final = word_set("half quarter no and or the a an of")
_LOOSE: Final = word_set("no it its those these with like so")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tomorrow")
_REST_OF_DATE: Final = pattern(
    r"\b\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b|\b\d{1,2}[.:]\d\d\Z"
    r"|\b(?:that|same) (?:day|evening|morning|afternoon|time)\b"
)


def _is_unfinished(low: str, words: list[str]) -> bool:
    """Return whether a title holds hesitation, a value that was taken back, or the rest of a date."""
    if not words or (len(words) < 4 and words[-1] in ("its", "it's", "is", "was", "are")):
        return True
    if len(words) == 2 and words[1] in _POINTING_WORDS and words[0] in phrases("change"):
        return True
    if words[0] in _LOOSE or words[-1] in _LEFT or (words[0].endswith("'s") and len(words) == 1):
        return True
    if not _HEARD.isdisjoint(words):
        return True
    if _REST_OF_DATE.search(low):
        return True
    taken_back = any(
        word == "no" and (after in NUMBERS or after in _DAYS or after == "wait") for word, after in pairwise(words)
    )
    return taken_back or any(one_off(word, day) for word in words[-2:] if word and word not in _DAYS for day in _DAYS)


_FINITE: Final = phrases("finite") - {"needs"} | word_set(
    "came went got took gave said told rang ate drove fell am can't don't"
)
_OPENING: Final = word_set(
    "i i'm i'll i've it's that that's he she they they're they've we we're there's who which for"
)
ARTICLES: Final = word_set("the my our a an his her their some")
_POINTING: Final = pattern(r"\b(?:the|that|this) \w+ ones?\b")
_WITHIN: Final = word_set("if whether that which who what when where how why before after until because so than while")


def is_sentence(low: str, words: list[str]) -> bool:
    """Return whether a title that nobody asked to add is a statement, or holds a value that was not read."""
    if words[0] == "put" and words[1:2] and words[1] in CHORES:
        return True
    if words[1:2] and words[1] in ARTICLES and words[0] not in CHORES and past_of(words[0]) is not None:
        return True  # "found my boots"
    if any(word.endswith("'s") and after == "been" for word, after in pairwise(words)):
        return True
    if words[0] in _OPENING or words[-1] in ("there", "then", "again") or _POINTING.search(low):
        return True
    if len(words) > 1 and level(words[-1]) in ("high", "low"):
        return True
    for place, word in enumerate(words):
        if word in _WITHIN:
            return False
        wants = word in ("want", "wants") and words[place + 1 : place + 2] == ["to"]
        if word in ("not", "never") or word.endswith("n't") or (place and (wants or word in _FINITE)):
            return True
    return False


def _changes_ours(text: Text, words: list[str]) -> bool:
    """Return whether a title is a command to change something on the list ("mark the rice" of "mark the rice, …")."""
    verbs = phrases("editing") | phrases("finish") | phrases("remove")
    if words[0] in verbs and _POINTING.search(" ".join(words)):
        return True  # "move the garden one"
    return words[0] in verbs and any(text.titles.knows(word) for word in words[1:] if word not in COMMON)


def _is_commanded(text: Text, low: str) -> bool:
    """Return whether a verb of the list stands in front of a title."""
    place = text.low.find(low)
    front = {token.word for token in text.tokens if place < 0 or token.end <= place}
    return not front.isdisjoint(_commands())


@cache
def _commands() -> frozenset[str]:
    """Return the words that ask to add something."""
    return phrases("add") | phrases("remind") | phrases("remember") | phrases("reminder")
