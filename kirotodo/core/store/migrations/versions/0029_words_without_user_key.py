"""On PostgreSQL, no foreign key from the words to search for to their user.

To check it took a third of the time of storing the words of a message, since each word was one look. Documents are
stored in the transaction of their words, and have that key. Words go with what they are of: see `core.store.purge`.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KEY = "search_words_user_id_fkey"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(KEY, "search_words", type_="foreignkey")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key(KEY, "search_words", "users", ["user_id"], ["id"], ondelete="CASCADE")
