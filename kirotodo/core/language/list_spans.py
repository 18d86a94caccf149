"""The spans of a text that are found in its words: names of lists, priorities, places in a list that was shown."""

from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.lexicon import NUMBERS, ORDINALS, phrases
from kirotodo.core.language.slips import is_word, one_off, swapped
from kirotodo.core.language.spans import ListName, Token, level, plain
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern


def _merged(tokens: list[Token], first: int, last: int, word: str, value: Any) -> None:
    """Replace tokens first..last-1 by one span."""
    tokens[first:last] = [Token(word, tokens[first].start, tokens[last - 1].end, value)]


def mark_priorities(tokens: list[Token]) -> list[Token]:
    """Mark "high priority", "priority: low", "top priority"."""
    i = 0
    while i < len(tokens):
        word = tokens[i].word.replace("-priority", "")
        if tokens[i].word.endswith("-priority") and level(word):
            tokens[i] = replace(tokens[i], word="P", value=level(word))
        elif word in phrases("prio") and i and (value := level(tokens[i - 1].word)):
            first = i - 2 if i > 1 and tokens[i - 2].word in ("very", "a", "an") else i - 1
            _merged(tokens, first, i + 1, "P", value)
            i = first
        elif word in ("priority", "prio") and (after := _level_after(tokens, i)):
            _merged(tokens, i, i + after[1], "P", after[0])
        i += 1
    return tokens


def _level_after(tokens: list[Token], i: int) -> tuple[Priority, int] | None:
    """Read "priority high", "priority: 1"; what follows must end there."""
    ahead = 2 if i + 2 < len(tokens) and tokens[i + 1].word in (":", "=") else 1
    if i + ahead >= len(tokens):
        return None
    value = level(tokens[i + ahead].word)
    return (value, ahead + 1) if value and tokens[i + ahead].word.isalnum() else None


def mark_places(low: str, tokens: list[Token], *, offered: bool) -> list[Token]:
    """Mark places in a list that was shown: "the second one", "the last item", "the first two".

    Where something was just shown, "the first" alone is a place too, unless a word of time goes before it.
    """
    i = 0
    for place, token in enumerate(tokens if offered else ()):
        said = low[token.start : token.end].removeprefix("the ")
        if token.word == "W" and said in ORDINALS and tokens[place - 1 if place else 0].word not in _TIMING:
            tokens[place] = Token(said, token.start, token.end)
    while i < len(tokens):
        place = ordinal(tokens[i].word)
        if place:
            first = i - 1 if i and tokens[i - 1].word in ("the", "my", "your") else i
            found = _ordinals(tokens, i, place, offered=offered)
            if found is not None:
                _merged(tokens, first, found[1], "O", found[0])
                i = first
        i += 1
    return tokens


_TIMING: Final = word_set("to on by until till from for before after since due at and")


def ordinal(word: str) -> int:
    """Return the place that a word names, from the end where negative; 0 where it names none."""
    if word in ORDINALS:
        return ORDINALS[word]
    return int(word[:-2]) if word[:-2].isdecimal() and word[-2:] in ("st", "nd", "rd", "th") else 0


def _ordinals(tokens: list[Token], i: int, place: int, *, offered: bool) -> tuple[tuple[int, ...], int] | None:
    words = [token.word for token in tokens]
    places, j = [place], i + 1
    while j + 1 < len(words) and words[j] in ("and", ",") and words[j + 1] in ("the", *ORDINALS):
        k = j + 2 if words[j + 1] == "the" else j + 1
        if k >= len(words) or not ordinal(words[k]):
            break
        places, j = [*places, ordinal(words[k])], k + 1
    count = NUMBERS.get(words[j]) if j < len(words) else None
    if count and len(places) == 1 and count > 1:
        steps = range(1, count + 1) if place == 1 else range(-count, 0) if place == -1 else ()
        if steps:
            after = words[j + 1] if j + 1 < len(words) else ""
            return (tuple(steps), j + 2 if after in phrases("one") else j + 1)
    if j < len(words) and words[j] in phrases("one"):
        return tuple(places), j + 1
    if j + 1 < len(words) and words[j : j + 2] == ["of", "them"]:
        return tuple(places), j + 2
    if offered and (j >= len(words) or tokens[j].is_sign or tokens[j].is_span or words[j] in phrases("linking")):
        return tuple(places), j
    return None


_STOP_NAME: Final = word_set(
    "no how many much when where who why is am was were then should may might has had don't to from on in off at "
    "into onto my our the add put and is for with i it that these those not me please remove "
    "delete make create of a an your this under his her their new clear show empty move rename get start have has "
    "want need give open up as or wrong what's whats what which do does are any if check by let"
)
_NAMING: Final = word_set("called named titled for of labelled")


