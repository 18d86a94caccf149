"""Turns errors into RFC 9457 problems: the one place where an error becomes a status, a body and headers.

What a user or a model did wrong is told in the core's own sentence. What is wrong with this machine is written to the
log and told in a sentence that names neither file, SQL nor service.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from kirotodo.core.errors import (
    Code,
    FilterError,
    InvalidInput,
    KirotodoError,
    LiveTurn,
    NotFound,
    OperatorError,
    RateLimited,
    StorageBusy,
    StorageCorrupt,
    TooLarge,
)

log = logging.getLogger(__name__)

STATUS: Final[Mapping[Code, int]] = {
    "not_signed_in": 401,
    "forbidden": 403,
    "deletion_pending": 403,
    "not_found": 404,
    "conflict": 409,
    "live_turn": 409,
    "not_undoable": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "invalid_input": 422,
    "invalid_filter": 422,
    "key_reused": 422,
    "tool_error": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "model_error": 503,
    "operator_error": 503,
    "config_error": 503,
    "storage_error": 503,
    "storage_busy": 503,
    "storage_full": 503,
    "storage_read_only": 503,
    "storage_corrupt": 503,
    "storage_too_new": 503,
    "storage_behind": 503,
    "storage_down": 503,
    "unreachable": 503,
    "draining": 503,
    "turn_timed_out": 504,
}
"""Every code there is and its status."""
CODES: Final[Mapping[int, Code]] = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 413: "too_large"}
"""The code of a fault that the framework found; any other 4xx is `invalid_input`."""

INSIDE: Final = "Something went wrong inside the server. Your list is safe. Try again."
OUT_OF_ORDER: Final = "The server isn't working at the moment. Your list is safe. Try again later."
DAMAGED: Final = (
    "The server's database is damaged or missing. Its operator has to look at it; "
    "until then nobody knows whether all of your list is there."
)
BUSY: Final = "The server is busy at the moment. Try again in a few seconds."
NOT_JSON: Final = "Send the body as JSON, with the header Content-Type: application/json."
MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
"""When to come back to a server that is draining, busy or out of order."""


def problem(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return a problem as an answer; `more` are members of its own."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    return Response(
        json.dumps({**body, **more}, ensure_ascii=True).encode(), status, headers=headers, media_type=MEDIA_TYPE
    )


def problem_of(error: KirotodoError, /, **more: Any) -> Response:
    """Return the answer to an error of the core."""
    status = STATUS[error.code]
    headers: dict[str, str] = dict(getattr(error, "headers", {}))
    match error:
        case FilterError():
            more |= {"filter": error.text, "position": error.position, "suggestion": error.suggestion}
        case LiveTurn(turn_id=turn_id):
            more["turn_id"] = turn_id
        case RateLimited(retry_after=seconds):
            more["retry_after"] = seconds
            headers["Retry-After"] = str(max(1, round(seconds)))
        case _:
            pass
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return problem(status, error.code, public_message(error), headers=headers, **more)


def public_message(error: KirotodoError) -> str:
    """Return the message for the caller; that of an operator's error goes to the log instead."""
    if not isinstance(error, OperatorError) or error.code == "draining":
        return error.message
    log.error("%s: %s", error.code, error.message)
    if error.public:
        return error.public
    match error:
        case StorageBusy():
            return BUSY
        case StorageCorrupt():
            return DAMAGED
        case _:
            return OUT_OF_ORDER


def answer_with_problems(app: FastAPI) -> None:
    """Let every fault that reaches the edge of `app` be answered from here."""

    @app.exception_handler(KirotodoError)
    async def of_the_core(_: Request, error: KirotodoError) -> Response:
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def of_the_schema(_: Request, error: RequestValidationError) -> Response:
        errors = [{"field": _field(fault["loc"]), "message": _message(fault)} for fault in error.errors()]
        return problem(422, "invalid_input", _sentence(errors), errors=errors)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            hint = "; /docs lists them all" if request.app.openapi_url else ""
            return problem_of(NotFound(f"There is no such route{hint}."))
        if error.status_code == 405:
            return _of_method(request)
        if error.status_code == 413:
            return problem_of(TooLarge(error.detail))
        if error.status_code == 400:
            return problem_of(InvalidInput("The body of the request can't be read."))
        code = CODES.get(error.status_code, "invalid_input")
        return problem(error.status_code, code, error.detail, headers=error.headers)


def _of_method(request: Request) -> Response:
    """Say which methods an address takes: as a refusal, or as the answer to OPTIONS."""
    matching = [route for route in request.app.routes if route.matches(request.scope)[0] != Match.NONE]
    allowed = {"OPTIONS"}.union(*(route.methods or () for route in matching if route.path == matching[0].path))
    if "GET" in allowed:
        allowed.add("HEAD")
    headers = {"Allow": ", ".join(sorted(allowed))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    detail = f"{request.method} isn't allowed here. Allowed: {headers['Allow']}."
    return problem(405, "invalid_input", detail, headers=headers)


def _field(location: Iterable[object]) -> str:
    """`body.fields.title` as its sender knows it: `fields.title`."""
    _, *rest = location
    return ".".join(str(part) for part in rest)


def _message(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "json_invalid":
        return "The body isn't valid JSON."
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message if message.endswith((".", "!", "?")) else f"{message}."


def _sentence(errors: list[dict[str, str]]) -> str:
    first = errors[0]
    named = first["field"] and not first["field"].isdigit()
    return f"{first['field']}: {first['message']}" if named else first["message"]
