"""Sentences and clauses: where one wish ends and the next begins, freed of politeness, fillers and corrected slips."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from kirotodo.core.language.content import is_command
from kirotodo.core.language.frames.base import Clause, names_ours
from kirotodo.core.language.frames.skipping import skipping
from kirotodo.core.language.lexicon import CHORES, COMMON, phrases
from kirotodo.core.language.slips import spelled
from kirotodo.core.language.spans import ListName, Token
from kirotodo.core.language.targets import windows
from kirotodo.core.language.tokens import Match, Piece
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

_FILLERS: Final = pattern(
    r"\bat some (?:point|stage)\b|\bwhile (?:i|we|you)(?:'m|'re| am| are) at it\b,?"
    r"|(?<![\w'-])(?:u+m+|u+h+m*|e+r+m+|e+h+m+|h+m+|mhm)(?![\w'-])[,.]*|(?<=\s)er(?=[\s,])[,]*|(?<=[\s,])er\Z",
    re.IGNORECASE,
)
_NUMBERED: Final = pattern(r"(?<!\S)1[.)] [^\n]*[^\n:] 2[.)] ")
_ITEM: Final = pattern(r"(?<=\S) (?=\d[.)] )")
"""The blank in front of each item of a list that is numbered on one line."""
_STILL: Final = pattern(
    r"\bfrom now on\b"
    r"|(?:(?<=\d(?:st|nd|rd|th))|(?<=day)|(?<=tomorrow)|(?<=\d[ap]m)|(?<=o'clock)|(?<=\bit)|(?<=\bthat)|(?<=\bthem)"
    r"|(?<=list)|(?<=\d)|(?<=urgent)|(?<=important)|(?<=priority)|(?<=high)|(?<=low)) now(?=[.!?\s]*\Z|\s*,)",
    re.IGNORECASE,
)
""" "the 25th now": a word that says only that it was another day before."""
_LIKE: Final = pattern(
    r"(?P<kept>\b(?:you|at) )like(?= (?:add|put|a |remind|set|make|delete|remove|move|mark|\d|quarter|half|noon|nine"
    r"|eight|seven|ten))"
    r"|(?P<comma>,) ?(?:like|you know|i mean)(?=,)",
    re.IGNORECASE,
)
_PROPOSED: Final = pattern(
    r"\A(?P<lead>(?:(?:ok|okay|so|and|hey|hmm|well|or)\b,? ?)*)(?:how|what) about (?:we )?(?P<verb>[a-z]+ing)\b",
    re.IGNORECASE,
)
""" "how about moving it to friday?": a wish, where the verb is one of the list's or of a chore."""
_INVERTED: Final = pattern(
    r"\A(?P<can>can|could|might) (?P<what>(?:the|my|our|\w+'s) [^,.;?]{2,40}?) "
    r"(?P<verb>wait|be (?:moved|pushed|put off|postponed|delayed|done)) "
    r"(?P<rest>(?:to|till|until|by|on|a|an|another|the|next|this)\b[^?]*)\?*",
    re.IGNORECASE,
)
""" "can the report wait till monday?": the same as "the report can wait till monday"."""
_AND_THAT: Final = pattern(
    r"\band (?:that|it) (?:should|needs to|has to|must) be (?:done )?(?=by |before )", re.IGNORECASE
)
""" "and that should be by friday": words around a date that is told behind what it belongs to."""
_HESITATION: Final = pattern(
    r"(?<=\band )what else,? +(?:(?:oh|ah|yes|yeah|right),? +)+|\bwhat was it,? +(?:(?:oh|ah|yes|yeah|right),? +)*"
    r"|\b(?:yep|yeah|yes),? (?:that|those|them|it)(?: one)? too\b|\bfirst of all,?(?= )",
    re.IGNORECASE,
)
""" "and what else, oh yeah, the milk": what one says while thinking."""
_ENDS: Final = frozenset({"\n", ".", "!", "?", ";"})
_SOFT_JOINTS: Final = frozenset({"and", "then", "so", "but", "also"})
_JOINTS: Final = frozenset({",", "and", "then", "but", "so", "plus", "&", "or", "-", "(", "because"})
_ASKS_YOU: Final = "can|could|would|will|might|may you|u [{polite}|please|be_a_dear_and|be_so_kind_as_to|mind|try_to]*"
_WISHES: Final = "{i}|i've|we've|i'd|we'd|i'll|we'll|i'm|we're {adv}* {modal} {adv}*"
_LEADS: Final = (
    ("filler", "{wake}|{filler} <rest>"),
    ("waved", "never_mind|nevermind|forget_it|go_on|fine|anyhow [then]? <rest>"),
    ("polite", "{polite} <rest>"),
    ("request", f"{_ASKS_YOU} <rest>"),
    ("request", "{request} <rest>"),
    ("wish", f"[first|next|later|finally|afterwards|after_that]? {_WISHES} <rest>"),
    ("wish", "[first|next|later|finally|afterwards|after_that]? {wish} <rest>"),
    ("wish", f"for|before|after the|my|our|his|her|their <scene> {_WISHES} <rest>"),
)
"""What may lead a wish, by what it says."""
_MAY_BE: Final = (
    "can|could|may the|my|our <what> be|go|move|shift|start|happen|come|live|sit [moved|put|pushed|back|"
    "forward|filed|to|on|in|under|at]* value=W|K|P|D ..."
)
""" "can the vet be on friday instead": a wish, and no question."""
_LET_IT_BE: Final = "let's_say|say|let's_make_it|let's_do <rest>"
_OPENERS: Final = (
    "[also|then|please|just|can_you|could_you|would_you|will_you|i_want_to|i_need_to|i'd_like_to|i_would_like_to|"
    "go_ahead_and|instead]* "
    "add|delete|remove|erase|remind|mark|reschedule|complete|rename|postpone|untick|reopen|undo|tag|untag|"
    "schedule|re-add|append ...",
    "[also|then|please|just]* {request} ...",
    f"[also|then|please|just]* {_ASKS_YOU} ...",
    "[also|then|please|just]* put|stick|throw|pop ... {onto}|there|it_on ...",
    "[also|then|please|just]* take|cross|tick|check|scratch|get|strike ... off ...",
    "[also|then|please|just]* show|list|tell|give me|what|the ...",
    "[also|then|please|just]* show|display|K my|our|all|everything|W|K|N ...",
    "[also|then|please|just]* show|display|K <x> {task}",
    "[also|then|please|just]* set|make|create|give [me]? a|an|the [new]? reminder|task|todo|event ...",
    "[also|then|please|just]* make|set|move|change|push|shift|finish|cancel|drop|clear|block|save|book|log it|"
    "that|them|this|those ...",
    "[also|then|please|just]* move|change|push|shift|bump <x> to|D ...",
    "[also|still|now|W]* {wish} ...",
    f"[also|still|now|W]* {_WISHES} ...",
    "[also|then|please|just]* what|when|where|which|how|what's|when's|do_i|is_there|am_i ...",
    "i'm|i've|we're|we've|i'll|it's|that's ...",
    "don't|do_not|never|no_need ...",
    "it's|that's|they're|he's|she's|they ...",
    "[also|then|please|just]* remember|don't_forget ...",
    "after_that|afterwards ...",
    "the|my|our <thing> {be} {adv}* {done}|{gone}|back|over",
    "the|my|our <thing> can_you|could_you|would_you|please put|move|make|set|push|shift|tag|mark it|that|this|them ...",
)
_CORRECTION: Final = (
    "no_wait|wait_no|no_sorry|sorry_no|no_actually|actually_no|wait|sorry|no|i_mean|make_that|scratch_that|"
    "or_rather|rather|"
    "actually|i_meant|no_make_it|no_make_that|oh_no|hang_on|sorry_i_mean|no_i_mean"
)
_CORRECTED: Final = (
    f"old=W {_CORRECTION} [on|at|to|by|for|the|make_it|that's]* new=W",
    f"old=K {_CORRECTION} [on|at|to|by|for|the|make_it|my]* new=K",
    f"old=P {_CORRECTION} [to|make_it]* new=P",
)
_DENIED: Final = "actually|no|wait|sorry not <who> <rest*>"


