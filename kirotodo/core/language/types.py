"""The meaning of a text: frozen values, which `understand` returns and the built-in model acts on."""

import datetime as dt
from typing import Literal, TypeAlias

import msgspec

from kirotodo.core.domain.history import By
from kirotodo.core.domain.task import Priority, RecursFrom
from kirotodo.core.language.preferences import Preferences as Preferences

DayPart = Literal["morning", "afternoon", "evening", "night"]
Grain = Literal["minute", "day", "week", "month", "year"]


class When(msgspec.Struct, frozen=True, kw_only=True):
    """A local day, and a local time where one was said. `until` closes a range ("this week", "next 3 days"), inclusive.

    `grain` is how exact the words were; a week, month or year begins at `date`.
    """

    date: dt.date
    time: dt.time | None = None
    until: dt.date | None = None
    grain: Grain = "day"
    part: DayPart | None = None

    @property
    def moment(self) -> dt.datetime | None:
        """Return the local moment, or None where no time of day was given."""
        return dt.datetime.combine(self.date, self.time) if self.time is not None else None


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 5545 rule without DTSTART. `recurs_from` is "completion" for "every! 3 days" and "3 days after done"."""

    rule: str
    recurs_from: RecursFrom = "schedule"


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A filter on the list, as a question or a bulk command states it; None and empty mean no filter.

    Everything that is set must hold of a task; `time_to` itself is left out ("before noon"). `has` and `lacks` name
    fields that must be set or empty ("recurring tasks", "anything without a date"). `without` are exceptions
    ("everything on groceries apart from bread").
    """

    status: Literal["pending", "completed", "all"] | None = None
    due: Literal["today", "overdue", "week", "none"] | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    part: DayPart | None = None
    time: dt.time | None = None
    time_from: dt.time | None = None
    time_to: dt.time | None = None
    completed_from: dt.date | None = None
    completed_to: dt.date | None = None
    project: str | None = None
    tag: str | None = None
    priority: Priority | None = None
    search: str | None = None
    has: frozenset["Clearable"] = frozenset()
    lacks: frozenset["Clearable"] = frozenset()
    without: tuple["Target", ...] = ()


Clearable = Literal["due", "time", "recurrence", "priority", "project", "tags", "notes", "remind", "parent_id"]
Pronoun = Literal["it", "them", "other", "last", "first"]
"""it: the one talked about · them: those talked about · other: of two, the one not taken · last, first: of the list."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks a command is about. Exactly one way of saying it is set, `scope` may narrow `words` or `everything`.

    `ids` are the list's own numbers ("task 3", "#3", "1, 2 and 5"); `ordinals` are places in the list shown last
    ("the second one" is 2, "the last one" is -1); `words` are words of the title, to be matched fuzzily; `plural` says
    that several matches are meant ("my morning meetings", "all the milk tasks"). Where the list is known, `words` come
    resolved: `ids` are the tasks they name, or `candidates` are those among which to ask.
    """

    ids: tuple[int, ...] = ()
    ordinals: tuple[int, ...] = ()
    words: str | None = None
    pronoun: Pronoun | None = None
    everything: bool = False
    plural: bool = False
    scope: Scope = msgspec.field(default_factory=Scope)
    candidates: tuple[int, ...] = ()


class Add(msgspec.Struct, frozen=True, kw_only=True):
    """Add a task. `title` keeps the user's words and capitals, without the dates at its edges.

    `remind` is when to remind, if that was given apart from when it is due ("remind me 10 minutes before").
    """

    title: str
    when: When | None = None
    recurrence: Recurrence | None = None
    priority: Priority | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    remind: str | None = None
    start: When | None = None
    """The day before which it need not be seen ("not before monday")."""
    duration: int | None = None
    """How many minutes it takes."""
    parent_id: int | None = None
    """The task of which it is a step."""


