"""Indexes that can be counted along, one for next occurrences, and signs and foreign scripts as words to search for."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WIDENED = {
    "ix_tasks_due": (("done", "due_key", "id"), ("deleted_at",)),
    "ix_tasks_project": (("done", "project_key", "due_key", "id"), ("deleted_at",)),
    "ix_tasks_created": (("done", "created_at", "id"), ("deleted_at",)),
    "ix_tasks_completed": (("done", "completed_at", "id"), ("deleted_at",)),
}
DOCUMENTS = sa.table("search_documents", sa.column("id"), sa.column("text"))
SET_TEXT = sa.update(DOCUMENTS).where(DOCUMENTS.c.id == sa.bindparam("the_id")).values(text=sa.bindparam("new_text"))
APART = re.compile(
    "[\u0900-\u1dff\u2070-\U0010ffff#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7]"
)
SPELLED = re.compile(" \ue000([0-9a-f]+) ")
BATCH = 1_000


def upgrade() -> None:
    for name, (columns, more) in WIDENED.items():
        _replace(name, (*columns, *more))
    condition = sa.text("parent_id IS NOT NULL")
    op.create_index(
        "ix_tasks_parent", "tasks", ["user_id", "parent_id"], sqlite_where=condition, postgresql_where=condition
    )
    _rewrite(lambda text: APART.sub(lambda found: f" \ue000{ord(found[0]):x} ", text.casefold()))


def downgrade() -> None:
    _rewrite(lambda text: SPELLED.sub(lambda found: chr(int(found[1], 16)), text))
    op.drop_index("ix_tasks_parent", "tasks")
    for name, (columns, _) in WIDENED.items():
        _replace(name, columns)


def _replace(name: str, columns: tuple[str, ...]) -> None:
    condition = sa.text("deleted_at IS NULL")
    op.drop_index(name, "tasks")
    op.create_index(name, "tasks", ["user_id", *columns], sqlite_where=condition, postgresql_where=condition)


def _rewrite(spell: Callable[[str], str]) -> None:
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.select(DOCUMENTS.c.id, DOCUMENTS.c.text)
            .where(DOCUMENTS.c.id > last)
            .order_by(DOCUMENTS.c.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        changed = [{"the_id": row.id, "new_text": new} for row in rows if (new := spell(row.text)) != row.text]
        if changed:
            connection.execute(SET_TEXT, changed)
