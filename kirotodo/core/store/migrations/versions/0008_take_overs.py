"""How often a turn was taken over without coming any further."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("takeovers", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("turns", sa.Column("takeover_progress", sa.Integer(), nullable=False, server_default="-1"))


def downgrade() -> None:
    op.drop_column("turns", "takeover_progress")
    op.drop_column("turns", "takeovers")
