"""Leases: which process runs a turn, until when, and which attempt it is.

The statements here look at the turns of all users at once; those of one user are in `turns.py`.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kirotodo.core.errors import Conflict
from kirotodo.core.lazy_dataclasses import dataclass

RELEASED: Final = ""
"""The owner of a running turn that its last owner let go of."""


class StaleOwner(Conflict):
    """Another process took the turn over, or the turn is over: whoever sees this lets go of it silently."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """A turn that this process owns."""

    user_id: str
    turn_id: str
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnedEvent:
    """An event of a turn that this process owns, as it is stored."""

    lease: Lease
    seq: int
    data: bytes


def events_json(events: Sequence[OwnedEvent]) -> str:
    """Return the events as one parameter of a statement: a JSON array of an object for each."""
    return json.dumps(
        [
            {
                "of_user": event.lease.user_id,
                "of_turn": event.lease.turn_id,
                "of_epoch": event.lease.epoch,
                "of_seq": event.seq,
                "content": event.data.decode(),
            }
            for event in events
        ]
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A turn that was taken over: its new epoch, and how often that happened since it last came any further."""

    epoch: int
    takeovers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DanglingTurn:
    """A turn with status `running`, its owner, and whether the owner's lease is over."""

    user_id: str
    turn_id: str
    owner: str
    epoch: int
    expired: bool


def lease_times(now: datetime, lease: timedelta = timedelta()) -> dict[str, datetime]:
    """Return the parameters of statements that judge leases, or give one for so long."""
    return {"lease_now": now, "lease_then": now + lease}
