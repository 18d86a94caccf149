"""The HTTP API: `create_app` puts the core behind its routes.

What lives here is the order of things: what is opened at the start and closed at the end, and what a request passes
through on its way to a route.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from kirotodo import __version__
from kirotodo.core.local import Core, utc_now
from kirotodo.core.settings import Settings
from kirotodo.server.asgi import HeadAsGet, JsonByDefault
from kirotodo.server.auth.authenticator import Authenticator
from kirotodo.server.auth.rate_limit import RateLimitHeaders
from kirotodo.server.client_address import ClientAddress, TrustedProxies
from kirotodo.server.docs_page import DESCRIPTION_PATH, serve_docs, shows_docs
from kirotodo.server.large_bodies import LargeBodies
from kirotodo.server.middleware import (
    REQUEST_ID,
    VERSION,
    BodyLimitMiddleware,
    Cors,
    HeadLimit,
    OneByOne,
    RequestIdMiddleware,
    ShutdownMiddleware,
)
from kirotodo.server.observability.access_log import AccessLogMiddleware, CompositeObserver
from kirotodo.server.observability.metrics import Metrics
from kirotodo.server.observability.traces import Traces, telemetry, traced
from kirotodo.server.openapi import describe
from kirotodo.server.problems import answer_with_problems
from kirotodo.server.ringer import Ringer
from kirotodo.server.routes import (
    agent_tokens,
    auth,
    calendars,
    chat,
    chat_completions,
    chatkit,
    conversations,
    deletion,
    health,
    mcp,
    reminders,
    tasks,
    tools,
    turns,
    user,
    views,
    webhooks,
)
from kirotodo.server.shutdown import GracefulShutdown
from kirotodo.server.webhook_sender import WebhookSender
from kirotodo.server.webhook_worker import WebhookWorker

if TYPE_CHECKING:
    from kirotodo.core.models.model import Model

ROUTERS: Final = (
    chat.router,
    turns.router,
    conversations.router,
    tasks.router,
    views.router,
    reminders.router,
    tools.router,
    chat_completions.router,
    user.router,
    agent_tokens.router,
    webhooks.router,
    deletion.router,
    auth.router,
    health.router,
)


def create_app(
    settings: Settings,
    *,
    model: "Model | None" = None,
    clock: Callable[[], datetime] = utc_now,
    drains_on_signals: bool = False,
) -> FastAPI:
    """Create the application. `app.state` holds `settings`, `drain` and `metrics`, and while it runs `core` and
    `authenticator`.

    `model` answers in place of the configured one. With `drains_on_signals` it stops in good order by itself before
    the web server that runs it hears of a SIGTERM.
    """
    drain, metrics = GracefulShutdown(), Metrics()
    mcp_endpoint = mcp.McpEndpoint()
    observer = CompositeObserver((metrics, Traces())) if traced() else metrics

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        core = await Core.open(settings, model=model, clock=clock, observer=observer)
        try:
            await core.resume()
            core.runner.keep_watch()
            authenticator = await Authenticator.open(settings, core)
            app.state.core, app.state.authenticator = core, authenticator
            metrics.watch(
                live_turns=lambda: core.live_turns,
                viewers=lambda: core.hub.viewers,
                pool=core.database.pool,
                limits_shared=lambda: not authenticator.limits.lost,
            )
            sender = WebhookSender(clock=clock, private=settings.webhook_private_networks)
            app.state.webhook_sender = sender
            ringing = asyncio.create_task(Ringer(core, sender).keep_ringing(), name="ringing reminders")
            webhook_worker = WebhookWorker(database=core.database, sender=sender)
            delivering = asyncio.create_task(webhook_worker.keep_delivering(), name="delivering webhooks")
            deleting = asyncio.create_task(authenticator.deletions.keep_deleting(), name="deleting users")
            async with _publishing(core), AsyncExitStack() as signals:
                await signals.enter_async_context(authenticator.limits.watched())
                signals.enter_context(metrics.kept_up_to_date())
                if drains_on_signals:
                    signals.enter_context(
                        drain.on_signals(
                            until_idle=core.until_idle,
                            grace_seconds=settings.drain_timeout,
                            delay_seconds=settings.drain_delay,
                        )
                    )
                yield
            drain.begin()
            drain.end()
            deleting.cancel()
            ringing.cancel()
            delivering.cancel()
            await asyncio.gather(deleting, ringing, delivering, return_exceptions=True)
            await sender.aclose()
            await mcp_endpoint.aclose()
            await authenticator.aclose()
        finally:
            await core.aclose()

    app = FastAPI(
        title="kirotodo",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=DESCRIPTION_PATH if shows_docs(settings) else None,
        redirect_slashes=False,  # a redirect would name the Host it was asked for, and repeat passwords there
        telemetry=telemetry(),
    )
    app.state.settings, app.state.drain, app.state.metrics = settings, drain, metrics
    app.state.large_bodies = LargeBodies()
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # as they are; including them would make each anew for every app
    app.router.routes.extend(mcp.routes(mcp_endpoint))
    app.router.routes.extend(chatkit.routes())
    app.router.routes.extend(calendars.routes())
    answer_with_problems(app)
    describe(app)
    if shows_docs(settings):
        serve_docs(app)
    app.add_middleware(JsonByDefault)
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(HeadLimit)
    app.add_middleware(HeadAsGet)
    app.add_middleware(ShutdownMiddleware, drain=drain)
    app.add_middleware(AccessLogMiddleware, metrics=metrics)
    app.add_middleware(RateLimitHeaders)
    app.add_middleware(RequestIdMiddleware)
    _allow_origins(app, settings)
    app.add_middleware(OneByOne)
    app.add_middleware(ClientAddress, proxies=TrustedProxies.of(settings.forwarded_allow_ips))
    return app


@asynccontextmanager
async def _publishing(core: Core) -> AsyncIterator[None]:
    """Publish every change to the operator's stream, where there is one. Raises `ConfigError` where that can't be."""
    url = core.settings.events_url
    if url is None:
        yield
        return
    from kirotodo.server.event_stream import publisher_at
    from kirotodo.server.event_worker import EventWorker

    publisher = publisher_at(url.get_secret_value())
    worker = EventWorker(database=core.database, publisher=publisher)
    publishing = asyncio.create_task(worker.keep_publishing(), name="publishing events")
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await publisher.aclose()


def _allow_origins(app: FastAPI, settings: Settings) -> None:
    if settings.cors_origins:
        app.add_middleware(
            Cors,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=["*"],  # pages add what their tracing wants, by many names; the origin is what counts
            expose_headers=[
                REQUEST_ID,
                VERSION,
                "ETag",
                "Location",
                "Retry-After",
                *(f"X-RateLimit-{part}" for part in _LIMITS),
            ],
        )


_LIMITS: Final = ("Limit", "Remaining", "Reset")
