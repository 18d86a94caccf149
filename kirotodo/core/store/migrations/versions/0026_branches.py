"""Branches of conversations: which message came before another where it isn't the one of the number before, of which
message it is another variant, and which are not shown."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("branched", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("messages", sa.Column("parent", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("variant_of", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for name in ("hidden", "variant_of", "parent"):
        op.drop_column("messages", name)
    op.drop_column("conversations", "branched")