QueryKind = Literal[
    "tasks",
    "task",
    "steps",
    "when",
    "completed_when",
    "next",
    "last",
    "oldest",
    "newest",
    "days",
    "stats",
    "lists",
    "tags",
    "changes",
    "history",
]
"""tasks: those in `scope` · task: those of `target` in full · steps: those of `target` · when: the dates of `target`,
or of the first in `scope` · completed_when: when `target` was done · next: what comes first in `scope` · last: what
is due last · oldest: what waits longest · newest: what was added last · days: which are full or free · stats: counts
over time · lists, tags: which there are · changes: what was changed last · history: who changed what, in a time
or of `target`."""
Deed = Literal["moved", "renamed", "added", "completed", "deleted", "reopened"]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Answer a question about the list, without changing it. Nothing that is a question changes anything.

    `during` is the time of the history that is asked about, in words; `by` and `deed` are whose changes, and which, of
    which only the last is wanted where `latest` is set. `unmatched` are words that no task has, which were left out.
    """

    about: QueryKind = "tasks"
    scope: Scope = msgspec.field(default_factory=Scope)
    target: Target | None = None
    count_only: bool = False
    during: str | None = None
    by: By | None = None
    deed: Deed | None = None
    latest: bool = False
    unmatched: str | None = None


class Complete(msgspec.Struct, frozen=True, kw_only=True):
    """Complete tasks, or reopen them where `completed` is False."""

    target: Target
    completed: bool = True


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """Change tasks.

    `title` renames; `when` with only a time (`time_only`) keeps the date. The shifts are counted from each task's own
    date. `remind` is a moment or a lead before the due date, in words. `snooze` puts the reminder off, for so long or
    until a moment, also in words: of a task that has one, in place of the other fields. `notes` are added to those that
    are there.
    """

    target: Target
    title: str | None = None
    when: When | None = None
    time_only: bool = False
    shift_days: int | None = None
    shift_minutes: int | None = None
    shift_months: int | None = None
    recurrence: Recurrence | None = None
    ends: str | None = None
    """Another end of its rule, in words."""
    for_once: bool = False
    """Whether it is of the open occurrence alone."""
    priority: Priority | None = None
    project: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    notes: str | None = None
    remind: str | None = None
    snooze: str | None = None
    start: When | None = None
    duration: int | None = None
    parent_id: int | None = None
    position: int | None = None
    """Its place among the steps of its task, from 1."""
    clear: frozenset[Clearable] = frozenset()


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Delete tasks."""

    target: Target


