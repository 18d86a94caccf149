"""A function that stores the newest text of running turns, on PostgreSQL: one round trip for however many they are.

It says whose each row is before it writes it, so that row-level security holds for each as in a transaction of its own.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OWNED = """
            SELECT t.cancel_requested INTO stop FROM turns AS t
            WHERE t.user_id = piece.of_user AND t.id = piece.of_turn AND t.epoch = piece.of_epoch
                AND t.status IN ('running', 'awaiting_approval')"""
APPEND_EVENTS = f"""
CREATE FUNCTION append_events(pieces json, app_role text, waits boolean)
RETURNS TABLE (written text, stop boolean)
LANGUAGE plpgsql AS $$
DECLARE
    piece record;
BEGIN
    PERFORM set_config('role', app_role, true), set_config('lock_timeout', '15s', true);
    FOR piece IN
        SELECT * FROM json_to_recordset(pieces)
            AS given(of_user text, of_turn text, of_epoch integer, of_seq integer, content text)
    LOOP
        PERFORM set_config('app.user_id', piece.of_user, true);
        IF waits THEN{OWNED}
            FOR UPDATE;
        ELSE{OWNED}
            FOR UPDATE SKIP LOCKED;
        END IF;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO turn_events (user_id, turn_id, seq, data)
            VALUES (piece.of_user, piece.of_turn, piece.of_seq, convert_to(piece.content, 'UTF8'));
        written := piece.of_turn;
        RETURN NEXT;
    END LOOP;
END
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(APPEND_EVENTS)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION append_events")
