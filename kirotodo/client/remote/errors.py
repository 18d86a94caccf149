"""Turns failed requests and error responses into typed errors with a sentence for the user."""

import math
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx2

from kirotodo import __version__
from kirotodo.core import errors
from kirotodo.core.errors import KirotodoError, LiveTurn, ModelError, NotSignedIn, RateLimited, Unreachable
from kirotodo.core.lazy_dataclasses import dataclass

DEFAULT_WAIT: Final = 5.0
"""Seconds to wait for a server that asks to wait without saying how long."""

CLASSES: Final[Mapping[str, type[KirotodoError]]] = {
    found.code: found
    for found in vars(errors).values()
    if isinstance(found, type)
    and issubclass(found, KirotodoError)
    and found not in (errors.UserError, errors.FilterError, LiveTurn, RateLimited)
}
"""The class of each code; those that carry more than a sentence are made by hand."""
BY_STATUS: Final[Mapping[int, type[KirotodoError]]] = {
    401: NotSignedIn,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    422: errors.InvalidInput,
    504: errors.TurnTimedOut,
}
"""For codes that a newer server may have."""


class ConnectFailed(Unreachable):
    """Raised where no connection was made: the server cannot have done anything, so retrying is safe."""


class TlsFailed(Unreachable):
    """Raised where the server's certificate or TLS fails: retrying never helps."""


class NotKirotodo(Unreachable):
    """Raised where the response does not come from a kirotodo server."""


class OutcomeUnknown(Unreachable):
    """Raised where a request was sent and it is unknown whether the server carried it out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """The readable parts of an error response. `version` is that of the server, "" where it names none."""

    status: int
    host: str
    version: str
    problem: Mapping[str, Any] | None
    retry_after: float | None = None
    location: str = ""


# --- no answer ---


def of_transport(error: Exception, host: str) -> Unreachable:
    """Return the error behind an exception of httpx2, or behind one of our timeouts."""
    causes = tuple(_causes(error))
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                why = (cause.verify_message or "it isn't valid").rstrip(".")
                return TlsFailed(f"The certificate of {host} can't be trusted: {why}. Nothing was sent.")
            case ssl.SSLError():
                return TlsFailed(f"Can't make a secure connection to {host}. Check the address: https and port.")
            case socket.gaierror():
                return ConnectFailed(f"Can't find {host}. Check the address and your network.")
            case ConnectionRefusedError():
                return ConnectFailed(f"Nothing answers at {host}. Is the server running?")
            case _:
                pass
    match error:
        case httpx2.ConnectTimeout():
            return ConnectFailed(f"{host} doesn't answer. Check the address and your network.")
        case httpx2.ConnectError() | httpx2.PoolTimeout() | httpx2.ProxyError():
            return ConnectFailed(f"Can't reach {host}. Check your network.")
        case httpx2.TimeoutException() | TimeoutError():
            return Unreachable(f"{host} stopped answering.")
        case httpx2.DecodingError() | httpx2.TooManyRedirects() | httpx2.UnsupportedProtocol():
            return _no_server(host)
        case _:
            return broke_off(host)


def broke_off(host: str) -> Unreachable:
    """Return the error for a connection that was lost."""
    return Unreachable(f"The connection to {host} was lost.")


def unknown_outcome(host: str) -> OutcomeUnknown:
    """Return the error for an edit that the server may or may not have made."""
    return OutcomeUnknown(
        f"{host} didn't confirm the change, so it may or may not have been made. Check your list before you try again."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that led to it, groups unpacked."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


# --- an answer that is no answer ---

_UNKNOWN_FIELD: Final = "Extra inputs are not permitted"


def of_refusal(refusal: Refusal) -> KirotodoError:
    """Return the error for a response with status 400 or above, in the server's own sentence if it has one."""
    problem = refusal.problem
    if problem is None or not isinstance(problem.get("detail"), str):
        return _of_stranger(refusal)
    code, detail = str(problem.get("code", "")), _detail(refusal, str(problem["detail"]))
    match code:
        case "live_turn" if isinstance(problem.get("turn_id"), str):
            return LiveTurn(detail, turn_id=problem["turn_id"])
        case "invalid_filter":
            return _of_filter(problem, detail)
        case "rate_limited":
            return too_many(refusal, detail)
        case "not_signed_in":
            return NotSignedIn(detail)
        case _ if code in CLASSES:
            return CLASSES[code](detail)
    if refusal.status == 429:
        return too_many(refusal, detail)
    if refusal.status >= 500:
        return BY_STATUS.get(refusal.status, ModelError)(detail)
    return BY_STATUS.get(refusal.status, errors.InvalidInput)(detail)


def _detail(refusal: Refusal, detail: str) -> str:
    """Return a sentence of the server, or what it means where it knows no such route or field: what is asked of it here
    came with a later release."""
    known = refusal.status != 405 and not detail.startswith("There is no such route") and _UNKNOWN_FIELD not in detail
    return detail if known else f"The server at {refusal.host} is too old for that. Whoever runs it has to update it."


def _of_filter(problem: Mapping[str, Any], detail: str) -> KirotodoError:
    text, position, suggestion = (problem.get(name) for name in ("filter", "position", "suggestion"))
    if not isinstance(text, str) or not isinstance(position, int) or not 0 <= position <= len(text):
        return errors.InvalidInput(detail)
    error = errors.FilterError(detail, text=text, position=position)
    error.suggestion = suggestion if isinstance(suggestion, str) else None
    return error


def _of_stranger(refusal: Refusal) -> KirotodoError:
    """Return the error for a response of something else than kirotodo: a proxy, a hotel's portal, another program."""
    host = refusal.host
    match refusal.status:
        case 401 | 403 | 407 | 511:
            return Unreachable(f"A proxy or gateway blocks the way to {host} ({refusal.status}). Check your network.")
        case 404 | 405 | 400:
            return _no_server(host)
        case 413:
            return errors.TooLarge(f"That is more than {host} accepts at once.")
        case 429:
            return too_many(refusal, f"Too many requests to {host}.")
        case status if status >= 500:
            return Unreachable(f"{host} is unavailable ({status}).")
        case status if 300 <= status < 400 and refusal.location.startswith(("http://", "https://")):
            return NotKirotodo(
                f"{host} redirects to {refusal.location[:200]}. If that is right, sign in to that address."
            )
        case status:
            return NotKirotodo(f"{host} doesn't answer like a kirotodo server ({status}). Check the address.")


def too_many(refusal: Refusal, detail: str) -> RateLimited:
    """Return the error for a server that asks to wait, with a plausible waiting time."""
    given = (refusal.problem or {}).get("retry_after")
    wait = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else refusal.retry_after
    wait = DEFAULT_WAIT if wait is None or not math.isfinite(wait) or wait < 0 else wait
    return RateLimited(detail, retry_after=wait)


def not_understood(host: str, version: str) -> KirotodoError:
    """Return the error for a response of unexpected form: another version, or not a kirotodo server at all."""
    if not version:
        return _no_server(host)
    if version == __version__:
        return KirotodoError(f"{host} sent an invalid response. Nothing was changed here.")
    older = _numbers(version) < _numbers(__version__)
    move = "update the server" if older else "update kirotodo on this computer"
    return KirotodoError(f"{host} runs kirotodo {version}, which doesn't work with this version {__version__}: {move}.")


def _no_server(host: str) -> NotKirotodo:
    return NotKirotodo(f"There is no kirotodo server at {host}. Check the address.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