def cleaned(raw: str) -> str:
    """Return a text with its fillers blanked out."""
    if not raw:
        return raw
    text = _FILLERS.sub(_blank, spelled(raw))
    text = _ITEM.sub("\n", text) if _NUMBERED.search(text) else text
    text = _HESITATION.sub(_blank, _AND_THAT.sub(_blank, _STILL.sub(_blank, text)))
    text = _INVERTED.sub(r"\g<what> \g<can> \g<verb> \g<rest>", _PROPOSED.sub(_as_wish, text))
    return _LIKE.sub(lambda m: (kept := m["kept"] or m["comma"]) + " " * (len(m.group()) - len(kept)), text)


def _as_wish(m: re.Match[str]) -> str:
    """Return "let's move" for "how about moving"; what stands there where the verb is none of the list's."""
    verb = _gerunds().get(m["verb"].lower())
    return m.group() if verb is None else f"{m['lead']}let's {verb}"


@cache
def _gerunds() -> dict[str, str]:
    """Return the verbs of the list and of chores by their forms in "-ing"."""
    listed = {verb for name in ("move", "change", "remove", "finish", "tagging") for verb in phrases(name)}
    out = {}
    for verb in sorted((CHORES | listed | {"have", "add", "do", "make", "go"}) - {"be"}):
        if verb.isalpha():
            out[f"{verb.removesuffix('e') if not verb.endswith('ee') else verb}ing"] = verb
            out[f"{verb}{verb[-1]}ing"] = verb
    return out


