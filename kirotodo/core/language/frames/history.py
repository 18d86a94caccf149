"""Texts that are as a whole about the history or a saved view: "what did the assistant do yesterday?", "who moved the
dentist?", "undo everything from this morning", "open the view urgent". Each form is of the whole text."""

from typing import Final

from kirotodo.core.domain.history import By
from kirotodo.core.language.mentions import CERTAIN
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.types import Action, Deed, Query, Scope, TakeBack, Target, Undo
from kirotodo.core.text.patterns import pattern

_LED: Final = (
    r"(?:(?:please|so|ok|okay|hey|hi|and|well|kiro|can you|could you|would you|tell me|show me|let me know|"
    r"i want to know)[, ]+)*"
)
_ENDED: Final = r"(?:[, ]+(?:please|for me|thanks|thank you))*[ .!?]*"
_ASSISTANT: Final = r"(?:the |my |your )?(?:built-in )?(?:assistant|kiro|kirotodo|ai|bot|model|agent)|you"
_WHO: Final = rf"(?P<assistant>{_ASSISTANT})|(?P<own>i myself|i)"
_DAYS: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_UNIT: Final = r"(?:minute|hour|day|week)s?"
_PAST: Final = (
    r"(?:(?:on |in |over |during |within |for |from |of )?(?P<when>today|tonight|yesterday(?: morning| afternoon| "
    r"evening)?|this (?:morning|afternoon|evening|week|month)|last (?:night|week|month|weekend)"
    rf"|(?:last )?{_DAYS}|(?:the )?(?:last|past) (?:\d{{1,3}} )?{_UNIT}))"
)
_DID: Final = (
    r"(?:do|did|done|does|change|changed|edit|edited|add|added|delete|deleted|move|moved|complete|completed|make|made"
    r"|touch|touched)"
)
_BY_WHOM: Final = pattern(
    _LED + rf"(?:what|which (?:things|tasks|changes))(?:'s| all| else)?(?: (?:did|has|have))? (?:{_WHO})"
    rf"(?: (?:just|all))? (?P<did>{_DID})(?: to| on| with| in)?(?: (?:my|the) (?:list|tasks|to-?dos?))? {_PAST}"
    + _ENDED
)
_CHANGED: Final = pattern(
    _LED + r"(?:what(?:'s| has| have| was| were|'ve)?(?: all| been| got)* (?:changed?|edited)"
    r"|(?:show |list )?(?:all |the |my )*(?:changes|edits|history))"
    rf"(?: (?:on|in|to|of) (?:my|the) (?:list|tasks|to-?dos?))?(?: by (?P<assistant>{_ASSISTANT}))? {_PAST}" + _ENDED
)
_OF_TASK: Final = pattern(
    _LED + r"(?:what(?:'s| has| have| was| were)?(?: all| been| got)* changed?(?: on| about| in| with| for| of| at)"
    r"|(?:show |list )?(?:all |the )*(?:changes|edits|history) (?:of|on|to|for)|how has)"
    r" (?P<what>[^,;:?]{2,80}?)(?: changed)?" + _ENDED
)
_WHO_DID: Final = pattern(
    _LED + r"(?:who|when (?:did|have|has) (?:who|someone|somebody|anyone|you|i)|when was|when were)"
    r"(?: has| have| was it (?:who|that))? "
    r"(?:(?P<verb>moved?|postponed?|rescheduled?|renamed?|changed?|edited|touched|added|created|completed|finished|"
    r"closed|reopened|deleted|removed) (?P<what>[^,;:?]{2,80}?)|(?P<past>[^,;:?]{2,80}?) "
    r"(?P<passive>moved|postponed|rescheduled|renamed|changed|edited|added|created|reopened))" + _ENDED
)
_DEEDS: Final[dict[str, Deed]] = {
    **dict.fromkeys(("move", "moved", "postpone", "postponed", "reschedule", "rescheduled"), "moved"),
    **dict.fromkeys(("rename", "renamed"), "renamed"),
    **dict.fromkeys(("add", "added", "created"), "added"),
    **dict.fromkeys(("complete", "completed", "finished", "closed"), "completed"),
    **dict.fromkeys(("delete", "deleted", "removed"), "deleted"),
    "reopened": "reopened",
}
_UNDONE: Final = r"(?:undo|revert|reverse|roll back|take back|rollback)"
_CHANGES: Final = r"(?:(?:all|every|any|each|of|the|my|your|his)[ ]+)*(?:changes?|edits?|everything|all|whatever|what)"
_UNDO: Final = pattern(
    _LED
    + rf"{_UNDONE} {_CHANGES}(?: that| which)?(?: (?:{_WHO})(?:'ve)?(?: have| has| just)* {_DID}| made| done| changed)?"
    rf"(?: by (?P<by>{_ASSISTANT}))?"
    r"(?: (?:to|of|on|in) (?!(?:the )?(?:this|last|past|yesterday|today)\b)(?P<what>[^,;:?]{2,80}?))?"
    rf" (?:since (?P<since>today|this morning|yesterday|{_DAYS}|\d\S{{0,6}})|{_PAST})" + _ENDED
)
_UNDO_OF_DAY: Final = pattern(
    _LED
    + rf"{_UNDONE} (?:all )?(?P<when>today|yesterday|this morning|this week|last week)'?s (?:changes|edits)"
    + _ENDED
)
_PHONE: Final = r"(?:my |the )?(?:phone|iphone|ipad|tablet|watch|calendar|caldav|reminders app|phone's reminders)"
_UNDO_OF_PHONE: Final = pattern(
    _LED + rf"{_UNDONE} {_CHANGES}(?: that| which)? (?:{_PHONE}(?: has| just)* {_DID}|(?:done |made |changed )?"
    rf"(?:by|from|on|with) {_PHONE})(?: (?:since (?P<since>today|this morning|yesterday|{_DAYS}|\d\S{{0,6}})|{_PAST}))?"
    + _ENDED
)
_UNDO_OF_TASK: Final = pattern(
    _LED + rf"{_UNDONE} (?:just |only )?(?:the |your |my )?(?:last |latest )?(?:changes?|edits?) "
    r"(?:to|of|on|for|about) (?P<what>[^,;:?]{2,80}?)" + _ENDED
)
_VIEW: Final = pattern(
    _LED + r"(?:show|open|display|list|see|use|load|go to|switch to|give me|what's in|what is in|whats in)(?: me| up)?"
    r"(?: (?:the|my|our|saved))* (?:(?P<before>[\w.-]+) view|view (?:called |named |of )?[@\"“']?(?P<after>[\w.-]+)"
    r"[\"”']?)" + _ENDED
)


