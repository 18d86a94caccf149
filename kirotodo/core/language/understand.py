"""Understand a text: the order in which the rules of the grammar are tried."""

import datetime as dt
import re
from dataclasses import replace

from kirotodo.core.language.intents.add import adding
from kirotodo.core.language.intents.add_to_list import if_missing
from kirotodo.core.language.intents.clauses import clauses, sentences, unlead
from kirotodo.core.language.intents.complete import finishing
from kirotodo.core.language.intents.implied_add import bare, needing, trailing
from kirotodo.core.language.intents.list_names import LIST, LIST_PHRASE, list_name
from kirotodo.core.language.intents.new_task import added
from kirotodo.core.language.intents.prepared_text import Reading, Span, first
from kirotodo.core.language.intents.query import OPENER, OURS, asking
from kirotodo.core.language.intents.reply import reaction, yes_no
from kirotodo.core.language.intents.spelling import spelled
from kirotodo.core.language.intents.targets import target
from kirotodo.core.language.intents.title_and_fields import content, merge
from kirotodo.core.language.intents.update import changing
from kirotodo.core.language.intents.vocabulary import topic_of
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
    LeftOut,
    OutOfScope,
    Preferences,
    Query,
    Redo,
    Smalltalk,
    Target,
    Understanding,
    Undo,
    Update,
)
from kirotodo.core.text.list_marks import ListItem, read_item

_CHANGES = (Add, Complete, Update, Delete, Clear, CreateList, DeleteList, Undo, Redo)
_QUERY_COMMAND = pattern(
    r"(?:remind me (?:of |about )?(?:what|which|where|who|how|when (?:is|are|was|my|the)|the things"
    r"|of the things)|can i|could i|may i)\b"
)
_REQUEST_LAST = pattern(
    r"[\s,.;]+(?:so |and |but |then )?(?:can|could|would|will) you (?:please |just )?(?:add|remove|delete"
    r"|remind me|put|cancel|mark|set|take|move|reschedule)\b"
)
_IF_NOT_THEN = pattern(
    r"(?:and |but )?if (?:not|no|it isn'?t|it'?s not|i don'?t|there isn'?t)\b[\s,]+(?:then |please "
    r"|can you |could you |would you |just )*(?:add|put|include) (?:it|them|that|some|one)\b"
)
_IF_NOT = pattern(
    r"(?P<asked>.+?)[\s,.;?]+(?:and |but )?if (?:not|it'?s? (?:isn'?t|is not|not)|they (?:aren'?t"
    r"|are not)|i (?:don'?t|do not)|there (?:isn'?t|aren'?t)|no)[^,]{0,20}?[\s,]+(?:then |please "
    r"|can you |could you |would you |will you |just )*(?:add|put|include)\b.*",
    re.DOTALL,
)
_SAID = pattern(
    r"(?:(?:don'?t|do not|no longer) need(?: to (?:buy|get|have|do|see))?"
    r"|(?:i|we)(?:'?ve| have| just| already| finally)*\s+(?:(?:don'?t|do not|no longer|didn'?t"
    r"|won'?t) (?:really )?(?:need|want)(?: to (?:buy|get|have|attend|go to|do|see))?|bought|got|finished"
    r"|did|done|completed|paid|picked up|have enough|got enough|have plenty of)"
    r"|(?:i|we)(?:'m| am|'re| are)? ?(?:not|won'?t|will not|can'?t|cannot) (?:be )?(?:going|go|attending|attend|making"
    r"|make|doing|do|coming|come|having|have|seeing|see)(?: it)?(?: to)?|(?:i|we) (?:don'?t|do not) (?:have|need"
    r"|want) to"
    r"(?: go to| buy| get| do| attend| see)?|(?:i'?ve|i) changed my mind (?:about|on)"
    r"|(?:find|locate|look up|look for|search(?: for)?|check|open|go to|see|pull up"
    r"|whatever))\s+(?P<what>.+?)(?:\s+(?:any ?more|any longer|already|now))?[\s.!;,]*\Z",
    re.DOTALL,
)
_CALLED_OFF = pattern(
    r"(?P<what>.+?)\s+(?:is|are|was|were|has been|have been|got|just got|'s)\s+(?:now |been |just |getting )*(?:off"
    r"|cancell?ed"
    r"|called off|postponed|not happening|over|done)[\s.!;,]*\Z",
    re.DOTALL,
)
_STATEMENT = pattern(
    r"(?:(?:i|we|she|he|they|you|it|this|that|(?:the|my|our|an?|\w+s) ?\w*)\s+(?:really |just |always |never |so )*"
    r"(?:hate|hates|love|loves|was|were|is an?|are (?!there)|had|went|made|likes?|think|thinks)\b|that'?s\b"
    r"|you should\b)"
)
""" "I hate meetings": told, and nothing asked."""
_HEADED = pattern(
    rf"\s*(?P<head>(?:(?:please )?(?:add|put|include|new)\b[^\n]{{0,60}}?|{LIST}))\s*:?(?<=[:\w])(?:(?<=:)|(?<=list)"
    rf"|(?<=add)|(?<=items)|(?<=tasks)"
    r"|(?<=following))\s*\n\s*(?=\S)"
)
_ANY_LINE = pattern(r"[^\n\S]*\S[^\n]*")
_ERRAND = pattern(
    r"(?:call|phone|ring|email|e-mail|ask|meet|visit|talk to|speak to|speak with|reply to|pay|wash|paint|repair|fix|sew"
    r"|hang|wrap|sign)\s+(?:(?:the|my|our|a|an)\s+\w|\w+\s+(?:about|for|to|back)\b)"
)
""" "Call the plumber about the leak": likely a to-do, and worth asking."""
_THERE_IS = pattern(r"there(?:'s| is| are| will be)\b")
_GO_TO = pattern(r"(?:go to|open(?: up)?|turn to|look at|check)\s+(?=[^,]+?(?:,| and| to)\s)")
_ENDED = pattern(r"[\s?.!]+\Z")
_CALLED = pattern(r"(?<=[\w¤\"')])!+\s*\Z")
_ASKS = pattern(r"\?[\s\"')\]]*\Z")


