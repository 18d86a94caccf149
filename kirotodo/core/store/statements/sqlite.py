"""Statements that SQLite alone has."""

from typing import Final

from sqlalchemy import column, text

# CROSS JOIN keeps SQLite from walking along the turns.
APPEND_EVENTS: Final = text(
    """
    INSERT INTO turn_events (user_id, turn_id, seq, data)
    SELECT t.user_id, t.id, json_extract(given.value, '$.of_seq'),
        CAST(json_extract(given.value, '$.content') AS BLOB)
    FROM json_each(:pieces) AS given CROSS JOIN turns AS t
    WHERE t.user_id = json_extract(given.value, '$.of_user') AND t.id = json_extract(given.value, '$.of_turn')
        AND t.epoch = json_extract(given.value, '$.of_epoch') AND t.status IN ('running', 'awaiting_approval')
    RETURNING turn_id, (SELECT t.cancel_requested FROM turns AS t
        WHERE t.user_id = turn_events.user_id AND t.id = turn_events.turn_id)
    """
).columns(column("turn_id"), column("cancel_requested"))
