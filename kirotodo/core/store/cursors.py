"""Page marks: where a page ended, as opaque text that nobody has to keep for us."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any

from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """The sort it belongs to, the stage of it, the key of the page's last row, and the first page's total, if known."""

    sort: str
    stage: int = 0
    key: tuple[Any, ...]
    total: int | None


def encode(mark: Cursor) -> str:
    """Return the cursor as text for a URL."""
    key = [part.isoformat() if isinstance(part, datetime) else part for part in mark.key]
    data = json.dumps([mark.sort, mark.stage, mark.total, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str, *, sort: str, stages: Sequence[Sequence[type]]) -> Cursor:
    """The mark of a page in this sort, whose key has these types in each stage. Raises `InvalidInput` on anything
    else."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found, stage, total, *key = json.loads(base64.urlsafe_b64decode(padded))
        if found != sort or type(total) not in (int, NoneType) or stage not in range(len(stages)):
            raise ValueError(found)
        values = tuple(_part(part, kind) for part, kind in zip(key, stages[stage], strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise InvalidInput("That cursor doesn't belong to this list. Start again from the first page.") from None
    return Cursor(sort=sort, stage=int(stage), key=values, total=total)


def _part(part: Any, kind: type) -> Any:
    if kind is datetime and isinstance(part, str):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError(part)
        return moment
    if type(part) is not kind or (isinstance(part, int) and abs(part) >= 2**31):
        raise TypeError(part)
    return part


def checked_limit(limit: int) -> int:
    """Return `limit`. Raise `InvalidInput` where a page cannot hold that many items."""
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidInput(f"A page holds between 1 and {PAGE_MAX} items, not {limit}.")
    return limit
