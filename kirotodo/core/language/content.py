"""What a new task is made of: dates, rules, priority and list are taken off the edges, marks from anywhere.

What remains is the title, in the user's own words. Also the plain form of an addition, `kirotodo add TEXT`.
"""

import datetime as dt
from typing import Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.domain.task import NAME_MAX, TITLE_MAX, Priority
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.context import Context
from kirotodo.core.language.lexicon import CHORES, NOUNS_TOO, NUMBERS, PAIRS, known_words, phrases
from kirotodo.core.language.spans import Token, level, plain, settled
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Add, Preferences, Recurrence, When
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.tokens import cut, word_set
from kirotodo.core.text.durations import DURATION_MAX
from kirotodo.core.text.patterns import pattern

_TAIL_LINKS: Final = (
    "<what> [that|which] [is|are|'s|it's|to_be|happening|starting|starts|begins|happens] due|scheduled|set|planned|"
    "happening|starting|beginning|deadline|due_date [on|at|by|for|in|from|is|the]*",
    "<what> on|at|by|for|from|until|till|this|starting|every|of|in|@|the|when|date|and|to",
    "<what> [that] i have|'ve_got|got",
    "<what> is|are",
)
_HEAD_LINKS: Final = (
    "to|that|i_need_to|we_need_to|i_have_to|we_have_to|i_should|i_must|as|is|are|will_be|there's_a|there_is_a|there's|"
    "there_is|there_will_be|i_have_a|i_have|we_have|i've_got|we've_got|i_will_be|i'll_be|i'll|i_will|i_also_want_to|"
    "i_want_to|i_also_need_to|i_just_need_to|i_just_have_to|i_only_need_to|i_still_need_to|i_still_have_to|"
    "we_just_need_to|we_still_need_to|: <rest>"
)
_WITH_PRIORITY: Final = (
    "<what> [with|as|at|it's|it_is|and|make_it|that's|set|is] [a|an] p=P",
    "p=P [task|item|todo] [:|to|-] <what>",
    "p=P <what>",
)
_URGENT: Final = (
    "<what> [and] it's|that's|this_is|it_is|its|is|as [very|really] level=urgent|important|urgently|critical",
    "<what> level=urgently|asap",
    "level=urgent|important [task] [:|-|to]+ <what>",
    "level=urgent task <what>",
)
_TAGGED: Final = (
    "<what> [and] tagged|tag_it|with_the_tag|tag [with|as|it] tag=T",
    "<what> tagged|tag_it|with_the_tag [with|as] <tag>",
)
_NOTED: Final = (
    "<what> with_a|with_the|and_a|add_a|and_add_a note|notes|comment [saying|that|that_says|:|of]* <note>",
    "<what> note|notes : <note>",
    "<what> [and]? note|noting|mention|mentioning that <note>",
)
_REMINDED: Final = (
    "<what> [and|but|also|with|then] [can_you|please] {remind} me [of_it|about_it|for_it|also] remind=L|W [it|that]",
    "<what> [and|but|also|with] a_reminder|reminder|set_a_reminder|with_a_reminder [for_it] remind=L|W [it|that]",
    "<what> [and] remind=L [it|that]",
)
_CONDITION: Final = (
    "<what> as|for a|the subtask|sub-task|child|step of|to|for|under ...",
    "<what> [but] [only] if|unless [it's|it_is|it|they're|they|there|i|that] [isn't|is|not|already|n't|aren't|"
    "have|haven't|didn't|did]* "
    "[already|there|missing|on|K|in|it|yet|one|have]*",
    "<what> because|cause|cuz|since [i|we|i'm|it|we're|there] ...",
    "<what> i|we just used|finished|ran|ate|drank ...",
    "<what> i'm|we're [all|almost|nearly] out [of_it|of_them]",
)


