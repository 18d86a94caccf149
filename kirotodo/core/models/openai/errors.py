"""Errors of a model provider: classified once, each with its sentence and whether a retry may help."""

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any, Final, Literal

from kirotodo.core.errors import ModelError
from kirotodo.core.lazy_dataclasses import dataclass

_TOOLS: Final = (
    r"[`'\"]?(?:tools?|functions?|tool[ _-]?(?:use|calls?|calling|choice)|function[ _-]?call(?:s|ing)?)[`'\"]?"
)
_NO_TOOLS: Final = re.compile(
    rf"(?:not|n't) (?:currently )?support (?:\w+ )?{_TOOLS}(?!\w)"
    r"|(?:endpoints?|models?|providers?) .{0,30}support tool use"
    rf"|^[^.]*?(?<!\S){_TOOLS} (?:is|are) (?:not supported|unsupported)"
    rf"|(?:unsupported|unknown|unrecognized) [\w ]{{0,30}}[:=]? ?['\"`]?tools?['\"`]?(?![\w\[.])"
    r"|--enable-auto-tool-choice|tools param requires|--jinja"
)

Kind = Literal["down", "busy", "refused"]
"""down: its own fault, again may help · busy: too many requests, later helps · refused: again never helps."""

Cut = Literal["length", "filter", "size"]
"""Why an answer ended before its time: the model's limit of tokens · a content filter · longer than we take."""

KEPT: Final = "Your message is kept."


class ProviderFault(ModelError):
    """An error of one attempt. `wait` is how many seconds the provider told us to wait, if it did."""

    def __init__(self, message: str, *, kind: Kind, wait: float | None = None) -> None:
        super().__init__(message, retryable=kind != "refused")
        self.kind: Kind = kind
        self.wait = wait


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An error response of a provider, as far as it can be read."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The model that an error message names, and the settings that hold its key, name, address and effort, in
    words.
    """

    model: str
    key: str = "OPENAI_API_KEY"
    name: str = "OPENAI_MODEL"
    address: str = "OPENAI_BASE_URL"
    effort: str = "OPENAI_REASONING_EFFORT"


def truncated() -> ProviderFault:
    """Return the error for an answer that broke off."""
    return ProviderFault(f"The model's answer broke off. {KEPT}", kind="down")


def garbled() -> ProviderFault:
    """Return the error for a response that cannot be parsed."""
    return ProviderFault(f"The model service sent an invalid response. {KEPT}", kind="down")


def disconnected(host: str, *, source: Source) -> ProviderFault:
    """Return the error for a service that cannot be reached."""
    return ProviderFault(
        f"The model service at {host} can't be reached. {KEPT} Check the network and {source.address}.", kind="down"
    )


class TooSlow(ProviderFault):
    """The answer did not begin within the time of a whole turn."""


def slow(host: str) -> ProviderFault:
    """Return the error for an answer that did not begin in time."""
    return TooSlow(
        f"The model service at {host} did not start to answer in time. {KEPT} A local model may still be loading: try "
        "again in a moment, or give it more time with AGENT_TIMEOUT.",
        kind="down",
    )


def no_api(host: str, *, source: Source) -> ProviderFault:
    """Return the error for an address that serves a web page."""
    return ProviderFault(
        f"The address {host} serves a web page, not a model API. {KEPT} Check {source.address}; it often ends in /v1.",
        kind="refused",
    )


def only_thoughts(cut: Cut, *, source: Source) -> ProviderFault:
    """Return the error for an answer that was cut off while the model was still reasoning."""
    why = "used up its token limit" if cut == "length" else "was stopped because it went on without end,"
    return ProviderFault(
        f"The model {source.model!r} {why} before it gave an answer. {KEPT} Raise the limit of the model service (its "
        f"context length or maximum of output tokens), or make it think less with {source.effort}.",
        kind="refused",
    )


def stalled(host: str) -> ProviderFault:
    """Return the error for an answer that stopped arriving."""
    return ProviderFault(f"The model service at {host} stopped answering. {KEPT}", kind="down")


def circuit_open(host: str) -> ProviderFault:
    """Return the error for a service that the circuit breaker leaves alone."""
    return ProviderFault(
        f"The model service at {host} failed several times in a row, so it isn't asked again for half a minute. {KEPT}",
        kind="down",
    )


def filtered() -> ProviderFault:
    """Return the error for an answer that a content filter stopped."""
    return ProviderFault(
        f"The model service's content filter stopped the answer. {KEPT} Try other words.", kind="refused"
    )


def of_response(refusal: Refusal, *, source: Source) -> ProviderFault:
    """Return the error that an error response stands for.

    The provider's own text is never passed on: it may contain keys and addresses.
    """
    text = f"{refusal.code} {refusal.message}".lower()
    model = source.model
    if refusal.status in (400, 404, 422, 500, 501) and _no_tools(text):
        return ProviderFault(
            f"The model {model!r} can't call tools, which kirotodo needs. {KEPT} Choose another with {source.name}.",
            kind="refused",
        )
    if refusal.status in (400, 413, 422, 500) and _too_long(text):
        return ProviderFault(
            f"This conversation is too long for the model {model!r}. {KEPT} Start a new conversation.", kind="refused"
        )
    match refusal.status:
        case 403 if "unsupported_country" in text or "country, region" in text:
            return ProviderFault(
                f"The model service is not available in your country or region. {KEPT} Use another service: "
                f"{source.address} and {source.key}.",
                kind="refused",
            )
        case 401 | 403:
            return ProviderFault(
                f"The model service refused the key. {KEPT} Check {source.key} and its permissions.", kind="refused"
            )
        case 402:
            return _no_credit()
        case 404:
            return ProviderFault(
                f"The model service does not know the model {model!r}. {KEPT} "
                f"Check {source.name} and {source.address}.",
                kind="refused",
            )
        case 429 if _is_spent(refusal.code.lower(), text):
            return _no_credit()
        case 429:
            return _busy(retry_after(refusal.headers))
        case 408 | 409 | 425:
            return ProviderFault(f"The model service didn't accept the request. {KEPT}", kind="down")
        case status if status >= 500:
            return ProviderFault(
                f"The model service failed with an error of its own ({status}). {KEPT}",
                kind="down",
                wait=retry_after(refusal.headers),
            )
        case status:
            return ProviderFault(
                f"The model service refused the request ({status}). {KEPT} Check {source.name} and {source.address}.",
                kind="refused",
            )


def sent_error(error: Any, *, source: Source) -> ProviderFault:
    """Return the error that was sent within a stream; its status is guessed from its code."""
    code, message = error_of_body({"error": error})
    known = code.lower()
    if known.isdigit() and 400 <= int(known) <= 599:
        status = int(known)
    elif any(word in known for word in ("rate_limit", "quota", "too_many")):
        status = 429
    elif any(word in known for word in ("context_length", "context_size", "invalid_request", "invalid_prompt")):
        status = 400
    else:
        status = 500
    return of_response(Refusal(status=status, code=code, message=message, headers={}), source=source)


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return the seconds that the provider tells us to wait: `Retry-After-Ms`, or `Retry-After` (RFC 9110, 10.2.3)."""
    milliseconds = headers.get("retry-after-ms")
    if milliseconds is not None and _number(milliseconds) is not None:
        return max(0.0, (_number(milliseconds) or 0.0) / 1000)
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


