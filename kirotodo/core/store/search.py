"""Full-text search: what is looked through, and how words that a person typed become a condition.

Words match at their beginnings, without case and accents. What is typed is never syntax: it is cut into words, and
each word is quoted. Scripts without spaces, and signs such as emoji, are looked for as they stand: each of their
characters is written down as a word of its own, so that the full-text index knows them too.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from sqlalchemy import ColumnElement, Select, bindparam, insert, update

from kirotodo.core.store.tables import search_documents as documents
from kirotodo.core.store.transaction import UID, Scope

Kind = Literal["task", "conversation", "message"]

_WORD: Final = re.compile(r"[^\W_]+")
_FOREIGN: Final = "\u0900-\u1dff\u2070-\U0010ffff"
"""Scripts whose words run together or are cut in other ways by the full-text index, and most signs."""
_SIGNS: Final = "#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7"
_AS_IT_STANDS: Final = re.compile(f"[{_FOREIGN}]")
_APART: Final = re.compile(f"[{_FOREIGN}{_SIGNS}]")
MARK: Final = "\ue000"
"""What the word of a character begins with; nobody can type it, being foreign itself."""
_INDEXED: Final = re.compile(rf"{MARK}[0-9a-f]+|[^\W_]+")
_APART_WORDS: Final = re.compile(f"(?: {MARK}[0-9a-f]+ )+")

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
    def runs(self) -> tuple[str, ...]:
        """Characters that stand apart and next to each other, as the words that each of them is in an index."""
        return tuple(found for sign in self.signs for found in _APART_WORDS.findall(sign))


class Matches(Protocol):
    """What holds all of some terms, as statements that have yet to be run."""

    def refs(self) -> Select[Any]:
        """The ids, however many."""

    def few_refs(self, limit: int) -> Select[Any]:
        """The ids up to `limit`; one more of None says that there may be more than were looked at."""

    def size(self) -> Select[Any]:
        """About how many texts would be looked at for all ids; 0 where no index knows any of these signs."""

    def holds(self, ref: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether the text of this one task or conversation holds it: for walks that ask one after another."""


class FullText(Protocol):
    """A database's own way to search: SQLite and PostgreSQL each have one."""

    async def added(self, scope: Scope, texts: Sequence[Document]) -> None:
        """These are stored, folded, in `search_documents`, and were not there before."""

    async def changed(self, scope: Scope, text: Document) -> None:
        """This is stored in the place of what was there before."""

    async def removed(self, scope: Scope, kinds: Sequence[Kind], refs: Sequence[int]) -> None:
        """The texts of these tasks or conversations go away."""

    async def find(self, scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> Matches: ...


def fold(text: str) -> str:
    """The text without case and accents, with characters that stand apart spelled out, as it is searched."""
    return _APART.sub(_spelled, _plain(text))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().replace("\0", " ")
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _spelled(found: re.Match[str]) -> str:
    return f" {MARK}{ord(found[0]):x} "


async def index(scope: Scope, *texts: Document) -> None:
    """Make new texts searchable."""
    folded = [replace(each, text=fold(each.text)) for each in texts]
    rows = ({"kind": each.kind, "ref": each.ref, "part": each.part, "text": each.text} for each in folded)
    await scope.insert(_INSERT, *rows)
    await scope.full_text.added(scope, folded)


async def reindex(scope: Scope, kind: Kind, ref: int, text: str, *, part: int = 0) -> None:
    """Replace a text that was searchable already."""
    folded = Document(kind=kind, ref=ref, part=part, text=fold(text))
    await scope.execute(_UPDATE, {"the_kind": kind, "the_ref": ref, "the_part": part, "new_text": folded.text})
    await scope.full_text.changed(scope, folded)


def words_of(folded: str) -> set[str]:
    """The words of a folded text, as a full-text index cuts them."""
    return set(_INDEXED.findall(folded))


async def find(scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> Matches:
    return await scope.full_text.find(scope, kinds, wanted)


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
