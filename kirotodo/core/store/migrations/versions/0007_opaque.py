"""What a model's provider wants back with a step."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turn_steps", sa.Column("opaque", sa.Text()))


def downgrade() -> None:
    op.drop_column("turn_steps", "opaque")
