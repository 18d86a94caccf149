"""Ends of tasks: complete and open again here, and the deletions; a list named in front holds for all of them."""

import datetime as dt
import re
from dataclasses import replace

from kirotodo.core.language.intents.delete import NEVER_OURS, TASKED, deleting, said_of
from kirotodo.core.language.intents.filters import narrow
from kirotodo.core.language.intents.items import PAIRS
from kirotodo.core.language.intents.list_names import LIST_HEAD, LIST_PHRASE, list_name
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.targets import by_number, strip_words, target
from kirotodo.core.language.intents.vocabulary import topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import (
    Action,
    Clarify,
    Complete,
    Delete,
    Scope,
    Target,
)

_DONE = (
    r"(?:done|complete|completed|finished|bought|purchased|checked|checked off|ticked|crossed off|accomplished|closed"
    r"|handled|sorted|taken care of|over with)"
)
_NOT_DONE = (
    r"(?:not (?:yet )?(?:done|completed?|finished)(?: yet)?|undone|incomplete|unfinished|uncompleted?"
    r"|pending|open|un-?checked|active)"
)

_REOPEN = pattern(
    rf"(?:reopen|re-open|open again|uncomplete|un-complete|uncheck|un-check|unmark|untick|un-tick|undone"
    rf"|restore|reactivate|unfinish)\s+(?P<a>.+)"
    rf"|(?:mark|set|flag|make|put|change|move|turn)\s+(?P<b>.+?)\s+(?:back\s+)?(?:as|to"
    rf"|to be)?\s*{_NOT_DONE}(?: again)?[\s.!]*\Z"
    rf"|(?P<c>.+?)\s+(?:is|are|was|were)(?:n't| not)(?: yet)?(?: actually| really)? (?:done|finished"
    rf"|completed?)(?: yet)?[\s.!]*\Z"
    rf"|(?:i|we)(?:'ve| have)?(?: did| have)?(?:n't| not)(?: actually| really)? (?:finish(?:ed)?|done|do"
    rf"|completed?)\s+(?P<d>.+?)(?: yet)?[\s.!]*\Z"
    r"|open\s+(?P<e>.+?)\s+(?:again|back up|up again)[\s.!]*\Z",
    re.DOTALL,
)
_COMPLETE = pattern(
    rf"(?:(?:mark|set|flag|consider|update|change|check)\s+(?P<a>.+?)\s+(?:(?:as|to|to be|is|are"
    rf"|status to)\s+)*(?:all\s+)?{_DONE}|(?:mark|tick|check|cross)\s+(?P<g>.+?)\s+off)(?: now| please"
    rf"| already| today)*(?P<list>\s+(?:(?:on|of|from|in|off)\s+(?:of\s+)?|(?=(?:my|the"
    rf"|our)\b)).+?)?[\s.!]*\Z"
    r"|(?:check|tick|cross|mark)(?:\s+off)(?: of)?\s+(?P<b>.+)"
    r"|(?:mark|tick|check)\s+(?:as\s+)?(?:done|complete|completed|finished)\s*[:,]?\s+(?P<c>.+)"
    r"|(?:complete|close|close out|check|tick|resolve|conclude|accomplish|(?:done|finished) with|done:"
    r"|done|completed|finished)\s+(?P<d>(?!off\b|out\b|in\b|if\b|whether\b|on\b|for\b|my (?:list|calendar"
    r"|schedule)\b|the (?:list|calendar|schedule)\b).+)"
    r"|(?:finish)\s+(?P<f>.+)",
    re.DOTALL,
)
_DID = pattern(
    r"(?:(?:i|we)(?:'ve| have|'m| am| just| already| finally| also| now| did| got| actually|'re"
    r"| are)*\s*(?:all\s+)?(?:finished|completed|done|did|did do|wrapped up|through|taken care of"
    r"|took care of|crossed off|checked off|knocked out|ticked off)(?: up)?(?: with| doing)?"
    r"|(?:all )?(?:done|finished)(?: with| doing)|got done with)\s+(?P<a>.+)"
    r"|(?P<b>.+?)(?:\s+(?:is|are|was|were|has been|have been|got|just got)|'s)\s+(?:now\s+|already\s+|all\s+"
    r"|finally\s+)*(?:done|complete|completed|finished|taken care of|checked off|accomplished)(?: now"
    r"| already| too| as well| today)*[\s.!]*\Z"
    r"|(?:(?:(?:i|we)(?:'ve| have)?\s+)?(?:just\s+|already\s+|finally\s+|got\s+)+|(?:i|we)(?:'ve"
    r"| have)\s+)(?P<c>(?:bought|paid|called"
    r"|mailed|sent|picked up|cleaned|washed|fixed|submitted|returned|watered|fed|walked|emailed|booked"
    r"|renewed|ordered|made|wrote|read|went to|took|visited|ran|cooked|packed|vacuumed|mowed|scheduled"
    r"|replied to|printed|signed)\s+.+)"
    r"|(?:i|we)\s+(?P<e>(?:bought|paid|called|mailed|sent|picked up|cleaned|washed|fixed|submitted|returned|watered"
    r"|fed|walked|emailed|booked|renewed|ordered|wrote|vacuumed|mowed|replied to|printed|signed)\s+(?!an?\b).+)"
    r"|(?:got|get)\s+(?P<d>.+?)\s+(?:done|finished|completed)[\s.!]*\Z",
    re.DOTALL,
)
_TOLD_ON = pattern(
    r"(?:the\s+|this\s+|that\s+|my\s+)?(?:sentence|joke|story|song|lyrics?|poem|phrase|quote|level|order|purchase"
    r"|transaction|payment|saying)\b"
)
"""What is completed or finished by telling it, or elsewhere."""
_AND = pattern(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)
_OWN_TARGET = pattern(r"(?:the|my)\s|(?:tasks?\s*)?#?\d+\Z")