def _blank(m: re.Match[str]) -> str:
    return " " * len(m.group())


def sentences(whole: Piece) -> Iterator[tuple[Piece, bool]]:
    """Yield the sentences of a text, and whether each ends in a question mark."""
    start = whole.first
    tokens = whole.text.tokens
    for place in range(whole.first, whole.last):
        if tokens[place].word not in _ENDS or (tokens[place].word == "." and not _ends(whole, place)):
            continue
        piece = Piece(whole.text, start, place)
        if piece:
            yield piece.trimmed(), tokens[place].word == "?"
        start = place + 1
    piece = Piece(whole.text, start, whole.last)
    if piece:
        yield piece.trimmed(), False


def _ends(whole: Piece, place: int) -> bool:
    following = whole.text.tokens[place + 1].start if place + 1 < whole.last else len(whole.text.raw)
    return following > whole.text.tokens[place].end or place + 1 >= whole.last


def corrected(whole: Piece) -> str | None:
    """Return the text with what was taken back blanked out ("tuesday, no wait, wednesday"); None where nothing was."""
    raw = whole.text.raw
    for text in _CORRECTED:
        found = whole.search(text)
        if found is not None:
            old, new = found.get("old"), found.get("new")
            start, end = old.start, new.start
            return raw[:start] + " " * (end - start) + raw[end : new.end] + _kept_time(old, new) + raw[new.end :]
    return _without_taken_back(whole) or _without_denied(whole)


_TAKEN_BACK: Final = (
    "no_wait|wait_no|no_sorry|sorry_no|no_actually|actually_no|or_rather|scratch_that|no_i_mean|no_i_meant|"
    "sorry_i_mean|sorry_i_meant|oh_no|no_hang_on|hang_on|oh_wait [the|my|our|that|a|an|some]*"
)
_HESITANT: Final = "no|sorry|actually|wait|i_mean|i_meant|rather|or [the|my|our]+"


def _without_taken_back(whole: Piece) -> str | None:
    """Blank out a task of the list, or a thing to add, in whose place another is said right behind it."""
    raw = whole.text.raw
    for text in (_TAKEN_BACK, _HESITANT):
        for found in whole.searched(text):
            front, ahead = found.front, found.rest
            start = _named_from(front, ahead) if front and ahead else None
            if start is None and text == _TAKEN_BACK and front and ahead:
                start = _added_from(front, ahead)
            if start is not None:
                low = whole.text.tokens[start].start
                return raw[:low] + " " * (ahead.start - low) + raw[ahead.start :]
    return None


