"""`web`: the terminal client in the browser."""

import asyncio
import contextlib
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

import click

from kirotodo.server.commands.console import say
from kirotodo.server.commands.loading import load_server_settings

if TYPE_CHECKING:
    from kirotodo.server.browser.site import Site

log = logging.getLogger(__name__)

TOKENS_IN_MEMORY: Final = "memory"


@click.command(
    short_help="Serve the chat to browsers.",
    epilog="""\b
Examples:
  kirotodo web --server https://api.example.com
  KIROTODO_SERVER=https://api.example.com kirotodo web --host 0.0.0.0 --port 8000 --visitors 100""",
)
@click.option(
    "--server",
    envvar=["KIROTODO_SERVER", "NEXT_PUBLIC_API_URL"],
    metavar="URL",
    help="The server that visitors sign in to (also KIROTODO_SERVER or NEXT_PUBLIC_API_URL).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--visitors",
    envvar="KIROTODO_WEB_VISITORS",
    default=50,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Maximum number of visitors at once; each takes a process of about 80 MB.",
)
@click.option("--title", default="kirotodo", show_default=True, help="Title of the page.")
def web(server: str | None, host: str, port: int, visitors: int, title: str) -> None:
    """Serve the chat to browsers. Each visitor signs in to the server and uses the terminal client in the page.
    A page in which nothing is typed for the first 10 minutes is closed.

    Each visitor gets a client process of their own. It ends with the page, and keeps the sign-in only in memory.
    """
    if not server:
        raise click.UsageError("Name the server that visitors sign in to: --server URL, or KIROTODO_SERVER.")
    from kirotodo.server.browser.site import Site
    from kirotodo.server.observability import logs

    settings = load_server_settings()
    logs.configure(settings)
    site = Site(
        (sys.executable, "-m", "kirotodo", "chat"),
        environment={"KIROTODO_SERVER": server, "KIROTODO_CREDENTIALS": TOKENS_IN_MEMORY},
        visitors=visitors,
        proxies=settings.forwarded_allow_ips,
        title=title,
    )
    asyncio.run(_serve(site, host, port, as_log=settings.log_format == "json"))


async def _serve(site: "Site", host: str, port: int, *, as_log: bool) -> None:
    from kirotodo.server.browser.site import served

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopping.set)
    async with served(site, host, port) as address:
        if as_log:
            log.info("serving the chat at %s", address)
        else:
            say(f"Open {address} in a browser; ctrl+c stops.")
        await stopping.wait()
