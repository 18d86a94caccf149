"""What `/openapi.json` says beyond what the routes say of themselves: problems, streams, and examples of both."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from kirotodo.core.backend import ListChanged
from kirotodo.core.errors import Code
from kirotodo.core.events import TurnEvent
from kirotodo.server.problems import INSIDE, MEDIA_TYPE, NOT_JSON, OUT_OF_ORDER
from kirotodo.server.schemas import ImportBody, Problem

EXAMPLES: Final[Mapping[int, tuple[Code, str]]] = {
    401: ("not_signed_in", "Sign in first: this route needs a token."),
    403: ("forbidden", "This token is for another user."),
    404: ("not_found", "There is no task 12."),
    409: ("live_turn", "The last message of this conversation is still being answered."),
    412: ("precondition_failed", "It has changed since you read it, and nothing was done: read it again."),
    413: ("too_large", "The body of this request may hold at most 128 KiB."),
    415: ("invalid_input", NOT_JSON),
    422: ("invalid_input", "A task needs a title."),
    429: ("rate_limited", "That was too fast. Try again in 3 seconds."),
    500: ("internal_error", INSIDE),
    503: ("operator_error", OUT_OF_ORDER),
    504: ("turn_timed_out", "The answer took too long. Your message is kept; send it again to retry."),
}
SUMMARY: Final = """A to-do list you talk to.

Every answer has `X-Request-ID` and `X-Kirotodo-Version`. Errors are RFC 9457 problems with a stable `code`. Lists are
pages: send `next` as `cursor` to get the next page; it is null on the last one.
"""
LOCAL_TIME: Final = {"pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$", "examples": ["17:00:00"]}
_REF: Final = "#/components/schemas/{model}"


_PAGE: Final = re.compile(r"Page_(\w+)_")
HEADERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "X-Request-ID": ("The id that the request sent, or else a generated one.", {"type": "string"}),
    "X-Kirotodo-Version": ("The release that answered.", {"type": "string"}),
    "X-RateLimit-Limit": ("How many such requests are allowed per minute.", {"type": "integer"}),
    "X-RateLimit-Remaining": ("How many of these are left.", {"type": "integer"}),
    "X-RateLimit-Reset": ("When more will be available, in seconds since 1970.", {"type": "integer"}),
    "Retry-After": ("Seconds to wait before the next try.", {"type": "integer"}),
    "WWW-Authenticate": ("The kind of token that is required.", {"type": "string"}),
    "ETag": ("Changes whenever the resource does; for `If-Match` and `If-None-Match`.", {"type": "string"}),
    "Location": ("The address of what was created or begun.", {"type": "string", "format": "uri-reference"}),
}
EVERYWHERE: Final = ("X-Request-ID", "X-Kirotodo-Version")
COUNTED: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
OF_STATUS: Final[Mapping[str, str]] = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
TAGS: Final[Mapping[str, str]] = {
    "chat": "Send a message, and get the outcome at once or as a stream of events.",
    "turns": "What a message set off: follow it, stop it, answer its questions, undo its calls.",
    "conversations": "Threads and their messages.",
    "tasks": "The list and its edits, without a model.",
    "reminders": "What is due to be rung, and where the server rings.",
    "views": "Saved views: filters with a name.",
    "user": "The available models, the status, and changes as they happen.",
    "openai": "The list as a model, for programs that speak OpenAI's Chat Completions.",
    "tools": "The tools of a turn, for programs that run a model of their own.",
    "webhooks": "Where the server sends each change.",
    "agents": "Tokens of programs that may use the list, each with a scope.",
    "auth": "Accounts and tokens. Where another server keeps them, only `GET /api/auth/me`.",
    "health": "For probes and Prometheus.",
}


def named(route: APIRoute) -> str:
    """Return the operation id of a route: the name of its function, which is stable and unique."""
    return route.name


def carries(*names: str) -> dict[str, Any]:
    """Return what a route declares of an answer that carries these headers."""
    return {"headers": {name: _header(name) for name in names}}


def not_modified() -> dict[str, Any]:
    """Return what a route declares of the answer to one who has it already."""
    return {"description": "Not modified: the caller already has this version (`If-None-Match`).", **carries("ETag")}


def _header(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/headers/{name}"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route may answer with, as it declares them."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    code, detail = EXAMPLES[status]
    title = HTTPStatus(status).phrase
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    content = {"schema": {"$ref": _REF.format(model="Problem")}, "example": example}
    return {"description": title, "content": {MEDIA_TYPE: content}}


def answer_like(example: Any) -> dict[int | str, dict[str, Any]]:
    """Return the response of a route whose answer has no schema of its own, with an example."""
    return {200: {"content": {"application/json": {"example": example}}}}


def stream_of(schema: str, *kinds: str, example: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Return the response of server-sent events whose data are of that schema, as a route declares it."""
    each = {"$ref": _REF.format(model=schema)}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": each}
    event = {"type": "string", "enum": [*kinds, "reconnect", "problem"]}
    properties = {"id": {"type": "string"}, "event": event, "data": data}
    content = {
        "schema": {"type": "object", "required": ["event", "data"], "properties": properties},
        "example": {"id": "7", "event": kinds[0], "data": json.dumps(example)},
    }
    description = (
        "Server-sent events; the data of each is one line of JSON. Comments (`: ping`) keep the stream open; "
        "`reconnect` means that the server is stopping; `problem` gives the reason why the stream can't continue."
    )
    return {200: {"description": description, "content": {"text/event-stream": content}}}


