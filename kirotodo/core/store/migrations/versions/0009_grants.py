"""What the user said "always" to, by tool and size. A boundless "always" of an earlier release is asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("grants", sa.Text()))
    op.drop_column("conversations", "approve_all")


def downgrade() -> None:
    op.add_column("conversations", sa.Column("approve_all", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_column("conversations", "grants")
