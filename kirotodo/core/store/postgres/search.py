"""Full-text search on PostgreSQL: an index of words of our own.

PostgreSQL's own full text finds what anybody wrote, and under row-level security its index does not serve at all: its
operators are not "leakproof". Words in a table are cut as SQLite cuts them, begin with their user, and are found by
comparisons that row-level security allows along an index.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Integer,
    MetaData,
    ScalarSelect,
    Select,
    String,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.columns import SortKey
from kirotodo.core.store.statements.transaction import UID, joined
from kirotodo.core.store.tables import search_documents as documents
from kirotodo.core.store.transaction import FullText, Scope
from kirotodo.core.text.search_terms import Document, Kind, Terms, words_of

WORD_MAX: Final = 100
"""Longer words are cut short, in texts and in what is looked for: an index holds no endless ones."""

words: Final = Table(
    "search_words",
    MetaData(),
    Column("user_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("ref", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("word", SortKey, primary_key=True),
)

_ADD: Final = text(
    "INSERT INTO search_words (user_id, kind, ref, part, word) "
    "SELECT CAST(:uid AS varchar), CAST(:kind AS varchar), CAST(:ref AS int), CAST(:part AS int), each.word "
    "FROM json_array_elements_text(CAST(:words AS json)) AS each(word)"
)
_REMOVE: Final = text("DELETE FROM search_words WHERE user_id = :uid AND kind = :kind AND ref = :ref AND part = :part")
_GLANCE: Final = 4_000
"""Words that are looked at before they count as too many."""
_LAST: Final = "\U0010ffff"
"""After every word that begins in some way comes that beginning with this behind it."""


class WordIndex(FullText):
    """See `core.store.transaction.FullText` for what each method promises."""

    async def added(self, scope: Scope, texts: Sequence[Document]) -> None:
        rows = [{**_key(each), "uid": scope.user_id, "words": _json_words(each.text)} for each in texts]
        if rows:
            await scope.connection.execute(_ADD, rows if len(rows) > 1 else rows[0])

    async def changed(self, scope: Scope, text: Document) -> None:
        await scope.execute(_REMOVE, _key(text))
        await self.added(scope, (text,))

    async def removed(self, scope: Scope, kinds: Sequence[Kind], refs: Sequence[int]) -> None:
        await scope.execute(delete(words).where(_of_kinds(words, kinds), words.c.ref.in_(refs)))

    async def find(self, scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> "WordMatches":
        patterns = _patterns(wanted)
        if len(patterns) > 1:
            # Walk along the rarest word. Counting stops at the glance, so that a frequent word costs no more than that.
            row = await scope.first(select(*(_up_to_a_glance(kinds, each) for each in patterns)))
            assert row is not None
            patterns = [each for _, each in sorted(zip(row, patterns, strict=True), key=lambda pair: pair[0])]
        return WordMatches(kinds, wanted, patterns)


def _json_words(text: str) -> str:
    return json.dumps(sorted({word[:WORD_MAX] for word in words_of(text)}))


@dataclass(frozen=True, slots=True)
class _WordPattern:
    """A word that is looked for: as a beginning, or whole."""

    word: str
    whole: bool = False

    def of(self, table: FromClause) -> ColumnElement[bool]:
        word: ColumnElement[Any] = table.c.word
        return word == self.word if self.whole else (word >= self.word) & (word < self.word + _LAST)


class WordMatches:
    """See `core.store.transaction.Matches` for what each method promises.

    Walks along the rarest of the words, and asks each text it finds for the others.
    """

    def __init__(self, kinds: Sequence[Kind], wanted: Terms, patterns: Sequence[_WordPattern]) -> None:
        self._kinds = kinds
        self._signs = wanted.signs
        self._compounds = wanted.compounds
        self._first = patterns[0] if patterns else None
        self._patterns = patterns

    def refs(self) -> Select[Any]:
        if self._first is None:
            return self._by_signs_alone()
        return select(words.c.ref).where(self._walk(self._first), *self._others(words))

    def few_refs(self, limit: int) -> Select[Any]:
        if self._first is None:
            return joined(self._by_signs_alone().limit(limit))
        if len(self._patterns) == 1 and not self._signs and not self._compounds:
            return joined(self.refs().limit(limit))
        glance = select(words).where(self._walk(self._first)).limit(_GLANCE).subquery()
        few = joined(select(glance.c.ref).distinct().where(*self._others(glance)).limit(limit)).scalar_subquery()
        beyond = select(literal(1)).select_from(words).where(self._walk(self._first)).limit(1).offset(_GLANCE).exists()
        return select(case((beyond, None), else_=few))

    def size(self) -> Select[Any]:
        if self._first is None:
            return select(literal(0))
        return select(func.count()).select_from(words).where(self._walk(self._first))

    def holds(self, ref: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(*self._conditions(self._patterns, _Place(self._kinds, ref, literal(0))))

    def _walk(self, pattern: _WordPattern) -> ColumnElement[bool]:
        return and_(_of_kinds(words, self._kinds), pattern.of(words))

    def _others(self, table: FromClause) -> list[ColumnElement[bool]]:
        return self._conditions(self._patterns[1:], _Place((table.c.kind,), table.c.ref, table.c.part))

    def _conditions(self, patterns: Sequence[_WordPattern], place: "_Place") -> list[ColumnElement[bool]]:
        return [
            *(place.has(each) for each in patterns),
            *(
                or_(place.has(_begins(each.joined)), and_(*(place.has(_begins(part)) for part in each.parts)))
                for each in self._compounds
            ),
            *(exists().where(place.of(documents), _has(sign)) for sign in self._signs),
        ]

    def _by_signs_alone(self) -> Select[Any]:
        return select(documents.c.ref).where(_of_kinds(documents, self._kinds), *map(_has, self._signs))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text is: of which kinds, of what, and which part of it."""

    kinds: Sequence[Any]
    ref: ColumnElement[Any]
    part: ColumnElement[Any]

    def of(self, table: FromClause) -> ColumnElement[bool]:
        return and_(_of_kinds(table, self.kinds), table.c.ref == self.ref, table.c.part == self.part)

    def has(self, pattern: _WordPattern) -> ColumnElement[bool]:
        other = words.alias()
        return exists().where(self.of(other), pattern.of(other))


def _has(sign: str) -> ColumnElement[bool]:
    return documents.c.text.contains(sign, autoescape=True)


def _of_kinds(table: FromClause, kinds: Sequence[Any]) -> ColumnElement[bool]:
    kind = table.c.kind == kinds[0] if len(kinds) == 1 else table.c.kind.in_(kinds)
    return and_(table.c.user_id == UID, kind)


def _up_to_a_glance(kinds: Sequence[Kind], pattern: _WordPattern) -> ScalarSelect[Any]:
    some = select(literal(1)).where(_of_kinds(words, kinds), pattern.of(words)).limit(_GLANCE + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _patterns(wanted: Terms) -> list[_WordPattern]:
    whole = {word for run in wanted.runs for word in run.split()}
    return [*map(_begins, wanted.words), *(_WordPattern(word, whole=True) for word in sorted(whole))]


def _begins(word: str) -> _WordPattern:
    return _WordPattern(word[:WORD_MAX])


def _key(text: Document) -> dict[str, Any]:
    return {"kind": text.kind, "ref": text.ref, "part": text.part}
