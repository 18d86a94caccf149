"""Errors reported to Sentry, where `SENTRY_DSN` names one. A report says where it broke, never what anybody wrote.

Events are made from log lines of level ERROR alone. Requests, local variables, log arguments and the texts of foreign
exceptions, which quote their input, stay here.
"""

import logging
from typing import Any, Final

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from kirotodo import __version__
from kirotodo.core.addresses import host_of, is_this_machine
from kirotodo.core.settings import Settings
from kirotodo.server.observability.logs import is_trusted

_TAGS: Final = ("request_id", "user_id", "turn_id", "code", "route")
_KEPT: Final = (
    *("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name"),
    *("sdk", "contexts", "tags", "exception", "logentry", "fingerprint"),
)


def start(settings: Settings) -> bool:
    """Report from now on; False where nothing is configured."""
    dsn = settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else ""
    if not dsn:
        return False
    proxy = "" if is_this_machine(host_of(dsn)) else None  # "" is none; None is that of the environment
    sentry_sdk.init(
        dsn,
        http_proxy=proxy,
        https_proxy=proxy,
        release=f"kirotodo@{__version__}",
        environment=settings.environment,
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "database_query_data": False,
            "stack_frame_variables": False,
            "frame_context_lines": 0,
        },
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        auto_session_tracking=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        before_send=scrubbed,
    )
    return True


def stop() -> None:
    """Send what is not sent yet, for two seconds at most. Blocks."""
    sentry_sdk.flush(timeout=2.0)


def scrubbed(event: Event, hint: Hint) -> Event:
    """Return the event with nothing in it but what is known to be harmless."""
    extra: Any = event.get("extra") or {}
    kept: dict[str, Any] = {key: value for key, value in event.items() if key in _KEPT}
    kept["tags"] = {name: str(extra[name]) for name in _TAGS if extra.get(name)}
    logentry = kept.get("logentry")
    if logentry:
        known = is_trusted(str(event.get("logger") or "")) or logentry.get("params")
        kept["logentry"] = {"message": logentry.get("message", "") if known else ""}
    for value in (kept.get("exception") or {}).get("values") or ():
        if not str(value.get("module") or "").startswith("kirotodo."):
            value["value"] = ""
    return kept  # type: ignore[return-value]