def _named_from(front: Piece, ahead: Piece) -> int | None:
    """Return from where on a stretch ends in the name of a task, where another one begins what follows."""
    old, new = list(windows(front, frozenset())), next(windows(ahead, frozenset()), None)
    if not old or new is None or new[0] or old[-1][1] < len(front.tokens) - 1 or old[-1][2].id == new[2].id:
        return None
    return front.first + old[-1][0]


def _added_from(front: Piece, ahead: Piece) -> int | None:
    """Return from where on a stretch ends in a thing to add, of a few words."""
    tokens, bounds = front.tokens, phrases("add") | CHORES | phrases("article") | {"and"}
    first = len(tokens)
    while first and not tokens[first - 1].is_sign and tokens[first - 1].word not in bounds:
        first -= 1
    if not 0 < len(tokens) - first <= 3 or not first or any(token.is_span for token in tokens[first:]):
        return None
    return front.first + first - (ahead.words[:1] == [tokens[first - 1].word])


def _kept_time(old: Piece, new: Piece) -> str:
    """Return the time of day of a date of which only the day was taken back, in words."""
    before, after = old.spans("W"), new.spans("W")
    if not before or not after or before[0].value.when.time is None or after[0].value.when.time is not None:
        return ""
    return f" at {before[0].value.when.time:%H:%M}"


def _without_denied(whole: Piece) -> str | None:
    """Blank out what is denied right after it was said ("tell Kim, actually not Kim, tell Lea")."""
    found = whole.search("said=<old> " + _DENIED)
    if found is None or len(found.get("who").words) > 3:
        return None
    who = found.get("who").words[0]
    tokens, text = whole.text.tokens, whole.text
    at = found.get("who").first
    first = next((k for k in range(at - 1, whole.first - 1, -1) if tokens[k].word == who), None)
    if first is None:
        return None
    while first > whole.first and not tokens[first - 1].is_sign and tokens[first - 1].word != "and":
        first -= 1
    start, end = tokens[first].start, found.get("who").trimmed().end
    return text.raw[:start] + " " * (end - start) + text.raw[end:]


def freed(piece: Piece, *, asked: bool = False, before: Piece | None = None) -> Clause:
    """Return a clause without greetings, fillers, politeness and the words of wishing in front."""
    whole = piece.trimmed()
    rest, request, wish, hedged = whole, False, "", False
    for _ in range(8):
        if rest.begins("{remember} [to|that|about|:]* <what>") is not None and rest.words[0] not in ("remember",):
            break
        kind, found = _lead(rest, asked=asked)
        if found is None or _holds(rest, kind, found):
            break
        if kind == "request":
            request = True
        elif kind == "polite":
            hedged = hedged or rest.words[0] in phrases("hedge")
        elif kind == "wish":
            wish = rest.before(found.found.start("rest")).raw
        if not wish and not request:
            whole = found.get("rest").trimmed()
        rest = found.get("rest").trimmed()
    rest = _without_tail(rest)
    return Clause(rest, whole, request, wish, asked, before, hedged)


def _lead(piece: Piece, *, asked: bool) -> tuple[str, Match | None]:
    """Return what leads to the wish of a piece, if anything does, and what that says."""
    if _wishes_it_otherwise(piece, asked=asked):
        return "request", piece.match("can|could|may <rest>")
    if (day := piece.match(_LET_IT_BE)) is not None and day.get("rest").words[:2] == ["W", "for"]:
        return "request", day
    for kind, text in _LEADS:
        found = piece.match(text)
        if found is not None and found.get("rest"):
            return kind, found
    return "", None


def _wishes_it_otherwise(piece: Piece, *, asked: bool) -> bool:
    """Return whether what looks like a question is a wish to change a task ("can the vet be on friday instead")."""
    found = piece.match(_MAY_BE)
    if found is None or not names_ours(found.get("what")):
        return False
    value = found.value("value")
    unnamed = isinstance(value, ListName) and value.name is None
    return "instead" in piece.words or not (asked or unnamed)


