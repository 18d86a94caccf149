"""Changing tasks: dates and shifts, priority, list, tags, title, notes, repetition, reminders, and what is cleared."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from kirotodo.core.language.frames.base import FAINT, LIKELY, SURE, Clause, Reading, naming, reading, sure_of
from kirotodo.core.language.list_spans import known_list
from kirotodo.core.language.spans import Moment, Shift, Token, level
from kirotodo.core.language.targets import targets
from kirotodo.core.language.tokens import Match, Piece
from kirotodo.core.language.types import Clarify, Clearable, RenameList, Scope, Skip, Target, Update, When

FORWARD: Final = frozenset({"forward", "earlier", "sooner", "early", "before", "up", "ahead"})
_EARLIER: Final = "bring|bring_forward|pull|pull_forward|move_up|advance|prepone"


def editing(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as a change of tasks."""
    for frame in (_shifts, _dates, _priorities, _lists, _tags, _titles, _notes, _cleared, _repeats, _reminders, _skips):
        yield from frame(clause)


def _updates(clause: Clause, what: Piece, frame: str, score: float, **fields: Any) -> Iterator[Reading]:
    """Yield one change of everything that a stretch names."""
    meant = targets(_core(what))
    if meant:
        sure = min(sure_of(target, clause.text, score) for target in meant)
        yield reading(frame, sure, *(Update(target=target, **fields) for target in meant))


def _core(what: Piece) -> Piece:
    """Return a stretch without the words for the field that is changed ("the date of …")."""
    for text in (
        "[the|its] [due] date|dates|day|time|deadline|due_date|start|schedule of|for|on|from <what>",
        "<what> 's [due] date|time|deadline|due_date|start_time",
        "[the] due_date|deadline|date|time <what>",
        "[only|just] <what> [only|just]",
        "<what> {one} {be}",
    ):
        found = what.match(text)
        if found is not None and found.get("what"):
            return found.get("what")
    return what


# --- when

_SHIFTED: Final = (
    "{move} <what> [back|up|forward|out|off|ahead|along] by=D [from_now|instead]",
    "verb={move} <what> [back|up|forward|out|off|ahead|along] by=D",
    "give me by=D [more] for|on|with <what>",
    "give <what> another by=D",
    "<what> [is|needs_to_be|can_be|should_be|starts|will_be] [moved|pushed] by=D [too|as_well]",
)
_MOVED: Final = (
    "{move} <what> [back|up|forward|out|off|over] [from] [W] to|until|till|for|on|onto|til [the|a]* when=W",
    "{change} [the] [due|start]* date|time|day|deadline|due_date of|for|on <what> [from] [W] to|for|as [be]? when=W",
    "{change} <what> to when=W rather_than|instead_of|not <old>",
    "{change} <what> [from] [W] to|for|on [be]? when=W",
    "{move} <what> [from] [W] when=W [time]",
    "{change} <what> when=W",
    "do|make|have|schedule|set <what> when=W instead",
    "<what> due|deadline when=W",
    "<what> {be} {adv}* [due|for|moved_to|scheduled_for|set_for|pushed_to|happening|at|on] {adv}* when=W [now|"
    "instead|not W|W]",
    "<what> can|could|will|has_to wait|hold when=W",
    "<what> [can|could|should|must|will]? go|goes|happen|happens|move|moves [to|on]* when=W [now|instead]",
    "leave|save <what> until|till|for|to|onto? when=W",
    "<what> [should|needs_to|has_to|must|can|will] be [due|moved|on|to|rescheduled|done|at|by|for]* when=W [now|"
    "instead]",
    "<what> has_been|got|was|is [moved|pushed|rescheduled|postponed|brought_forward|shifted|changed] [to] when=W",
    "put_off|delay|postpone|hold_off <what> until|till|to when=W",
    "<what> to|at|on|for when=W [instead|rather_than|now] [of|than|not]* [W]",
    "<what> : when=W rather_than|instead_of|not <old>",
    "<what> : when=W",
    "<what> when=W {instead} W|<old>",
    "<what> to when=W",
    "<what> when=W instead",
)
_SAME_TIME: Final = "{move} <what> to|for|at the same time [on|next|the]? when=W"


