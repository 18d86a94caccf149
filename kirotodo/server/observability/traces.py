"""Spans by OpenTelemetry, where an `OTEL_EXPORTER_OTLP_ENDPOINT` is set: requests by FastAPI itself, and below each the
turn it began and the runs of its models."""

import importlib.util
import os
import time
from typing import Any, Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from kirotodo.core.agent.observer import Observer, StepReport, TurnReport
from kirotodo.core.errors import ConfigError

ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    *(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT" for signal in ("TRACES", "METRICS")),
)
_UNTRACED: Final = ("/health", "/metrics")
_NANOSECONDS: Final = 1_000_000_000


def telemetry() -> TelemetryConfig:
    """Return what FastAPI is to record. Raises `ConfigError` where an address is set and the exporter is not
    installed."""
    if not traced():
        return {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    if (
        importlib.util.find_spec("opentelemetry.exporter") is None
        or importlib.util.find_spec("opentelemetry.sdk") is None
    ):
        raise ConfigError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the exporter is not installed: "
            "install kirotodo[otel], or unset the variable."
        )
    return {"tracing": True, "metrics": True, "logs": False, "auto_configure": True, "exclude": _untraced}


def traced() -> bool:
    """Return whether a collector is named that spans are to go to."""
    return any(os.environ.get(name) for name in ENDPOINTS)


def _untraced(scope: Any) -> bool:
    return str(scope.get("path", "")).startswith(_UNTRACED)


class Traces(Observer):
    """Spans of turns and models, written down when they are over."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("kirotodo")

    def turn_ended(self, report: TurnReport) -> None:
        """Record the span of a turn."""
        self._span(
            "turn",
            report.seconds,
            {
                "kirotodo.turn": report.turn_id,
                "kirotodo.ended": report.ended,
                "gen_ai.request.model": report.model,
                "gen_ai.usage.input_tokens": report.usage.input_tokens,
                "gen_ai.usage.output_tokens": report.usage.output_tokens,
            },
            report.code,
        )

    def model_ran(self, report: StepReport) -> None:
        """Record the span of a model's run."""
        self._span("model", report.seconds, {"gen_ai.request.model": report.model}, report.code)

    def _span(self, name: str, seconds: float, attributes: dict[str, Any], code: str) -> None:
        now = time.time_ns()
        span = self._tracer.start_span(name, start_time=now - int(seconds * _NANOSECONDS), attributes=attributes)
        if code:
            span.set_attribute("error.type", code)
            span.set_status(trace.StatusCode.ERROR)
        span.end(now)