def understand(text: str, *, now: dt.datetime, preferences: Preferences = Preferences()) -> Understanding:  # noqa: B008
    """Return the meaning of a text. Pure: the same text at the same moment always means the same."""
    now = now.replace(tzinfo=None)
    reading = Reading(spelled(text), now=now, preferences=preferences)
    actions = _actions(reading.whole())
    return Understanding(
        actions=tuple(actions), when=first(reading.named, "when"), recurrence=first(reading.named, "rule")
    )


def is_yes_no(text: str) -> bool | None:
    """Return True for plain agreement, False for plain refusal, None for anything else."""
    return yes_no(text)


def _actions(whole: Span) -> list[Action]:
    reply = reaction(whole)
    if reply is not None:
        return [reply]
    if (lines := _pasted(whole)) is not None:
        return lines
    out: list[Action] = []
    before: Span | None = None
    for sentence in sentences(whole):
        if (added := _if_not(sentence, out)) is not None:
            out.append(added)
            continue
        actions = _sentence(sentence, before)
        if _begins_line(sentence) and not _weighty(actions) and (more := _one_more(sentence, out)) is not None:
            actions = [more]
        out = _followed(out, actions, before)
        before = sentence
    if weighty := _weighty(out):
        return weighty
    clear: list[Action] = [a for a in out if not isinstance(a, OutOfScope | Smalltalk)]
    return (clear or out)[:1] or [Clarify()]


def _pasted(whole: Span) -> list[Action] | None:
    """ "Add:" or "Shopping list:" and then one thing a line."""
    m = whole.match(_HEADED)
    if m is None:
        return _bullets(whole)
    there = whole.group(m, "head").search(LIST_PHRASE)
    project = list_name(whole, there) if there else None
    return _items([_item(line) for line in _lines(whole.to(start=m.end()))], project) or None


def _bullets(whole: Span) -> list[Action] | None:
    """Nothing but lines that begin with a mark of a list: a task each."""
    items = [_item(line) for line in _lines(whole)]
    if not all(item.marked for _, item in items):
        return None
    if len(items) > 1 or (items and items[0][1].boxed):
        return _items(items, None) or None
    if items and items[0][0]:
        # one bullet alone may be in front of anything
        said = _actions(items[0][0])
        return _items(items, None) if all(isinstance(each, Clarify | OutOfScope) for each in said) else said
    return None


