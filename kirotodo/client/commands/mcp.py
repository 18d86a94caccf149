"""`mcp`: the list as tools for an assistant that starts this program."""

import click

from kirotodo.client.commands.context import with_backend
from kirotodo.core.errors import ConfigError

MISSING = "kirotodo mcp needs the MCP SDK, which isn't installed. Install it with: pip install 'kirotodo[mcp]'"


@click.command(
    short_help="Offer your list to an assistant over MCP (stdio).",
    epilog="""\b
Examples:
  kirotodo mcp
  claude mcp add kirotodo -- kirotodo mcp
  kirotodo mcp --server https://todo.example.com""",
)
def mcp() -> None:
    """Serve your list to an assistant over the Model Context Protocol on stdin and stdout. The assistant starts this
    command; you don't.

    It gets tools to add, list, change, complete and delete tasks and to undo, and `say`, which passes your words to the
    chat. Deleting several tasks or changing many asks you first, if the assistant can ask. `kirotodo undo` takes back
    what it did.
    """
    try:
        from kirotodo.protocols.mcp import serve_stdio
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("mcp"):
            raise
        raise ConfigError(MISSING) from None
    with_backend(serve_stdio, resume=True)
