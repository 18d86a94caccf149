"""Tokens of agents: sessions with a name, a scope and the hash of the token."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COLUMNS = ("agent", "scope", "token_hash")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("sessions", sa.Column(column, sa.String()))


def downgrade() -> None:
    """The tokens go as well: without a scope they would be sessions that may do everything."""
    op.execute("DELETE FROM sessions WHERE agent IS NOT NULL")
    for column in COLUMNS:
        op.drop_column("sessions", column)
