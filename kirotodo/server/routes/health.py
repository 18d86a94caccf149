"""Health, readiness and metrics of this process."""

import asyncio
import time
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from kirotodo import __version__
from kirotodo.core.errors import Draining, KirotodoError, NotFound, StorageError
from kirotodo.core.store.database import Database
from kirotodo.server.observability.metrics import CONTENT_TYPE, Metrics
from kirotodo.server.openapi import named, problems
from kirotodo.server.problems import problem_of
from kirotodo.server.schemas import Health

router = APIRouter(tags=["health"], generate_unique_id_function=named)

PATIENCE_SECONDS: Final = 2.0
METRICS: Final = 'kirotodo_requests_total{method="GET",route="/api/{user_id}/tasks",status="200"} 12.0\n'


@router.get("/health")
async def get_health() -> Health:
    """Answer that this process is up; nothing else is checked."""
    return Health(version=__version__)


@router.get("/health/ready", response_model=Health, responses=problems(503))
async def get_readiness(request: Request) -> Health | Response:
    """Check that the database answers, is of this release or newer, and can be written, and that the server isn't about
    to stop. One that is busy with others does answer."""
    if request.app.state.drain.seen_leaving():
        return problem_of(Draining("This server is shutting down."))
    database: Database = request.app.state.core.database
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with database.read("") as store:
                await store.revision()
            await database.require_writable()
    except TimeoutError:
        if database.answered_at < began:
            return problem_of(StorageError("the database did not answer in time"))
    except KirotodoError as error:
        return problem_of(error)
    return Health(version=__version__)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"example": METRICS}}}, **problems(404)},
)
def get_metrics(request: Request) -> Response:
    """Return counts and durations in Prometheus' text format. Not for the public: keep it behind the gateway."""
    if not request.app.state.settings.metrics:
        raise NotFound("This server serves no metrics (METRICS=false).")
    counted: Metrics = request.app.state.metrics
    return Response(counted.page(), media_type=CONTENT_TYPE)