class Content(msgspec.Struct):
    """The parts of a new task as they were said. `piece` is what remains of the words, before holes are cut out."""

    piece: Piece
    title: str = ""
    when: When | None = None
    recurrence: Recurrence | None = None
    priority: Priority | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    remind: str | None = None
    start: When | None = None
    duration: int | None = None
    dated: bool = False
    time_only: bool = False
    holes: list[Token] = msgspec.field(default_factory=list)


def merged(a: When | None, b: When | None, *, a_time_only: bool, b_time_only: bool) -> When | None:
    """Return one moment out of a day and a time said apart; None where both name a day."""
    if a is None or b is None:
        return a or b
    if a_time_only == b_time_only:
        return None
    day, clock = (b, a) if a_time_only else (a, b)
    if day.time is not None and day.grain == "minute" and day.part is None:
        return None
    return replace(day, time=clock.time, part=clock.part or day.part, grain="minute" if clock.time else day.grain)


def content_of(piece: Piece, *, polite: bool = True, lists: bool = True, within: bool = True) -> Content:
    """Return the parts of the task that a stretch of words describes."""
    out = Content(piece.trimmed())
    _marks(out)
    _take_start(out)
    _take_duration(out)
    _take_due(out)
    _take_kept(out)
    for _ in range(12):
        before = (out.piece.first, out.piece.last)
        _unmarked(out)
        if not out.piece or _quoted(out.piece):
            break
        _take_dates(out)
        _reminder(out)
        if polite:
            _friendly(out)
            _fields(out)
        _priority(out)
        if lists:
            _list(out)
        if (out.piece.first, out.piece.last) == before:
            break
    if within and polite:
        _within(out)
    out.title = _title(out)
    out.dated = any(value is not None for value in (out.when, out.recurrence, out.start, out.duration))
    return out


def _marks(out: Content) -> None:
    tags: list[str] = []
    for token in out.piece.tokens:
        if token.word == "T":
            if token.value.casefold() not in {tag.casefold() for tag in tags}:
                tags.append(token.value)
        elif token.word == "N":
            out.project = token.value
        elif token.word == "P" and token.lead == "mark":
            out.priority = token.value
        else:
            continue
        out.holes.append(token)
    out.tags = tuple(tags)


def _unmarked(out: Content) -> None:
    """Take marks off the ends, so that a date beside them is at the edge."""
    for _ in range(2 * len(out.holes) + 1):
        out.piece = out.piece.trimmed()
        if out.piece and out.piece.tokens[0] in out.holes:
            out.piece = Piece(out.piece.text, out.piece.first + 1, out.piece.last)
        elif out.piece and out.piece.tokens[-1] in out.holes:
            out.piece = Piece(out.piece.text, out.piece.first, out.piece.last - 1)
        else:
            return


def _quoted(piece: Piece) -> bool:
    return piece.last - piece.first == 1 and piece.tokens[0].word == "Q"


def take(out: Content, token: Token) -> bool:
    """Make a date or a rule part of the task; False where there is one already that it does not fit."""
    if token.word == "R":
        if out.recurrence is not None:
            return False
        out.recurrence = token.value
        return True
    if token.word != "W":
        return False
    moment = settled(token)
    both = merged(out.when, moment.when, a_time_only=out.time_only, b_time_only=moment.time_only)
    if both is None:
        return False
    out.time_only = moment.time_only and (out.when is None or out.time_only)
    out.when = both
    return True


def _take_start(out: Content) -> None:
    """Take the day of "not before monday" as the one on which the task appears, and not as its due date."""
    for token in out.piece.spans("W"):
        said = _NOT_BEFORE.search(out.piece.text.low, out.piece.start, token.end)
        if said is None or said.end() <= token.start or token.value.time_only or token in out.holes:
            continue
        words = [each for each in out.piece.tokens if said.start() <= each.start < token.end]
        if len(words) < len([each for each in out.piece.tokens if not each.is_sign]):
            out.start = token.value.when
            out.holes += words
            return


_NOT_BEFORE: Final = pattern(
    r"\b(?:but )?(?:(?:please )?(?:not|never|don't (?:start|do|show) (?:it|this|that)) (?:before|until|till)"
    r"|no(?:t)? (?:earlier|sooner) than|hidden until|hide (?:it |this )?until) "
)


