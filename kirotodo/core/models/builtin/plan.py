"""What a turn sets out to do: its tool calls, and how to put what comes of them.

It travels as data with the first step, so that whoever goes on with the turn does and says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from pydantic import ValidationError

from kirotodo.core.language.context import Call, DialogueState

Kind = Literal[
    "say", "add", "change", "list", "count", "details", "when", "done_when", "next", "stats", "lists", "tags"
]
"""How an item is put: say: a text of its own · add, change: what was done · the others answer a question."""
KINDS: Final = frozenset(get_args(Kind))


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing that a turn does or says.

    The first `lookups` of its calls only look at the list. `text` follows what is told of the calls, or stands alone.
    `words` say what a list is of ("due today", "in work"). Of the tasks found only those in `only` count, where it is
    given. With `after` the calls are made on the tasks of that item, once it has been carried out.
    """

    kind: Kind
    calls: tuple[Call, ...] = ()
    text: str = ""
    words: tuple[str, ...] = ()
    only: tuple[int, ...] | None = None
    lookups: int = 0
    after: int | None = None
    quiet: int = 0
    """Of so many of the first calls nothing is said, unless they fail or those after them change nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The items of a turn, and the state that it leaves, but for what only the outcomes can say."""

    items: tuple[Item, ...]
    state: DialogueState

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {"items": [_item_to_json(item) for item in self.items], "next": self.state.to_json()}


def plan_from_json(data: object) -> Plan | None:
    """Return the plan that `to_json` wrote, None for anything else."""
    if not isinstance(data, Mapping) or not isinstance(items := data.get("items"), Sequence):
        return None
    try:
        state = DialogueState.from_json(data["next"])
        return Plan(items=tuple(_item_from_json(item) for item in items), state=state)
    except (KeyError, TypeError, ValueError, ValidationError):
        return None


def _item_to_json(item: Item) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": item.kind, "calls": [[call.tool, dict(call.arguments)] for call in item.calls]}
    more: dict[str, Any] = {"text": item.text, "words": list(item.words), "lookups": item.lookups, "quiet": item.quiet}
    plain |= {name: value for name, value in more.items() if value}
    if item.only is not None:
        plain["only"] = list(item.only)
    if item.after is not None:
        plain["after"] = item.after
    return plain


def _item_from_json(plain: Mapping[str, Any]) -> Item:
    if plain["kind"] not in KINDS:
        raise ValueError(f"unknown kind of item: {plain['kind']!r}")
    return Item(
        kind=plain["kind"],
        calls=tuple(Call(tool=str(tool), arguments=dict(arguments)) for tool, arguments in plain["calls"]),
        text=str(plain.get("text", "")),
        words=tuple(map(str, plain.get("words", ()))),
        only=tuple(map(int, plain["only"])) if "only" in plain else None,
        lookups=int(plain.get("lookups", 0)),
        after=int(plain["after"]) if "after" in plain else None,
        quiet=int(plain.get("quiet", 0)),
    )
