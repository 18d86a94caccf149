"""The statements of `core.store.leases`."""

from typing import Any, Final

from sqlalchemy import BindParameter, String, bindparam, func, literal_column, select, tuple_, update

from kirotodo.core.store.columns import JsonPairs, LeaseClock, UtcDateTime
from kirotodo.core.store.tables import turn_events, turns

T: Final = turns.c
NOW: Final[BindParameter[Any]] = bindparam("lease_now", type_=UtcDateTime())
THEN: Final[BindParameter[Any]] = bindparam("lease_then", type_=UtcDateTime())
LEASE_NOW: Final = LeaseClock(NOW)
LEASE_END: Final = LeaseClock(NOW, THEN)
LEASE_EXPIRED: Final = T.lease_until <= LEASE_NOW
"""Takes the parameter `lease_now`."""
EXPIRED: Final = LEASE_EXPIRED.label("expired")
DANGLING: Final = (
    select(T.user_id, T.id.label("turn_id"), T.owner, T.epoch, EXPIRED)
    .where(T.status == literal_column("'running'"))
    .order_by(T.user_id, T.created_at, T.id)
)
"""The running turns of all users; takes the parameter `lease_now`."""
HOLD: Final = (
    update(turns)
    .where(tuple_(T.user_id, T.id, T.epoch).in_(bindparam("held", expanding=True)))
    .where(T.status == literal_column("'running'"))
    .values(lease_until=LEASE_END)
    .returning(T.id, T.cancel_requested)
)
"""Extends leases of whichever users. SQLite looks no tuple up in an index, but walks along that of running turns, which
are few."""
WATCHED: Final = JsonPairs(bindparam("watched", type_=String())).table_valued("key", "value")
NEWEST_SEQ: Final = (
    select(func.max(turn_events.c.seq))
    .where(turn_events.c.user_id == WATCHED.c.value, turn_events.c.turn_id == WATCHED.c.key)
    .correlate(WATCHED)
    .scalar_subquery()
)
LAST_SEQS: Final = select(WATCHED.c.key, func.coalesce(NEWEST_SEQ, 0)).select_from(WATCHED)
"""Of turns of whichever users, by a JSON object of turn and user."""