def _holds(rest: Piece, kind: str, found: Match) -> bool:
    """Return whether a lead is the very verb here ("note that …", "right")."""
    words = rest.words
    if kind == "waved":
        return not is_command(found.get("rest").words)
    if kind == "polite" and words[:2] == ["instead", "of"]:
        return True
    if kind == "filler" and words[0] in ("like", "so", "no", "well", "right", "then", "computer") and len(words) < 2:
        return True
    return kind == "filler" and words[:2] in (["right", "now"], ["and", "the"], ["plus", "one"], ["like", "to"])


_ENDINGS: Final = (
    "<what> please|pls|plz|kindly|thanks|thank_you|thx|cheers|for_me|kiro|kirotodo|olly|alexa|siri|google|okay|"
    "ok|right_away",
)


def _without_tail(piece: Piece) -> Piece:
    for _ in range(3):
        for text in _ENDINGS:
            found = piece.match(text)
            if found is not None and found.get("what"):
                piece = found.get("what").trimmed()
                break
        else:
            break
    return piece


def splits(piece: Piece) -> Iterator[int]:
    """Yield the places of tokens at which a new clause may begin, left to right; the joint lies before."""
    tokens = piece.text.tokens
    last = piece.first
    for place in range(piece.first + 1, piece.last):
        word = tokens[place - 1].word
        joined = word in _JOINTS or _new_wish(tokens, place) or _bare_command(piece, place)
        joint_ahead = tokens[place].word in _SOFT_JOINTS and (word not in (",", "and") or tokens[place].word == "and")
        if not joined or tokens[place].is_sign or joint_ahead:
            continue
        if opens(Piece(piece.text, place, piece.last)) and not _only_lead(piece, last, place):
            last = place
            yield place


def _only_lead(piece: Piece, start: int, place: int) -> bool:
    """Return whether between two places stands nothing but what leads to a wish."""
    words = Piece(piece.text, start, place)
    return (
        words.match(
            "[{polite}|{request}|{filler}|please|also|then|can|could|would|will|might|may|you|be|a|dear|kind|,|and]*"
        )
        is not None
    )


def _new_wish(tokens: list[Token], place: int) -> bool:
    """Return whether "if not …" or "remind me" begins something new with no joint before it."""
    if tokens[place].word == "if":
        return True
    return tokens[place].word == "remind" and tokens[place - 1].word not in (
        "you",
        "to",
        "me",
        "i",
        "can",
        "not",
        "don't",
        "never",
    )


_COMMANDING: Final = word_set(
    "create make add put remove delete take cancel remind set mark can could please write note block"
)


def _bare_command(piece: Piece, place: int) -> bool:
    """Return whether a command follows what is told with no joint at all ("we ran out of jam add it to the list")."""
    words = Piece(piece.text, place, piece.last).words
    if len(words) < 2 or words[0] not in _COMMANDING:
        return False
    if (
        words[0] in ("set", "create", "make", "add")
        and "reminder" in words[1:3]
        and words[-1] in ("reminder", "it", "me")
    ):
        return True
    return words[1] in ("it", "that", "them", "this", "those", "you") or (
        words[0] == "please" and words[1] in _COMMANDING
    )


def opens(piece: Piece) -> bool:
    """Return whether a stretch begins like a wish or a question of its own."""
    return any(piece.begins(text) is not None for text in _OPENERS) or _acts_on_ours(piece)


def _acts_on_ours(piece: Piece) -> bool:
    """Return whether a verb of the list stands before a word of one of its titles ("scrap bread")."""
    found = piece.begins("[also|then|please|just]* {editing}|{remove}|{finish} [up|off|out|down]? [{article}]?")
    words = found.rest.words if found is not None and piece.text.titles else []
    if not words or {"keep", "leave", "skip"} & set(piece.words[:2]):
        return skipping(piece.text, piece.raw) is not None  # or else an exception
    return words[0] not in CHORES | COMMON and piece.text.titles.knows(words[0])
