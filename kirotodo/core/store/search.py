"""Full-text search: what is looked through, and how words that a person typed become a condition.

Words match at their beginnings, without case and accents. What is typed is never syntax: it is cut into words, and
each word is quoted. Scripts without spaces, and signs such as emoji, are looked for as they stand.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, bindparam, func, insert, literal_column, select, table, update

from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import search_documents as documents

Kind = Literal["task", "conversation", "message"]

_WORD: Final = re.compile(r"[^\W_]+")
_AS_IT_STANDS: Final = re.compile("[^\u0000-\u08ff\u1e00-\u206f]")
"""Scripts whose words run together or are cut in other ways by the full-text index, and signs that it leaves out."""

_INSERT: Final = insert(documents)
_UPDATE: Final = (
    update(documents)
    .where(
        documents.c.user_id == UID,
        documents.c.kind == bindparam("the_kind"),
        documents.c.ref == bindparam("the_ref"),
        documents.c.part == bindparam("the_part"),
    )
    .values(text=bindparam("new_text"))
)


def fold(text: str) -> str:
    """The text without case and accents, as it is searched."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


async def index(scope: Scope, kind: Kind, ref: int, text: str, *, part: int = 0) -> None:
    """Make a new text searchable."""
    await scope.insert(_INSERT, {"kind": kind, "ref": ref, "part": part, "text": fold(text)})


async def reindex(scope: Scope, kind: Kind, ref: int, text: str, *, part: int = 0) -> None:
    """Replace a text that was searchable already."""
    await scope.execute(_UPDATE, {"the_kind": kind, "the_ref": ref, "the_part": part, "new_text": fold(text)})


def refs(kinds: Sequence[Kind], typed: str) -> Select[Any] | None:
    """The ids whose texts hold all the words, as a subquery; None where nothing was typed."""
    words, signs = _cut(typed)
    if not words and not signs:
        return None
    user: ColumnElement[Any] = documents.c.user_id
    kind: ColumnElement[Any] = documents.c.kind
    if words:
        # Worded so that no index on them serves: the full-text index names few texts, a user has many.
        user, kind = func.coalesce(user, None), func.coalesce(kind, None)
    holds = [documents.c.text.contains(sign, autoescape=True) for sign in signs]
    if words:
        holds.insert(0, _all_words(" ".join(f'"{word}"*' for word in words)))
    return select(documents.c.ref).where(user == UID, kind.in_(kinds), *holds)


def _cut(typed: str) -> tuple[list[str], list[str]]:
    """Words for the full-text index, and what is looked for as it stands."""
    words: list[str] = []
    signs: list[str] = []
    for chunk in fold(typed).split():
        found = _WORD.findall(chunk)
        letters = sum(map(len, found))
        if _AS_IT_STANDS.search(chunk) or (letters < len(chunk) and letters <= 2):
            signs.append(chunk)
        else:
            words.extend(found)
    return words, signs


def _all_words(query: str) -> ColumnElement[bool]:
    """SQLite's way to ask its full-text index; another database asks its own here."""
    full_text = table("search_index")
    matches: ColumnElement[bool] = literal_column("search_index").op("MATCH", is_comparison=True)(query)
    return documents.c.id.in_(select(literal_column("rowid")).select_from(full_text).where(matches))
