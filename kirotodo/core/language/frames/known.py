"""Additions of what is on the list already, read as changes of it: "water the ferns on friday", "put rice on party"."""

from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.frames.base import LIKELY, Clause, Reading, reading
from kirotodo.core.language.lexicon import CHORES, COMMON, phrases
from kirotodo.core.language.mentions import VERY
from kirotodo.core.language.types import Action, Add, Query, Target, Update
from kirotodo.core.language.when.tokens import word_set

IMPLIED: Final = frozenset({"imperative", "wish", "dated", "need", "out_of", "bare"})
"""Frames that read a text as a to-do with no verb of the list in it."""
_PART: Final = 88.0
"""A match of words that stand together in a title scores this or more."""
_PUTTING: Final = word_set("put stick file pop place throw")


def of_known(clause: Clause, each: Reading) -> Reading:
    """Return a reading with changes of the tasks that it would add again; as it is where it means new ones."""
    adds = [action for action in each.actions if isinstance(action, Add)]
    if len(adds) != len(each.actions) or not adds or not clause.text.titles:
        return each
    if each.frame == "remind":
        again = len(adds) == 1 and {"of", "about"} & set(clause.words[:5]) and _named(clause, adds[0].title, _PART)
        return replace(each, score=0.5) if again else each  # it is read as a change of when to be reminded
    if each.frame in IMPLIED:
        changes = [_changed(clause, add) for add in adds]
        if len(adds) > 1 and not all(isinstance(change, Update) for change in changes):
            return each
    elif each.frame == "add" and (clause.words[0] in _PUTTING or clause.words[0] not in phrases("add")):
        changes = [_moved(clause, add) for add in adds]
    else:
        return each
    known = [change for change in changes if change is not None]
    return reading("known", max(each.score, LIKELY), *known) if len(known) == len(changes) else each


def _changed(clause: Clause, add: Add) -> Action | None:
    target = _named(clause, add.title, VERY)
    moments = clause.piece.spans("W")
    time_only = bool(moments) and all(token.value.time_only for token in moments)
    if target is None and add.recurrence is None and (time_only or (add.when and _is_a_name(clause, add.title))):
        target = _named(clause, add.title, _PART)
    if target is None:
        return None
    if not (add.when or add.recurrence or add.priority or add.project or add.tags or add.notes or add.remind):
        return Query(about="task", target=target)
    return _update(target, add, time_only=time_only)


def _is_a_name(clause: Clause, title: str) -> bool:
    """Return whether a title is no command, and all its words stand in titles ("library books: monday morning")."""
    words = title.lower().split()
    return words[0] not in CHORES and all(word in COMMON or clause.text.titles.knows(word) for word in words)


def _moved(clause: Clause, add: Add) -> Action | None:
    """Return the move of a task to another list; None where it is a thing of that list already, or a new one."""
    target = _named(clause, add.title, VERY) or (
        _named(clause, add.title, _PART) if set(clause.words[:2]) & {"the", "my", "our"} else None
    )
    task = clause.text.context.task(target.ids[0]) if target is not None else None
    if (
        target is None
        or task is None
        or add.project is None
        or add.project.casefold() == (task.project or "").casefold()
    ):
        return None
    return _update(target, add, time_only=False)


def _named(clause: Clause, title: str, least: float) -> Target | None:
    """Return the one open task that words name, if it is no worse than `least`."""
    found = [match for match in clause.text.titles.match(title) if match.score >= least]
    return Target(words=title, ids=(found[0].id,)) if len(found) == 1 else None


def _update(target: Target, add: Add, *, time_only: bool) -> Update:
    return Update(
        target=target,
        when=add.when,
        time_only=time_only,
        recurrence=add.recurrence,
        priority=add.priority,
        project=add.project,
        add_tags=add.tags,
        notes=add.notes,
        remind=add.remind,
        start=add.start,
        duration=add.duration,
    )