def _take_duration(out: Content) -> None:
    """Take how long a task takes, where it stands at its end, or before the dates and marks there."""
    tokens, low = out.piece.text.tokens, out.piece.text.low
    if _LENGTH.search(low, out.piece.start, out.piece.end) is None:
        return
    end = out.piece.last
    while end > out.piece.first:
        for start in range(max(end - 6, out.piece.first + 1), end):
            minutes = minutes_in(low[tokens[start].start : tokens[end - 1].end])
            before = tokens[start - 1].word
            if minutes and not tokens[start].is_sign and (before in LASTING or _is_bare(out.piece, start, end)):
                first = _from_link(out.piece, start)
                if first > out.piece.first:
                    out.duration = minutes
                    out.holes += tokens[first:end]
                return
        if not (
            tokens[end - 1].is_sign or tokens[end - 1].word in ("W", "R", "T", "N", "P") or tokens[end - 1] in out.holes
        ):
            return
        end -= 1


def _from_link(piece: Piece, start: int) -> int:
    """Return where the words begin that lead to a length ("it should take about", "for")."""
    tokens = piece.text.tokens
    while start > piece.first and (tokens[start - 1].word in LASTING or tokens[start - 1].word in _LEADS_TO_LENGTH):
        if tokens[start - 1].word not in LASTING and tokens[start].word not in LASTING | _LEADS_TO_LENGTH:
            break
        start -= 1
    return start


def _is_bare(piece: Piece, start: int, end: int) -> bool:
    """Return whether a number of hours or minutes without a word before it is a length: "clean the attic 90m"."""
    tokens, low = piece.text.tokens, piece.text.low
    said = low[tokens[start].start : tokens[end - 1].end]
    if not said[0].isdigit() or tokens[start - 1].word in _OTHER_LENGTHS or tokens[start - 1].word[:1].isdigit():
        return False
    if _METRES.fullmatch(said) and tokens[piece.first].word in _MEASURED:
        return False
    clock = _HOUR_CLOCK.fullmatch(said)
    return clock is None or int(clock[1]) < _EARLIEST_CLOCK


def minutes_in(words: str) -> int | None:
    """Return the minutes that words such as "an hour and a half" are as a whole, or None."""
    line = cut(words)
    read = length_at(line, 0)
    if read is None or read[1] < line.size or read[0].fine not in ("minute", "hour"):
        return None
    length = read[0]
    if length.months or length.days or length.workdays or length.weekdays:
        return None
    return length.seconds // 60 if 0 < length.seconds // 60 <= DURATION_MAX else None


LASTING: Final = word_set("for takes take taking lasts lasting")
_LEADS_TO_LENGTH: Final = word_set("it that which this will should would about around roughly approximately only")
_OTHER_LENGTHS: Final = word_set(
    "in within after before next last past every each by of other than at from until till to the this another and or"
)
_MEASURED: Final = word_set("run swim sprint row walk jog hike dive ride buy order get add need fetch cut measure")
_METRES: Final = pattern(r"\d+ ?m")
_HOUR_CLOCK: Final = pattern(r"(\d{1,2})h\d\d")
_EARLIEST_CLOCK: Final = 5
"""From this hour on "7h30" is a time of day."""
_LENGTH: Final = pattern(r"\d ?(?:m|h)(?:\b|\d)|\b(?:minutes?|mins?|hours?|hrs?)\b|\d(?:mins?|hrs?)\b")


def _take_due(out: Content) -> None:
    """Take the date that is marked as due before any other, wherever it stands."""
    whens = [token for token in out.piece.spans("W") if not token.value.time_only]
    due = [token for token in whens if token.lead.startswith(("due", "deadline"))]
    if len(whens) > 1 and len(due) == 1 and due[0] is not whens[-1] and take(out, due[0]):
        out.holes.append(due[0])


