"""Bodies of many megabytes: a few are held at once, and they are parsed away from the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pydantic_core
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from kirotodo.core.errors import RateLimited

AT_ONCE: Final = 4
"""Bodies that are held in memory at the same time; the others wait on the network."""
SLICE: Final = 500
"""Items that are checked in one go; between two slices the event loop gets its turn."""


class LargeBodies:
    """Reads large bodies, one of a user and a few of all at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._parsing = asyncio.Lock()
        self._users: set[str] = set()

    @asynccontextmanager
    async def of(self, user_id: str) -> AsyncIterator[None]:
        """Reserve the slot for one large body of this user. Raise `RateLimited` while another is in progress."""
        if user_id in self._users:
            raise RateLimited("Another import of yours is still running. Wait until it is done.", retry_after=2)
        self._users.add(user_id)
        try:
            async with self._slots:
                yield
        finally:
            self._users.discard(user_id)

    async def items(self, request: Request, name: str, kind: Any, *, most: int) -> list[Any]:
        """Return the list `name` that the body holds, each item checked. Raises what FastAPI raises for a body."""
        try:
            body = await request.body()
        except ClientDisconnect:
            raise HTTPException(400, "The body didn't arrive completely.") from None
        async with self._parsing:
            return await asyncio.to_thread(_items, body, name, kind, most)


def _items(body: bytes, name: str, kind: Any, most: int) -> list[Any]:
    try:
        read = pydantic_core.from_json(body)
    except ValueError:
        raise _invalid("json_invalid", (), "JSON decode error") from None
    if not isinstance(read, dict):
        raise _invalid("dict_type", (), "The body should be an object.")
    for unknown in read.keys() - {name}:
        raise _invalid("extra_forbidden", (unknown,), "Extra inputs are not permitted.")
    items = read.get(name)
    if not isinstance(items, list):
        raise _invalid("list_type", (name,), "This should be a list.")
    if len(items) > most:
        raise _invalid("too_long", (name,), f"This should have at most {most:,} items, not {len(items):,}.")
    adapter: TypeAdapter[list[Any]] = TypeAdapter(list[kind])
    checked: list[Any] = []
    for start in range(0, len(items), SLICE):
        try:
            checked += adapter.validate_python(items[start : start + SLICE])
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError(
                [
                    {**fault, "loc": ("body", name, start + int(index), *rest)}
                    for fault in faults
                    for index, *rest in (fault["loc"],)
                ]
            ) from None
    return checked


def _invalid(kind: str, place: tuple[Any, ...], message: str) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ("body", *place), "msg": message}])
