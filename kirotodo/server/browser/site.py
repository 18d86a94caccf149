"""The browser front end: a page that shows the terminal client, and a process of it for each visitor.

The page, its script and its fonts come from here alone. Nothing is kept of a visitor: tokens stay in the memory of
their process, which ends with their socket.
"""

import asyncio
import html
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import textual_serve
from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from kirotodo import __version__
from kirotodo.core.errors import OperatorError
from kirotodo.core.timezones import known_zone
from kirotodo.server.browser.visitor import Visitor
from kirotodo.server.client_address import TrustedProxies, address_in, counted_as

logger = logging.getLogger(__name__)

TITLE: Final = "kirotodo"
PAGE: Final = files("kirotodo.server.browser") / "page"
STATIC: Final = Path(textual_serve.__file__).parent / "static"
FULL: Final = "There are too many visitors right now. Please try again in a few minutes."
UNUSED: Final = "Closed, because nothing was typed. Reload the page to start again."
UNUSED_SECONDS: Final = 600.0
"""How long a visitor may take to press the first key. The site cannot know who is signed in, but nobody is by then."""
MESSAGE_MAX: Final = 256 * 1024
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Site(Server):
    """`command` is run for each visitor with `environment`; `visitors` at most, and of one address `per_address`.

    The word of a proxy on a visitor's address is taken where the proxy is one of `proxies`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        visitors: int = 50,
        per_address: int = 10,
        proxies: Sequence[str] = (),
        title: str = TITLE,
    ) -> None:
        super().__init__(title, title=title)
        self._words = tuple(command)
        self._environment = dict(environment)
        self._most, self._most_of_one, self._proxies = visitors, per_address, TrustedProxies.of(proxies)
        self._sockets: set[web.WebSocketResponse] = set()
        self._addresses: Counter[str] = Counter()

    @property
    def visitors(self) -> int:
        """Return how many visitors there are now."""
        return self._addresses.total()

    def application(self) -> web.Application:
        """Return the web application with its routes."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.handle_page),
                web.get("/health", self.handle_health),
                web.get("/page/{name}", self.handle_part),
                web.get(r"/ws/{zone:[\w+/-]*}", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/static", STATIC),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self.on_shutdown)
        return app

    async def handle_page(self, _: web.Request) -> web.Response:
        """Answer with the page."""
        page = (PAGE / "index.html").read_text(encoding="utf-8")
        return web.Response(text=page.replace("{title}", html.escape(self.title)), content_type="text/html")

    async def handle_part(self, request: web.Request) -> web.Response:
        """Answer with the script or the style sheet of the page."""
        kind = {"page.js": "text/javascript", "page.css": "text/css"}.get(request.match_info["name"])
        if kind is None:
            raise web.HTTPNotFound
        text = (PAGE / request.match_info["name"]).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=kind)

    async def handle_health(self, _: web.Request) -> web.Response:
        """Answer that the site is up, with the number of visitors."""
        return web.json_response({"status": "ok", "version": __version__, "visitors": self.visitors})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a visitor's process for as long as the socket is open."""
        if not _same_origin(request) or not _own_host(request):
            raise web.HTTPForbidden(text="Only this site's own page may open a terminal.")
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=MESSAGE_MAX)
        await socket.prepare(request)
        address = counted_as(self._address_of(request))
        if self.visitors >= self._most or self._addresses[address] >= self._most_of_one:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=FULL.encode())
            return socket
        self._addresses[address] += 1
        self._sockets.add(socket)
        try:
            await self._receive(request, socket)
        finally:
            self._sockets.discard(socket)
            self._addresses[address] -= 1
            self._addresses += Counter()  # forgets addresses that nobody is here from
            await socket.close()
        return socket

    async def _receive(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        visitor = Visitor(
            self._words,
            socket=socket,
            downloads=self.download_manager,
            environment={
                **self._environment,
                **_zone(request.match_info["zone"]),
                "KIROTODO_VISITOR_ADDRESS": self._address_of(request),
            },
        )
        try:
            await visitor.start(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
            unused = asyncio.create_task(_close_unused(socket, visitor))
            try:
                await self._process_messages(socket, visitor)
            finally:
                unused.cancel()
        except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError):
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR)
        except OSError as error:
            logger.error("a visitor's process could not be started: %s", error)
        finally:
            await asyncio.shield(visitor.stop())

    async def on_shutdown(self, app: web.Application) -> None:
        """Close every visitor's socket."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in tuple(self._sockets)))

    def _address_of(self, request: web.Request) -> str:
        peer = request.remote or ""
        forwarded = request.headers.getall("X-Forwarded-For", ())
        return self._proxies.client(peer, forwarded) if self._proxies.trusts(peer) else peer


async def _close_unused(socket: web.WebSocketResponse, visitor: Visitor) -> None:
    if not await visitor.typed_within(UNUSED_SECONDS):
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=UNUSED.encode())


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.popall("Server", None)  # which names versions


def _same_origin(request: web.Request) -> bool:
    """A page of another site cannot open terminals here; a program that is no browser sends no Origin."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


def _own_host(request: web.Request) -> bool:
    """Whether the page's own address is one of this machine, where that is the only way here without a proxy: another
    site could have its name lead here (DNS rebinding), and would then pass for the page's own origin."""
    arrived_at = request.transport.get_extra_info("sockname") if request.transport is not None else None
    if not arrived_at or not _is_loopback(str(arrived_at[0])) or "X-Forwarded-For" in request.headers:
        return True
    return _is_loopback(urlsplit(f"//{request.headers.get('Host', '')}").hostname or "")


def _is_loopback(host: str) -> bool:
    address = address_in(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _zone(name: str) -> dict[str, str]:
    try:
        return {"TIMEZONE": known_zone(name)} if name else {}
    except ValueError:
        return {}


@asynccontextmanager
async def served(site: Site, host: str, port: int) -> AsyncIterator[str]:
    """Serve the site and yield its address. At the end every visitor is told, and their process ended."""
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=10)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise OperatorError(f"Nothing can listen on {host}:{port}: {error.strerror or error}.") from None
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