class Skip(msgspec.Struct, frozen=True, kw_only=True):
    """Leave out occurrences of recurring tasks: the next `count`, all before the day `until`, or those of `when`."""

    target: Target
    when: When | None = None
    count: int = 1
    until: dt.date | None = None


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Skip everything that repeats before a day, which is the first one back."""

    until: dt.date


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Say what to do first, today or this week, in so many minutes where that is said."""

    week: bool = False
    minutes: int | None = None


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Propose days of next week for what is overdue, so many a day at most."""

    per_day: int | None = None


class Clear(msgspec.Struct, frozen=True, kw_only=True):
    """Empty a whole list ("clear my shopping list", "delete everything", "remove all completed tasks")."""

    scope: Scope = msgspec.field(default_factory=Scope)


class CreateList(msgspec.Struct, frozen=True, kw_only=True):
    """Create a list.

    Lists are projects, which exist from their first task on. `name` is None where it was not given.
    """

    name: str | None = None


class DeleteList(msgspec.Struct, frozen=True, kw_only=True):
    """Delete a list and its tasks."""

    name: str | None = None


class RenameList(msgspec.Struct, frozen=True, kw_only=True):
    """Give a list another name: its tasks move there."""

    name: str
    to: str


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """Undo the last change; with `since`, what was changed in that time, in words, or from then until `until`.

    `by` and `target` narrow it down to their changes, and to those of one task.
    """

    turns: int = 1
    since: str | None = None
    until: str | None = None
    by: By | None = None
    target: Target | None = None


class Redo(msgspec.Struct, frozen=True, kw_only=True):
    """Redo the change that was undone last."""

    pass


class Yes(msgspec.Struct, frozen=True, kw_only=True):
    """Agree to the question before, with the values of `change` where it says more ("yes, for sunday").

    Where nothing `agreed`, `change` only corrects what was asked ("for sunday"), and it is asked again.
    """

    change: "Update | None" = None
    agreed: bool = True


class No(msgspec.Struct, frozen=True, kw_only=True):
    """Refuse the question before. "no, the second one" is a `Pick` with `instead`."""


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """Choose among what was offered, without a verb: "the second one", "both", "2", "the dentist one".

    `instead` says that the last action took the wrong one: undo it and do it to this one ("no, the second one").
    `change` holds the values that were added ("the roof one, and make it 10am").
    """

    target: Target
    instead: bool = False
    change: "Update | None" = None


class Amend(msgspec.Struct, frozen=True, kw_only=True):
    """Correct the last action ("no, medium", "i meant the 12th", "the team lunch, not the meeting").

    `change.target` is the right target, where that was wrong, or the part of what was done that the correction is
    about; a pronoun "it" means all of what was done. The other fields of `change` replace what was said.
    """

    change: Update


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """Do the last action again, to another target or with another value ("the tap as well", "the dentist to 11")."""

    change: Update


class TakeBack(msgspec.Struct, frozen=True, kw_only=True):
    """Undo the last action, or the part of it that `target` names ("undo just the first", "not the eggs")."""

    target: Target | None = None


class Confirm(msgspec.Struct, frozen=True, kw_only=True):
    """Ask back with the reading of a text that is not sure enough to act on; "yes" does it."""

    actions: tuple["Action", ...]


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Explain what can be asked."""

    pass


class Smalltalk(msgspec.Struct, frozen=True, kw_only=True):
    """Answer greetings, thanks and the like with a short friendly word; no change."""

    kind: Literal["greeting", "thanks", "goodbye", "how_are_you", "who_are_you", "praise", "apology", "other"] = "other"


class OutOfScope(msgspec.Struct, frozen=True, kw_only=True):
    """Refuse briefly what is not this program's job (weather, music, trivia, messages …); no change."""

    topic: str | None = None


class Clarify(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for what is missing: `missing` says what."""

    missing: Literal["title", "target", "time", "list", "meaning"] = "meaning"
    action: Literal["add", "complete", "update", "delete", "query"] | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Leave out items of a pasted list whose boxes are ticked: they are already done."""

    texts: tuple[str, ...]


Action: TypeAlias = (
    Add
    | Query
    | Complete
    | Update
    | Delete
    | Skip
    | Away
    | Plan
    | Spread
    | Clear
    | CreateList
    | DeleteList
    | RenameList
    | Undo
    | Redo
    | Yes
    | No
    | Pick
    | Amend
    | Repeat
    | TakeBack
    | Confirm
    | Help
    | Smalltalk
    | OutOfScope
    | Clarify
    | LeftOut
)


class SpanView(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a text that was recognised: its kind, its words and what they stand for."""

    kind: str
    text: str
    meaning: str = ""


class ReadingView(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a clause was read: by which frame, how well (0 to 1), and as what."""

    frame: str
    score: float
    text: str
    actions: tuple[Action, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """How an understanding came about, for people: the spans, and the readings of each clause, the best first."""

    spans: tuple[SpanView, ...] = ()
    readings: tuple[ReadingView, ...] = ()


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """The meaning of a text.

    `actions` are in the order given, at least one; `when` is the first date or moment that the text names, wherever it
    stands, and `recurrence` the first rule, whatever became of them. `left_out` are words that nothing took.
    """

    actions: tuple[Action, ...]
    when: When | None = None
    recurrence: Recurrence | None = None
    left_out: tuple[str, ...] = ()
    explanation: Explanation = Explanation()
