"""Titles sort as people expect: item 2 before item 10, and ärger beside argue."""

import re
import unicodedata
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TASKS = sa.table("tasks", sa.column("user_id"), sa.column("id"), sa.column("title"), sa.column("title_key"))
SET_KEY = (
    sa.update(TASKS)
    .where(TASKS.c.user_id == sa.bindparam("the_user"), TASKS.c.id == sa.bindparam("the_id"))
    .values(title_key=sa.bindparam("new_key"))
)
ACCENTS = re.compile("[\u0300-\u036f]+")
DIGITS = re.compile("[0-9]+")
LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"})
LONGEST = 300
BATCH = 1_000


def upgrade() -> None:
    _rewrite(_natural)


def downgrade() -> None:
    _rewrite(lambda title: unicodedata.normalize("NFC", title).casefold())


def _natural(title: str) -> str:
    text = unicodedata.normalize("NFKD", title.casefold()).translate(LETTERS)
    return DIGITS.sub(_counted, ACCENTS.sub("", text))[:LONGEST]


def _counted(found: re.Match[str]) -> str:
    number = found[0].lstrip("0")
    return f"{len(number):03}{number}"


def _rewrite(key: Callable[[str], str]) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    place = sa.tuple_(TASKS.c.user_id, TASKS.c.id)
    last = ("", 0)
    while True:
        rows = connection.execute(
            sa.select(TASKS.c.user_id, TASKS.c.id, TASKS.c.title, TASKS.c.title_key)
            .where(place > sa.tuple_(*map(sa.literal, last)))
            .order_by(TASKS.c.user_id, TASKS.c.id)
            .limit(BATCH)
        ).all()
        if not rows:
            break
        last = (rows[-1].user_id, rows[-1].id)
        changed = [
            {"the_user": row.user_id, "the_id": row.id, "new_key": new}
            for row in rows
            if (new := key(row.title)) != row.title_key
        ]
        if changed:
            connection.execute(SET_KEY, changed)
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))