def _take_kept(out: Content) -> None:
    """Take the date of "tuesday's rehearsal", which the title keeps."""
    for token in out.piece.spans("W")[:1]:
        if token.value.kept and token is out.piece.tokens[0]:
            take(out, token)


def _take_dates(out: Content) -> None:
    _take_before_end(out)
    piece = out.piece
    if piece.tokens[-1].word in ("W", "R") and take(out, piece.tokens[-1]):
        out.piece = Piece(piece.text, piece.first, piece.last - 1).trimmed()
        for links in _TAIL_LINKS:
            if links is _TAIL_LINKS[1] and piece.tokens[-1].lead and out.piece.words[-1:] in (["in"], ["up"], ["off"]):
                break  # "check in by 6"
            if (found := out.piece.match(links)) is not None:
                out.piece = found.get("what").trimmed()
                break
        return
    first = piece.tokens[0]
    if (
        not (first.word == "W" and first.value.kept)
        and first.word in ("W", "R")
        and not (first.end < len(piece.text.raw) and piece.text.raw[first.end - 2 : first.end] in ("'s", "’s"))
        and take(out, first)
    ):
        rest = Piece(piece.text, piece.first + 1, piece.last).trimmed()
        found = rest.match(_HEAD_LINKS)
        out.piece = found.get("rest").trimmed() if found else rest


_SYMBOLS: Final = pattern(r"[\s\W_]*[^\w\s.,;:!?()\"'\-\[\]/&+#*%€$£<>=@~^|\\{}]\s*\Z")


def _take_before_end(out: Content) -> None:
    """Take a date before an emoji."""
    piece = out.piece
    low = piece.text.low[piece.start : piece.end]
    tail = _SYMBOLS.search(low)
    if tail is None or tail.start() == 0:
        return
    end = piece.start + tail.start()
    for token in piece.spans("W"):
        if token.end == end and token not in out.holes and take(out, token):
            out.holes.append(token)


def _cut_to(out: Content, forms: tuple[str, ...], name: str = "what") -> str | None:
    """Cut the piece down to what a form keeps; return the form that matched."""
    for text in forms:
        if (found := out.piece.match(text)) is not None and (kept := found.get(name).trimmed()):
            out.piece = kept
            return text
    return None


def _friendly(out: Content) -> None:
    for text in (
        "<what> {tail}|instead|though",
        "<what> [and|but]? don't_forget|don't_let_me_forget [it|that|this]?",
        "{polite}|also|then <what>",
    ):
        if (found := out.piece.match(text)) is not None and found.get("what"):
            out.piece = found.get("what").trimmed()
            return
    _cut_to(out, _CONDITION)


def _reminder(out: Content) -> None:
    for text in _REMINDED:
        if out.remind is None and (found := out.piece.match(text)) is not None and found.get("what"):
            out.remind = _lead_words(found.get("remind"))
            out.piece = found.get("what").trimmed()
            return


def _fields(out: Content) -> None:
    for text in _NOTED:
        if out.notes is None and (found := out.piece.match(text)) is not None and found.get("what"):
            out.notes = found.get("note").raw
            out.piece = found.get("what").trimmed()
            return
    for text in _TAGGED:
        if not out.tags and (found := out.piece.match(text)) is not None and found.get("what"):
            out.tags = (found.value("tag") or found.get("tag").raw.lstrip("#"),)
            out.piece = found.get("what").trimmed()
            return


def _lead_words(piece: Piece) -> str:
    token = next(token for token in piece.tokens if token.is_span)
    return str(token.value.text) if token.word == "L" else plain(piece.raw)


def _priority(out: Content) -> None:
    for text in _WITH_PRIORITY:
        if (found := out.piece.match(text)) is not None and found.get("what"):
            out.priority = found.value("p")
            out.piece = found.get("what").trimmed()
            return
    for text in _URGENT:
        if (found := out.piece.match(text)) is not None and found.get("what"):
            out.priority = level(found.word("level")) or "high"
            out.piece = found.get("what").trimmed()
            return