def error_of_body(body: Any) -> tuple[str, str]:
    """Return code and message of an error body, in the forms in use: `{"error": {...}}`, `{"error": "…"}`, `{…}`."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if isinstance(error, Mapping):
        return str(error.get("code") or error.get("type") or ""), str(error.get("message") or error.get("detail") or "")
    return "", str(error or "")


def _no_credit() -> ProviderFault:
    return ProviderFault(
        f"The account at the model service has no credit left. {KEPT} Check its billing page.", kind="refused"
    )


def _busy(wait: float | None) -> ProviderFault:
    when = f"in {math.ceil(wait)} seconds" if wait is not None and wait > 1 else "in a moment"
    return ProviderFault(
        f"The model service is receiving too many requests. {KEPT} Try again {when}.", kind="busy", wait=wait
    )


def _is_spent(code: str, text: str) -> bool:
    """Whether a 429 means that money, not patience, is missing. Some say "quota" of the requests of a minute too."""
    if "insufficient" in code or "billing" in code:
        return True
    return any(word in text for word in ("quota", "billing", "credit")) and not any(
        word in text for word in ("per minute", "per second", "retry in", "try again in")
    )


def _too_long(text: str) -> bool:
    if "context" in text and any(word in text for word in ("length", "window", "exceed", "size")):
        return True
    return "token" in text and any(word in text for word in ("exceeds the maximum", "too long", "request too large"))


def _no_tools(text: str) -> bool:
    """Whether it says that the model has no tools at all, rather than that something is wrong with one of ours."""
    return _NO_TOOLS.search(text) is not None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None