def _lines(whole: Span) -> list[Span]:
    return [
        whole.to(start=m.start(), end=m.end()) for m in _ANY_LINE.finditer(whole.reading.bare, whole.start, whole.end)
    ]


def _item(line: Span) -> tuple[Span, ListItem]:
    """A line without its marks, and what they were."""
    item = read_item(line.raw)
    end = line.start + len(line.raw.rstrip())
    return line.to(end - len(item.text), end), item


def _items(items: list[tuple[Span, ListItem]], project: str | None) -> list[Action]:
    """An addition for each item, and one word on those that are ticked."""
    found = [content(line) for line, item in items if line and not item.done]
    out: list[Action] = [added(each, project=each.project or project) for each in found if each.title]
    ticked = tuple(line.raw for line, item in items if line and item.done)
    return [*out, LeftOut(texts=ticked)] if ticked else out


def _begins_line(sentence: Span) -> bool:
    return "\n" in sentence.reading.bare[: sentence.start][-3:]


def _one_more(sentence: Span, so_far: list[Action]) -> Action | None:
    """A line of its own after an addition is one more."""
    match so_far:
        case [*_, Add(project=project)]:
            line, item = _item(sentence.trimmed(" \t\r\n"))
            found = content(line.trimmed())
            if item.done and found.title:
                return LeftOut(texts=(line.raw,))
            return added(found, project=found.project or project) if found.title else None
    return None


def _if_not(sentence: Span, so_far: list[Action]) -> Action | None:
    """ "Do I have soap on my list? If not, add it." """
    match so_far:
        case [*_, Query(about="task", target=Target(words=str(words), scope=scope))] if sentence.trimmed().match(
            _IF_NOT_THEN
        ):
            return Add(title=words, project=scope.project)
    return None


def _sentence(sentence: Span, before: Span | None) -> list[Action]:
    asked = _ASKS.search(sentence.bare) is not None
    span, request = unlead(sentence)
    if span.match(_QUERY_COMMAND):
        return [_question(span)]
    if span.match(_THERE_IS) and not request and (told := trailing(span)) is not None:
        return told
    if span.match(OPENER) and not request:
        return _conditional(span) or [_question(span)]
    if not request and (late := _after_date(span)) is not None and late.match(OPENER):
        return [_question(span)]
    request = request or span.search(_REQUEST_LAST) is not None
    if not span:
        return [Clarify()]
    if span.start > sentence.start and (reply := reaction(span)) is not None:
        return [reply]
    if asked and not request:
        return [_asked(span)]
    return _commands(_without_end(span, asked=asked), before)


def _after_date(span: Span) -> Span | None:
    """What follows the dates in front ("tomorrow what have I got")."""
    rest = span
    for n in span.named():
        if n.start > rest.start + 1:
            break
        rest = rest.to(start=n.end).trimmed()
    return rest if rest is not span else None


def _without_end(span: Span, *, asked: bool) -> Span:
    """Without the mark that ends the sentence; "!!" on its own is a priority."""
    m = span.search(_ENDED if asked else _CALLED)
    return span.to(end=m.start()) if m is not None and m.start() > span.start else span


def _asked(span: Span) -> Action:
    """A text that ends in a question mark; "add milk?" is asked back, never done."""
    answer = _question(span)
    if isinstance(answer, Query) or (isinstance(answer, OutOfScope) and answer.topic):
        return answer
    change = next((a for a in _commands(span, None) if isinstance(a, _CHANGES)), None)
    match change:
        case None:
            return answer
        case Add():
            return Clarify(missing="meaning", action="add")
        case Complete():
            return Clarify(missing="meaning", action="complete")
        case Delete() | Clear() | DeleteList():
            return Clarify(missing="meaning", action="delete")
        case _:
            return Clarify(missing="meaning", action="update")