def mark_lists(raw: str, projects: tuple[str, ...], tokens: list[Token]) -> list[Token]:
    """Mark what names a list: "my shopping list", "the list of books", "to work", "my calendar"."""
    i = 0
    while i < len(tokens):
        word = tokens[i].word
        if word in phrases("list") and (found := _list_at(raw, projects, tokens, i)):
            first, last, value = found
            _merged(tokens, first, last, "K", value)
            if first and tokens[first - 1].word in ("too", "tot", "ont", "onot"):
                tokens[first - 1] = replace(tokens[first - 1], word="to")
            i = first
        i += 1
    return _known_lists(raw, projects, tokens)


_OWNERS: Final = word_set("my the our")
_WEAK_LISTS: Final = word_set("reminders to-dos todos")


def _list_at(raw: str, projects: tuple[str, ...], tokens: list[Token], i: int) -> tuple[int, int, ListName] | None:
    word, last = tokens[i].word, i + 1
    if not _means_list(tokens, i):
        return None
    first = _name_start(tokens, i)
    name = tokens[first:i]
    if word in _WEAK_LISTS and (first == 0 or tokens[first - 1].word not in ("my", "the", "our", "of", "to", "on")):
        return None
    if first and tokens[first - 1].word in phrases("own") | {"new", "whole", "entire"}:
        first -= 1
        while first and tokens[first - 1].word in phrases("own"):
            first -= 1
    value = _named(raw, projects, name)
    if word == "list" and last + 1 < len(tokens) and tokens[last].word in _NAMING:
        value, last = _named_after(raw, projects, tokens, last, value)
    return first, last, value


def _means_list(tokens: list[Token], i: int) -> bool:
    """Return whether a word for a list stands for one where it is: "my schedule", not "schedule a call"."""
    word = tokens[i].word
    before = tokens[i - 1].word if i else ""
    after = tokens[i + 1].word if i + 1 < len(tokens) else ""
    match word:
        case "list":
            return i > 0 or len(tokens) == 1
        case "lists":
            return False
        case "dos":
            return before == "to"
        case _ if after in ("list", "lists"):
            return False
        case "tasks" | "chores" | "errands":
            return before in _OWNERS and i > 1 and tokens[i - 2].word in _BEFORE_NAME
        case "calendar":
            return after not in ("event", "entry", "item", "reminder")
        case "to-do" | "todo" | "reminder":
            return before in _OWNERS
        case "schedule" | "schedules":
            return before in _OWNERS | _BEFORE_NAME - {"to"}
    return True


def _name_start(tokens: list[Token], i: int) -> int:
    """Return where the name of the list at i begins."""
    if tokens[i].word == "dos":
        return i - 1
    first = i
    while first and i - first < 4 and _part_of_name(tokens[first - 1]):
        first -= 1
    if first == i and i > 1 and [token.word for token in tokens[i - 2 : i]] == ["to", "do"]:
        first -= 2  # "my to do list"
        while first and i - first < 4 and _part_of_name(tokens[first - 1]):
            first -= 1
    return first


def _part_of_name(token: Token) -> bool:
    return (
        not token.is_sign
        and token.word not in _STOP_NAME
        and (not token.is_span or token.word == "Q")
        and token.word != ":"
    )


def _named(raw: str, projects: tuple[str, ...], name: list[Token]) -> ListName:
    kept = list(name)
    if len(kept) > 2 and [token.word for token in kept[-2:]] == ["to", "do"]:
        kept = kept[:-2]
    while kept and kept[0].word in phrases("own") | {
        "new",
        "whole",
        "entire",
        "existing",
        "current",
        "another",
        "separate",
    }:
        kept.pop(0)
    if kept and kept[-1].word in ("to-do", "todo") and len(kept) > 1:
        kept.pop()
    if not kept:
        return ListName(None)
    if len(kept) == 1 and kept[0].word == "Q":
        return ListName(kept[0].value)
    said = " ".join(token.word for token in kept)
    if said in phrases("generic") or said == "to do" or said.startswith("to do"):
        return ListName(None)
    return known_list(projects, plain(raw[kept[0].start : kept[-1].end]))


def _named_after(
    raw: str, projects: tuple[str, ...], tokens: list[Token], i: int, before: ListName
) -> tuple[ListName, int]:
    """Read "list of things to do", "list called Camping", "list for the trip"."""
    words = [token.word for token in tokens]
    j = i + 1
    if j < len(words) and words[j] in ("me", "us"):
        more = j + 2 < len(words) and words[j + 1] in _NAMING
        return _named_after(raw, projects, tokens, j + 1, before) if more else (before, j + 1)
    stop = j
    limit = 7
    while (
        stop < len(tokens)
        and stop - j < limit
        and not tokens[stop].is_sign
        and words[stop] not in _NAME_ENDS
        and (not tokens[stop].is_span or words[stop] == "Q")
    ):
        stop += 1
    if stop == j:
        return before, i
    said = " ".join(words[j:stop])
    if words[i] in ("of", "for") and _THINGS.fullmatch(said):
        return ListName(None), stop
    if words[i] in ("of", "for") and before.name is not None:
        return before, stop
    if stop - j == 1 and words[j] == "Q":
        return ListName(tokens[j].value), stop
    return known_list(projects, plain(raw[tokens[j].start : tokens[stop - 1].end])), stop


