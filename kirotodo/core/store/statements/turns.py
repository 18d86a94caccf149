"""The statements of `core.store.turns`."""

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Executable,
    Table,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    update,
)

from kirotodo.core.store.leases import RELEASED
from kirotodo.core.store.statements.leases import EXPIRED, LEASE_END, LEASE_NOW
from kirotodo.core.store.statements.transaction import UID, bytes_of
from kirotodo.core.store.tables import tool_calls, turn_events, turn_steps, turns

T: Final = turns.c
ID: Final[BindParameter[Any]] = bindparam("the_id")
MINE: Final = (T.user_id == UID, T.id == ID)
LIVE: Final = T.status.in_([literal_column("'running'"), literal_column("'awaiting_approval'")])
"""Written out, as the partial index on it is, and since what is bound to an IN is put together anew each time."""
# The fence: the epoch grows with each take-over, so a statement of an earlier owner finds no row and changes nothing.
OWNED: Final = (*MINE, T.epoch == bindparam("the_epoch"), LIVE)
TURN: Final = tuple(column for column in turns.c if column.name != "user_id")
LAST_SEQ: Final = (
    select(func.coalesce(func.max(turn_events.c.seq), 0))
    .where(turn_events.c.user_id == T.user_id, turn_events.c.turn_id == T.id)
    .scalar_subquery()
    .label("last_seq")
)
RECORD: Final = select(*TURN, LAST_SEQ, EXPIRED)
GET: Final = RECORD.where(*MINE)
BY_KEY: Final = RECORD.where(T.user_id == UID, T.request_key == bindparam("key"))
IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
MANY: Final = select(*TURN).where(T.user_id == UID, T.id.in_(IDS))
OF_CONVERSATION: Final = select(T.id).where(T.user_id == UID, T.conversation_id == bindparam("conversation"), LIVE)
INSERT: Final = insert(turns).values(lease_until=LEASE_END)
CLAIM: Final = (
    update(turns)
    .where(*OWNED)
    .values(epoch=T.epoch + 1, owner=bindparam("new_owner"), lease_until=LEASE_END)
    .returning(T.epoch)
)
PROGRESS: Final = (
    select(func.count()).where(turn_steps.c.user_id == UID, turn_steps.c.turn_id == ID).scalar_subquery()
    + select(func.count())
    .where(tool_calls.c.user_id == UID, tool_calls.c.turn_id == ID, tool_calls.c.result.is_not(None))
    .scalar_subquery()
)
"""How far a turn has come: its steps and receipts."""
TAKE_OVER: Final = (
    update(turns)
    .where(*OWNED)
    .values(
        epoch=T.epoch + 1,
        owner=bindparam("new_owner"),
        lease_until=LEASE_END,
        takeovers=case((T.owner == RELEASED, T.takeovers), (T.takeover_progress == PROGRESS, T.takeovers + 1), else_=1),
        takeover_progress=PROGRESS,
    )
    .returning(T.epoch, T.takeovers)
)
FENCE: Final = select(T.cancel_requested).where(*OWNED).with_for_update()
CANCEL_REQUESTED: Final = select(T.cancel_requested).where(*MINE).scalar_subquery()


def _insert_owned(table: Table, *names: str) -> Executable:
    """Insert a row of a turn, if it is still its owner's; returns whether a cancel was requested."""
    values = [bindparam(f"new_{name}", type_=table.c[name].type) for name in names]
    # The lock keeps the epoch as it is until this commits; a take-over at the same moment waits for it.
    owned = select(T.user_id, T.id, *values).where(*OWNED).with_for_update()
    return insert(table).from_select(["user_id", "turn_id", *names], owned).returning(CANCEL_REQUESTED)


RELEASE: Final = update(turns).where(*OWNED).values(lease_until=LEASE_NOW, owner=RELEASED)
PARK: Final = (
    update(turns)
    .where(*MINE, LIVE)
    .values(status="awaiting_approval", approval=bindparam("new_approval"))
    .returning(T.id)
)
UNPARK: Final = update(turns).where(*MINE, T.status == "awaiting_approval").values(status="running", approval=None)
TURN_BYTES: Final = (
    bytes_of(turn_steps, "text", "opaque", where=turn_steps.c.turn_id == ID)
    + bytes_of(tool_calls, "arguments", "result", where=tool_calls.c.turn_id == ID)
    + bytes_of(turn_events, "data", where=turn_events.c.turn_id == ID)
)
"""What a turn has stored besides its messages. It is counted when the turn ends, along with its answer: counting each
piece as it is written would change the user's row, which others wait for, with every bit of text."""
FINISH: Final = update(turns).where(*MINE, LIVE).values(lease_until=LEASE_NOW).returning(T.cancel_requested, TURN_BYTES)
FINISH_OWNED: Final = (
    update(turns).where(*OWNED).values(lease_until=LEASE_NOW).returning(T.cancel_requested, TURN_BYTES)
)
CANCEL: Final = (
    update(turns).where(*MINE).values(cancel_requested=case((LIVE, True), else_=T.cancel_requested)).returning(T.id)
)
INSERT_STEP: Final = insert(turn_steps)
INSERT_OWNED_STEP: Final = _insert_owned(turn_steps, "step", "text", "opaque")
STEPS: Final = (
    select(turn_steps.c.turn_id, turn_steps.c.step, turn_steps.c.text, turn_steps.c.opaque)
    .where(turn_steps.c.user_id == UID, turn_steps.c.turn_id.in_(IDS))
    .order_by(turn_steps.c.turn_id, turn_steps.c.step)
)
CALL: Final = tuple(column for column in tool_calls.c if column.name != "user_id")
INSERT_CALL: Final = insert(tool_calls)
CALLS: Final = (
    select(*CALL)
    .where(tool_calls.c.user_id == UID, tool_calls.c.turn_id.in_(IDS))
    .order_by(tool_calls.c.turn_id, tool_calls.c.step, tool_calls.c.position)
)
SET_CALL: Final = (
    update(tool_calls)
    .where(
        tool_calls.c.user_id == UID,
        tool_calls.c.turn_id == ID,
        tool_calls.c.step == bindparam("the_step"),
        tool_calls.c.position == bindparam("the_position"),
    )
    .returning(tool_calls.c.turn_id)
)
INSERT_EVENT: Final = insert(turn_events)
EVENTS: Final = (
    select(turn_events.c.seq, turn_events.c.data)
    .where(turn_events.c.user_id == UID, turn_events.c.turn_id == ID, turn_events.c.seq > bindparam("after"))
    .order_by(turn_events.c.seq)
    .limit(bindparam("limit"))
)
