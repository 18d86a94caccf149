"""What goes wrong between us and a server, told apart once and said in a sentence for the one who sits here."""

import math
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from kirotodo import __version__
from kirotodo.core import errors
from kirotodo.core.errors import KirotodoError, LiveTurn, ModelError, NotSignedIn, RateLimited, Unreachable

WAIT_UNTOLD: Final = 5.0
"""Seconds to stay away from a server that asks for patience and does not say how much."""

CLASSES: Final[Mapping[str, type[KirotodoError]]] = {
    found.code: found
    for found in vars(errors).values()
    if isinstance(found, type)
    and issubclass(found, KirotodoError)
    and found not in (errors.UserError, LiveTurn, RateLimited)
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
    """No connection came about, so that the server cannot have done anything: again does no harm."""


class TlsFailed(Unreachable):
    """The server cannot prove who it is, or does not speak TLS: again never helps."""


class NotKirotodo(Unreachable):
    """What answered is no kirotodo server."""


class OutcomeUnknown(Unreachable):
    """The request went out, and whether it was done nobody knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An answer that is an error: what of it can be read. `version` is that of the server, "" where it names none."""

    status: int
    host: str
    version: str
    problem: Mapping[str, Any] | None
    retry_after: float | None = None
    location: str = ""


# --- no answer ---


def of_transport(error: Exception, host: str) -> Unreachable:
    """The fault behind an exception of httpx2 (or a time limit of ours)."""
    causes = tuple(_causes(error))
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                why = (cause.verify_message or "it does not hold").rstrip(".")
                return TlsFailed(f"The certificate of {host} cannot be trusted: {why}. Nothing was sent.")
            case ssl.SSLError():
                return TlsFailed(f"{host} does not speak TLS as it should: is the address right, https and port?")
            case socket.gaierror():
                return ConnectFailed(f"There is no {host} to be found: check the address and the network.")
            case ConnectionRefusedError():
                return ConnectFailed(f"Nothing answers at {host}: is the server running?")
            case _:
                pass
    match error:
        case httpx2.ConnectTimeout():
            return ConnectFailed(f"{host} does not answer: check the address and the network.")
        case httpx2.ConnectError() | httpx2.PoolTimeout() | httpx2.ProxyError():
            return ConnectFailed(f"{host} cannot be reached: check the network.")
        case httpx2.TimeoutException() | TimeoutError():
            return Unreachable(f"{host} stopped answering.")
        case httpx2.DecodingError() | httpx2.TooManyRedirects() | httpx2.UnsupportedProtocol():
            return _no_server(host)
        case _:
            return broke_off(host)


def broke_off(host: str) -> Unreachable:
    return Unreachable(f"The connection to {host} broke off.")


def unknown_outcome(host: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{host} was asked and did not say whether it was done. Look at the list before you try again."
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


def of_refusal(refusal: Refusal) -> KirotodoError:
    """The error that an answer with a status from 400 up stands for, in the server's own sentence where it has one."""
    problem = refusal.problem
    if problem is None or not isinstance(problem.get("detail"), str):
        return _of_stranger(refusal)
    code, detail = str(problem.get("code", "")), str(problem["detail"])
    match code:
        case "live_turn" if isinstance(problem.get("turn_id"), str):
            return LiveTurn(detail, turn_id=problem["turn_id"])
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


def _of_stranger(refusal: Refusal) -> KirotodoError:
    """Something between us and the server answered: a proxy, a gate of a hotel, another program."""
    host = refusal.host
    match refusal.status:
        case 401 | 403 | 407 | 511:
            return Unreachable(
                f"Something before {host} does not let us through ({refusal.status}): check the network."
            )
        case 404 | 405 | 400:
            return _no_server(host)
        case 413:
            return errors.TooLarge(f"That is more than {host} takes at once.")
        case 429:
            return too_many(refusal, f"Too many requests to {host}.")
        case status if status >= 500:
            return Unreachable(f"{host} is out of order at the moment ({status}).")
        case status if 300 <= status < 400 and refusal.location.startswith(("http://", "https://")):
            return NotKirotodo(
                f"{host} sends us on to {refusal.location[:200]}: sign in at that address if it is right."
            )
        case status:
            return NotKirotodo(f"{host} answered in a way that no kirotodo server does ({status}): check the address.")


def too_many(refusal: Refusal, detail: str) -> RateLimited:
    told = (refusal.problem or {}).get("retry_after")
    wait = float(told) if isinstance(told, int | float) and not isinstance(told, bool) else refusal.retry_after
    wait = WAIT_UNTOLD if wait is None or not math.isfinite(wait) or wait < 0 else wait
    return RateLimited(detail, retry_after=wait)


def not_understood(host: str, version: str) -> KirotodoError:
    """An answer that does not have the form it should: another version, or no kirotodo server at all."""
    if not version:
        return _no_server(host)
    if version == __version__:
        return KirotodoError(f"{host} sent an answer that makes no sense. Nothing was changed here.")
    older = _numbers(version) < _numbers(__version__)
    move = "the server should be updated" if older else "update this one"
    return KirotodoError(f"{host} runs kirotodo {version}, this is {__version__}, and the two do not match: {move}.")


def _no_server(host: str) -> NotKirotodo:
    return NotKirotodo(f"There is no kirotodo server at {host}: check the address.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