def _shifts(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    if not piece.spans("D"):
        return
    for text in _SHIFTED:
        if (found := piece.match(text)) is None:
            continue
        shift: Shift = found.value("by")
        if found.get("what").match("forward|back|up|down|ahead|on"):
            return
        words = set(clause.words) | {shift.direction}
        earlier = bool(words & {"earlier", "sooner", "early"}) or (
            bool(words & {"forward", "up", "ahead"})
            and "back" not in words
            and not words & {"push", "postpone", "snooze"}
        )
        yield from _updates(clause, found.get("what"), "shift", SURE, **shifted(shift, earlier=earlier))
        return


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


def _dates(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    if not piece.spans("W"):
        if (
            piece.match("reschedule|postpone|move|push|put_off|delay <what>")
            and not piece.spans("DKI")
            and len(clause.words) < 7
        ):
            found = piece.match("reschedule|postpone|delay|put_off <what>")
            if found is not None and targets(found.get("what")):
                yield reading("date", LIKELY, Clarify(missing="time", action="update"))
        return
    if (found := piece.match(_SAME_TIME)) is not None:
        moment: Moment = found.value("when")
        yield from _updates(clause, found.get("what"), "date", 0.95, when=replace(moment.when, time=None, grain="day"))
        return
    for place, text in enumerate(_MOVED):
        if (found := piece.match(text)) is None or not found.get("what"):
            continue
        yield from _moved(clause, found, commanded=place < 6)
        return


def _moved(clause: Clause, found: Match, *, commanded: bool) -> Iterator[Reading]:
    moment: Moment = found.value("when")
    verb = clause.words[0]
    what = _with_old_date(found)
    weak_verb = commanded and verb in (
        "set",
        "put",
        "make",
        "do",
        "bring",
        "schedule",
        "file",
        "keep",
        "pull",
        "get",
        "give",
        "turn",
    )
    bases = SURE if commanded and not weak_verb else 0.8
    dated = _updates(clause, what, "date", bases, when=moment.when, time_only=moment.time_only)
    yield from _of_known(dated, certain=commanded and not weak_verb)


def _with_old_date(found: Match) -> Piece:
    """Return what is moved, with the date in front of the new one where that says which: "everything due friday"."""
    what, new = found.get("what"), found.get("when")
    old = [token for token in Piece(what.text, what.last, new.first).tokens if token.word == "W"]
    meant = targets(what)
    if not old or len(meant) != 1 or not meant[0].everything or meant[0].scope != Scope():
        return what
    return Piece(what.text, what.first, what.text.tokens.index(old[0]) + 1)


def _of_known(readings: Iterator[Reading], *, certain: bool = False) -> Iterator[Reading]:
    """Yield readings, faint ones where a task that they change is not known for sure, unless they are `certain`."""
    for each in readings:
        known = all(isinstance(action, Update) and _is_known(action.target) for action in each.actions)
        yield each if certain or known else replace(each, score=FAINT)


def _is_known(target: Target) -> bool:
    return bool(
        target.ids
        or target.pronoun
        or target.ordinals
        or (target.everything and target.scope != type(target.scope)())
        or target.candidates
    )


# --- priority

_RANKED: Final = (
    "{change}|raise|lower|bump|mark [the|its]? {prio} of|for|on <what> [up|down]? to|as [a]? level={high}|{low}|"
    "{medium}|{none}",
    "{mark}|{change}|give|make|bump|raise|lower|upgrade|downgrade|move|put|drop|cut "
    "<what> [to|as|at|a|an|with|on]* p=P",
    "{mark}|{change}|give|make|bump|raise|lower|upgrade|downgrade|drop|cut <what> [to|as|a|an] [{adv}]* level={high}|"
    "{low}|{medium} [{prio}]",
    "{change} its|their {prio} to|as level={high}|{low}|{medium}|{none}",
    "<what> {be}|should_be|needs_to_be|must_be {adv}* [a|an] p=P [now]",
    "<what> {be}|should_be|needs_to_be|has_become|became {adv}* [a|an] level={high} [now|today]",
    "<what> {be} {adv}* level={less}",
    "<what> can level=wait",
    "<what> [up|down]? to|as p=P",
    "<what> [up|down]? to level={high}|{low}|{medium}",
    "<what> p=P",
    "p=P [for|to|on] <what>",
    "prioritize|prioritise|prio <what>",
    "deprioritize|deprioritise <what>",
    "raise|up|bump|increase [the]? {prio} of|for|on <what>",
    "lower|reduce|decrease [the]? {prio} of|for|on <what>",
)
_ITS_PRIORITY: Final = (
    "{change} its|their {prio} to|as level={high}|{low}|{medium}|{none}",
    "it's|that's|this_is|that_one's {adv}* [a|an]? level={high}|{low} [{prio}]? [now|actually|today]?",
)


def _priorities(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    found = next((m for text in _ITS_PRIORITY if (m := piece.match(text) or clause.whole.match(text))), None)
    if found is not None:
        yield reading("priority", SURE, Update(target=Target(pronoun="it"), priority=level(found.word("level"))))
        return
    for text in _RANKED:
        if (found := piece.match(text)) is None or "what" not in found.found.re.groupindex or not found.get("what"):
            continue
        value = _level_of(found, text)
        commanded = not text.startswith(("<what>", "p=P"))
        certain = commanded or text.startswith("<what> {be}|should_be|needs_to_be|must_be")
        ranked = _updates(clause, found.get("what"), "priority", SURE if commanded else 0.82, priority=value)
        yield from _of_known(ranked, certain=certain)
        return


def _level_of(found: Match, text: str) -> Any:
    groups = found.found.re.groupindex
    if "p" in groups and found.has("p"):
        return found.value("p")
    word = found.word("level") if "level" in groups else ""
    if word == "wait" or text.startswith(("deprior", "lower", "reduce")) or "{less}" in text:
        return "low"
    return level(word) or "high"


# --- lists

_FILED: Final = (
    "{move} <what> [over] [from] [K]? to|into|under|in|onto|on|back_to|over_to|back_on|back_into list=K [{instead} K]",
    "{move} <what> from K to|into|onto|under <name>",
    "{change} [the] list|project of|for <what> to list=K|<name>",
    "<what> should|must|needs_to|has_to|ought_to be|go [in|on|under|into|to|onto]+ list=K [{instead} K|not K]",
    "<what> belongs|belong|goes|go|is_for|are_for [in|on|under|to|into|with]+ list=K [{instead} K|not K]",
    "put <what> into|under|in list=K {instead} K|<other>",
    "<what> {be} [a|an] list=K task|tasks|thing|item",
    "<what> [back] to list=K",
)
_FILED_BY_NAME: Final = "{move} <what> under|into <name>"
_MERGED: Final = (
    "merge|combine|fold from=K|<name> into|with|to to=K|<other>",
    "rename from=K to|as|into to=K|Q|<other>",
    "rename the list <name> to|as to=K|Q|<other>",
    "call from=K to=Q|<other> [instead]",
    "move|put everything|all from|on|in|of from=K to|into|onto|on to=K|<other>",
)


def _lists(clause: Clause) -> Iterator[Reading]:
    yield from _merged(clause)
    piece = clause.piece
    if not piece.spans("K"):
        found = piece.match(_FILED_BY_NAME)
        if (
            found is not None
            and found.get("what")
            and 0 < len(found.get("name").words) < 4
            and not found.get("name").spans("RLD")
        ):
            name = _name(clause, found.get("name"))
            yield from _of_known(_updates(clause, found.get("what"), "list", 0.85, project=name))
        return
    for place, text, found in naming(_FILED, piece):
        name = found.value("list").name if "list=K" in text and found.has("list") else _name(clause, found.get("name"))
        if name is None:
            return
        verb = clause.words[0]
        into = " into " in f" {piece.shown}" or " under " in f" {piece.shown}" or "instead" in piece.shown
        moving = place < 3 and verb in ("move", "transfer", "file", "shift", "switch", "merge", "drag", "slide")
        filed = _updates(clause, found.get("what"), "list", SURE if moving or into else 0.82, project=name)
        yield from _of_known(filed, certain=moving and not clause.text.titles)
        return


def _name(clause: Clause, piece: Piece) -> str | None:
    token = piece.trimmed().tokens[0] if piece else None
    if token is not None and token.word == "Q":
        return str(token.value)
    name = piece.raw.strip(" .,!")
    for article in ("the ", "my ", "our "):
        if name.lower().startswith(article):
            name = name[len(article) :]
    return known_list(clause.text.context.projects, name).name if name else None


def _merged(clause: Clause) -> Iterator[Reading]:
    for text in _MERGED:
        found = clause.piece.match(text)
        if found is None:
            continue
        old = _either(clause, found, "from", "name")
        new = _either(clause, found, "to", "other")
        known = old is not None and known_list(clause.text.context.projects, old).known
        if old and new and (known or ("K" in clause.words and not clause.text.context.projects)):
            yield reading("rename_list", 0.93, RenameList(name=old, to=new))
        return


def _either(clause: Clause, found: Match, span: str, words: str) -> str | None:
    groups = found.found.re.groupindex
    value = found.value(span) if span in groups and found.has(span) else None
    if value is not None:
        return value if isinstance(value, str) else value.name
    return _name(clause, found.get(words)) if words in groups and found.has(words) else None


# --- tags

_TAGGED: Final = (
    ("tag|label|flag|mark <what> [with|as] [the|a]* [tag|label]? tag=T", True),
    ("tag|label <what> with|as [the|a]* [tag|label]? <name>", True),
    ("add|put|give [the|a]? tag|label tag=T|<name> to|on|onto <what>", True),
    ("add|put tag=T to|on|onto <what>", True),
    ("add|put [the|a]? tag=T tag|label to|on|onto <what>", True),
    ("give|add <what> the|a tag|label [called]? tag=T|<name>", True),
    ("<what> gets|get|needs|should_have|should_get [the|a]* tag|label tag=T|<name>", True),
    ("<what> should_be|is|are tagged|labelled [with|as]? tag=T|<name>", True),
    ("tag <what> <name>", True),
    ("untag|unlabel <what> [from|with|as]? tag=T|<name>", False),
    ("untag|unlabel <what> <name>", False),
    ("remove|delete|drop|take|strip|clear [the]? tag|label tag=T|<name> from|off|of|off_of|on <what>", False),
    ("remove|delete|drop|take|strip [the]? tag=T|<name> tag|label [off|from|of]+ <what>", False),
    ("remove|take|drop tag=T from|off|off_of <what>", False),
)


def _tags(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    for text, adds in _TAGGED:
        found = piece.match(text)
        if found is None or not found.get("what"):
            continue
        tag = _tag_of(clause, found)
        if not tag or (
            text in ("tag <what> <name>", "untag|unlabel <what> <name>") and len(found.get("name").words) > 1
        ):
            continue
        fields = {"add_tags": (tag,)} if adds else {"remove_tags": (tag,)}
        yield from _updates(clause, found.get("what"), "tag", 0.94, **fields)
        return


def _tag_of(clause: Clause, found: Match) -> str | None:
    groups = found.found.re.groupindex
    if "tag" in groups and found.has("tag"):
        value = found.value("tag")
        return str(value) if isinstance(value, str) else found.get("tag").raw.strip("#'\" .")
    name = found.get("name") if "name" in groups and found.has("name") else None
    if name is None or not name or len(name.words) > 2:
        return None
    said = name.raw.strip("#'\" .")
    return next((tag for tag in clause.text.context.tags if tag.casefold() == said.casefold()), said)


# --- title

_RENAMED: Final = (
    "rename|retitle|reword|rephrase <what> to|as|: <title>",
    "rename|retitle <what> title=Q",
    "[and] title|call|name <what> title=Q [instead]",
    "call it|that|this <title> {instead} <what>",
    "call <what> <title> instead",
    "call|name it|that|this <title>",
    "{change} [the] title|name|wording|text of|for <what> to|as|: <title>",
    "{change} its title|name|wording|text to|as|: <title>",
    "{change}|replace <what> to|with title=Q",
    "{change} <what> to say|read <title>",
    "<what> should|must|ought_to say|read|be_called|be_named|be_titled <title>",
    "replace <what> with|by <title>",
    "{change} <what> to|into <title>",
    "make <what> say|read <title>",
)


def _titles(clause: Clause) -> Iterator[Reading]:
    for place, text in enumerate(_RENAMED):
        found = clause.piece.match(text)
        if found is None:
            continue
        title = _title_of(found)
        what = found.get("what") if "what" in found.found.re.groupindex else None
        if not title or (what is not None and not what):
            continue
        loose = text.startswith(("{change} <what> to|into", "replace"))
        if loose and (found.get("title").spans("WPRTK") or level(title.casefold())):
            return
        if what is None:
            yield reading("rename", SURE if place == 7 else LIKELY, Update(target=Target(pronoun="it"), title=title))
            return
        for each in _updates(clause, what, "rename", 0.85 if loose else SURE, title=title):
            known = all(isinstance(a, Update) and _is_known(a.target) for a in each.actions)
            certain = known or (place in (0, 1, 6, 8) and not clause.text.titles) or place < 2
            yield each if certain else replace(each, score=FAINT)
        return


def _title_of(found: Match) -> str:
    piece = found.get("title")
    tokens = piece.trimmed().tokens
    if len(tokens) == 1 and tokens[0].word == "Q":
        return str(tokens[0].value)
    return piece.raw.strip(" .!")


# --- notes

_NOTED: Final = (
    "add|put|leave|make|attach|write [a|the|this]? note|comment|notes [to|on|for|in|at]+ <what> : <note>",
    "add|put|leave|make|attach|write [a|the|this]? note|comment|notes [to|on|for]+ <what> that|saying|that_says|"
    "to_say <note>",
    "add|put|leave|make|attach|write [a|the]? note|comment [saying|that]? note=Q [to|on|for|in]+ <what>",
    "add|put|write note=Q to|on|in|into|under|as the|its|his|her|their notes|note|description [of|for|to|on]? <what>?",
    "add|put|write note=Q as|for [a]? note [to|on|for|in]+ <what>",
    "add|put|write note=Q as [a|the]? note",
    "add|put|write <note> in|into|to|on the notes|note|description of|for|on|to <what>",
    "add|put|write <note> to|in|on|into its|the notes|note|description",
    "note|comment on|for|to <what> : <note>",
    "<what> : note|note_that|remember|remember_that [that]? [:]? <note>",
    "note|note_down|add for|on|to <what> that <note>",
    "note on|for <what> [that]? <note>",
    "<note> note_that_down|add_that_to_the_notes|put_that_in_the_notes|note_it|make_a_note_of_that|note_that",
    "add <what> 's notes : <note>",
    "add to|in [the|my]? <what> notes|note : <note>",
    "add|put|write|save|have <note> as|for a|the|my note|comment [on|for|to|in]+ <what>",
    "add|put|write|save|have <note> as a|the|my note|comment",
    "for|regarding|about <what> : <note>",
)


def _notes(clause: Clause) -> Iterator[Reading]:
    for text in _NOTED:
        found = clause.piece.match(text)
        if found is None:
            continue
        note = _note_of(found)
        groups = found.found.re.groupindex
        what = found.get("what") if "what" in groups and found.has("what") else None
        if not note:
            continue
        if what is None or what.match("it|its|that|this"):
            yield reading("note", 0.92, Update(target=Target(pronoun="it"), notes=note))
            return
        for each in _updates(clause, what, "note", 0.94, notes=note):
            if "K" in what.words and text.endswith(_HEADED):
                return
            known = all(isinstance(action, Update) and _is_known(action.target) for action in each.actions)
            alone = not clause.text.titles and ":" in clause.words and what.words != ["self"]
            yield each if known or alone else replace(each, score=0.5)
        return


_HEADED: Final = "<what> : <note>"


def _note_of(found: Match) -> str:
    piece = found.get("note")
    tokens = piece.trimmed().tokens
    if len(tokens) == 1 and tokens[0].word == "Q":
        return str(tokens[0].value)
    return piece.raw


# --- fields that are cleared

_FIELDS: Final[tuple[tuple[str, frozenset[Clearable]], ...]] = (
    ("due_date|due_dates|date|dates|deadline|deadlines|due|due_date_and_time", frozenset({"due", "time"})),
    ("time|times|hour", frozenset({"time"})),
    ("priority|prio|priorities", frozenset({"priority"})),
    ("tags|tag|labels|label", frozenset({"tags"})),
    ("reminder|reminders|alert|notification", frozenset({"remind"})),
    ("notes|note|description|comment|comments", frozenset({"notes"})),
    ("recurrence|repeat|repetition|repeats|schedule", frozenset({"recurrence"})),
    ("end_date|end", frozenset({"recurrence"})),
    ("project|list", frozenset({"project"})),
)
_CLEARED: Final = (
    "remove|clear|delete|drop|erase|take|strip|get_rid_of|lose|cancel|wipe|unset [the|its|any|all]* {field} from|"
    "of|off|off_of <what>",
    "take|strip|clear|remove [the|its]? {field} off|away|from [of]? <what>",
    "remove|clear|delete|drop|take|strip|get_rid_of|lose|wipe the|its|their|that|this {field} [off|from]? [it|them]?",
    "no|without [a|any]? {field} [for|on|to]+ <what>",
    "{i} don't|do_not|no_longer need|want that|this|the|a|any {field} [for|on|of]? <what>? [any_more|anymore|"
    "after_all]?",
    "<what> doesn't|don't|no_longer|does_not need|needs|have|has [a|any|the]? {field}",
    "<what> has|needs|have no {field}",
    "make <what> undated",
)
_UNTAGGED: Final = "{untag} <what>"
_UNREPEATED: Final = (
    "stop|quit <what> [from]? repeating|recurring",
    "stop repeating|recurring <what>",
    "<what> doesn't|does_not|no_longer|shouldn't|won't repeat|recur|repeats [any_more|anymore|any_longer]?",
    "make <what> non-recurring|a_one_off|one-off|a_one-off|not_repeat",
)


@cache
def _field_forms() -> tuple[tuple[str, frozenset[Clearable]], ...]:
    return tuple((text.replace("{field}", words), fields) for words, fields in _FIELDS for text in _CLEARED)


def _cleared(clause: Clause) -> Iterator[Reading]:
    piece = clause.piece
    for text in _UNREPEATED:
        if (found := piece.match(text)) is not None:
            yield from _updates(clause, found.get("what"), "clear_field", 0.95, clear=frozenset({"recurrence"}))
            return
    if (found := piece.match(_UNTAGGED)) is not None:
        yield from _of_known(_updates(clause, found.get("what"), "clear_field", 0.9, clear=frozenset({"tags"})))
    for text, fields in _field_forms():
        found = piece.match(text) or clause.whole.match(text)
        if found is None:
            continue
        groups = found.found.re.groupindex
        what = found.get("what") if "what" in groups and found.has("what") else None
        if what is None or not what:
            their = bool({"their", "them"} & set(clause.words))
            target = Target(pronoun="them", plural=True) if their else Target(pronoun="it")
            yield reading("clear_field", 0.93, Update(target=target, clear=fields))
            return
        yield from _updates(clause, what, "clear_field", 0.95, clear=fields)
        return


# --- repetition, reminders, single occurrences

_REPEATED: Final = (
    "{move}|{change}|make|repeat|set|have|schedule <what> [to|repeat|recur|happen|be|a|for]* r=R [W|on|instead]*",
    "<what> {be}|repeats|happens|should_be|should_repeat|recurs {adv}* r=R [W|on|now|instead]*",
)


def _repeats(clause: Clause) -> Iterator[Reading]:
    if not clause.piece.spans("R"):
        return
    for _, _, found in naming(_REPEATED, clause.piece):
        yield from _of_known(_updates(clause, found.get("what"), "repeat", 0.9, recurrence=found.value("r")))
        return


_REMINDED: Final = (
    "{remind} me|us [of|about|for|again_about|again_of]* <what> remind=L [it|that|it_is_due|it's_due|it_starts]",
    "{remind} me|us remind=L [of|about|for]? <what> [is|are|'s]? [due|starts|begins]?",
    "[set|add|create|make|put|give_me|i_need|i_want|i'd_like] a reminder|alert|notification [for|on|about|of|"
    "to]+ <what> remind=L|W [that_morning|that_day|that_evening]",
    "[set|add|create|make|put|give_me] a reminder|alert [for]? remind=L [of|for|about|before]? <what> [is_due|starts]?",
    "<what> needs|gets a reminder remind=L|W",
    "{remind} me|us again [of|about]+ <what> remind=W",
    "{remind} me|us [about|of]+ <what> [again]? remind=W",
    "[not_now]? ask me [again]? about <what> [again]? remind=W",
    "snooze <what> until|till|to|for remind=W",
)


def _reminders(clause: Clause) -> Iterator[Reading]:
    for _, text, found in naming(_REMINDED, clause.piece):
        token = next(token for token in found.get("remind").tokens if token.is_span)
        for each in _updates(clause, found.get("what"), "remind_existing", 0.93, remind=_remind(clause, token)):
            known = all(
                isinstance(a, Update) and (a.target.ids or a.target.pronoun or a.target.candidates)
                for a in each.actions
            )
            lead = token.word == "L" and not clause.text.titles and not clause.piece.spans("W")
            if known:
                yield _on_day(clause, each, token)
            elif lead and text.startswith("{remind} me|us remind=L"):
                yield each
        return


def _remind(clause: Clause, token: Token) -> str:
    if token.word == "L":
        return str(token.value.text)
    moment: Moment = token.value
    return _iso(moment.when, clause.text.preferences.morning)


def _iso(when: When, morning: dt.time) -> str:
    return dt.datetime.combine(when.date, when.time or morning).isoformat(timespec="minutes")


def _on_day(clause: Clause, each: Reading, token: Token) -> Reading:
    """Return a reading whose "at 8 that morning" lies on the day that the task is due."""
    if token.word != "W" or token.value.when.time is None or not {"that", "day"} & set(clause.text.low.split()):
        return each
    (update,) = each.actions[:1]
    task = clause.text.context.task(update.target.ids[0]) if isinstance(update, Update) and update.target.ids else None
    if task is None or task.due_date is None or not isinstance(update, Update):
        return each
    moment = When(date=task.due_date, time=token.value.when.time)
    return replace(each, actions=(replace(update, remind=_iso(moment, clause.text.preferences.morning)),))


_SKIPPED: Final = (
    "{skip} <what> [on|for]? when=W [only|just]?",
    "{skip} [the]? when=W <what>",
    "{skip} [the|this|tomorrow's]? [next|one]? [occurrence|time|round|one]? [of]? <what> [this|next]? [time|week|"
    "month]?",
    "{skip} <what> once|this_once|this_time|this_week|this_month|today",
    "no <what> this_week|this_time|today",
)


def _skips(clause: Clause) -> Iterator[Reading]:
    for _, _, found in naming(_SKIPPED, clause.piece):
        groups = found.found.re.groupindex
        when = found.value("when").when if "when" in groups and found.has("when") else None
        for target in targets(found.get("what")):
            known = _is_known(target) or (not clause.text.titles and clause.words[0] == "skip")
            yield reading("skip", 0.9 if known else FAINT, Skip(target=target, when=when))
        return
