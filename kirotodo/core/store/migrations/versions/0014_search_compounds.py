"""Search finds don't by dont, e-mail by email and œuvre by oeuvre: what is stored is folded anew and indexed again."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BATCH = 500
WORD_MAX = 100
WORD = re.compile("\ue000[0-9a-f]+|[^\\W_]+")
APART = re.compile(
    "[\u0900-\u1dff\u2070-\U0010ffff#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7]"
)
ADDED = " \ue001 "
BEFORE = str.maketrans({"\0": " ", "\u00b4": "'"})
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180b-\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]+"
)
ALIKE = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"}
    | dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u2032", "'")
    | dict.fromkeys("\u200c\u2010\u2011\u2012\u2013", "-")
)
COMPOUND = re.compile(r"(?<![^\W_])[^\W_]+(?:['`-][^\W_]+)+")

DOCUMENTS = sa.table(
    "search_documents", *(sa.column(name) for name in ("id", "user_id", "kind", "ref", "part", "text"))
)
WORDS = sa.table("search_words", *(sa.column(name) for name in ("user_id", "kind", "ref", "part", "word")))
TASKS = sa.table("tasks", *(sa.column(name) for name in ("user_id", "id", "title", "notes", "project")))
TAGS = sa.table("task_tags", *(sa.column(name) for name in ("user_id", "task_id", "position", "tag")))
CONVERSATIONS = sa.table("conversations", *(sa.column(name) for name in ("user_id", "id", "title")))
MESSAGES = sa.table("messages", *(sa.column(name) for name in ("user_id", "conversation_id", "seq", "content")))
SET_TEXT = sa.update(DOCUMENTS).where(DOCUMENTS.c.id == sa.bindparam("the_id")).values(text=sa.bindparam("new_text"))
DELETE_WORDS = sa.delete(WORDS).where(
    WORDS.c.user_id == sa.bindparam("the_user"),
    WORDS.c.kind == sa.bindparam("the_kind"),
    WORDS.c.ref == sa.bindparam("the_ref"),
    WORDS.c.part == sa.bindparam("the_part"),
)
TASK = sa.and_(DOCUMENTS.c.kind == "task", TASKS.c.user_id == DOCUMENTS.c.user_id, TASKS.c.id == DOCUMENTS.c.ref)
CONVERSATION = sa.and_(
    DOCUMENTS.c.kind == "conversation",
    CONVERSATIONS.c.user_id == DOCUMENTS.c.user_id,
    CONVERSATIONS.c.id == DOCUMENTS.c.ref,
)
MESSAGE = sa.and_(
    DOCUMENTS.c.kind == "message",
    MESSAGES.c.user_id == DOCUMENTS.c.user_id,
    MESSAGES.c.conversation_id == DOCUMENTS.c.ref,
    MESSAGES.c.seq == DOCUMENTS.c.part,
)
SOURCES = (
    sa.select(DOCUMENTS, TASKS.c.title, TASKS.c.notes, TASKS.c.project)
    .add_columns(sa.func.coalesce(CONVERSATIONS.c.title, MESSAGES.c.content).label("content"))
    .select_from(DOCUMENTS.outerjoin(TASKS, TASK).outerjoin(CONVERSATIONS, CONVERSATION).outerjoin(MESSAGES, MESSAGE))
    .order_by(DOCUMENTS.c.id)
    .limit(BATCH)
)
TASK_TAGS = (
    sa.select(TAGS.c.user_id, TAGS.c.task_id, TAGS.c.tag)
    .join(
        DOCUMENTS,
        (DOCUMENTS.c.kind == "task") & (DOCUMENTS.c.user_id == TAGS.c.user_id) & (DOCUMENTS.c.ref == TAGS.c.task_id),
    )
    .order_by(TAGS.c.user_id, TAGS.c.task_id, TAGS.c.position)
)


def upgrade() -> None:
    _rewrite(_fold)


def downgrade() -> None:
    _rewrite(_fold_before)


def _fold(text: str) -> str:
    plain = _plain(text)
    added = " ".join(_joined(plain))
    return _spelled(plain) + (ADDED + _spelled(added) if added else "")


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().replace("\0", " ")
    decomposed = unicodedata.normalize("NFKD", INVISIBLE.sub("", text.translate(BEFORE).casefold()))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(ALIKE)


def _joined(plain: str) -> list[str]:
    found: dict[str, None] = {}
    for compound in COMPOUND.findall(plain):
        parts = compound.split("-")
        found.update(dict.fromkeys(_bare(part) for part in parts if _bare(part) != part))
        found[_bare("".join(parts))] = None
    return list(found)


def _bare(part: str) -> str:
    return part.replace("'", "").replace("`", "")


def _fold_before(text: str) -> str:
    if text.isascii():
        return _spelled(text.lower().replace("\0", " "))
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return _spelled("".join(char for char in decomposed if not unicodedata.combining(char)).casefold())


def _spelled(text: str) -> str:
    return APART.sub(lambda found: f" \ue000{ord(found[0]):x} ", text)


def _rewrite(fold: Callable[[str], str]) -> None:
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    if postgres:
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    last = 0
    while rows := connection.execute(SOURCES.where(DOCUMENTS.c.id > last)).all():
        tags = _tags(connection, last, rows[-1].id)
        last = rows[-1].id
        changed = [
            (row, new) for row in rows if (text := _source(row, tags)) is not None and (new := fold(text)) != row.text
        ]
        if changed:
            connection.execute(SET_TEXT, [{"the_id": row.id, "new_text": new} for row, new in changed])
            if postgres:
                _index_words(connection, changed)
    if postgres:
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))


def _tags(connection: sa.Connection, after: int, until: int) -> dict[tuple[str, int], list[str]]:
    tags: dict[tuple[str, int], list[str]] = {}
    asked = TASK_TAGS.where(DOCUMENTS.c.id > after, DOCUMENTS.c.id <= until)
    for user_id, task_id, tag in connection.execute(asked):
        tags.setdefault((user_id, task_id), []).append(tag)
    return tags


def _source(row: sa.Row[Any], tags: dict[tuple[str, int], list[str]]) -> str | None:
    """The text as it was written; None where it is gone and only its document is left."""
    if row.kind != "task":
        content: str | None = row.content
        return content
    if row.title is None:
        return None
    return "\n".join((row.title, row.notes, row.project or "", *tags.get((row.user_id, row.ref), ())))


def _index_words(connection: sa.Connection, changed: list[tuple[sa.Row[Any], str]]) -> None:
    keys = [
        {"the_user": row.user_id, "the_kind": row.kind, "the_ref": row.ref, "the_part": row.part} for row, _ in changed
    ]
    connection.execute(DELETE_WORDS, keys)
    words = [
        {"user_id": row.user_id, "kind": row.kind, "ref": row.ref, "part": row.part, "word": word}
        for row, text in changed
        for word in {found[:WORD_MAX] for found in WORD.findall(text)}
    ]
    if words:
        connection.execute(sa.insert(WORDS), words)
