"""What a rehearsal walks through: steps with a name, in order, and how each one went."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deploy.rehearsal.local_stack import LocalStack

Walk = Callable[["LocalStack"], str]
STEPS: Final[list["Step"]] = []


class Skipped(Exception):
    """This machine lacks something, as the sentence says."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """`shows` are the commands of the guide, or what comes nearest to them without Docker."""

    name: str
    shows: tuple[str, ...]
    walk: Walk


@dataclass(kw_only=True)
class Outcome:
    step: Step
    state: str = "passed"
    note: str = ""
    seconds: float = 0.0
    trace: str = field(default="", repr=False)


def step(name: str, *shows: str) -> Callable[[Walk], Walk]:
    """Put what is decorated at the end of the walk."""

    def put(walk: Walk) -> Walk:
        STEPS.append(Step(name=name, shows=shows, walk=walk))
        return walk

    return put


def take(one: Step, stack: "LocalStack") -> Outcome:
    outcome, began = Outcome(step=one), time.monotonic()
    try:
        outcome.note = one.walk(stack)
    except Skipped as why:
        outcome.state, outcome.note = "skipped", str(why)
    except Exception as error:
        outcome.state, outcome.note = "failed", f"{type(error).__name__}: {error}".strip()[:400]
        outcome.trace = traceback.format_exc()
    outcome.seconds = time.monotonic() - began
    return outcome
