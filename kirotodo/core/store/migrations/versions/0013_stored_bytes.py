"""How many bytes of text each user has stored."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXTS = (("tasks", "title"), ("tasks", "notes"), ("changes", "before"), ("changes", "after"), ("messages", "content"))


def upgrade() -> None:
    op.add_column("users", sa.Column("stored_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    size = "octet_length({0})" if postgres else "length(CAST({0} AS BLOB))"
    parts = (
        f"coalesce((SELECT sum({size.format(f'{table}.{column}')}) FROM {table} WHERE {table}.user_id = users.id), 0)"
        for table, column in TEXTS
    )
    if postgres:
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    connection.execute(sa.text(f"UPDATE users SET stored_bytes = {' + '.join(parts)}"))
    if postgres:
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))


def downgrade() -> None:
    op.drop_column("users", "stored_bytes")
