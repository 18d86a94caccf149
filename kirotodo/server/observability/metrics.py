"""Counts for Prometheus. No label holds anything of a user, and none has values without end.

Several worker processes share their counts through the folder of `PROMETHEUS_MULTIPROC_DIR`, which `kirotodo serve`
sets.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from kirotodo import __version__
from kirotodo.core.agent.observer import Observer, StepReport, TurnReport

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TURN_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
LOOK_SECONDS: Final = 2.0
"""How often what is counted elsewhere is looked at, where several processes answer for one another."""


@contextmanager
def shared_by_processes() -> Iterator[None]:
    """Let the processes that start from here on count together."""
    if os.environ.get(SHARED_FOLDER):
        yield
        return
    with TemporaryDirectory(prefix="kirotodo-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]


class Metrics(Observer):
    """The counts of one process; `page` is what Prometheus reads."""

    def __init__(self) -> None:
        self._shared = os.environ.get(SHARED_FOLDER, "")
        if self._shared:
            _forget_the_dead(Path(self._shared))
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "kirotodo_http_requests", "Answers given.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "kirotodo_http_request_seconds",
            "Seconds until an answer begins; a stream goes on after that.",
            ("route",),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._turns = Counter("kirotodo_turns", "Runs of turns, by how they ended.", ("status",), registry=registry)
        self._turn_seconds = Histogram(
            "kirotodo_turn_seconds",
            "Seconds spent on a turn.",
            ("status", "model"),
            buckets=TURN_BUCKETS,
            registry=registry,
        )
        self._tokens = Counter("kirotodo_model_tokens", "Tokens used by models.", ("model", "kind"), registry=registry)
        self._model_seconds = Histogram(
            "kirotodo_model_seconds",
            "Seconds of one run of a model.",
            ("model",),
            buckets=TURN_BUCKETS,
            registry=registry,
        )
        self._first_seconds = Histogram(
            "kirotodo_model_first_seconds",
            "Seconds until the first event of a model.",
            ("model",),
            buckets=TURN_BUCKETS,
            registry=registry,
        )
        self._model_errors = Counter(
            "kirotodo_model_errors", "Runs of a model that failed.", ("model", "code"), registry=registry
        )
        self._limited = Counter("kirotodo_rate_limited", "Requests refused by a limit.", registry=registry)
        self._live = self._gauge("kirotodo_turns_live", "Turns running now.")
        self._viewers = self._gauge("kirotodo_viewers", "Event streams open now.")
        self._pool_in_use = self._gauge("kirotodo_db_pool_in_use", "Database connections in use.")
        self._pool_size = self._gauge("kirotodo_db_pool_size", "Maximum number of database connections.")
        self._storage_up = self._gauge(
            "kirotodo_rate_limit_storage_up", "Whether the shared rate limit storage answers.", mode="min"
        )
        self._storage_up.set(1)
        self._gauge("kirotodo_build_info", "1, with the release as a label.", labels=("version",), mode="max").labels(
            __version__
        ).set(1)
        self._looks: list[tuple[Gauge, Callable[[], float]]] = []

    def _gauge(self, name: str, text: str, *, labels: tuple[str, ...] = (), mode: str = "livesum") -> Gauge:
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode=mode)  # type: ignore[arg-type]

    # --- what happens ---

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
        if status == 429:
            self._limited.inc()

    def turn_ended(self, report: TurnReport) -> None:
        """Count a turn."""
        self._turns.labels(report.ended).inc()
        self._turn_seconds.labels(report.ended, report.model).observe(report.seconds)
        self._tokens.labels(report.model, "input").inc(report.usage.input_tokens)
        self._tokens.labels(report.model, "output").inc(report.usage.output_tokens)

    def model_ran(self, report: StepReport) -> None:
        """Count a run of a model."""
        self._model_seconds.labels(report.model).observe(report.seconds)
        if report.first_seconds is not None:
            self._first_seconds.labels(report.model).observe(report.first_seconds)
        if report.code:
            self._model_errors.labels(report.model, report.code).inc()

    # --- what stands ---

    def watch(
        self,
        *,
        live_turns: Callable[[], int],
        viewers: Callable[[], int],
        pool: Callable[[], tuple[int, int]],
        limits_shared: Callable[[], bool] = lambda: True,
    ) -> None:
        """Register where the numbers stand that are not counted here; `pool` gives connections in use and at most."""
        self._looks = [
            (self._live, live_turns),
            (self._viewers, viewers),
            (self._pool_in_use, lambda: pool()[0]),
            (self._pool_size, lambda: pool()[1]),
            (self._storage_up, limits_shared),
        ]

    def look(self) -> None:
        """Read the numbers that are not counted here."""
        for gauge, number in self._looks:
            gauge.set(number())

    @contextmanager
    def kept_up_to_date(self) -> Iterator[None]:
        """Look now and then, where another process may be the one that is asked."""
        looking = asyncio.create_task(self._keep_looking(), name="metrics") if self._shared else None
        try:
            yield
        finally:
            if looking is not None:
                looking.cancel()

    async def _keep_looking(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format, of all worker processes together."""
        self.look()
        if not self._shared:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    """Take away what stood with processes that are gone; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
        except PermissionError:
            continue
