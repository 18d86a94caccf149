"""Entity tags, and requests that depend on them (RFC 9110, section 13).

The tag of a task or conversation is a hash of what reading it answers: so it is the same on every server, and any
change that a reader can see gives another. Conditions of an edit are judged in the transaction of the edit.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Self, TypeVar, cast

from fastapi import Depends, Header
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from kirotodo.core.domain.conversation import Conversation
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import InvalidInput, PreconditionFailed

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAG_LIST: Final = re.compile(_TAG)
_TAGS: Final = re.compile(rf"{_TAG}(?:[ \t,]+{_TAG})*")
_ANY: Final = "*"
_CHANGED: Final = "It has changed since you read it, so nothing was done. Read it again, then retry."
_EXISTS: Final = "If-None-Match rules out what is there, so nothing was done."
_BY_DATE: Final = "If-Unmodified-Since isn't supported, because a second is too coarse. Send the ETag in If-Match."
_NO_TAG: Final = "What is at this address has no ETag. Leave {name} out, or edit one task or conversation at a time."

V = TypeVar("V", Task, Conversation)


def etag_of(value: Task | Conversation) -> str:
    """Return the strong entity tag of a task or conversation."""
    return f'"{hashlib.sha256(_adapter(cast(Any, type(value))).dump_json(value)).hexdigest()[:32]}"'


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """The conditions that a request depends on. None where a header was not given; a tag of `*` is any."""

    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read the headers of a request. Raises `InvalidInput`."""
        if_match = _tags(request, "If-Match")
        if if_match is None and "if-unmodified-since" in request.headers:
            raise InvalidInput(_BY_DATE)
        return cls(if_match=if_match, if_none_match=_tags(request, "If-None-Match"))

    def check(self, value: Task | Conversation) -> None:
        """Raise `PreconditionFailed` where the request is not for `value` as it is now."""
        self.check_match(value)
        if self.is_cached(value):
            raise PreconditionFailed(_EXISTS)

    def check_match(self, value: Task | Conversation) -> None:
        """Check `If-Match` alone. A weak tag matches nothing here."""
        if self.if_match is not None and _ANY not in self.if_match and etag_of(value) not in self.if_match:
            raise PreconditionFailed(_CHANGED)

    def is_cached(self, value: Task | Conversation) -> bool:
        """Return whether the caller has `value` as it is now, by `If-None-Match`."""
        if self.if_none_match is None:
            return False
        return _ANY in self.if_none_match or etag_of(value) in (tag.removeprefix("W/") for tag in self.if_none_match)


async def conditions(
    request: Request,
    _if_match: Annotated[
        str | None, Header(alias="If-Match", description="Only if this is still its `ETag`; `*` for any.")
    ] = None,
    _if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="Only if its `ETag` is none of these.")
    ] = None,
) -> Conditions:
    """Return the conditions in the headers of a request."""
    return Conditions.of(request)


async def unconditional(request: Request) -> None:
    """Raise `PreconditionFailed` for a condition that cannot be judged where it is sent: it would be lost."""
    for name in ("If-Match", "If-None-Match", "If-Unmodified-Since"):
        if name in request.headers:
            raise PreconditionFailed(_NO_TAG.format(name=name))


Depending = Annotated[Conditions, Depends(conditions)]


def tagged(value: V, response: Response) -> V:
    """Let `response`, whose body `value` will be, carry its tag."""
    response.headers["ETag"] = etag_of(value)
    return value


def read(value: V, conditions: Conditions, response: Response) -> V | Response:
    """Answer a request that reads `value`: with it, or that the caller has it already."""
    conditions.check_match(value)
    tagged(value, response)
    return (
        Response(status_code=304, headers={"ETag": response.headers["ETag"]}) if conditions.is_cached(value) else value
    )


def _tags(request: Request, name: str) -> tuple[str, ...] | None:
    """Return the tags of a header, None without it. Raises `InvalidInput`."""
    given = request.headers.getlist(name)
    if not given:
        return None
    text = ",".join(given).strip(" \t,")
    if text == _ANY:
        return (_ANY,)
    if not _TAGS.fullmatch(text):
        raise InvalidInput(f'{name}: give ETags as they were answered, quotes included, such as "5f0c" or *.')
    return tuple(_TAG_LIST.findall(text))
