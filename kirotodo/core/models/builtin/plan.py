"""What a turn sets out to do: its tool calls, and how to put what comes of them.

It travels as data with the first step, so that whoever goes on with the turn does and says the same.
"""

from typing import Any, Literal

import msgspec

from kirotodo.core.language.context import Call, DialogueState

Kind = Literal[
    "say",
    "add",
    "change",
    "list",
    "count",
    "details",
    "when",
    "done_when",
    "next",
    "stats",
    "lists",
    "tags",
    "plan",
    "spread",
    "history",
]
"""How an item is put: say: a text of its own · add, change: what was done · spread: what was moved, as its
lookup proposes · the others answer a question."""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a turn does or says.

    The first `lookups` of its calls only look at the list. `head` stands before what is told of the calls, `text`
    follows it, or stands alone.
    `words` say what a list is of ("due today", "in work"). Of the tasks found only those in `only` count, where it is
    given. With `after` the calls are made on the tasks of that item, once it has been carried out.
    """

    kind: Kind
    calls: tuple[Call, ...] = ()
    head: str = ""
    text: str = ""
    words: tuple[str, ...] = ()
    only: tuple[int, ...] | None = None
    lookups: int = 0
    after: int | None = None
    most: int | None = None
    """At most so many of what was found are put."""
    quiet: int = 0
    """Of so many of the first calls nothing is said, unless they fail or those after them change nothing."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The items of a turn, and the state that it leaves, but for what only the outcomes can say."""

    items: tuple[Item, ...]
    state: DialogueState

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def plan_from_json(data: object) -> Plan | None:
    """Return the plan that `to_json` wrote, None for anything else."""
    try:
        return msgspec.convert(data, Plan)
    except msgspec.ValidationError:
        return None
