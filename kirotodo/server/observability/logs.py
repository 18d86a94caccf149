"""The log of a server: one handler, lines for people or JSON for collectors, and the request each line belongs to.

Lines hold ids, routes, codes and durations. What users, models and tools say is never logged, and neither is a secret.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any, Final, TextIO

from pythonjsonlogger.json import JsonFormatter

from kirotodo.core.settings import Settings

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""The request that is being answered; a turn that it began keeps it."""

_QUIET: Final = ("uvicorn.access", "httpx2", "httpcore2", "asyncio")
"""Loggers that say what ours say already, or more than belongs into a log."""
_CONSOLE: Final = "%(asctime)s %(levelname)-7s %(message)s%(of_request)s"


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr unless told), as `settings` say."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_of_request)
    handler.setFormatter(_json() if settings.log_format == "json" else _Console(_CONSOLE, datefmt="%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    ours = logging.getLogger("kirotodo")
    ours.handlers.clear()
    ours.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # whose own configuration keeps their lines to itself
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _of_request(record: logging.LogRecord) -> bool:
    if not hasattr(record, "request_id"):
        record.request_id = REQUEST_ID.get()
    return True


class _Console(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request_id = getattr(record, "request_id", "")
        record.of_request = f"  [{request_id[:8]}]" if request_id else ""
        return super().format(record)


class _Json(JsonFormatter):
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