TURN_STREAM: Final = stream_of(
    "TurnEvent",
    *(kind.__dataclass_fields__["kind"].default for kind in TurnEvent.__args__),
    example={
        "turn_id": "t1",
        "seq": 7,
        "conversation_id": 2,
        "message": "Add milk tomorrow at 5pm",
        "model": "built-in",
        "created_at": "2026-11-23T08:00:00Z",
        "kind": "turn_started",
    },
)
LIST_STREAM: Final = stream_of(
    "ListChanged", "list_changed", example={"revision": 7, "tasks": [], "removed": [3], "pending": 12}
)


def body_of(schema: str) -> dict[str, Any]:
    """Return how a route that reads its body by itself declares it."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model=schema)}}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI) -> None:
    """Let `app` describe itself, with the schemas that its problems and streams refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description=SUMMARY,
                routes=app.routes,
                tags=[{"name": name, "description": words} for name, words in TAGS.items()],
                license_info={"name": "MIT", "identifier": "MIT"},
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            for name, adapter in _further_schemas().items():
                _add(schemas, name, adapter)
            _add_headers(found)
            app.openapi_schema = _with_titles(_with_local_times(found))
            _add_examples(app.openapi_schema["components"]["schemas"])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _further_schemas() -> dict[str, TypeAdapter[Any]]:
    return {
        "Problem": TypeAdapter(Problem),
        "TurnEvent": TypeAdapter(TurnEvent),
        "ListChanged": TypeAdapter(ListChanged),
        "ImportBody": TypeAdapter(ImportBody),
    }


def _add_headers(schema: dict[str, Any]) -> None:
    """Say of every answer which headers it carries."""
    components = schema["components"]
    components["headers"] = {
        name: {"description": words, "schema": dict(kind)} for name, (words, kind) in HEADERS.items()
    }
    for path, item in schema["paths"].items():
        usual = (*EVERYWHERE, *(COUNTED if path.startswith(("/api/", "/v1/")) else ()))
        for operation in item.values():
            for status, response in operation["responses"].items():
                names = (*usual, *((OF_STATUS[status],) if status in OF_STATUS else ()))
                response["headers"] = {**{name: _header(name) for name in names}, **response.get("headers", {})}


def _add_examples(schemas: dict[str, Any]) -> None:
    """Give the values of the core that routes answer with an example; bodies and most others have theirs."""
    from kirotodo.server.answer_examples import ANSWERS

    for name, value in ANSWERS.items():
        schemas[name]["examples"] = [to_jsonable_python(value)]


def _with_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the description with a name of its own for each schema, as a generated client will call its class:
    `TaskPage`, where Python's is `Page[Task]`."""
    schemas = schema["components"]["schemas"]
    names = {name: _PAGE.sub(r"\1Page", name) for name in schemas}
    schema["components"]["schemas"] = {names[name]: {**found, "title": names[name]} for name, found in schemas.items()}
    renamed: dict[str, Any] = _with_references(
        schema, {_REF.format(model=old): _REF.format(model=new) for old, new in names.items()}
    )
    return renamed


def _with_references(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case {"$ref": str(target)}:
            return {**value, "$ref": names.get(target, target)}
        case dict():
            return {key: _with_references(inner, names) for key, inner in value.items()}
        case list():
            return [_with_references(inner, names) for inner in value]
        case _:
            return value


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
