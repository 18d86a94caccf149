"""Several things said at once: "milk, eggs and bread" is three, "salt and pepper" and "Tom & Jerry" are one."""

from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.vocabulary import CHORES
from kirotodo.core.language.patterns import Pattern, pattern

_COMMA = pattern(r"\s*[,;]\s*(?:and\s+|plus\s+|then\s+|also\s+|&\s+)*")
_SEPARATOR = pattern(
    r"\s*[,;]\s*(?:and\s+|plus\s+|then\s+|also\s+|&\s+)*|\s+(?:and(?: also| then)?|plus|as well as|along with)\s+"
)
PAIRS = pattern(
    r"\b(?:salt and pepper|mac(?:aroni)? and cheese|fish and chips|bed and breakfast|rock and roll"
    r"|peanut butter and jelly|pb and j|"
    r"oil and vinegar|cookies and cream|ham and cheese|black and white|r and d|q and a|pros and cons"
    r"|back and forth|gin and tonic|"
    r"pork and beans|biscuits and gravy|arts and crafts|bath and body|terms and conditions"
    r"|health and safety|wear and tear|rum and coke|"
    r"sweet and sour|nuts and bolts|mom and dad|mum and dad|half and half|bread and butter"
    r"|track and field|research and development|"
    r"meet and greet|lost and found|odds and ends|safe and sound|ups and downs|cheese and crackers"
    r"|bacon and eggs|rice and beans|hide and seek|copy and paste|drag and drop|wash and fold"
    r"|tom and jerry)\b"
)
_JOINING = pattern(r"\b(?:with|between|for|of|at|about|from|that|which|to|by|in|on|into|both)\b")
_SHOPPING = frozenset(
    ["shopping", "groceries", "grocery", "packing", "supermarket", "hardware", "pharmacy", "drugstore"]
)
_CHORE = pattern(
    rf"(?:{CHORES})\b\s+\S|(?!(?:the|my|our|a|an|some|with|for|of|and)\b)[a-z]+\s+(?:the|my|our|an?|his"
    rf"|her)\s+\S"
)


def split_items(span: Span, *, project: str | None, listed: bool, dated: bool = False) -> list[Span]:
    """The things that a stretch of words names, each on its own; one where they belong together. `dated` says that
    the last of them had a date behind it."""
    span = span.trimmed()
    if not span or span.in_quotes():
        return [span]
    pieces = _pieces(span, _SEPARATOR)
    if len(pieces) < 2:
        return [span]
    chores = [piece.match(_CHORE) is not None for piece in pieces]
    if all(chores) or _each_on_its_day(pieces, chores, dated=dated):
        return pieces
    shopping = (project or "").lower() in _SHOPPING
    commas = len(_pieces(span, _COMMA)) > 1
    if any(chores) and not shopping:
        return _pieces(span, _COMMA) if all(p.match(_CHORE) for p in _pieces(span, _COMMA)) else [span]
    words = [len(piece.bare.split()) for piece in pieces]
    if max(words) > 4 or (chores[0] and not shopping):
        return [span]
    if shopping or commas or listed:
        if not shopping and any(piece.search(_JOINING) for piece in pieces):
            return [span]
        return pieces if shopping or commas or max(words) <= 2 else [span]
    return pieces if max(words) == 1 and span.raw.islower() else [span]


def _each_on_its_day(pieces: list[Span], chores: list[bool], *, dated: bool) -> bool:
    """ "Milk tomorrow, call mom friday at 5 and pay rent": every one with a date behind it, or a chore."""
    days = [any(n.end == piece.end and n.start > piece.start for n in piece.named()) for piece in pieces]
    if not any(days[:-1]):
        return False
    *first, last = (chore or day for chore, day in zip(chores, days, strict=True))
    return all(first) and (last or dated) and not pieces[-1].match(_JOINING)


def _pieces(span: Span, separator: Pattern) -> list[Span]:
    bare = span.reading.bare
    pairs = [m.span() for m in PAIRS.finditer(bare, span.start, span.end)]
    whole = [*pairs, *((n.start, n.end) for n in span.named())]
    out, at = [], span.start
    for m in separator.finditer(bare, span.start, span.end):
        if any(a < m.start() < b for a, b in whole):
            continue
        out.append(span.to(at, m.start()).trimmed())
        at = m.end()
    out.append(span.to(start=at).trimmed())
    return [piece for piece in out if piece]
