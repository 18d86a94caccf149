"""Full-text search over tasks, conversations and messages, filled from what is there."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOCUMENTS = sa.table(
    "search_documents", sa.column("user_id"), sa.column("kind"), sa.column("ref"), sa.column("part"), sa.column("text")
)
BATCH = 1_000

FULL_TEXT = """
CREATE VIRTUAL TABLE search_index USING fts5(
    text, content='search_documents', content_rowid='id',
    tokenize="unicode61 remove_diacritics 2", prefix='1 2 3'
)
"""
TRIGGERS = {
    "search_documents_added": """
AFTER INSERT ON search_documents BEGIN
    INSERT INTO search_index(rowid, text) VALUES (new.id, new.text);
END""",
    "search_documents_removed": """
AFTER DELETE ON search_documents BEGIN
    INSERT INTO search_index(search_index, rowid, text) VALUES ('delete', old.id, old.text);
END""",
    "search_documents_changed": """
AFTER UPDATE ON search_documents BEGIN
    INSERT INTO search_index(search_index, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO search_index(rowid, text) VALUES (new.id, new.text);
END""",
}


def upgrade() -> None:
    op.create_table(
        "search_documents",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    )
    op.create_index("ux_search_documents", "search_documents", ["user_id", "kind", "ref", "part"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(FULL_TEXT)
        for name, body in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {body}")
    else:
        op.execute("CREATE INDEX ix_search_documents_text ON search_documents USING gin (to_tsvector('simple', text))")
    _fill(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE search_index")
    op.drop_table("search_documents")


def _fill(connection: sa.Connection) -> None:
    batch: list[dict[str, Any]] = []
    for document in _documents(connection):
        batch.append(document)
        if len(batch) == BATCH:
            connection.execute(sa.insert(DOCUMENTS), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(DOCUMENTS), batch)


def _documents(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    tags: dict[tuple[str, int], list[str]] = {}
    for user_id, task_id, tag in connection.execute(
        sa.text("SELECT user_id, task_id, tag FROM task_tags ORDER BY user_id, task_id, position")
    ):
        tags.setdefault((user_id, task_id), []).append(tag)
    for user_id, task_id, title, notes, project in connection.execute(
        sa.text("SELECT user_id, id, title, notes, project FROM tasks")
    ).all():
        words = "\n".join((title, notes, project or "", *tags.get((user_id, task_id), ())))
        yield _document(user_id, "task", task_id, 0, words)
    for user_id, ref, title in connection.execute(sa.text("SELECT user_id, id, title FROM conversations")).all():
        yield _document(user_id, "conversation", ref, 0, title)
    for user_id, ref, seq, content in connection.execute(
        sa.text("SELECT user_id, conversation_id, seq, content FROM messages")
    ).all():
        yield _document(user_id, "message", ref, seq, content)


def _document(user_id: str, kind: str, ref: int, part: int, text: str) -> dict[str, Any]:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    return {"user_id": user_id, "kind": kind, "ref": ref, "part": part, "text": folded}
