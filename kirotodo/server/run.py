"""Running the application on uvicorn: the socket, the line that says where, workers, and the end in good order.

Everything that can be known to be wrong is found before the first request, and told in a sentence.
"""

import asyncio
import errno
import gc
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from kirotodo.core.addresses import host_of, is_this_machine
from kirotodo.core.errors import ConfigError, Conflict, InvalidInput, OperatorError
from kirotodo.core.local import Core
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.auth.authenticator import Authenticator
from kirotodo.server.auth.signing_secret import SECRET_MIN, plain, weakness_of
from kirotodo.server.connection_limits import HEAD_MAX, Connections
from kirotodo.server.observability import logs, sentry
from kirotodo.server.observability.metrics import shared_by_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kirotodo.core.settings import Settings


def faults_of(settings: "Settings", *, workers: int = 1) -> tuple[str, ...]:
    """One sentence for each fault, whatever ENVIRONMENT says; none where a server may start."""
    return tuple(_faults(settings, workers))


def _faults(settings: "Settings", workers: int) -> "Iterator[str]":
    if settings.better_auth_url is None:
        yield from _of_the_secrets(settings)
    elif settings.better_auth_url.startswith("http://") and not is_this_machine(host_of(settings.better_auth_url)):
        yield (
            f"BETTER_AUTH_URL={settings.better_auth_url} is not encrypted: whoever listens on the way could publish "
            "keys of his own; use its https:// address."
        )
    if "*" in settings.cors_origins:
        yield "CORS_ORIGINS=* lets every web page call the server. List the origins that may."
    if not settings.profiles() and settings.model is None:
        yield (
            "No model is configured: set OPENAI_API_KEY or OPENAI_BASE_URL, "
            "or MODEL=built-in to do without a model service."
        )
    if workers > 1 and settings.database_url.startswith("sqlite"):
        yield f"{workers} workers cannot share SQLite: set DATABASE_URL to PostgreSQL, or start one worker."


def _of_the_secrets(settings: "Settings") -> "Iterator[str]":
    secret, previous = plain(settings.better_auth_secret), plain(settings.better_auth_secret_previous)
    hint = f"give it a random text of {SECRET_MIN} characters or more, such as `openssl rand -base64 48` prints."
    if not secret:
        yield f"BETTER_AUTH_SECRET is not set: {hint}"
    elif weak := weakness_of(secret):
        yield f"BETTER_AUTH_SECRET {weak}: {hint}"
    if previous and (weak := weakness_of(previous)):
        yield f"BETTER_AUTH_SECRET_PREVIOUS {weak}: remove it; who signed in with it has to sign in again."


KEEP_ALIVE_SECONDS: Final = 75
"""Longer than load balancers keep an idle connection, so that none sends a request into one that just closed."""
HANG_UP_SECONDS: Final = 3
"""What is left of a connection after the drain."""
BACKLOG: Final = 2048
OTHER_FILES: Final = 100
"""Open files that are no connections of clients: the database, the models' services, the log."""


def serve(settings: Settings, *, host: str, port: int, workers: int, say: Callable[[str], None]) -> None:
    """Serve until told to stop. Raises `KirotodoError` where it cannot begin."""
    faults = faults_of(settings, workers=workers) if settings.environment == "production" else ()
    if faults:
        raise ConfigError("\n".join(faults))
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise ConfigError(
            f"{workers} workers cannot share SQLite: set DATABASE_URL to PostgreSQL, or start one worker."
        )
    if settings.events_url is not None:
        from kirotodo.server.event_stream import require_library

        require_library(settings.events_url.get_secret_value())
    answering = asyncio.run(_tried(settings))
    listening = bound(host, port)
    line = f"kirotodo serves {_address(listening)} ({answering} answers; stop with Ctrl+C)"
    try:
        if workers > 1:
            say(line)
            with shared_by_processes():
                Multiprocess(
                    uvicorn_config(partial(_watched_app, settings), settings, workers=workers), [listening]
                ).run()
        else:
            app = _watched_app(settings)
            _Server(uvicorn_config(app, settings), up=lambda: say(line)).run([listening])
    finally:
        listening.close()
        sentry.stop()


def _watched_app(settings: Settings) -> FastAPI:
    """The application of a process of its own, whose log and reports of errors are for whoever runs it. Each worker is
    handed the settings that were found good, and reads none itself."""
    logs.configure(settings)
    sentry.start(settings)
    return create_app(settings, drains_on_signals=True)


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to that address. Raises `OperatorError` where there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise InvalidInput(f"{host!r} isn't a valid address. Try --host 127.0.0.1, or 0.0.0.0 for all.") from None
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        match error.errno:
            case errno.EADDRINUSE:
                raise Conflict(f"Port {port} is in use. Choose another with --port.") from None
            case errno.EADDRNOTAVAIL:
                raise InvalidInput(f"{host} isn't an address of this computer. Try --host 127.0.0.1.") from None
            case errno.EACCES:
                raise OperatorError(
                    f"You aren't allowed to open port {port}. Choose one above 1023 with --port."
                ) from None
            case _:
                raise OperatorError(f"{host}:{port} can't be opened: {error.strerror or error}.") from None
    listening.set_inheritable(True)
    return listening


async def _tried(settings: Settings) -> str:
    """Open everything once and let go of it: which model answers, or what is wrong with the configuration."""
    core = await Core.open(settings)
    try:
        core.models.model()
        authenticator = await Authenticator.open(settings, core)
        await authenticator.aclose()
        return core.models.default
    finally:
        await core.aclose()


class _Server(uvicorn.Server):
    """uvicorn that says when it is up, and whose stopping is no failure: the process ends with 0."""

    def __init__(self, config: uvicorn.Config, *, up: Callable[[], None]) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        gc.freeze()  # what is there now stays, so the collector need not look at it again
        gc.enable()
        self._up()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def uvicorn_config(
    app: FastAPI | Callable[[], FastAPI], settings: Settings, *, workers: int | None = None
) -> uvicorn.Config:
    """How uvicorn runs this: it says nothing of itself, and leaves proxies to `client_address`."""
    opened: Any = Connections(most=most_connections(settings), seconds=settings.request_timeout).opened
    return uvicorn.Config(
        app,
        http=opened,
        ws="none",
        h11_max_incomplete_event_size=HEAD_MAX,
        factory=not isinstance(app, FastAPI),
        workers=workers,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=HANG_UP_SECONDS,
    )


def most_connections(settings: Settings) -> int:
    """Return how many connections this process may keep open: MAX_CONNECTIONS, or what the system's limit of open
    files leaves, after that was raised as far as it may be."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return settings.max_connections
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + OTHER_FILES
    if allowed < wanted and allowed != resource.RLIM_INFINITY:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        return settings.max_connections
    return max(1, min(settings.max_connections, allowed - OTHER_FILES))


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"
