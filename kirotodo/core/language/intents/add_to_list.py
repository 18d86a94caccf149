"""Additions to a list that is named: "put … on my list", "my list needs …", "if there is no … on it, add some"."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.list_names import LIST, list_name
from kirotodo.core.language.intents.new_task import EMPTY, PIECE_HEAD, added, items_of, unconditional, without
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.targets import target
from kirotodo.core.language.intents.title_and_fields import Content, content, unquoted
from kirotodo.core.language.intents.vocabulary import PLACES, topic_of
from kirotodo.core.language.patterns import Pattern, pattern
from kirotodo.core.language.types import Action, Clarify, Delete, Scope

_PREP = r"(?:on to|onto|into|in to|to|on|in|under|within|at)"

_PUT = pattern(
    r"(?P<verb>(?:re-?)?add(?:ing)?|putting|put|place|stick|throw|toss|pop|tack|include|insert|append|write|jot|note"
    r"|mark"
    r"|enter|save|record|log|slot|pencil|file|drop|copy|create|schedule|set(?: up)?|make(?= an? (?:entry|note|item"
    r"|task|event|reminder)\b)|chuck|slap|register|assign"
    r"|fill in|fit|sneak|work"
    r"|(?:get|have)(?=.+?\s(?:added|put|placed|on"
    r"|onto)\b))"
    rf"(?:\s+(?:on|in|down|up|me|for me))?\s+(?P<what>.+?)\s*,?\s+(?:(?:added|put|placed|included|down|back"
    rf"|up)\s+)*(?:{_PREP}|for(?=\s+(?:the|my)\s+(?:grocer|shopping)))\s+(?:{LIST}|(?:the\s+"
    rf"|my\s+)?(?P<place>{PLACES})(?=[\s.,;!?]*\Z|\s+(?:for|on"
    rf"|at|by|due|please|every|tomorrow|today|tonight|this|next|and|if)\b))(?P<rest>.*)",
    re.DOTALL,
)

_PUT_HEAD = pattern(
    rf"(?:(?:add|append|put|include|insert|write|enter|new item)(?:\s+(?:in|down|this"
    rf"|the following(?: items?)?))?\s+)(?:{_PREP}|for)\s+{LIST}\s*[:,\-]?\s+(?P<what>.+)",
    re.DOTALL,
)

_ONTO = rf"(?:{_PREP}|onto)\s+{LIST}"
_SURELY_ON = pattern(
    rf"(?:make sure|ensure|see to it|(?:please )?be (?:sure|certain)"
    rf"|i want to make sure)(?: that)?\s+(?P<what>.+?)\s+(?:is|are|gets?"
    rf"|goes|go)"
    rf"\s+(?!not\b|no\b)(?:added\s+|put\s+|listed\s+|written\s+)?{_ONTO}(?P<rest>.*)",
    re.DOTALL,
)
_BELONGS = pattern(
    rf"(?P<what>(?!(?:there|it|that|this|i|we|you|what)\b).+?)\s+(?:(?:(?:needs?|has|have|ought) to|should|must|gotta)"
    rf"\s+(?:go|be)|needs?|belongs?)\s+(?!(?:removed|deleted|taken|cleared)\b)"
    rf"(?:added\s+|put\s+|listed\s+|written\s+|placed\s+)?{_ONTO}(?P<rest>.*)",
    re.DOTALL,
)
_LIST_FIRST = pattern(
    rf"{LIST}\s*[:,]?\s+(?:please\s+)?(?:add(?! it\b)|put|include|append|insert|new item)\s+(?P<what>.+)", re.DOTALL
)
_SWAP = pattern(
    rf"(?:swap(?: out)?|switch(?: out)?|exchange|replace|substitute|trade)\s+(?P<old>.+?)\s+(?:for|with|by)\s+"
    rf"(?P<what>.+?)\s+(?:on|in|from)\s+{LIST}(?P<rest>.*)",
    re.DOTALL,
)
_OFF_IT = pattern(
    r"[\s,]+(?:and|but)\s+(?P<what>(?!add|put|remind|please|i\b|if\b)[^,]+?)\s+off(?: of)?(?:\s+(?:it|there|that"
    r"|(?:the|my) (?:\w+ )?list))?[\s.!]*\Z"
)
_ADDED_TAIL = pattern(r"\s+(?:added|put)(?: (?:on|to|in) (?:it|there))?(?: too| as well)?[\s.!]*\Z")
_THERE = pattern(
    r"(?:add|put|throw|stick|toss|pop|place|include|write|jot)\s+(?P<what>(?!it\b|that\b|them\b|those\b).+?)\s+"
    r"(?:on|in|to|onto)\s+(?:there|it|that list|this list|the same list)(?: (?:too"
    r"|as well|also|please|instead))*[\s.!]*\Z"
)
_GET = pattern(
    r"\A(?:(?:to )?(?:get|buy|grab|purchase|pick up)(?: (?:some|more))?|some more|some)\s+(?=\w)", re.IGNORECASE
)

_UPDATE_WITH = pattern(
    rf"(?:update|extend|fill(?: in| out| up)?)\s+{LIST}\s+(?:with|to include|to have|to add|by adding)\s+(?P<what>.+)",
    re.DOTALL,
)

_WANT_ON = pattern(
    rf"(?:i|we)(?:'d| would| also| really| do| will|'ll)*\s*(?:need|want|like|love|prefer|must have|should have"
    rf"|have to have)\s+(?:to\s+(?:have|get|see)\s+)?(?:you\s+to\s+(?:get|put"
    rf"|have)\s+)?(?P<what>.+?)\s+(?:to be\s+)?(?:(?:added|put|placed|included|written|down|listed"
    rf"|set)\s+)*(?:{_PREP})\s+{LIST}(?P<rest>.*)",
    re.DOTALL,
)

_LIST_NEEDS = pattern(
    rf"(?:add\s+)?{LIST}\s+(?:also\s+|still\s+)?(?:should(?: also)?(?: have| include| contain)?|needs?(?: to (?:have"
    rf"|include"
    rf"|contain))?|must(?: have| include)?|has to (?:have|include)|ought to (?:have"
    rf"|include))\s+(?P<what>.+)",
    re.DOTALL,
)

_IF_MISSING = pattern(
    rf"if\s+(?:there(?:'?s| is| are) (?:no|not any)\s+|(?:i|we) (?:don'?t|do not"
    rf"|haven'?t)(?: already)? (?:have|put|got|added?)\s+)?(?P<what>.+?)\s+(?:(?:isn'?t|is not|aren'?t"
    rf"|are not|not)\s+)?(?:already\s+|yet\s+)*(?:on|in)\s+{LIST}[\s,]+"
    r"(?:(?:go ahead and|please|then|can you|could you|would you|just|kindly)[\s,]+)*(?:add|put|include)\b",
    re.DOTALL,
)

_ARTICLE = pattern(r"\A(?:an?|the|some(?: more)?)\s+(?=\w)", re.IGNORECASE)
_AND_MORE = pattern(
    r"\s*,?\s*(?:and|plus|along with|as well as)\s+(?:also\s+|then\s+|some\s+)*(?P<more>(?!(?:add|put|remind|remove"
    r"|delete|take"
    r"|if|then|please|set|i|let|make|can|tell|show|call|it|that|you)\b)[\w'-]+(?: [\w'-]+){0,2})(?: (?:too|as well"
    r"|also))?[\s.!]*\Z"
)

_UPCOMING = pattern(r"\A(?:(?:my|our|the)\s+)?upcoming\s+(?=\w)", re.IGNORECASE)

_SOMEBODY = pattern(r"\w+ (?:me|us|him|her|them|you) (?:off|up|out|over|through|back)\b")
_LINKED = pattern(
    r"\A(?:for|that says|saying|that|called|named|titled|about|to|of)\s+(?:(?:the|my|an?)\s+)?(?=\w)", re.IGNORECASE
)
_ON_IT = pattern(r"\s+(?:on|in|to) (?:it|there)[\s.!]*\Z")

NOT_A_LIST = pattern(
    r"\b(?:to|on|in|into|onto) (?:my |the |our |this )?(?:\w+ )?(?:account|recipe|profile|wallet|phone|device|order"
    r"|address"
    r"|app|computer"
    r"|policy|plan|credit card|medical record|car|photos?|queue|story|feed|tab|bill)\b|\b(?:playlist|queue|basket"
    r"|contacts?|address book|favou?rites|bookmarks|twitter|tweet|facebook|station|podcast)\b"
)

PUT_IT = pattern(
    rf"(?:add|put|place|include|throw|stick)\s+(?P<what>.+?)\s+(?:(?:{_PREP})\s+(?:it|there|that list"
    rf"|the same list|this list)(?P<rest>.*)|on(?: instead| too| as well| please)*[\s.!]*\Z)"
    rf"|replace(?: it| them| that| those)? with\s+(?P<with>.+)",
    re.DOTALL,
)


def by_list(span: Span) -> list[Action] | None:
    if (swapped := _swapped(span)) is not None:
        return swapped
    for form in (_LIST_FIRST, _SURELY_ON, _PUT_HEAD, _PUT, _WANT_ON, _UPDATE_WITH, _LIST_NEEDS, _THERE, _BELONGS):
        m = span.match(form)
        if m is None:
            continue
        what = span.group(m, "what")
        if form is _LIST_NEEDS:
            what = without(what, _ADDED_TAIL)
        if span.match(_SOMEBODY):
            return None
        if what.trimmed().bare in ("nothing", "anything"):
            return [Clarify(missing="meaning", action="delete")]
        if form in (_THERE, _BELONGS, _SURELY_ON) and topic_of(what.bare) is not None:
            return None
        if NOT_A_LIST.search(span.bare) and not re.search(r"\blists?\b", span.bare):
            return None
        project = list_name(span, m)
        found = content(unconditional(without(what, _ON_IT)))
        if form is _WANT_ON or found.title.lower().startswith("some "):
            found = _shorter(found, _ARTICLE)
        found = replace(found, title=_UPCOMING.sub("", found.title))
        rest = span.group(m, "rest") if "rest" in m.re.groupindex else span.to(start=span.end)
        if (off := rest.search(_OFF_IT)) is not None and (gone := target(rest.group(off, "what"))) is not None:
            kept = [added(a, project=project) for a in items_of(found, project=project or "", listed=True)]
            return [*kept, Delete(target=replace(gone, scope=Scope(project=project)))]
        extra = rest.match(_AND_MORE)
        if extra is None and (rest := unconditional(rest)).trimmed():
            found = _with_rest(found, rest)
        if (head := PIECE_HEAD.match(found.title.lower())) is not None:
            found = replace(
                found,
                title=unquoted(found.title[head.end() :]),
                span=found.span.to(start=min(found.span.end, found.span.start + head.end())),
            )
        if EMPTY.fullmatch(found.title.lower()):
            return [Clarify(missing="title", action="add")]
        pieces = items_of(found, project=project or "", listed=True)
        more = items_of(content(rest.group(extra, "more")), project=project or "", listed=True) if extra else []
        return [added(a, project=a.project or project) for a in [*pieces, *more]]
    return None


def _shorter(found: Content, lead: Pattern) -> Content:
    m = lead.match(found.title)
    if m is None or found.title != found.span.raw:
        return found
    return replace(found, title=found.title[m.end() :], span=found.span.to(start=found.span.start + m.end()))


def _swapped(span: Span) -> list[Action] | None:
    """ "Swap butter for margarine on my list": one goes, one comes."""
    m = span.match(_SWAP)
    if m is None:
        return None
    gone, found = target(span.group(m, "old")), content(span.group(m, "what"))
    if gone is None or not gone.words or not found.title:
        return None
    project = list_name(span, m)
    return [Delete(target=replace(gone, scope=Scope(project=project))), added(found, project=project)]


def _with_rest(found: Content, rest: Span) -> Content:
    """What follows the name of the list: a date, or more of the title ("put on my calendar a lunch with Bob")."""
    more = content(rest)
    title = found.title
    if more.title and EMPTY.fullmatch(title.lower()):
        title = _LINKED.sub("", more.title)
    return replace(
        found,
        title=title,
        when=found.when or more.when,
        recurrence=found.recurrence or more.recurrence,
        priority=found.priority or more.priority,
        tags=found.tags or more.tags,
    )


def if_missing(span: Span) -> list[Action] | None:
    """ "If there is no yeast on my list, please add some"."""
    m = span.match(_IF_MISSING)
    if m is None:
        return None
    found = content(span.group(m, "what"))
    return [added(found, project=list_name(span, m))] if found.title else None
