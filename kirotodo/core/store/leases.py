"""Leases: which process runs a turn, until when, and which attempt it is.

The statements here look at the turns of all users at once; those of one user are in `turns.py`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, String, bindparam, func, literal_column, select, tuple_, update

from kirotodo.core.errors import Conflict
from kirotodo.core.store.columns import JsonPairs, LeaseClock, UtcDateTime
from kirotodo.core.store.tables import turn_events, turns

RELEASED: Final = ""
"""The owner of a running turn that its last owner let go of."""
_T: Final = turns.c
_NOW: Final[BindParameter[Any]] = bindparam("lease_now", type_=UtcDateTime())
_THEN: Final[BindParameter[Any]] = bindparam("lease_then", type_=UtcDateTime())
LEASE_NOW: Final = LeaseClock(_NOW)
LEASE_END: Final = LeaseClock(_NOW, _THEN)
LEASE_EXPIRED: Final = _T.lease_until <= LEASE_NOW
"""Takes the parameter `lease_now`."""
EXPIRED: Final = LEASE_EXPIRED.label("expired")
DANGLING: Final = (
    select(_T.user_id, _T.id.label("turn_id"), _T.owner, _T.epoch, EXPIRED)
    .where(_T.status == literal_column("'running'"))
    .order_by(_T.user_id, _T.created_at, _T.id)
)
"""The running turns of all users; takes the parameter `lease_now`."""
HOLD: Final = (
    update(turns)
    .where(tuple_(_T.user_id, _T.id, _T.epoch).in_(bindparam("held", expanding=True)))
    .where(_T.status == literal_column("'running'"))
    .values(lease_until=LEASE_END)
    .returning(_T.id, _T.cancel_requested)
)
"""Extends leases of whichever users. SQLite looks no tuple up in an index, but walks along that of running turns, which
are few."""
_WATCHED: Final = JsonPairs(bindparam("watched", type_=String())).table_valued("key", "value")
_NEWEST_SEQ: Final = (
    select(func.max(turn_events.c.seq))
    .where(turn_events.c.user_id == _WATCHED.c.value, turn_events.c.turn_id == _WATCHED.c.key)
    .correlate(_WATCHED)
    .scalar_subquery()
)
LAST_SEQS: Final = select(_WATCHED.c.key, func.coalesce(_NEWEST_SEQ, 0)).select_from(_WATCHED)
"""Of turns of whichever users, by a JSON object of turn and user."""


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