def looking_back(text: Text) -> Action | None:
    """Return the request about the history or about a saved view that a whole text is, if it is one."""
    said = " ".join(text.low.replace("’", "'").split())
    if len(said) > 140:
        return None
    for read in (_of_view, _undone, _by_whom, _of_task, _who_did):
        action = read(said, text)
        if action is not None:
            return action
    return None


def _of_view(said: str, text: Text) -> Action | None:
    found = _VIEW.fullmatch(said) if text.context.views else None
    if found is None:
        return None
    name = (found["before"] or found["after"]).casefold()
    known = next((view for view in text.context.views if view.casefold() == name), None)
    return None if known is None else Query(scope=Scope(search=f"@{known}"))


def _undone(said: str, text: Text) -> Action | None:
    if found := _UNDO_OF_DAY.fullmatch(said):
        return Undo(since=found["when"])
    if found := _UNDO_OF_PHONE.fullmatch(said):
        return Undo(since=found["since"] or found["when"] or "today", until=_until(found["since"]), by="calendar")
    if found := _UNDO.fullmatch(said):
        target = _named(text, found["what"]) if found["what"] else None
        if found["what"] and target is None and found["what"] not in _LIST:
            return None
        by: By | None = "assistant" if found["assistant"] or found["by"] else _own(found["own"])
        return Undo(since=found["since"] or found["when"], until=_until(found["since"]), by=by, target=target)
    found = _UNDO_OF_TASK.fullmatch(said)
    target = _named(text, found["what"]) if found else None
    return TakeBack(target=target) if target is not None else None


def _until(since: str | None) -> str | None:
    """Return the end of a time that is only said to begin."""
    return "now" if since else None


_LIST: Final = frozenset({"my list", "the list", "my tasks", "the tasks", "it", "my to-do list", "my todo list"})


_DOING: Final = frozenset({"do", "did", "done", "complete", "completed"})
"""What the user did is what is done on the list, and no change of it."""


def _own(word: str | None) -> By | None:
    """Return whose changes "i" means: those by hand only where it is said, as much of it was done through a model."""
    return "you" if word == "i myself" else None


def _by_whom(said: str, text: Text) -> Action | None:
    found = _BY_WHOM.fullmatch(said)
    if found is not None:
        if found["own"] and found["did"] in _DOING:
            return None
        by: By | None = "assistant" if found["assistant"] else _own(found["own"])
        return Query(about="history", during=found["when"], by=by, deed=_DEEDS.get(found["did"]))
    found = _CHANGED.fullmatch(said)
    if found is None:
        return None
    return Query(about="history", during=found["when"], by="assistant" if found["assistant"] else None)


def _of_task(said: str, text: Text) -> Action | None:
    found = _OF_TASK.fullmatch(said)
    target = _named(text, found["what"]) if found else None
    return None if target is None else Query(about="history", target=target)


def _who_did(said: str, text: Text) -> Action | None:
    found = _WHO_DID.fullmatch(said)
    target = _named(text, found["what"] or found["past"]) if found else None
    if found is None or target is None:
        return None
    return Query(about="history", target=target, deed=_DEEDS.get(found["verb"] or found["passive"]))


def _named(text: Text, words: str) -> Target | None:
    """Return the tasks, open or done, that words name for certain; a bare "it" is what was talked about."""
    about = text.context.state.about
    if words in ("it", "that", "this", "this task", "that task"):
        return Target(pronoun="it") if about else None
    if (number := _NUMBER.fullmatch(words)) is not None:
        return Target(ids=(int(number[1]),))
    bare = _AROUND.sub("", words).strip()
    found = [each for each in text.titles.choose(bare, done=None) if each.score >= CERTAIN] if bare else []
    if not found:
        return None
    ids = tuple(each.id for each in found)
    return Target(words=bare, ids=ids) if len(ids) == 1 else Target(words=bare, candidates=ids)


_NUMBER: Final = pattern(r"(?:the )?(?:task |number |no\.? )*#?(\d{1,9})")
_AROUND: Final = pattern(r"^(?:(?:the|my|our|a|an|task|on|to)\s+)+|\s+(?:task|item|one|entry|to-?do)$")
