"""Changing tasks: what an edit is done to, and the values that the words around it state, in any order.

An edit is read from both ends: verbs, prepositions, names of fields and values come off until what is left names tasks
of ours. The values decide what is changed, so no word order and no verb is a form of its own. Only what is free text
(titles, notes, names of tags) is read by forms.
"""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.content import content_of, cut_at, merged
from kirotodo.core.language.context import TaskView
from kirotodo.core.language.frames.base import FAINT, LIKELY, SURE, Clause, Reading, aimed, naming, reading, sure_of
from kirotodo.core.language.frames.skipping import skipping
from kirotodo.core.language.lexicon import COMMON, phrases
from kirotodo.core.language.list_spans import known_list
from kirotodo.core.language.mentions import STOP, VERY
from kirotodo.core.language.scopes import FIELDS, due_scope, excepted
from kirotodo.core.language.slots import is_now, named_task, nearer, slots_of, softeners, words_of
from kirotodo.core.language.spans import Moment, Shift, Token, level, settled
from kirotodo.core.language.targets import mentions, targets, windows
from kirotodo.core.language.tokens import Match, Piece
from kirotodo.core.language.types import Action, Clarify, Clearable, RenameList, Scope, Skip, Target, Update, When
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.tokens import cut, word_set

_ROLES: Final = (
    ("noise", ("article", "softener", "adv", "tail", "pointing", "i", "around")),
    ("link", ("linking", "tying")),
    ("be", ("be", "happening")),
    ("off", ("off", "remove", "clear")),
    ("strong", ("move", "change", "tagging", "ranking")),
    ("weak", ("weakly",)),
    ("off", ("untag",)),
    ("remind", ("remind", "reminder", "asking")),
    ("skip", ("skip",)),
    ("quit", ("quit",)),
    ("not", ("denying",)),
    ("priority", ("prio",)),
    ("due", ("due",)),
    ("time", ("time",)),
    ("recurrence", ("recurrence",)),
    ("tags", ("tags",)),
    ("notes", ("notes",)),
    ("project", ("filed",)),
    ("level", ("high", "medium", "low", "less")),
    ("bare", ("undated", "once")),
)
"""What each class of the lexicon does in an edit; a later row wins."""

_VALUES: Final = frozenset("WDLRPKTN")
_LONGEST: Final = 4
"""Words of the longest phrase that a role may have."""
_OLD: Final = frozenset({"from", "off", "out of", "instead of", "since"})
_INTO: Final = frozenset({"to", "into", "under", "onto", "in", "on", "with", "is", "for", "be", "go", "goes", "over"})
_EARLIER: Final = frozenset({"earlier", "sooner", "early"})
_AHEAD: Final = frozenset({"forward", "up", "ahead"})
_FIELD_ROLES: Final[dict[str, frozenset[Clearable]]] = {
    "due": frozenset({"due", "time"}), "time": frozenset({"time"}), "recurrence": frozenset({"recurrence"}),
    "tags": frozenset({"tags"}), "notes": frozenset({"notes"}), "priority": frozenset({"priority"}),
    "remind": frozenset({"remind"}), "project": frozenset({"project"}),
}  # fmt: skip


@cache
def _roles() -> dict[str, str]:
    """Return the role of each word and phrase in an edit."""
    return {phrase: role for role, names in _ROLES for name in names for phrase in phrases(name)}


class _Edit(msgspec.Struct):
    """What the words around `what` say: their roles, and the values and fields that they state or deny."""

    what: Piece
    roles: set[str] = msgspec.field(default_factory=set)
    words: set[str] = msgspec.field(default_factory=set)
    values: list[tuple[Token, str]] = msgspec.field(default_factory=list)
    denied: list[tuple[Token, str]] = msgspec.field(default_factory=list)
    unknown: int = 0
    fields: set[Clearable] = msgspec.field(default_factory=set)
    lost: set[Clearable] = msgspec.field(default_factory=set)

    def last(self, kinds: str) -> Any:
        """Return what the last value of some kinds stands for."""
        return next((token.value for token, _ in reversed(self.values) if token.word in kinds), None)

    def said(self, token: Token) -> str:
        """Return the words of a value."""
        return self.what.text.low[token.start : token.end]

    def of(self, kind: str) -> list[Any]:
        """Return what the values of a kind stand for."""
        return [settled(token) if kind == "W" else token.value for token, _ in self.values if token.word == kind]


