"""The middleware that sees every answer go by, and the observer that hands each report to all who count."""

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirotodo.core.agent.observer import Observer, StepReport, TurnReport
from kirotodo.server.asgi import at_start
from kirotodo.server.observability.logs import REQUEST_ID
from kirotodo.server.observability.metrics import Metrics

log = logging.getLogger("kirotodo.access")

NO_ROUTE: Final = "none"
"""The route of requests for which there is none: their paths are anybody's to invent."""
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_PROBES: Final = ("/health", "/health/ready", "/metrics")


class AccessLogMiddleware:
    """Counts and logs each answer as it begins, by its route and never by what is in it."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        token = REQUEST_ID.set(scope.get("state", {}).get("request_id", ""))

        answered = False

        def log_answer(start: Message) -> None:
            nonlocal answered
            answered = True
            self._answered(scope, start["status"], time.perf_counter() - began)

        try:
            await self.app(scope, receive, at_start(send, log_answer))
        except Exception:
            if not answered:
                self._answered(scope, 500, time.perf_counter() - began)
            raise
        finally:
            REQUEST_ID.reset(token)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route(scope)
        self._metrics.answered(method=method, route=route, status=status, seconds=seconds)
        if route in _PROBES and status < 400:
            return
        user_id = scope.get("path_params", {}).get("user_id", "") if status not in (401, 403, 422) else ""
        facts: dict[str, Any] = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        log.info(
            "%s %s %d in %.0f ms",
            *(method, route, status, seconds * 1000),
            extra={**facts, "user_id": user_id, "address": _address(scope)},
        )


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", NO_ROUTE))


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


class CompositeObserver(Observer):
    """Hands each report on to several observers."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def turn_ended(self, report: TurnReport) -> None:
        """Pass the report of a turn on to each observer."""
        for observer in self._observers:
            observer.turn_ended(report)

    def model_ran(self, report: StepReport) -> None:
        """Pass the report of a model's run on to each observer."""
        for observer in self._observers:
            observer.model_ran(report)
