"""Full-text search: what is looked through, and how words that a person typed become a condition.

Words match at their beginnings, without case and accents. What is typed is never syntax: it is cut into words, and
each word is quoted. Scripts without spaces, and signs such as emoji, are looked for as they stand: each of their
characters is written down as a word of its own, so that the full-text index knows them too.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    union_all,
    update,
)

from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import search_documents as documents

Kind = Literal["task", "conversation", "message"]

_WORD: Final = re.compile(r"[^\W_]+")
_FOREIGN: Final = "\u0900-\u1dff\u2070-\U0010ffff"
"""Scripts whose words run together or are cut in other ways by the full-text index, and most signs."""
_SIGNS: Final = "#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7"
_AS_IT_STANDS: Final = re.compile(f"[{_FOREIGN}]")
_APART: Final = re.compile(f"[{_FOREIGN}{_SIGNS}]")
_MARK: Final = "\ue000"
"""What the word of a character begins with; nobody can type it, being foreign itself."""
_APART_WORDS: Final = re.compile(f"(?: {_MARK}[0-9a-f]+ )+")

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
_INDEX: Final = table("search_index")
_GLANCE: Final = 4_000
"""Texts of anybody and of any kind that the full-text index is asked for before it counts as too many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text to be made searchable: `ref` is a task or conversation, `part` a message's seq."""

    kind: Kind
    ref: int
    text: str
    part: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What was typed, folded: words, and what is looked for as it stands."""

    words: tuple[str, ...]
    signs: tuple[str, ...]

    @property
    def query(self) -> str:
        """What the full-text index is asked; empty where it knows nothing of these signs."""
        apart = (found for sign in self.signs for found in _APART_WORDS.findall(sign))
        return " ".join([*(f'"{word}"*' for word in self.words), *(f'"{run}"' for run in apart)])


def fold(text: str) -> str:
    """The text without case and accents, with characters that stand apart spelled out, as it is searched."""
    return _APART.sub(_spelled, _plain(text))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().replace("\0", " ")
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _spelled(found: re.Match[str]) -> str:
    return f" {_MARK}{ord(found[0]):x} "


async def index(scope: Scope, *texts: Document) -> None:
    """Make new texts searchable."""
    rows = ({"kind": each.kind, "ref": each.ref, "part": each.part, "text": fold(each.text)} for each in texts)
    await scope.insert(_INSERT, *rows)


async def reindex(scope: Scope, kind: Kind, ref: int, text: str, *, part: int = 0) -> None:
    """Replace a text that was searchable already."""
    await scope.execute(_UPDATE, {"the_kind": kind, "the_ref": ref, "the_part": part, "new_text": fold(text)})


def terms(typed: str) -> Terms | None:
    """What to look for; None where nothing was typed."""
    words: list[str] = []
    signs: list[str] = []
    for chunk in _plain(typed).split():
        found = _WORD.findall(chunk)
        letters = sum(map(len, found))
        if _AS_IT_STANDS.search(chunk) or (letters < len(chunk) and letters <= 2):
            signs.append(_APART.sub(_spelled, chunk))
        else:
            words.extend(found)
    return Terms(words=tuple(words), signs=tuple(signs)) if words or signs else None


def refs(kinds: Sequence[Kind], wanted: Terms) -> Select[Any]:
    """The ids whose texts hold all of it, however many."""
    return _refs(kinds, wanted, _matching(wanted.query) if wanted.query else None)


def few_refs(kinds: Sequence[Kind], wanted: Terms, limit: int) -> Select[Any]:
    """Those ids up to `limit`; a last one of None says that there may be more than were looked at."""
    if not wanted.query:
        return refs(kinds, wanted).limit(limit)
    matching = _matching(wanted.query)
    found = _refs(kinds, wanted, matching.limit(_GLANCE)).limit(limit).subquery()
    nothing: Select[Any] = matching.with_only_columns(literal_column("NULL").label("ref"))
    beyond = nothing.limit(1).offset(_GLANCE).subquery()
    return select(union_all(select(found.c.ref), select(beyond.c.ref)).subquery())


def matches(wanted: Terms) -> Select[Any]:
    """How many texts of anybody the full-text index gives; 0 where it knows nothing of these signs."""
    return _matching(wanted.query).with_only_columns(func.count()) if wanted.query else select(literal(0))


def holds(kind: Kind, ref: ColumnElement[Any], wanted: Terms) -> ColumnElement[bool]:
    """Whether the text of this one thing holds all of it: for walks that ask one after another."""
    text = documents.c.text
    conditions = [text.contains(part, autoescape=True) for part in (*wanted.signs, *wanted.words)]
    conditions += [text.regexp_match(rf"(?<![^\W_])(?<!{_MARK}){word}") for word in wanted.words]
    return (
        select(literal(1))
        .where(documents.c.user_id == UID, documents.c.kind == kind, documents.c.ref == ref, documents.c.part == 0)
        .where(*conditions)
        .exists()
    )


def _refs(kinds: Sequence[Kind], wanted: Terms, matching: Select[Any] | None) -> Select[Any]:
    user: ColumnElement[Any] = documents.c.user_id
    kind: ColumnElement[Any] = documents.c.kind
    found = select(documents.c.ref)
    if matching is not None:
        # Worded so that no index on them serves: the full-text index names few texts, a user has many.
        user, kind = func.coalesce(user, None), func.coalesce(kind, None)
        found = found.where(documents.c.id.in_(matching))
    standing = [documents.c.text.contains(sign, autoescape=True) for sign in wanted.signs]
    return found.where(user == UID, kind.in_(kinds), *standing)


def _matching(query: str) -> Select[Any]:
    """SQLite's way to ask its full-text index; another database asks its own here."""
    matches: ColumnElement[bool] = literal_column("search_index").op("MATCH", is_comparison=True)(query)
    return select(literal_column("rowid").label("ref")).select_from(_INDEX).where(matches)
