"""On PostgreSQL, words to search for in a table of their own, filled from what is there. SQLite has its own index."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORD_MAX = 100
WORD = re.compile("\ue000[0-9a-f]+|[^\\W_]+")
DOCUMENTS = sa.table(
    "search_documents", *(sa.column(name) for name in ("id", "user_id", "kind", "ref", "part", "text"))
)
BATCH = 500
SORT_KEY = sa.String(collation="C")
GIN = "CREATE INDEX ix_search_documents_text ON search_documents USING gin (to_tsvector('simple', text))"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    words = op.create_table(
        "search_words",
        sa.Column("user_id", sa.String(), nullable=False, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False, primary_key=True),
        sa.Column("ref", sa.Integer(), nullable=False, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer(), nullable=False, primary_key=True, autoincrement=False),
        sa.Column("word", SORT_KEY, nullable=False, primary_key=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_search_words_word", "search_words", ["user_id", "kind", "word", "ref", "part"])
    op.drop_index("ix_search_documents_text", "search_documents")
    _fill(words)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.drop_table("search_words")
    op.execute(GIN)


def _fill(words: sa.Table) -> None:
    connection = op.get_bind()
    last = 0
    while True:
        documents = connection.execute(
            sa.select(DOCUMENTS).where(DOCUMENTS.c.id > last).order_by(DOCUMENTS.c.id).limit(BATCH)
        ).all()
        if not documents:
            return
        last = documents[-1].id
        rows = [
            {"user_id": each.user_id, "kind": each.kind, "ref": each.ref, "part": each.part, "word": word}
            for each in documents
            for word in {found[:WORD_MAX] for found in WORD.findall(each.text)}
        ]
        if rows:
            connection.execute(sa.insert(words), rows)