_THINGS: Final = pattern(
    r"(?:all |my |the )*(?:things|tasks|stuff|items|reminders|chores|to-?dos?|to do)"
    r"(?: to (?:do|remember|get done|accomplish|complete|buy|get|finish)| (?:for|that|i|we)\b.*| to)*(?: later)?"
)
_NAME_ENDS: Final = word_set(
    ": if because please today tomorrow instead as at on add remove delete put with that cause since when so then now "
    "too also and which is are has have should but thanks"
)


def known_list(projects: tuple[str, ...], name: str) -> ListName:
    """Return the list of the user's that a name means, whatever its case, plural or a slip in it; else the name."""
    wanted = _key(name)
    for project in projects:
        if _key(project) == wanted:
            return ListName(project, known=True)
    if len(wanted) > 3:
        for project in projects:
            near = one_off if len(_key(project)) > 4 else swapped
            if near(wanted, _key(project)) and not is_word(wanted):
                return ListName(project, known=True)
    return ListName(name)


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    key = " ".join(name.casefold().split())
    if key.endswith("ies"):
        return key[:-3] + "y"
    if key.endswith("ys") and len(key) > 4:
        return key[:-1]
    return key[:-1] if key.endswith("s") and not key.endswith("ss") and len(key) > 3 else key


_BEFORE_NAME: Final = word_set("to on onto in into under from off within")


def _known_lists(raw: str, projects: tuple[str, ...], tokens: list[Token]) -> list[Token]:
    """Mark lists that are named without the word: "to work", "on groceries", "in garden project"."""
    i = 1
    while i < len(tokens):
        after_list = i > 1 and tokens[i - 1].word in ("and", "or", ",") and tokens[i - 2].word == "K"
        if after_list and known_list(projects, plain(raw[tokens[i].start : tokens[i].end])).known:
            name = known_list(projects, plain(raw[tokens[i].start : tokens[i].end])).name
            _merged(tokens, i, i + 1, "K", ListName(name, known=True, bare=True))
        elif _leads_to_list(tokens, i - 1) and (found := _bare_name(raw, projects, tokens, i)):
            last, value = found
            _merged(tokens, i, last, "K", value)
        i += 1
    return tokens


def _leads_to_list(tokens: list[Token], i: int) -> bool:
    """Return whether a list may be named after i: "to …", "with …" where it belongs there, "for …" at the end."""
    belongs = tokens[i].word == "with" and i and tokens[i - 1].word in ("go", "goes", "belong", "belongs")
    end = i + (3 if i + 1 < len(tokens) and tokens[i + 1].word in ("the", "my", "our") else 2)
    closing = tokens[i].word == "for" and (end >= len(tokens) or tokens[end].is_sign or tokens[end].word == ":")
    return tokens[i].word in _BEFORE_NAME or bool(belongs) or closing


def _bare_name(raw: str, projects: tuple[str, ...], tokens: list[Token], i: int) -> tuple[int, ListName] | None:
    j = i + 1 if tokens[i].word in ("the", "my", "our") else i
    for size in (3, 2, 1):
        part = tokens[j : j + size]
        if len(part) < size or any(token.is_sign or token.is_span or token.word == ":" for token in part):
            continue
        name = plain(raw[part[0].start : part[-1].end])
        value = known_list(projects, name)
        after = tokens[j + size].word if j + size < len(tokens) else ""
        if after == "project" or (after == "list" and value.known):
            return j + size + 1, ListName(value.name, known=value.known)
        said = name.lower() in phrases("place") or (size == 1 and tokens[i - 1].word == "onto")
        headed = tokens[i - 1].word == "for" and j + size < len(tokens) and tokens[j + size].word == ":"
        if value.known or (said and not headed and _closes(tokens, j + size)):
            return j + size, ListName(value.name, known=value.known, bare=True)
    return None


_CLOSERS: Final = word_set(
    "and please instead too as also thanks thank if or today tomorrow tonight rather with because then now that gets "
    "should"
)


def _closes(tokens: list[Token], i: int) -> bool:
    """Return whether what stands at i cannot go on with a name."""
    return (
        i >= len(tokens)
        or tokens[i].is_sign
        or tokens[i].is_span
        or tokens[i].word in _CLOSERS
        or tokens[i].word == ":"
    )