def finishing(span: Span, before: Span | None = None) -> list[Action] | None:
    """The ends that a clause asks for; None where it asks for none."""
    span, head = _headed(span)
    for rule in (_reopening, _completing, deleting):
        action = rule(span, before)
        if action is not None:
            return [_within(each, head) for each in _several(action)]
    return None


def _headed(span: Span) -> tuple[Span, str | None]:
    """ "On my shopping list, remove eggs": the list in front is taken off."""
    m = span.match(LIST_HEAD)
    if m is None or not m.end() < span.end:
        return span, None
    return span.to(start=m.end()), list_name(span, m)


def _several(action: Action) -> list[Action]:
    """ "The report and the dentist": two tasks, where the words behind the "and" begin as a target of their own."""
    match action:
        case Delete(target=Target(words=str(words))) | Complete(target=Target(words=str(words))) if (
            not words.startswith('"')
        ):
            pieces = [p for p in _AND.split(words) if p]
            each = action.target.scope.project is not None and all(len(p.split()) <= 2 for p in pieces)
            if len(pieces) > 1 and (
                (each and not PAIRS.search(words.lower())) or all(_OWN_TARGET.match(p.lower()) for p in pieces[1:])
            ):
                return [replace(action, target=_piece(action.target, p)) for p in pieces]
    return [action]


def _piece(whole: Target, words: str) -> Target:
    exact = by_number(words.lower())
    return exact if exact else replace(whole, words=strip_words(words)[0] or words)


def _within(action: Action, project: str | None) -> Action:
    match action:
        case Complete(target=t) | Delete(target=t) if project and t.scope.project is None:
            return replace(action, target=replace(t, scope=replace(t.scope, project=project)))
    return action


def _reopening(span: Span, before: Span | None) -> Action | None:
    m = span.match(_REOPEN)
    if m is None:
        return None
    if m["e"] is not None and topic_of(m["e"]):
        return None
    found = target(said_of(span, m, "abcde"))
    return Complete(target=found, completed=False) if found else Clarify(missing="target", action="complete")


def _completing(span: Span, before: Span | None) -> Action | None:
    m = span.match(_COMPLETE)
    if m is not None:
        what = said_of(span, m, "agbcdf")
        if (
            topic_of(what.bare) == "alarms and timers"
            or (NEVER_OURS.search(what.trimmed().bare) and not TASKED.search(what.bare))
            or (topic_of(what.bare) in ("money", "music") and not TASKED.search(what.bare))
            or what.match(_TOLD_ON)
            or what.fullmatch(LIST_PHRASE)
        ):
            return None
        if m["d"] and re.match(r"(?:check|close|tick|resolve)\b", span.bare) and topic_of(what.bare):
            return None
        found = target(what)
        if m["list"] is not None and found is not None:
            scope = narrow(span.group(m, "list")).scope
            found = replace(found, scope=replace(found.scope, project=found.scope.project or scope.project))
        if re.match(r"check\b(?! off)", span.bare) and m["d"] and (found is None or not (found.ids or found.pronoun)):
            return None
        if (
            (m["f"] or re.match(r"(?:complete|finish)\b", span.bare))
            and found is not None
            and found.words
            and found.scope != Scope()
            and what.named()
        ):
            return None
        return _completed(found)
    m = span.match(_DID)
    if m is None:
        return None
    what = said_of(span, m, "abcde")
    if what.trimmed().fullmatch(LIST_PHRASE):
        return None
    if len(what.bare.split()) > 9 or re.match(r"(?:what|who|that|which|it all|nothing|anything|you)\b", what.bare):
        return None
    if m["b"] is not None and (
        topic_of(what.bare)
        or what.match(_TOLD_ON)
        or re.match(r"(?:this|that|it|i|we|he|she|they|you)\s+\w", what.bare)
    ):
        return None
    found = target(what)
    return _completed(_whenever(found, span.reading.now.date())) if found else None


def _whenever(found: Target, today: dt.date) -> Target:
    """ "I sent the invoice yesterday": when it was done, not when it was due."""
    scope = found.scope
    if found.words and (scope.due == "today" or (scope.due_to is not None and scope.due_to <= today)):
        return replace(found, scope=replace(scope, due=None, due_from=None, due_to=None, part=None, time=None))
    return found


def _completed(found: Target | None) -> Action:
    return Complete(target=found) if found else Clarify(missing="target", action="complete")