def editing(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as a change of tasks."""
    if (skips := skipping(clause.text, clause.piece.raw)) is not None:
        yield reading("skip", 1.0, *skips)
        return
    yield from _snoozed(clause)
    snoozes = clause.words[:1] == ["snooze"]
    for frame in (_tags, _valued, _filed, _titles, _instead, _lengthened, _notes, _merged):
        for each in frame(clause):
            yield replace(each, actions=tuple(map(_or_snooze, each.actions))) if snoozes else each


_SNOOZE: Final = (
    "snooze [it|that|this|the_reminder|my_reminder|that_reminder]? [for|by]? <length>",
    "snooze <what> [for|by]? length=L|D",
    "snooze <what> for|by <length>",
)


def _snoozed(clause: Clause) -> Iterator[Reading]:
    """Yield a reminder put off for so long. "Until friday" is read as a new date, see `_or_snooze`."""
    for text in _SNOOZE:
        found = clause.piece.match(text)
        if found is None or not found.get("length"):
            continue
        line = cut(found.get("length").raw)
        length = length_at(line, 0)
        if length is None or length[1] < line.size:
            continue
        words = found.get("length").raw
        what = found.get("what") if "<what>" in text else None
        if not what:
            yield reading("snooze", 1.0, Update(target=Target(pronoun="it"), snooze=words))
            return
        for target, score in aimed(what, clause.text, 0.95):
            yield reading("snooze", score, Update(target=target, snooze=words))
        return


def _or_snooze(action: Action) -> Action:
    """Return a new date that was said with "snooze" also as the moment to put the reminder off to."""
    if not isinstance(action, Update) or action.when is None:
        return action
    moment = action.when.date.isoformat()
    if action.when.time is not None:
        moment += f" {action.when.time.isoformat('minutes')}"
    return replace(action, snooze=f"until {moment}")


# --- the words around what is changed


def _phrase(tokens: list[Token], start: int, step: int, kept: set[int]) -> tuple[int, str]:
    """Return how many words from `start` on, or up to it where `step` is -1, have a role together, and which."""
    for size in range(_LONGEST, 0, -1):
        first = start if step > 0 else start - size + 1
        if first < 0 or first + size > len(tokens) or kept & set(range(first, first + size)):
            continue
        role = _roles().get(" ".join(token.word for token in tokens[first : first + size]))
        if role is not None:
            return size, role
    return 0, ""


def _size(tokens: list[Token], at: int, step: int, kept: set[int]) -> int:
    """Return how many tokens may come off an end; 0 where what stands there names something."""
    token = tokens[at]
    if at in kept:
        return 0
    if token.is_sign or token.word in _VALUES or token.word in (":", "'s"):
        return 1
    size, role = _phrase(tokens, at, step, kept)
    if role == "bare" and step > 0:
        return 0  # "undated tasks" says which
    if token.word.isdecimal() and at and _phrase(tokens, at - 1, -1, kept)[1] == "not":
        return 1  # "at 11 rather than 10"
    if not size and at and tokens[at - 1].word in ("be", "been", "being", "needs") and token.word.endswith(_PARTICIPLE):
        return 1
    return size


_PARTICIPLE: Final = ("ed", "ing", "done")


def _kept(piece: Piece) -> set[int]:
    """Return the places of words that are a title, or a part of one that is not made of words of edits only."""
    titles = {place for first, last, _ in windows(piece, _roles().keys()) for place in range(first, last)}
    return titles | set(_listed(piece))


def _listed(piece: Piece) -> Iterator[int]:
    """Yield the places of names of lists in front of a word for tasks ("all my work tasks")."""
    tokens, lists = piece.tokens, piece.text.context.projects
    nouns = phrases("task") | {"ones"}
    for place, (token, after) in enumerate(pairwise(tokens)):
        if after.word in nouns and not token.is_span and known_list(lists, token.word).known:
            yield place


def _peeled(piece: Piece) -> _Edit:
    """Return an edit, read from both ends."""
    tokens = piece.tokens
    kept = _kept(piece) if piece.text.titles else set()
    low, high = 0, len(tokens)
    while low < high and (size := _size(tokens, low, 1, kept)):
        low += size
    while low < high and (size := _size(tokens, high - 1, -1, kept)):
        high -= size
    low, high = min(low, len(tokens)), high
    low, high = _named(piece, kept, low, high)
    low, high = _with_filters(tokens, low, high)
    while 0 < low < high and tokens[low - 1].word in ("the", "my", "our"):
        low -= 1
    edit = _Edit(Piece(piece.text, piece.first + low, piece.first + high))
    _read(edit, tokens[:low])
    _read(edit, tokens[high:])
    if low >= high:
        edit.what = _pointing(piece) or _whole_list(piece)
        edit.values, edit.denied = (
            [each for each in said if each[0] not in edit.what.tokens] for said in (edit.values, edit.denied)
        )
    return edit


def _named(piece: Piece, kept: set[int], low: int, high: int) -> tuple[int, int]:
    """Return the bounds of the titles within what is left, where all of it together names nothing."""
    inner = sorted(place for place in kept if low <= place < high)
    if not inner or (inner[0], inner[-1] + 1) == (low, high):
        return low, high
    between = [token for place, token in enumerate(piece.tokens) if inner[0] < place < inner[-1] and place not in kept]
    beside = [piece.tokens[place] for place in (inner[0] - 1, inner[-1] + 1) if low <= place < high]
    if any(token.word not in STOP and not token.is_sign for token in between) or any(map(_modifies, beside)):
        return low, high
    if any(is_ours(each) for each in targets(Piece(piece.text, piece.first + low, piece.first + high))):
        return low, high
    return inner[0], inner[-1] + 1


def _modifies(token: Token) -> bool:
    """Return whether a word beside a title makes it another thing ("the vet's bill", "Lena's birthday")."""
    return not (token.is_sign or token.is_span or token.word in _roles() or token.word in STOP) or token.word == "'s"


def _whole_list(piece: Piece) -> Piece:
    """Return the list that a stretch names where it names nothing else ("give my garden tasks high priority")."""
    tokens = piece.tokens
    for at, token in enumerate(tokens):
        if token.word == "K" and token.value.name and (not at or tokens[at - 1].word not in _INTO):
            return Piece(piece.text, piece.first + at, piece.first + at + 1)
    return Piece(piece.text, piece.last, piece.last)


def _pointing(piece: Piece) -> Piece:
    """Return the pronoun in a stretch that names nothing else."""
    for place, token in enumerate(piece.tokens, piece.first):
        if token.word in phrases("referring"):
            return Piece(piece.text, place, place + 1)
    return Piece(piece.text, piece.last, piece.last)


def _with_filters(tokens: list[Token], low: int, high: int) -> tuple[int, int]:
    """Return the bounds of what is changed, with the dates, lists and priorities beside it that say which tasks."""
    scoped = bool({token.word for token in tokens[low:high]} & (phrases("every") | phrases("scoped")))
    if low < high:
        at = high
        while at < len(tokens):
            if scoped and (size := _lacks(tokens, at)):
                at = high = at + size
                continue
            ahead = at
            while ahead < len(tokens) and tokens[ahead].word in phrases("narrowing"):
                ahead += 1
            token = tokens[ahead] if ahead < len(tokens) else None
            if token is None or not _filters(token, scoped, [*tokens[:low], *tokens[ahead + 1 :]]):
                break
            at = high = ahead + 1
    while low < high and low and _filters(tokens[low - 1], scoped, [*tokens[: low - 1], *tokens[high:]]):
        low -= 1
    return low, high


def _lacks(tokens: list[Token], at: int) -> int:
    """Return how many words say which field those that are meant lack or have ("without a date")."""
    words = [token.word for token in tokens[at : at + 4]]
    words = ["list" if w == "K" and tokens[at + n].value.name is None else w for n, w in enumerate(words)]
    if words[:1] not in (["without"], ["with"], ["no"], ["that"], ["have"], ["having"]):
        return 0
    return next((n for n, word in enumerate(words, 1) if n > 1 and word in FIELDS), 0)


def _filters(token: Token, scoped: bool, others: list[Token]) -> bool:
    """Return whether a value says which tasks are meant, since another one says what becomes of them."""
    if token.word not in "WKPTNR" and not level(token.word):
        return False
    if token.word == "W" and (token.lead in ("until", "till", "to") or token.value.time_only):
        return False
    left = [each for each in others if each.word in _VALUES or _roles().get(each.word) in (*_FIELD_ROLES, "level")]
    same = any(each.word == token.word for each in left)
    return same or (scoped and bool(left))


def _read(edit: _Edit, tokens: list[Token]) -> None:
    """Take up what the words on one side say."""
    denying, link, at = False, "", 0
    while at < len(tokens):
        token = tokens[at]
        if token.word in _VALUES:
            link = token.lead or link
            (edit.denied if denying or (link in _OLD and token.word != "D") else edit.values).append((token, link))
            denying, link = False, ""
            at += 1
            continue
        if token.word == "'s" or token.word.isdecimal():
            at += 1
            continue
        size, role = _phrase(tokens, at, 1, set())
        size = size or 1
        said = " ".join(each.word for each in tokens[at : at + size])
        if role == "level" and at + size < len(tokens) and _is_a_noun(tokens[at + size]):
            role = ""  # "12 high street"
        edit.words.add(said)
        at += size
        if role == "level":
            value = Token("P", token.start, tokens[at - 1].end, level(said) or "low", "" if level(said) else "less")
            (edit.denied if denying else edit.values).append((value, link))
            denying = False
        elif role in _FIELD_ROLES:
            (edit.lost if denying else edit.fields).update(_FIELD_ROLES[role])
            denying = denying and role == "due"
            edit.roles.add(role)
        elif role == "remind" and said in phrases("reminder"):
            (edit.lost if denying else edit.fields).add("remind")
        elif role == "not":
            denying = True
        elif role in ("link", "be"):
            link = said if role == "link" or said in _INTO else link
        if role:
            edit.roles.add(role)
        else:
            edit.unknown += not token.is_sign and token.word not in (":", "'s")
        if role == "strong":
            denying = False


def _is_a_noun(token: Token) -> bool:
    return token.word.isalpha() and not token.is_span and token.word not in _roles()


# --- what comes of it


def _valued(clause: Clause) -> Iterator[Reading]:
    """Yield the change that the values around a task make of it."""
    piece, exception = excepted(clause.piece)
    edit = _peeled(piece)
    edit.values = [each for each in edit.values if not is_now(piece.text, each[0])]
    if clause.words[:1] in (["tag"], ["label"]) and not edit.of("T"):
        return
    old = None
    if exception is not None:
        exception, old = _apart(edit, piece, exception)
    yield from _of_nothing_named(edit)
    if not edit.what or _is_new(clause, edit) or _states_more(edit):
        return
    spared = tuple(targets(exception)) if exception is not None else ()
    meant = [
        replace(each, scope=replace(each.scope, without=spared)) if spared else each for each in targets(edit.what)
    ]
    if old is not None:
        meant = [replace(each, scope=_on_day(clause, each.scope, old)) for each in meant]
    if not meant:
        return
    if "skip" in edit.roles or _leaves_out(clause, edit, meant):
        yield from _skipped(clause, edit, meant)
        return
    if _forbids(clause):
        return
    fields = _fields(clause, edit, meant)
    if not fields:
        if clause.words[0] in phrases("listverb") and not clause.piece.spans("DKI"):
            yield reading("date", LIKELY, Clarify(missing="time", action="update"))
        return
    score = _score(clause, edit, fields, meant) - 0.07 * edit.unknown
    if score > FAINT:
        sure = min(sure_of(target, clause.text, score) for target in meant)
        yield reading("edit", sure, *(Update(target=target, **fields) for target in meant))


def _apart(edit: _Edit, piece: Piece, exception: Piece) -> tuple[Piece, Token | None]:
    """Return what an exception names, and the day that stands behind it but is of all the others ("everything but the
    vet from monday to tuesday"); its other values go to the edit."""
    apart = _peeled(_alone(exception))  # "all but the vet to friday"
    if edit.of("W") and apart.of("W"):
        edit.what = Piece(piece.text, edit.what.first, piece.last)  # "all due monday but the vet to friday"
        edit.values = [each for each in edit.values if each[0].word != "W"]
    edit.values = [*edit.values, *apart.values]
    days = [*(token for token, _ in apart.denied if token.word == "W"), *apart.what.spans("W")]
    return apart.what, next((token for token in days if token.lead.split()[-1:] == ["from"]), None)


def _of_nothing_named(edit: _Edit) -> Iterator[Reading]:
    """Yield a reminder of what was talked about, or a field that is taken off all tasks ("clear all the dates")."""
    if not edit.what and "remind" in edit.roles and (lead := edit.last("L")):
        yield reading("edit", 0.9, Update(target=Target(pronoun="it"), remind=str(lead.text)))
    if not edit.what and "off" in edit.roles and edit.fields and edit.words & phrases("every"):
        having = Target(everything=True, plural=True, scope=Scope(has=frozenset(edit.fields - {"time"} or edit.fields)))
        yield reading("edit", 0.9, Update(target=having, clear=frozenset(edit.fields)))


def _on_day(clause: Clause, scope: Scope, token: Token) -> Scope:
    text = clause.text
    return due_scope(scope, token.value.when, "", text.preferences, text.now.date())


def _is_new(clause: Clause, edit: _Edit) -> bool:
    """Return whether a clause says what there is to do rather than what is to change ("remind me to …")."""
    return clause.piece.begins("{remind} me|us to ...") is not None or edit.what.words[:1] == ["to"]


def _states_more(edit: _Edit) -> bool:
    """Return whether what is changed holds a value itself: "bread low, milk" of "bread low, milk high"."""
    words = edit.what.words
    return not set(words) & phrases("scoped") and any(word.isalpha() and level(word) for word in words if word != "no")


def _alone(piece: Piece) -> Piece:
    found = piece.match("<what> where|as|how it|they is|are|was|were") or piece.match("<what> alone|out|in_place|there")
    return found.get("what") if found is not None and found.get("what") else piece


def _leaves_out(clause: Clause, edit: _Edit, meant: list[Target]) -> bool:
    """Return whether a day is only denied of what recurs ("not watering the ferns this friday")."""
    tasks = [clause.text.context.task(each) for target in meant for each in target.ids]
    said = [*edit.denied, *(edit.values if _forbids(clause) else ())]
    days = [token for token, _ in said if token.word == "W"]
    only = bool(days and tasks) and len(days) == len(edit.denied) + len(edit.values)
    return only and all(task is not None and task.recurrence for task in tasks)


def _forbids(clause: Clause) -> bool:
    """Return whether a clause forbids to do something at some time ("don't water the ferns tomorrow")."""
    if clause.piece.begins("don't|do_not|never ...") is None:
        return False
    return clause.words[1 + (clause.words[0] == "do") :][:1] not in (["forget"], ["let"], ["remind"], ["repeat"])


def _skipped(clause: Clause, edit: _Edit, meant: list[Target]) -> Iterator[Reading]:
    moment = next((token.value for token, _ in [*edit.values, *edit.denied] if token.word == "W"), None)
    for target in meant:
        if target.pronoun == "first" and edit.what.words[-1] not in phrases("task"):
            continue  # "the next meeting"
        known = is_ours(target) or (not clause.text.titles and clause.words[0] == "skip")
        yield reading("skip", 0.9 if known else FAINT, Skip(target=target, when=moment.when if moment else None))


def _fields(clause: Clause, edit: _Edit, meant: list[Target]) -> dict[str, Any]:
    """Return the fields of the change that an edit states."""
    fields: dict[str, Any] = {}
    clear = set(edit.lost)
    if edit.roles & {"off"} or edit.words & {"off", "without"}:
        clear |= edit.fields
    if edit.roles >= {"quit", "recurrence"} or ("quit" in edit.roles and edit.of("R")) or edit.words & phrases("once"):
        clear.add("recurrence")
    if edit.words & phrases("undated"):
        clear |= {"due", "time"}
    if edit.words & phrases("untag") and not edit.of("T"):
        clear.add("tags")
    if "remind" in edit.roles or edit.last("L"):
        fields |= _reminder(clause, edit, meant)
    elif "quit" in edit.roles and edit.of("W"):
        day = edit.of("W")[-1].when.date
        return {"ends": f"until {day.isoformat()}"} if all(_routines(clause, meant)) else {}
    else:
        fields |= _timing(edit)
    if fields.get("time_only") and (due := _due_of_it(clause, meant)) is not None:
        fields["when"] = nearer(fields["when"], clause.piece, due)  # "8 suits her better", of an evening
    fields |= _labels(clause, edit, clear)
    if not fields and clear:
        tasks = [clause.text.context.task(each) for target in meant for each in target.ids]
        if edit.lost == {"remind"} and tasks and not any(task and task.remind_at for task in tasks):
            return {}  # "don't remind me to …" where nothing reminds: the task itself may be meant
        fields["clear"] = frozenset(clear)
    return fields


def _routines(clause: Clause, meant: list[Target]) -> list[bool]:
    tasks = [clause.text.context.task(each) for target in meant for each in target.ids]
    return [task is not None and task.recurrence is not None for task in tasks] or [False]


def _due_of_it(clause: Clause, meant: list[Target]) -> dt.time | None:
    """Return when the one task is due that was talked about, where "it" is what is changed."""
    about = clause.text.context.state.about
    pointed = len(about) == 1 and all(target.pronoun == "it" or target.ids == about for target in meant)
    view = clause.text.context.task(about[0]) if pointed else None
    return view.due_time if view is not None else None


def _timing(edit: _Edit) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    moments: list[Moment] = edit.of("W")
    if "same" in edit.words and any(token.word == "W" and "next week" in edit.said(token) for token, _ in edit.values):
        return {"shift_days": 7}  # "the same time next week"
    if shift := edit.last("D"):
        return shifted(shift, earlier=_is_earlier(edit, shift))
    if (rule := edit.last("R")) is not None and "quit" not in edit.roles:
        fields["recurrence"] = rule
    if moments and not (edit.roles & {"off"}):
        last = moments[-1]
        both = merged(moments[0].when, last.when, a_time_only=moments[0].time_only, b_time_only=last.time_only)
        when = both if len(moments) > 1 and both is not None else last.when
        if "same" in edit.words:
            when = replace(when, time=None, grain="day")
        fields |= {"when": when, "time_only": all(moment.time_only for moment in moments)}
    return fields


def _is_earlier(edit: _Edit, shift: Shift) -> bool:
    words = edit.words | {shift.direction}
    postponed = words & {"back", "push", "postpone", "snooze", "delay", "out"}
    return bool(words & _EARLIER) or bool((words & _AHEAD or words & phrases("sooner")) and not postponed)


def shifted(shift: Shift, *, earlier: bool) -> dict[str, Any]:
    """Return the fields of a change that moves tasks by a length from their own dates."""
    sign = -1 if earlier else 1
    length = shift.length
    if length.months:
        return {"shift_months": sign * length.months}
    days = length.days + length.workdays
    if days:
        return {"shift_days": sign * days}
    return {"shift_minutes": sign * (length.seconds // 60)}


def _labels(clause: Clause, edit: _Edit, clear: set[Clearable]) -> dict[str, Any]:
    """Return the priority, the list and the tags of a change; what an edit takes off is put to `clear`."""
    fields: dict[str, Any] = {}
    removing = "off" in edit.roles
    for token, link in edit.values:
        if token.word == "P" and token.lead == "less" and len(edit.values) > 1:
            continue  # "can wait until monday" says when
        if token.word == "P" and removing and link != "to":
            clear.add("priority")
        elif token.word == "P":
            fields["priority"] = token.value
        elif token.word in "TN":
            name = "project" if token.word == "N" else "remove_tags" if removing else "add_tags"
            fields[name] = token.value if token.word == "N" else (*fields.get(name, ()), token.value)
        elif token.word == "K" and token.value.name and link in _INTO and not removing:
            fields["project"] = token.value.name
    for token, _ in edit.denied:
        if token.word == "T":
            fields["remove_tags"] = (*fields.get("remove_tags", ()), token.value)
        elif token.word == "P" and "priority" not in fields:
            fields["priority"] = "low"
        elif token.word == "K" and "not" in edit.roles and "project" not in fields:
            clear.add("project")
    if "priority" not in fields and not edit.values and edit.words & phrases("ranking"):
        raised = clause.words[0] in ("raise", "up", "bump", "increase", "prioritize", "prioritise", "prio", "flag")
        fields["priority"] = "high" if raised else "low"
    return fields


def _reminder(clause: Clause, edit: _Edit, meant: list[Target]) -> dict[str, Any]:
    lead = edit.last("LD")
    if lead is not None:
        return {"remind": str(lead.text)}
    moments: list[Moment] = edit.of("W")
    if not moments:
        return {}
    when = moments[-1].when
    tasks = [clause.text.context.task(each) for target in meant for each in target.ids]
    task = tasks[0] if len(tasks) == 1 else None
    if task and task.due_date and when.time and {"that", "day"} & set(clause.text.low.split()):
        when = When(date=task.due_date, time=when.time)
    moment = dt.datetime.combine(when.date, when.time or clause.text.preferences.morning)
    return {"remind": moment.isoformat(timespec="minutes")}


_PLAIN: Final = frozenset({"shift_days", "shift_minutes", "shift_months", "remind", "add_tags"})
"""Fields that nothing else is said with: a word that is not understood beside them is passed over."""
_CONTRASTING: Final = frozenset(
    {"instead", ":", "now", "rather", "to", "until", "till", "off", "->", "less", "over", "onto", "into", "under"}
)


def _score(clause: Clause, edit: _Edit, fields: dict[str, Any], meant: list[Target]) -> float:
    """Return how sure it is that a clause changes what it names, from its verb, the values, and what it names."""
    if not all(is_ours(target) for target in meant):
        return SURE if _commands(clause, edit) else 0.0
    if "project" in fields and clause.words[0] in phrases("add") and not _moves(clause, edit, fields):
        return 0.0
    dated = fields.keys() <= {"when", "time_only", "recurrence"}
    if _has_verb(edit, fields) or ("weak" in edit.roles and (not dated or edit.fields)):
        return 0.96
    if edit.unknown and not ("be" in edit.roles and edit.unknown == 1) and not fields.keys() & _PLAIN:
        return 0.0
    if "weak" in edit.roles:
        return 0.82
    if _contrasts(edit):
        return 0.84
    owned = clause.words[0] in phrases("article") and "project" not in fields
    return 0.8 if owned or not fields.keys() <= {"when", "time_only", "project"} else 0.0


def _has_verb(edit: _Edit, fields: dict[str, Any]) -> bool:
    return bool(
        edit.roles & {"strong", "remind", "quit"}
        or ("off" in edit.roles and "clear" in fields)
        or ("recurrence" in edit.roles and "recurrence" in fields)
    )


def _contrasts(edit: _Edit) -> bool:
    """Return whether words say that something is to be otherwise than it was."""
    inner = any(_roles().get(word) == "be" for word in edit.what.words)
    linked = any(token.lead in _CONTRASTING or link in _CONTRASTING for token, link in edit.values)
    return bool(inner or linked or edit.roles & {"be", "not"} or edit.words & _CONTRASTING)


def _commands(clause: Clause, edit: _Edit) -> bool:
    """Return whether a verb says that a task is changed, though none of that name is known."""
    first, text = clause.words[0], clause.text
    if first in phrases("listverb"):
        return True
    leads = {"strong", "quit", *(["weak"] if edit.roles & {"priority", "recurrence"} else [])}
    verb = _roles().get(first) in leads and first not in phrases("tagging")
    return not text.titles and (verb or clause.piece.match("{remind} me|us L [of|about|for]? ...") is not None)


def _moves(clause: Clause, edit: _Edit, fields: dict[str, Any]) -> bool:
    """Return whether "put rice on party" moves the rice that there is, and adds none."""
    if {"the", "my", "our", "all", "everything", "those", "them", "it"} & set(clause.words[:3]):
        return True
    found = clause.text.titles.match(edit.what.raw)
    task = clause.text.context.task(found[0].id) if found and found[0].score >= VERY else None
    return task is not None and (task.project or "").casefold() != fields["project"].casefold()


def is_ours(target: Target) -> bool:
    """Return whether a target certainly means something on the list."""
    return bool(
        target.ids
        or target.pronoun
        or target.ordinals
        or target.candidates
        or (target.everything and target.scope != Scope())
    )


def _updates(clause: Clause, what: Piece, frame: str, score: float, **fields: Any) -> Iterator[Reading]:
    """Yield one change of everything that a stretch names; faint where it is known to be nothing of ours."""
    meant = targets(what)
    if meant:
        sure = min(sure_of(target, clause.text, score) for target in meant)
        known = all(is_ours(target) for target in meant) or not clause.text.titles
        yield reading(frame, sure if known else FAINT, *(Update(target=target, **fields) for target in meant))


# --- names of lists

_FILED: Final = (
    "{move} <what> under|into <name>",
    "<what> wants|needs|has|ought|should [to|be|to_be]? filing|filed|putting|go under|into|in <name>",
)


def _filed(clause: Clause) -> Iterator[Reading]:
    for text in _FILED:
        found = clause.piece.match(text)
        if found is None or "K" in found.get("name").words or len(found.get("name").words) > 3:
            continue
        if (name := _name(clause, found.get("name"))) and all(is_ours(each) for each in targets(found.get("what"))):
            yield from _updates(clause, found.get("what"), "list", 0.97, project=name)
            return


# --- names of tags

_TAGGED: Final = (
    "tag|label|retag|relabel <what> with|as|to [the|a]* [tag|label|tags|labels]? <tags>",
    "{putting} [the|a]* tag|label|tags|labels <tags> to|on|onto|for <what>",
    "{putting} [the|a]* <tags> tag|label|tags|labels to|on|onto|for <what>",
    "{putting} <what> the|a tag|label|tags|labels [called]? <tags>",
    "<what> gets|get|needs|should_have|should_get [the|a]* tag|label|tags|labels <tags>",
    "<what> gets|get|needs|should_have|should_get|could_do_with the|a|an <tags> tag|label|tags|labels",
    "<what> should_be|is|are tagged|labelled|labeled [with|as]? <tags>",
    "tag|label <what*> <tags>",
)
_RETAGGED: Final = (
    "{change}|replace|swap [the]? <old> tag|label on|of|for <what> for|with|to|by|into <tags>",
    "{change}|replace|swap [the]? <old> tag|label for|with|to|by|into <tags> on|of <what>",
)
_UNTAGGED: Final = (
    "{untag} <what> from|with|as <tags>",
    "{remove}|{off}|strip|clear|lose [the]? tag|label|tags|labels <tags> from|off|of|off_of|on <what>",
    "{remove}|{off}|strip|lose [the]? <tags> tag|label|tags|labels [off|from|of|on]+ <what>",
    "{remove}|{off}|strip|lose [the]? <tags> tag|label|tags|labels",
)
_TAKEN_OFF: Final = (
    "{remove}|{off}|strip|lose|take tags=Q [off|from]+ <what>",
    "{remove}|{off}|strip|take <tags> from|off <what>",
    "<what> shouldn't_be|isn't|aren't|no_longer|not [tagged|labelled]+ [with|as]? <tags>",
)


def _tags(clause: Clause) -> Iterator[Reading]:
    if swapped := list(_swapped(clause)):
        yield from swapped
        return
    for name, forms in (("add_tags", _TAGGED), ("remove_tags", _UNTAGGED), ("remove_tags", _TAKEN_OFF)):
        for text in forms:
            found = clause.piece.match(text)
            if found is None or not (names := _names(clause, found.get("tags"))):
                continue
            if name == "remove_tags" and names in (("that",), ("this",)):
                yield from _without_that(clause, found)
                return
            if forms is _TAKEN_OFF and not _are_tags(clause, names):
                continue
            groups = found.found.re.groupindex
            what = found.get("what") if "what" in groups else _pointing(clause.piece)
            if "what" not in groups and not what:
                yield reading("tag", LIKELY, Update(target=Target(pronoun="it"), remove_tags=names))
            if (what and all(is_ours(each) for each in targets(what))) or not clause.text.titles:
                old = _tags_of(clause, what) if clause.words[0] in ("retag", "relabel") else ()
                yield from _updates(clause, what, "tag", 0.98, **{"remove_tags": old, name: names})
                return


def _swapped(clause: Clause) -> Iterator[Reading]:
    """Yield one tag put in the place of another, or several that stand behind a title."""
    for _, _, found in naming(_RETAGGED, clause.piece):
        old, new = _names(clause, found.get("old")), _names(clause, found.get("tags"))
        if old and new and _are_tags(clause, old):
            yield from _updates(clause, found.get("what"), "tag", 0.97, remove_tags=old, add_tags=new)
            return
    if (named := _title_and_tags(clause)) is not None:
        yield from _updates(clause, named[0], "tag", 0.98, add_tags=named[1])


def _title_and_tags(clause: Clause) -> tuple[Piece, tuple[str, ...]] | None:
    """Return the task and the names in "tag call Al family and important": what stands behind the title is tags."""
    piece = clause.piece
    titles = list(windows(piece, ())) if clause.words[:1] in (["tag"], ["label"]) else []
    if len(titles) != 1 or titles[0][0] != 1:
        return None
    end = piece.first + titles[0][1]
    names = _names(clause, Piece(piece.text, end, piece.last).trimmed())
    return (Piece(piece.text, piece.first + 1, end), names) if len(names) > 1 else None


def _without_that(clause: Clause, found: Match) -> Iterator[Reading]:
    """Yield "that tag", which was put on last, taken off what is named, or off what was talked about."""
    what = found.get("what") if "what" in found.found.re.groupindex else None
    put_on = _put_on_last(clause)
    if put_on and what:
        yield from _updates(clause, what, "tag", 1.0, remove_tags=put_on)
    elif put_on:
        yield reading("tag", 1.0, Update(target=Target(pronoun="it"), remove_tags=put_on))


def _put_on_last(clause: Clause) -> tuple[str, ...]:
    """Return the tags that the last change put on ("drop that label")."""
    last = clause.text.context.state.last
    return tuple(last[-1].arguments.get("add_tags") or ()) if last else ()


def _tags_of(clause: Clause, what: Piece) -> tuple[str, ...]:
    """Return the tags that what is named has now."""
    tasks = [clause.text.context.task(each) for target in targets(what) for each in target.ids]
    return tuple(dict.fromkeys(tag for task in tasks if task is not None for tag in task.tags))


def _are_tags(clause: Clause, names: tuple[str, ...]) -> bool:
    known = {tag.casefold() for tag in clause.text.context.tags}
    return all(name.casefold() in known for name in names)


def _names(clause: Clause, piece: Piece) -> tuple[str, ...]:
    """Return the names in "car and money", "#post", "home, work"; none where they are too long for names."""
    front = piece.match("<tags> {instead} ...") or piece.match("<tags> [as_well|too|also|now|instead]+")
    names: list[str] = []
    for token in (front.get("tags") if front is not None else piece).tokens:
        if token.is_sign or token.word in ("and", "&", "both", "plus"):
            continue
        said = str(token.value) if token.word in "TQ" else clause.text.raw[token.start : token.end]
        said = said.strip("#'\" .")
        names.append(next((tag for tag in clause.text.context.tags if tag.casefold() == said.casefold()), said))
    joints = sum(token.word in ("and", "&", ",", "T", "Q") for token in piece.tokens)
    return tuple(names) if 0 < len(names) <= joints + 1 else ()


# --- titles

_RENAMED: Final = (
    ("rename|retitle|reword|rephrase <what> to|as|into|: <title>", SURE),
    ("rename|retitle what=I <title>", SURE),
    ("rename|retitle|reword <what> title=Q", SURE),
    ("[and]? call|name the|that|my <what> one|job|task|entry|item <title>", SURE),
    ("{change} [the|its]? title|name|wording|text of|for <what> to|as|: <title>", SURE),
    ("call it|that|this <title> {instead} <what>", SURE),
    ("[and]? title|call|name <what> title=Q [instead]", SURE),
    ("call|name it|that|this <title>", LIKELY),
    ("{change}|make <what> to? say|read <title>", SURE),
    ("<what> to say|read <title>", SURE),
    ("rename|retitle what=Q <title>", SURE),
    ("give <what> [a|an|another]? [better|new|different|other|proper]* name|title : <title>", SURE),
    ("<what> should|must|ought_to {adv}* say|read|be_called|be_named|be_titled <title>", SURE),
    ("<what> is {adv}* called|named|titled <title>", SURE),
    ("<what> should|must|ought_to {adv}* be title=Q", SURE),
    ("{change}|replace|swap <old> to|into|with|by|for <title> in|of|on <what>", SURE),
    ("{change}|replace <what> to|into|with|by [be]? <title>", 0.85),
    ("swap|exchange|trade|substitute <what> for|with <title>", 0.85),
    ("<what> ->|→|=> <title>", 0.85),
)


def _titles(clause: Clause) -> Iterator[Reading]:
    for text, score in _RENAMED:
        found = clause.piece.match(text)
        if found is None or not (title := _free_text(found.get("title"))):
            continue
        piece = found.get("title")
        what = found.get("what") if "what" in found.found.re.groupindex else _pointing(clause.piece)
        if "<old>" in text:
            view = _of_title(clause, what, found.get("old"))
            if view is None:
                continue
            title = _replaced_in(view, found.get("old").raw, title)
        if score == 0.85 and (piece.spans("WPRTK") or level(title.casefold())):
            return
        if score == 0.85 and what:
            title = _with_part(clause, what, title)
        if what and targets(what) and not any(each.everything for each in targets(what)):
            named = text.startswith("rename") or " title|name" in text
            for each in _updates(clause, what, "rename", score, title=title):
                known = all(isinstance(a, Update) and is_ours(a.target) for a in each.actions)
                lost = named and clause.text.titles
                yield each if known or (named and not lost) else replace(each, score=score - 0.25 if lost else FAINT)
            return
        if not what and not targets(clause.piece):
            yield reading("rename", score, Update(target=Target(pronoun="it"), title=title))
            return


def _of_title(clause: Clause, what: Piece, old: Piece) -> TaskView | None:
    """Return the one task that a stretch names, if words of its title are among others."""
    meant = targets(what)
    ids = meant[0].ids if len(meant) == 1 else ()
    view = clause.text.context.task(ids[0]) if len(ids) == 1 else None
    return view if view is not None and old.raw.casefold() in view.title.casefold() else None


def _replaced_in(view: TaskView, old: str, new: str) -> str:
    at = view.title.casefold().index(old.casefold())
    return view.title[:at] + new + view.title[at + len(old) :]


def _with_part(clause: Clause, what: Piece, new: str) -> str:
    """Return the title in which a part is another word ("change Mum to Mom", of "call Mum"), if it is no new title."""
    old = what.raw.removeprefix("the ").removeprefix("my ")
    found = clause.text.titles.choose(what.raw) if clause.text.titles else []
    view = clause.text.context.task(found[0].id) if len(found) == 1 else None
    at = view.title.casefold().find(old.casefold()) if view is not None else -1
    if view is None or at < 0 or len(new.split()) > len(old.split()) or view.title.casefold() == old.casefold():
        return new
    return view.title[:at] + new.removeprefix("the ") + view.title[at + len(old) :]


_INSTEAD: Final = (
    "<new> {instead} <old>",
    "instead_of|in_place_of|rather_than <old> make_it|do|get|buy|have|add|put|take|let's_have|let's_do|i'll_have|"
    "we'll_have|i'd_like|i_want|we_want|let's_make_it|use <new>",
    "{i} would_rather|'d_rather|prefer|would_prefer|'d_prefer [have|do|buy|get|take|eat|see|go_to]? <new> than|over|to "
    "<old>",
    "i'd_rather|we'd_rather|i'd_prefer|we'd_prefer [have|do|buy|get|take|eat|see|go_to]? <new> than|over|to <old>",
    "<old> should_be|is_now|becomes|will_be|is_going_to_be|is_to_be <new> instead",
)
_ONE_SIDE: Final = "[no|so|and]* not|no|instead_of|in_place_of|don't|do_not [get|buy|do|call|have|add]? <old>"
_OTHER_SIDE: Final = "[{i}|i'll|we'll|let's|will|just|but|make_it|make_that|rather|it's]* <new> [instead]?"
_FETCHING: Final = word_set("get buy grab use have do add put take make be a an")


def _instead(clause: Clause) -> Iterator[Reading]:
    """Yield one thing in the place of another that is on the list ("get oat milk instead of milk")."""
    if clause.asked or not clause.text.titles:
        return
    for new, old in _sides(clause.whole):
        target = named_task(clause.text, slots_of(old, aside=softeners() | phrases("article")).rest)
        view = clause.text.context.task(target.ids[0]) if target is not None and len(target.ids) == 1 else None
        said = content_of(new)
        other = named_task(clause.text, new.tokens)
        if target is None or view is None or not said.title or (other is not None and other.ids != target.ids):
            continue
        old_words = words_of(clause.text, [token for token in old.tokens if token.word not in phrases("article")])
        title = _in_its_place(view.title, old_words, said.title)
        if title is not None and title.casefold() != view.title.casefold():
            yield reading("rename", 0.97, Update(target=target, title=title, when=said.when))
            return


def _sides(piece: Piece) -> Iterator[tuple[Piece, Piece]]:
    """Yield what is wanted and what is not, as a text contrasts them."""
    for form in _INSTEAD:
        if (found := piece.match(form)) is not None:
            yield found.get("new"), found.get("old")
    parts = cut_at(piece, {",", ";", ".", "!"})
    if len(parts) == 2 and (wrong := parts[0].match(_ONE_SIDE)) and (right := parts[1].match(_OTHER_SIDE)):
        yield right.get("new"), wrong.get("old")


def _in_its_place(title: str, old: str, new: str) -> str | None:
    """Return a title with other words for some of it; None where it does not hold those as they are said."""
    words, wanted = title.split(), new.split()
    if words[0].casefold() == wanted[0].casefold() or not old:
        return new
    while len(wanted) > 1 and wanted[0].casefold() in _FETCHING:
        wanted = wanted[1:]
    at = title.casefold().find(old.casefold())
    if at < 0 and old.split()[0].casefold() == wanted[0].casefold():
        return None
    return title[:at] + " ".join(wanted) + title[at + len(old) :] if at >= 0 else None


_LENGTHENED: Final = "tack|add|append|put|stick|pop title=Q [on|onto|to|at]+ [the]? end|back of <what>"


def _lengthened(clause: Clause) -> Iterator[Reading]:
    """Yield words put behind the title of a task."""
    found = clause.piece.match(_LENGTHENED)
    what = found.get("what") if found is not None else None
    if found is None or not what:
        return
    for target in targets(what):
        view = clause.text.context.task(target.ids[0]) if len(target.ids) == 1 else None
        if view is not None:
            yield reading("rename", SURE, Update(target=target, title=f"{view.title} {found.value('title')}"))


def _free_text(piece: Piece) -> str:
    """Return what a stretch says, without the quotes around it."""
    tokens = piece.trimmed().tokens
    if len(tokens) == 1 and tokens[0].word == "Q":
        return str(tokens[0].value)
    return piece.raw.strip(" .!")


# --- notes

_NOTED: Final = (
    "{noting}|leave|make|attach [a|the|this]* {notes} [to|on|for|in|at|under|about|with]+ <what> :|that|saying|"
    "that_says|to_say <note>",
    "{noting}|leave|make|attach [a|the|this]* {notes} [saying|that]? note=Q [to|on|for|in|under]+ <what>",
    "{noting}|save|have <note> [in|into|to|on|under|as|for]+ [the|its|his|her|their|a|my]* {notes} "
    "[of|for|to|on|in]+ <what>",
    "{noting}|save|have <note> [to|on|for|under] <what> as [a|the]? {notes}",
    "{noting}|save|have <note> [in|into|to|on|under|as|for]+ [the|its|his|her|their|a|my]* {notes}",
    "{notes} [on|for|to|in|about]+ <what> :|that <note>",
    "{noting} [to|in|on|under|for]* [the|my]? <what> ['s]? {notes} : <note>",
    "<what> needs|gets|should_have|should_get [a]? {notes} :|saying|that|that_says <note>",
    "{noting} on|for|to|under|in|with <what> that|: <note>",
    "for|regarding|about|on <what> note|remember|note_that|remember_that|don't_forget|jot|jot_down|write|write_down "
    "[that|this]? [:]? <note>",
    "{noting} this|that [against|on|with|to|under|in|for]+ <what> : <note>",
    "{noting} to|in|on|under [the|my]? <what> [task|'s]? {notes} that|saying <note>",
    "note|note_down|write_down|jot_down|put_down that <note> with|on|under|against|to [the|my|our]+ <what>",
    "<note> {noting}|keep|save it|that|this [down|in|on|to|with|against|under]* "
    "[there|it|that|them|the|task|one|notes|too]+",
    "for|on|under|with <what> put|add|write [down|this]? : <note>",
    "for|regarding|about <what> : <note>",
)


def _notes(clause: Clause) -> Iterator[Reading]:
    yield from _noted_of_ours(clause)
    for text in _NOTED:
        found = clause.piece.match(text)
        if found is None or not (note := _free_text(found.get("note"))):
            continue
        what = found.get("what") if "what" in found.found.re.groupindex else None
        if what is None or what.match("it|its|that|this"):
            yield reading("note", 0.92, Update(target=Target(pronoun="it"), notes=note))
            return
        for each in _updates(clause, what, "note", 0.94, notes=note):
            known = all(isinstance(action, Update) and is_ours(action.target) for action in each.actions)
            if "K" in what.words and text.endswith("about <what> : <note>"):
                return
            alone = not clause.text.titles and ":" in clause.words and what.words != ["self"]
            if known or alone:
                yield each
                return


def _noted_of_ours(clause: Clause) -> Iterator[Reading]:
    """Yield a fact about the one task that it names, as a note ("note that the tap needs a washer")."""
    found = clause.piece.match("note|note_down|jot_down|write_down|make_a_note|remember that the|my|our <note>")
    named = mentions(found.get("note"), inside=COMMON) if found is not None else []
    if found is not None and len(named) == 1 and set(found.get("note").words) & phrases("finite"):
        note = clause.piece.raw[clause.piece.raw.casefold().index(" that ") + 6 :]
        yield reading("note", 0.95, Update(target=Target(words=note, ids=(named[0].id,)), notes=note.strip(" .!")))


# --- lists as a whole

_MERGED: Final = (
    "merge|combine|fold from=K|<name> into|with|to to=K|<other>",
    "rename from=K to|as|into to=K|Q|<other>",
    "call from=K to=Q|<other> [instead]",
    "rename|retitle|call <name> to|as|into <other>",
    "from=K should_be|is [now]? called|named|renamed [to]? to=Q|<other>",
    "{move}|put everything|all from|on|in|of from=K to|into|onto|on to=K|<other>",
)


def _merged(clause: Clause) -> Iterator[Reading]:
    for text in _MERGED:
        found = clause.piece.match(text)
        if found is None:
            continue
        old = _either(clause, found, "from", "name")
        new = _either(clause, found, "to", "other")
        known = old is not None and known_list(clause.text.context.projects, old).known
        if clause.text.titles and (len(new or "") > 30 or level((new or "").casefold())):
            return
        if old and new and (known or ("K" in clause.words and not clause.text.context.projects)):
            yield reading("rename_list", 0.99, RenameList(name=old, to=new))
        return


def _either(clause: Clause, found: Match, span: str, words: str) -> str | None:
    groups = found.found.re.groupindex
    value = found.value(span) if span in groups and found.has(span) else None
    if value is not None:
        return value if isinstance(value, str) else getattr(value, "name", None)
    return _name(clause, found.get(words)) if words in groups and found.has(words) else None


def _name(clause: Clause, piece: Piece) -> str | None:
    name = _free_text(piece)
    for article in ("the ", "my ", "our "):
        name = name[len(article) :] if name.lower().startswith(article) else name
    return known_list(clause.text.context.projects, name).name if name else None