def _conditional(span: Span) -> list[Action] | None:
    """ "Do I have nuts on my list, if not please add them": a question, then an addition asked for in words."""
    m = span.fullmatch(_IF_NOT)
    if m is None:
        return None
    question = _question(span.group(m, "asked"))
    match question:
        case Query(about="task", target=Target(words=str(words), scope=scope)):
            return [question, Add(title=words, project=scope.project)]
    return None


def _question(span: Span) -> Action:
    return asking(span, question=True) or Clarify(missing="meaning", action="query")


def _commands(span: Span, before: Span | None) -> list[Action]:
    whole = if_missing(span) or trailing(span)
    if whole is not None:
        return whole
    out: list[Action] = []
    inside = False
    for clause in clauses(span):
        freed, _ = unlead(clause)
        out = _followed(out, _clause(freed, before), before if inside else None)
        inside = True
        before = clause
    return _weighty(out) or out[:1]


def _weighty(actions: list[Action]) -> list[Action]:
    """Those that do or ask something of the list."""
    return [a for a in actions if isinstance(a, (*_CHANGES, Query, LeftOut))]


def _followed(so_far: list[Action], actions: list[Action], before: Span | None) -> list[Action]:
    """What was done so far and then `actions`; one that was only told so that "it" can be named is not done twice."""
    if before is None:
        return [*so_far, *actions]
    referred = [_referring(a, before) for a in actions]
    told = referred != actions and bool(so_far) and isinstance(so_far[-1], Query | Complete | Delete)
    return [*(so_far[:-1] if told else so_far), *referred]


def _referring(action: Action, before: Span) -> Action:
    """ "I don't need milk anymore; take it off": what "it" means was said in the clause before."""
    match action:
        case (
            Delete(target=Target(pronoun="it" | "them"))
            | Complete(target=Target(pronoun="it" | "them"))
            | Update(target=Target(pronoun="it" | "them"))
        ):
            said = before.trimmed().match(_SAID) or before.trimmed().match(_CALLED_OFF)
            found = target(before.trimmed().group(said, "what")) if said else None
            return replace(action, target=found) if found else action
    return action


def _clause(span: Span, before: Span | None) -> list[Action]:
    if span.match(OPENER):
        return [_question(span)]
    head = _head_date(span)
    if head is not None:
        return head
    changed = changing(span)
    if changed is not None and not isinstance(changed[0], Clarify | OutOfScope):
        return changed
    for rule in (finishing, adding):
        actions = rule(span, before)
        if actions is not None:
            return actions
    shown = asking(span, question=False)
    if shown is not None:
        return [shown]
    if changed is not None:
        return changed
    actions = needing(span) or bare(span)
    if actions is not None:
        return actions
    return [_unknown(span)]


def _head_date(span: Span) -> list[Action] | None:
    """ "At 4 tomorrow, remind me to start the oven": the date comes before the command."""
    if (m := span.match(_GO_TO)) is not None:
        span = span.to(start=m.end())
    named = [n for n in span.named() if n.start <= span.start + 1]
    rest, when, rule = span, None, None
    time_only = False
    while named:
        n = named[0]
        merged = merge(when, n.when, a_time_only=time_only, b_time_only=n.time_only)
        if n.when is not None and merged is None:
            break
        when, rule, time_only = merged, rule or n.rule, n.time_only and (when is None or time_only)
        rest = rest.to(start=n.end).trimmed(" \t\r\n,;:.-")
        named = [n for n in rest.named() if n.start == rest.start]
    if rest is span or not rest:
        return None
    rest, _ = unlead(rest)
    actions = adding(rest)
    if not actions or not all(isinstance(a, Add) for a in actions):
        return None
    return [replace(a, when=a.when or when, recurrence=a.recurrence or rule) for a in actions if isinstance(a, Add)]


def _unknown(span: Span) -> Action:
    topic = topic_of(span.bare)
    if topic is not None:
        return OutOfScope(topic=topic)
    if span.match(_ERRAND):
        return Clarify(missing="meaning", action="add")
    if _STATEMENT.match(span.bare):
        return OutOfScope()
    if OURS.search(span.bare) or span.all_named():
        return asking(span, question=True) or Clarify()
    return OutOfScope() if len(span.bare.split()) > 2 else Clarify()
