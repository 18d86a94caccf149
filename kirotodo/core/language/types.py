"""What a text can mean: frozen values, the output of `understand` and the input of the built-in model."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kirotodo.core.domain.task import Priority, RecursFrom

DayPart = Literal["morning", "afternoon", "evening", "night"]
Grain = Literal["minute", "day", "week", "month", "year"]


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
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
        return dt.datetime.combine(self.date, self.time) if self.time is not None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurrence:
    """An RFC 5545 rule without DTSTART. `recurs_from` is "completion" for "every! 3 days" and "3 days after done"."""

    rule: str
    recurs_from: RecursFrom = "schedule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """A narrowing of the list, as a question or a bulk command states it; None and empty mean no narrowing."""

    status: Literal["pending", "completed", "all"] | None = None
    due: Literal["today", "overdue", "week", "none"] | None = None
    due_from: dt.date | None = None
    due_to: dt.date | None = None
    part: DayPart | None = None
    time: dt.time | None = None
    completed_from: dt.date | None = None
    completed_to: dt.date | None = None
    project: str | None = None
    tag: str | None = None
    priority: Priority | None = None
    search: str | None = None


Pronoun = Literal["it", "them", "other", "last", "first"]
"""it: the one talked about · them: those talked about · other: of two, the one not taken · last, first: of the list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Which tasks a command is about. Exactly one way of saying it is set, `scope` may narrow `words` or `everything`.

    `ids` are the list's own numbers ("task 3", "#3", "1, 2 and 5"); `ordinals` are places in the list shown last
    ("the second one" is 2, "the last one" is -1); `words` are words of the title, to be matched fuzzily; `plural` says
    that several matches are meant ("my morning meetings", "all the milk tasks").
    """

    ids: tuple[int, ...] = ()
    ordinals: tuple[int, ...] = ()
    words: str | None = None
    pronoun: Pronoun | None = None
    everything: bool = False
    plural: bool = False
    scope: Scope = field(default_factory=Scope)


Clearable = Literal["due", "time", "recurrence", "priority", "project", "tags", "notes", "remind"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Add:
    """`title` in the user's own words and capitals, dates taken off its edges. `remind` is when to remind, if said
    apart from when it is due ("remind me 10 minutes before")."""

    title: str
    when: When | None = None
    recurrence: Recurrence | None = None
    priority: Priority | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    remind: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A question about the list; never changes anything. `lists` asks which projects there are, `stats` for counts."""

    about: Literal["tasks", "task", "stats", "lists", "tags"] = "tasks"
    scope: Scope = field(default_factory=Scope)
    target: Target | None = None
    count_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Complete:
    """`completed=False` opens it again."""

    target: Target
    completed: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """`title` renames; `when` with only a time (`time_only`) keeps the date; `shift_days` postpones by days."""

    target: Target
    title: str | None = None
    when: When | None = None
    time_only: bool = False
    shift_days: int | None = None
    shift_minutes: int | None = None
    recurrence: Recurrence | None = None
    priority: Priority | None = None
    project: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    notes: str | None = None
    remind: str | None = None
    clear: frozenset[Clearable] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    target: Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Clear:
    """Empty a whole list ("clear my shopping list", "delete everything", "remove all completed tasks")."""

    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateList:
    """Lists are projects; they come to be with their first task. `name` None: it was not said."""

    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteList:
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Undo:
    turns: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Redo:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Yes:
    """Agreement to what was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class No:
    """Refusal of what was asked. "no, the second one" is a `Pick` with `instead`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """A choice among what was offered, without a verb of its own: "the second one", "both", "2", "the dentist one".

    `instead` says that the last action took the wrong one: undo it and do it to this one ("no, the second one").
    """

    target: Target
    instead: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Smalltalk:
    """Greetings, thanks and the like: a short friendly word, no change."""

    kind: Literal["greeting", "thanks", "goodbye", "how_are_you", "who_are_you", "praise", "apology", "other"] = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class OutOfScope:
    """Not this program's job (weather, music, trivia, messages …): an honest short refusal, no change."""

    topic: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Clarify:
    """It is about the list, but something is missing; `missing` says what to ask for."""

    missing: Literal["title", "target", "time", "list", "meaning"] = "meaning"
    action: Literal["add", "complete", "update", "delete", "query"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Items of a pasted list whose boxes are ticked: done before, so they do not go on the list."""

    texts: tuple[str, ...]


Action: TypeAlias = (
    Add
    | Query
    | Complete
    | Update
    | Delete
    | Clear
    | CreateList
    | DeleteList
    | Undo
    | Redo
    | Yes
    | No
    | Pick
    | Help
    | Smalltalk
    | OutOfScope
    | Clarify
    | LeftOut
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Understanding:
    """What was made of a text. `actions` in the order said, at least one; `when` is the first date or moment the text
    names, wherever it stands, and `recurrence` the first rule, whatever became of them."""

    actions: tuple[Action, ...]
    when: When | None = None
    recurrence: Recurrence | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """Where people differ, what is meant.

    `next_weekday`: "next friday" is the friday of the coming calendar week ("week"), or the first one after today
    ("first"). `bare_hour_from`: a bare "at 5" is the next such hour not before this hour of the day (so 17:00), in
    hours. `weekend` is the day that "this weekend" begins; `end_of_day`, `morning` … are local times. `day_first`
    reads 3/4 as 3 April.
    """

    next_weekday: Literal["week", "first"] = "week"
    bare_hour_from: int = 7
    weekend: Literal["friday", "saturday"] = "saturday"
    week_start: Literal["monday", "sunday"] = "monday"
    day_first: bool = False
    morning: dt.time = dt.time(9)
    noon: dt.time = dt.time(12)
    afternoon: dt.time = dt.time(15)
    evening: dt.time = dt.time(18)
    night: dt.time = dt.time(20)
    end_of_day: dt.time = dt.time(17)
