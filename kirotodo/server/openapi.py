"""What `/openapi.json` says beyond what the routes say of themselves: problems, streams, and examples of both."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from kirotodo.core.backend import ListChanged
from kirotodo.core.errors import Code
from kirotodo.core.events import TurnEvent
from kirotodo.server.errors import INSIDE, MEDIA_TYPE, NOT_JSON, OUT_OF_ORDER
from kirotodo.server.schemas import ImportBody, Problem

EXAMPLES: Final[Mapping[int, tuple[Code, str]]] = {
    401: ("not_signed_in", "Sign in first: this address needs a token."),
    403: ("forbidden", "This token is for another user."),
    404: ("not_found", "There is no task 12."),
    409: ("live_turn", "The last message of this conversation is still being answered."),
    413: ("too_large", "The body of this request may hold at most 128 KiB."),
    415: ("invalid_input", NOT_JSON),
    422: ("invalid_input", "A task needs a title."),
    429: ("rate_limited", "That was too fast. Try again in 3 seconds."),
    500: ("internal_error", INSIDE),
    503: ("operator_error", OUT_OF_ORDER),
    504: ("turn_timed_out", "The answer took too long. Your message is kept; send it again to retry."),
}
SUMMARY: Final = """A to-do list you talk to.

Every answer carries `X-Request-ID` and `X-Kirotodo-Version`. Errors are RFC 9457 problems with a stable `code`. Lists
are pages: `next` is the `cursor` to ask with for what follows, null on the last.
"""
LOCAL_TIME: Final = {"pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$", "examples": ["17:00:00"]}
_REF: Final = "#/components/schemas/{model}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, as it declares them."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    code, detail = EXAMPLES[status]
    title = HTTPStatus(status).phrase
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    content = {"schema": {"$ref": _REF.format(model="Problem")}, "example": example}
    return {"description": title, "content": {MEDIA_TYPE: content}}


def stream_of(schema: str, *kinds: str) -> dict[int | str, dict[str, Any]]:
    """A stream of server-sent events, whose data are of that schema, as a route declares it."""
    each = {"$ref": _REF.format(model=schema)}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": each}
    event = {"type": "string", "enum": [*kinds, "reconnect", "problem"]}
    properties = {"id": {"type": "string"}, "event": event, "data": data}
    content = {"schema": {"type": "object", "required": ["event", "data"], "properties": properties}}
    description = (
        "Server-sent events; the data of each is one line of JSON. Comments (`: ping`) keep the stream open; "
        "`reconnect` says that the server stops, `problem` why the stream cannot go on."
    )
    return {200: {"description": description, "content": {"text/event-stream": content}}}


TURN_STREAM: Final = stream_of("TurnEvent", *(kind.__dataclass_fields__["kind"].default for kind in TurnEvent.__args__))
LIST_STREAM: Final = stream_of("ListChanged", "list_changed")


def body_of(schema: str) -> dict[str, Any]:
    """Return how a route that reads its body by itself declares it."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model=schema)}}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI) -> None:
    """Let `app` describe itself, with the schemas that its problems and streams refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=SUMMARY, routes=app.routes)
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            for name, adapter in _further_schemas().items():
                _add(schemas, name, adapter)
            app.openapi_schema = _with_local_times(found)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _further_schemas() -> dict[str, TypeAdapter[Any]]:
    return {
        "Problem": TypeAdapter(Problem),
        "TurnEvent": TypeAdapter(TurnEvent),
        "ListChanged": TypeAdapter(ListChanged),
        "ImportBody": TypeAdapter(ImportBody),
    }


def _with_local_times(value: Any) -> Any:
    """The same description, in which a time of day is a local one: the format `time` demands an offset from UTC."""
    match value:
        case {"type": "string", "format": "time"}:
            return {**{key: inner for key, inner in value.items() if key != "format"}, **LOCAL_TIME}
        case dict():
            return {key: _with_local_times(inner) for key, inner in value.items()}
        case list():
            return [_with_local_times(inner) for inner in value]
        case _:
            return value


def _add(schemas: dict[str, Any], name: str, adapter: TypeAdapter[Any]) -> None:
    schema = adapter.json_schema(mode="serialization", ref_template=_REF)
    for inner, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(inner, definition)
    schemas[name] = schema
