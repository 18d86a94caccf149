"""What has to be agreed to before it is done, and the question that is asked.

What counts is what a whole turn does, not a single call: see `core.agent.approvals`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from kirotodo.core.lazy_dataclasses import dataclass

Kind = Literal["delete", "change", "undo", "plan"]
LIMITS: Final[Mapping[Kind, int]] = {"delete": 1, "change": 5, "undo": 1, "plan": 0}
"""How many tasks a turn may delete, how many it may change, and how many groups of earlier changes it may take back,
without asking. To add tasks needs no yes; to move them as a plan proposes always does."""

REFUSED: Final = (
    "The user said never to this in this conversation, and isn't asked again. Nothing was changed. Don't try it again; "
    "say that a new conversation asks."
)
"""What a model is told of a call that the user wants no more of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a call would do to what is on the list already: to which tasks, or to how many `groups` of earlier changes.

    `question` holds a place for "3 tasks"; `rest` are the call's other arguments. What `completes` tasks also completes
    their open steps, which some users want to be asked about.
    """

    kind: Kind
    question: str
    ids: tuple[int, ...] = ()
    groups: int = 0
    rest: Mapping[str, Any] | None = None
    completes: bool = False


def size(effects: Iterable[Effect], *, known: Iterable[int] | None = None) -> int:
    """Return how many tasks, each counted once, and groups of changes these are about; of tasks only those `known`, if
    these are given."""
    effects = tuple(effects)
    ids = {task_id for effect in effects for task_id in effect.ids}
    if known is not None:
        ids &= set(known)
    return len(ids) + sum(effect.groups for effect in effects)


def question(effect: Effect, count: int, *, more: bool = False, steps: int = 0) -> str:
    """Return the question for `count` tasks (or groups of changes) as `effect` words it; `more` where the turn did some
    of it before, and with it so many open `steps`."""
    noun = "change" if effect.groups else "task"
    words = f"{count}{' more' if more else ''} {noun}{'' if count == 1 else 's'}"
    if steps:
        words += f" with {steps} open step{'' if steps == 1 else 's'}"
    return f"{effect.question.format(words)}?"