def _list(out: Content) -> None:
    for text in (
        "<what> [down] {onto}|for list=K",
        "<what> [down] {onto}|for list=K [project|category]",
        "{onto}|for list=K [:] <what>",
    ):
        if (found := out.piece.match(text)) is not None and found.get("what"):
            name = found.value("list")
            if text.startswith("<") and "for" in found.found.group().split() and name.bare:
                continue
            out.project = out.project or name.name
            out.piece = found.get("what").trimmed()
            return


def _within(out: Content) -> None:
    """Take a moment between an event and what it is about out of the title ("meeting at three with Bob")."""
    tokens = out.piece.tokens
    if _quoted(out.piece):
        return
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.word not in ("W", "R"):
            continue
        about = before.word in phrases("event") and after.word in _ABOUT
        if (about or after.word in _CLAUSAL) and take(out, token):
            out.holes.append(token)


_ABOUT: Final = word_set("with about called named titled to regarding between ,")
_CLAUSAL: Final = word_set("before after when because so once for")
_CLOSING: Final = pattern(r"\s+([)\],;])")


def _with_brackets(raw: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of words with the brackets at their ends whose other half stands within ("[a] b", "f(x)")."""
    for opening, closing in ("()", "[]", "{}"):
        within = raw[start:end]
        while start and raw[start - 1] == opening and within.count(closing) > within.count(opening):
            start -= 1
            within = raw[start:end]
        while end < len(raw) and raw[end] == closing and within.count(opening) > within.count(closing):
            end += 1
            within = raw[start:end]
    return start, end


def _title(out: Content) -> str:
    piece = out.piece
    if not piece:
        return ""
    if _quoted(piece):
        return str(piece.tokens[0].value)
    raw = piece.text.raw
    at, end = _with_brackets(raw, piece.start, piece.end)
    parts: list[str] = []
    for hole in sorted(out.holes, key=lambda token: token.start):
        if hole.end > at and hole.start < end:
            parts.append(raw[at : max(at, hole.start)])
            at = hole.end
    parts.append(raw[at : max(at, end)])
    return _CLOSING.sub(r"\1", plain(" ".join(parts)).strip(" ,;:"))


# --- several things at once

_NEAR: Final = 4
"""So many words may stand between a title and the date behind it."""

_AND: Final = word_set("and & plus +")
_BINDING: Final = word_set("with between for of at about from that which to by in on into both")


def items_of(found: Content, *, listed: bool = False, soft: bool = False) -> list[Content]:
    """Return the things that a task's words name, each on its own; one where they belong together."""
    piece = found.piece
    if _quoted(piece):
        return [found]
    pieces = split_items(piece, project=found.project, listed=listed, dated=found.dated, soft=soft)
    if len(pieces) < 2:
        return [found]
    parts = [content_of(part, lists=False) for part in pieces]
    if any(not part.title for part in parts):
        return [found]
    alone = _time_of_the_last(found) if is_command(parts[-1].piece.words) else None
    for part in parts:
        inherit(part, found if alone is None or part is parts[-1] else replace(found, when=alone[0]))
    return parts


def _time_of_the_last(found: Content) -> tuple[When | None] | None:
    """Return the day that is said in front of several things, where the last one has a time of its own behind it
    ("today clean the bath and ring Al at 5"); None where it is no such row."""
    tokens, piece = found.piece.text.tokens, found.piece
    behind = next((token for token in tokens[piece.last : piece.last + _NEAR] if token.word == "W"), None)
    if behind is None or behind.value.when.time is None:
        return None
    front = [token for token in tokens[: piece.first] if token.word == "W"]
    return (front[-1].value.when if front else None,)


def inherit(part: Content, whole: Content) -> None:
    """Give a thing what was said of all of them, where nothing else was said of it."""
    if not part.dated:
        part.when, part.recurrence = whole.when, whole.recurrence
    elif part.time_only and whole.when is not None and whole.when.time is None:
        part.when = merged(part.when, whole.when, a_time_only=True, b_time_only=False)
    part.priority = part.priority or whole.priority
    part.project = part.project or whole.project
    part.tags = part.tags or whole.tags
    part.remind = part.remind or whole.remind
    part.start = part.start or whole.start
    part.duration = part.duration or whole.duration


def split_items(
    piece: Piece, *, project: str | None = None, listed: bool = False, dated: bool = False, soft: bool = False
) -> list[Piece]:
    """Return the things that a stretch names: "milk, eggs and bread" is three, "salt and pepper" is one."""
    if len(commands := _commands(piece)) > 1:
        return commands
    pieces = cut_at(piece, _AND | {",", ";"})
    if len(pieces) < 2:
        return [piece]
    chores = [is_command(part.words) for part in pieces]
    if _is_place(pieces, chores):
        return [piece]
    if _each_dated(pieces, chores, dated=dated):
        return pieces
    shopping = _is_shop(project)
    commas = cut_at(piece, {",", ";"})
    if any(chores) and not shopping and not listed:
        return [piece]
    words = [len(part.words) for part in pieces]
    if max(words) > (7 if listed else 4) or (chores[0] and not shopping and not listed):
        return [piece]
    if shopping or listed or (soft and len(pieces) > 2):
        return pieces
    if len(commas) > 1:
        return [piece] if any(set(part.words) & _BINDING for part in pieces) else pieces
    plain_words = piece.text.raw[piece.start : piece.end].islower()
    return pieces if max(words) <= (2 if soft else 1) and plain_words else [piece]


def _is_place(pieces: list[Piece], chores: list[bool]) -> bool:
    """Return whether the second of two is where the first is to be ("choir on thursday at 7, the town hall")."""
    first, last = pieces[0].words, pieces[-1].words
    if len(pieces) != 2 or any(chores) or first[-1] not in ("W", "R") or {"W", "R"} & set(last):
        return False
    if pieces[0].text.tokens[pieces[-1].first - 1].word != ",":
        return False
    return not any(word in phrases("stating") for word in last) and len(last) < 5


def _undated(words: list[str]) -> list[str]:
    """Return words without the date in front."""
    at = 1 if words[:1] in (["on"], ["at"], ["by"], ["sometime"], ["some time"]) else 0
    return words[at + 1 :] if words[at : at + 1] in (["W"], ["R"]) and words[at + 1 :] else words


def _is_told(words: list[str]) -> bool:
    """Return whether words tell of something to do: "the boys need new boots", "there's the gutter to clear"."""
    chore = words[-2:-1] == ["to"] and words[-1] in CHORES
    return chore or words[0] in ("there's", "i've", "we've") or bool({"need", "needs"} & set(words[1:4]))


_THEN: Final = _AND | {",", ";", "then", "oh", "+"}
_POINTS: Final = word_set("it them that this those these him her there")


def _commands(piece: Piece) -> list[Piece]:
    """Return the imperatives in a row that a stretch is, each with what follows it; none where it does not begin so.

    After what has a date of its own, a thing stands on its own too ("fetch the twins at 3, judo at 4").
    """
    parts = cut_at(piece, _THEN)
    every = bool(parts) and all(len(part.words) > 1 and part.words[0] in CHORES for part in parts)
    if not every and not (parts and is_command(parts[0].words)):
        return []
    out = [parts[0]]
    for part in parts[1:]:
        words = _undated(part.words)
        command = every or is_command(words)
        own = words != part.words or (command and not set(words[1:3]) & _POINTS) or _is_told(words)
        if own or out[-1].words[-1] in ("W", "R"):
            out.append(part)
        else:
            out[-1] = Piece(piece.text, out[-1].first, part.last)
    return out


def _is_shop(project: str | None) -> bool:
    return bool(project) and any(word in phrases("shop") for word in str(project).lower().split())


def is_command(words: list[str]) -> bool:
    """Return whether words are an imperative: by their verb, or by their order alone ("decorate the hall")."""
    if len(words) < 2 or not words[0].isalpha():
        return False
    follows = words[1] in phrases("article") | phrases("particle") | {"his", "her", "their", "all"}
    if words[0] in CHORES:
        return follows or words[0] not in NOUNS_TOO
    article = words[1] in phrases("article") | {"his", "her", "their"}
    return article and len(words) > 2 and words[0] not in known_words() and not words[0].endswith("ed")


def _each_dated(pieces: list[Piece], chores: list[bool], *, dated: bool) -> bool:
    """Return whether each thing has a date behind it, or is a chore ("milk tomorrow, call mom friday at 5")."""
    days = [len(part.words) > 1 and part.words[-1] in ("W", "R") for part in pieces]
    if not any(days[:-1]):
        return False
    *first, last = (chore or day for chore, day in zip(chores, days, strict=True))
    return all(first) and (last or dated) and pieces[-1].words[0] not in _BINDING


def cut_at(piece: Piece, signs: frozenset[str] | set[str]) -> list[Piece]:
    """Return a stretch cut at some words and signs, but not within pairs; "and then" and the like go with the cut."""
    parts: list[Piece] = []
    start = piece.first
    tokens = piece.text.tokens
    for place in range(piece.first, piece.last):
        word = tokens[place].word
        an_and = word == "an" and _means_and(tokens, place, piece) and "and" in signs
        if not (word in signs or an_and) or place == start or _paired(tokens, place):
            continue
        parts.append(_freed(Piece(piece.text, start, place)))
        start = place + 1
    parts.append(_freed(Piece(piece.text, start, piece.last)))
    return [part for part in parts if part]


def _means_and(tokens: list[Token], place: int, piece: Piece) -> bool:
    """Return whether "an" is a slip for "and" ("milk an bread")."""
    if not piece.first < place < piece.last - 1 or tokens[place - 1].word in phrases("add"):
        return False
    return tokens[place + 1].word[:1] not in ("a", "e", "i", "o", "u", "h") and tokens[place - 1].word not in _BINDING


def _paired(tokens: list[Token], place: int) -> bool:
    if not 0 < place < len(tokens) - 1 or tokens[place].word not in ("and", "&"):
        return False
    return f"{tokens[place - 1].word}_{tokens[place + 1].word}" in PAIRS


_JOINERS: Final = word_set("instead and then also plus & finally lastly oh so maybe perhaps possibly")


def _freed(piece: Piece) -> Piece:
    piece = piece.trimmed()
    while piece and piece.tokens[0].word in _JOINERS:
        piece = Piece(piece.text, piece.first + 1, piece.last).trimmed()
    return piece


# --- the words of a title

_LEADING: Final = (
    "is|is_a|that|to|me_to|me_that|that_i_need_to|that_i_have_to|that_i've_got_to|that_i_should|that_i_must|"
    "i_need_to|i_have_to|i_should|i_must|i've_got_to|"
    "we_need_to|we_have_to|that_we_need_to|that_we_have_to|i_gotta|that_i_want_to|about|of|for_me_to|the_task|"
    "the_task_to|a_task_to|called|named|"
    "saying|that_says|which_says|titled <rest>",
    "that|: i|we have|'ve_got|got|am|'m|will_be|have_got|had [a|an|the|my] <rest>",
    "i|we have|have_got|got [a|an|the|my]? <rest>",
    "i've_got|we've_got|i've|that_i've_got [a|an|the|my] <rest>",
    "so|so_that i|we <rest>",
    "[a|the|new]* {newtask} <quoted>",
    "[a|the|new]* task|todo|to-do <rest>",
    "[that] there_is|there's|there_will_be|there_are [a|an|the|my] <rest>",
)
_NAMED: Final = (
    "[a|an|the|my|new]* {task}|appointment [W] called|named|titled|entitled|saying|that_says|which_says|: <rest>"
)
_SMALL: Final = word_set("to of for with and or the a an it that this me my in on at")


def tidied(found: Content) -> Content:
    """Take "that I have to" and the like off the front, which says that it is a task and not which."""
    for _ in range(3):
        for text in (*_LEADING, _NAMED):
            if (match := found.piece.match(text)) is None:
                continue
            if "quoted" in match.found.re.groupindex and not _quoted(match.get("quoted").trimmed()):
                continue
            if "task|todo" in text and not is_command(match.get("rest").words):
                continue
            found.piece = match.get("quoted" if "quoted" in match.found.re.groupindex else "rest").trimmed()
            break
        else:
            break
    _take_front_dates(found)
    _without_article(found)
    found.title = _title(found)
    return found


def _take_front_dates(found: Content) -> None:
    piece = found.piece
    while (
        piece and piece.tokens[0].word in ("W", "R") and piece.last - piece.first > 1 and take(found, piece.tokens[0])
    ):
        piece = Piece(piece.text, piece.first + 1, piece.last).trimmed()
        match = piece.match(_HEAD_LINKS)
        piece = match.get("rest").trimmed() if match else piece
    found.piece = piece
    found.dated = found.dated or found.when is not None or found.recurrence is not None


def _without_article(found: Content) -> None:
    """Take the article off a bare event: "a meeting with Tim" is told as "meeting with Tim"."""
    words = found.piece.words
    if len(words) < 2 or words[0] not in ("a", "an", "the", "new") or _quoted(found.piece):
        return
    if any(word in phrases("event") for word in words[1:4]):
        found.piece = Piece(found.piece.text, found.piece.first + 1, found.piece.last).trimmed()


def is_empty(title: str) -> bool:
    """Return whether a title only says that there is to be one ("something", "an item", "it")."""
    words = [word for word in title.casefold().split() if word not in _SMALL and word not in phrases("own")]
    empty = phrases("task") | {
        "something",
        "anything",
        "one",
        "new",
        "later",
        "else",
        "more",
        "stuff",
        "do",
        "again",
        "another",
    }
    return not any(word not in empty and word not in NUMBERS for word in words)


def added(found: Content) -> Add:
    """Return the addition of a task."""
    return Add(
        title=found.title,
        when=found.when,
        recurrence=found.recurrence,
        priority=found.priority,
        project=found.project,
        tags=found.tags,
        notes=found.notes,
        remind=found.remind,
        start=found.start,
        duration=found.duration,
    )


def parse_inline(text: str, *, now: dt.datetime, preferences: Preferences) -> Add:
    """Return the task that a text without a verb stands for: marks anywhere, dates and rules at its edges, a title."""
    read = Text(text, now=now.replace(tzinfo=None), preferences=preferences, context=Context())
    found = content_of(read.whole(), polite=False, lists=False)
    found.title = _with_signs(found.title, text)
    if not found.title:
        raise InvalidInput("A task needs a title. Write what is to be done, for example: buy milk tomorrow #home.")
    check_title(found.title)
    for name, what in [(found.project, "A project name"), *((tag, "A tag") for tag in found.tags)]:
        if name and len(name) > NAME_MAX:
            raise InvalidInput(f"{what} may have {NAME_MAX} characters; this one has {len(name)}.")
    return added(found)


def _with_signs(title: str, text: str) -> str:
    """Return the title of a whole text with the brackets around it, and a question mark at its end."""
    whole = plain(text)
    if title and whole.endswith("?") and whole.rstrip("?").endswith(title):
        return title + whole[len(whole.rstrip("?")) :]
    if title and whole.startswith(f"({title}") and whole.endswith(")") and not title.endswith(")"):
        return f"({title})"
    return title


def check_title(title: str) -> None:
    """Raise `InvalidInput` where a title is too long."""
    if len(title) > TITLE_MAX:
        raise InvalidInput(
            f"A title has at most {TITLE_MAX} characters; this one has {len(title)}. "
            f"Shorten “{title[:40].rstrip()}…”, or put the rest into the notes."
        )
