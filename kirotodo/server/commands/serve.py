"""`serve`: the list behind an HTTP API."""

import click

from kirotodo.server.commands.console import put
from kirotodo.server.commands.loading import load_server_settings


@click.command(
    short_help="Serve the to-do list over HTTP.",
    epilog="""\b
Examples:
  kirotodo serve
  kirotodo serve --host 0.0.0.0 --port 8080
  DATABASE_URL=postgresql://… ENVIRONMENT=production kirotodo serve --workers 4""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 means all of them.")
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    envvar="PORT",
    show_envvar=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--workers",
    "-w",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="WEB_CONCURRENCY",
    show_envvar=True,
    help="Number of worker processes; more than one needs PostgreSQL.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the to-do list over HTTP to every user who has a token; /docs describes each route.

    SIGTERM (or Ctrl+C) shuts the server down gracefully: it accepts no new work, tells viewers to reconnect, and
    waits up to DRAIN_TIMEOUT seconds for running turns. Longer ones continue at the next start, or on another server.
    """
    from kirotodo.server.run import serve as run

    run(load_server_settings(), host=host, port=port, workers=workers, say=put)
