"""Full-text search on SQLite: FTS5, which triggers keep in step with the documents."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, literal_column, or_, select, table

from kirotodo.core.store.statements.transaction import UID, joined
from kirotodo.core.store.tables import search_documents as documents
from kirotodo.core.text.search_terms import MARK, Compound, Kind, Terms

_INDEX: Final = table("search_index")
_GLANCE: Final = 4_000
"""Texts of anybody and of any kind that the full-text index is asked for before it counts as too many."""


class Fts5Matches:
    """See `core.store.transaction.Matches` for what each method promises."""

    def __init__(self, kinds: Sequence[Kind], wanted: Terms) -> None:
        self._kinds = kinds
        self._wanted = wanted
        self._query = " AND ".join(
            [*map(_word, wanted.words), *map(_compound, wanted.compounds), *(f'"{run}"' for run in wanted.runs)]
        )

    def refs(self) -> Select[Any]:
        return self._refs(self._matching() if self._query else None)

    def few_refs(self, limit: int) -> Select[Any]:
        if not self._query:
            return joined(self.refs().limit(limit))
        beyond = self._matching().limit(1).offset(_GLANCE).exists()
        few = joined(self._refs(self._matching().limit(_GLANCE)).limit(limit)).scalar_subquery()
        return select(case((beyond, None), else_=few))

    def size(self) -> Select[Any]:
        return self._matching().with_only_columns(func.count()) if self._query else select(literal(0))

    def holds(self, ref: ColumnElement[Any]) -> ColumnElement[bool]:
        conditions = list(map(_contains, self._wanted.signs))
        conditions += map(_has_word, self._wanted.words)
        conditions += [
            or_(_has_word(each.joined), and_(*map(_has_word, each.parts))) for each in self._wanted.compounds
        ]
        mine = (documents.c.user_id == UID, _of_kinds(self._kinds), documents.c.ref == ref)
        return select(literal(1)).where(*mine, documents.c.part == 0).where(*conditions).exists()

    def _refs(self, matching: Select[Any] | None) -> Select[Any]:
        user: ColumnElement[Any] = documents.c.user_id
        kind: ColumnElement[Any] = documents.c.kind
        found = select(documents.c.ref)
        if matching is not None:
            # Worded so that no index on them serves: the full-text index names few texts, a user has many.
            user, kind = func.coalesce(user, None), func.coalesce(kind, None)
            found = found.where(documents.c.id.in_(matching))
        standing = map(_contains, self._wanted.signs)
        return found.where(user == UID, kind.in_(self._kinds), *standing)

    def _matching(self) -> Select[Any]:
        matches: ColumnElement[bool] = literal_column("search_index").op("MATCH", is_comparison=True)(self._query)
        return select(literal_column("rowid").label("ref")).select_from(_INDEX).where(matches)


def _word(word: str) -> str:
    return f'"{word}"*'


def _compound(compound: Compound) -> str:
    return f"({_word(compound.joined)} OR ({' AND '.join(map(_word, compound.parts))}))"


def _has_word(word: str) -> ColumnElement[bool]:
    """Whether a text has a word that begins so. The cheap half comes first: the expression is run by Python."""
    return _contains(word) & documents.c.text.regexp_match(rf"(?<![^\W_])(?<!{MARK}){word}")


def _contains(sign: str) -> ColumnElement[bool]:
    """Whether a text holds this as it stands. Both are folded, so LIKE would find no more, in twice the time."""
    return func.instr(documents.c.text, sign) > 0


def _of_kinds(kinds: Sequence[Kind]) -> ColumnElement[bool]:
    return documents.c.kind == kinds[0] if len(kinds) == 1 else documents.c.kind.in_(kinds)
