"""What turns tell whoever runs them: how long something took and what became of it. Never what was said."""

from typing import Literal

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.lazy_dataclasses import dataclass

TurnEnding = Literal["finished", "failed", "cancelled", "parked", "released", "lost", "broken"]
"""How a stretch of work on a turn ended: as the turn did, or parked: it waits for the user · released: this process let
go of it · lost: another process took it · broken: it could not be written down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnReport:
    """One stretch of work on a turn. `code` is that of the error that ended it, "" without one."""

    user_id: str
    turn_id: str
    model: str
    ended: TurnEnding
    seconds: float
    usage: Usage
    code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepReport:
    """One run of a model. `first_seconds` is when its first word or call came, None where none came."""

    model: str
    seconds: float
    first_seconds: float | None
    code: str = ""


class Observer:
    """Is called with what turns and models did. This one does nothing; a server counts."""

    def turn_ended(self, report: TurnReport) -> None:
        """Take the report of a stretch of work that is over."""

    def model_ran(self, report: StepReport) -> None:
        """Take the report of one run of a model."""
