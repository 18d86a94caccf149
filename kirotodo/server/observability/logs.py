"""The log of a server: one handler, lines for people or JSON for collectors, and the request each line belongs to.

Lines hold ids, routes, codes and durations. What users, models and tools say is never logged, and neither is a secret.
Loggers of ours, and uvicorn's about the server itself, follow LOG_LEVEL. Every other logger, of whatever library, is
heard from WARNING on, and then where it spoke but not what it was given: drivers log statements with all in them.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, TextIO

from pythonjsonlogger.json import JsonFormatter

from kirotodo.core.settings import Settings

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The request that is being answered; a turn that it began keeps it."""

_TRUSTED: Final = ("kirotodo", "uvicorn.error")
"""Loggers whose lines are known to hold nothing of anybody's; each stands for those below it."""
_LINES_KNOWN: Final = 200
_CONSOLE: Final = "%(asctime)s %(levelname)-7s %(message)s%(of_request)s"


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr unless told), as `settings` say."""
    handler = _Handler(stream or sys.stderr)
    handler.addFilter(_is_allowed)
    handler.addFilter(OnceInAWhile())
    handler.addFilter(_of_request)
    handler.setFormatter(_json() if settings.log_format == "json" else _Console(_CONSOLE, datefmt="%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("kirotodo", "uvicorn", "uvicorn.error", "uvicorn.access"):  # they may keep their lines to themselves
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _TRUSTED:
        logging.getLogger(name).setLevel(settings.log_level)


def is_trusted(name: str) -> bool:
    """Return whether the logger's own words may leave this process."""
    return any(name == trusted or name.startswith(f"{trusted}.") for trusted in _TRUSTED)


def _is_allowed(record: logging.LogRecord) -> bool:
    return is_trusted(record.name) or record.levelno >= logging.WARNING


class OnceInAWhile:
    """Lets the same warning or error through once in `seconds`, and then says how often it came: an outage fails every
    request and every look, and the line that tells of it must not fill the disk. Lines with an exception all stay."""

    def __init__(self, *, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._logged: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record through unless the same one was logged a moment ago."""
        if record.levelno < logging.WARNING or record.exc_info or not is_trusted(record.name):
            return True
        message, now = record.getMessage(), self._clock()
        since, more = self._logged.get(message, (now - self._seconds, 0))
        if now - since < self._seconds:
            self._logged[message] = since, more + 1
            return False
        if len(self._logged) >= _LINES_KNOWN:
            self._logged.clear()
        self._logged[message] = now, 0
        if more:
            record.msg, record.args = "%s (and %d times more before)", (message, more)
        return True


class _Handler(logging.StreamHandler[TextIO]):
    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record if is_trusted(record.name) else _without_words(record))


def _without_words(record: logging.LogRecord) -> logging.LogRecord:
    """The record of a library with nothing in it of what the library was given."""
    template = f": {record.msg}" if record.args else ""  # without arguments the words may be filled in already
    message = f"{record.name}, {record.filename}:{record.lineno}{template}"
    kept = logging.LogRecord(
        record.name, record.levelno, record.pathname, record.lineno, message, None, record.exc_info
    )
    kept.created = record.created
    _of_request(kept)
    return kept


def exception_without_words(error: BaseException) -> str:
    """Return the error and those it came from, with where they were raised. Their texts only where the class is of
    ours: those of drivers and parsers quote what they were given."""
    parts = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        parts.append(exception_without_words(before))
    kind = type(error)
    message = f": {error}" if kind.__module__.startswith("kirotodo.") else _of_system(error)
    parts.append("".join(traceback.format_tb(error.__traceback__)) + f"{kind.__module__}.{kind.__qualname__}{message}")
    if isinstance(error, BaseExceptionGroup):
        parts.extend(exception_without_words(one) for one in error.exceptions)
    return "\n".join(parts)


def _of_system(error: BaseException) -> str:
    return f": {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""


def _of_request(record: logging.LogRecord) -> bool:
    if not hasattr(record, "request_id"):
        record.request_id = REQUEST_ID.get()
    return True


class _WithoutWords(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        return exception_without_words(ei[1]) if ei[1] is not None else ""


class _Console(_WithoutWords):
    def format(self, record: logging.LogRecord) -> str:
        request_id = getattr(record, "request_id", "")
        record.of_request = f"  [{request_id[:8]}]" if request_id else ""
        return super().format(record)


class _Json(_WithoutWords, JsonFormatter):
    """One object a line: time, level, logger, message, request_id, and what the line brings along."""

    def process_log_record(self, log_record: dict[str, Any]) -> dict[str, Any]:
        if not log_record.get("request_id"):
            log_record.pop("request_id", None)
        return dict(super().process_log_record(log_record))


def _json() -> JsonFormatter:
    return _Json(
        "{asctime}{levelname}{name}{message}{request_id}",
        style="{",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        json_ensure_ascii=False,
    )
