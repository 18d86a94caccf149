"""Full-text search in an open transaction: makes texts searchable, and finds them in the database's own index."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, insert, update

from kirotodo.core.store.search_terms import Document, Kind, Terms, fold
from kirotodo.core.store.tables import search_documents as documents
from kirotodo.core.store.transaction import UID, Matches, Scope

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


async def find(scope: Scope, kinds: Sequence[Kind], wanted: Terms) -> Matches:
    """Return what matches all of these terms, as statements that have yet to be run."""
    return await scope.full_text.find(scope, kinds, wanted)
