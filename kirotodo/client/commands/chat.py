"""Opening the terminal client: `chat` and `replay`. The screen itself is opened by the session."""

import os
import shutil
import sys
from pathlib import Path

import click

from kirotodo.client.commands.context import WRONG_USAGE, leave, session
from kirotodo.client.commands.params import CONVERSATION

NARROWEST = 20
LOWEST = 6


@click.command(
    short_help="Open the chat, as `kirotodo` alone does.",
    epilog="""\b
Examples:
  kirotodo
  kirotodo chat --new
  kirotodo chat --conversation 3
  kirotodo chat --model fast
  kirotodo chat --plain""",
)
@click.option("--conversation", "-n", type=CONVERSATION, metavar="NUMBER", help="Continue this conversation.")
@click.option("--new", is_flag=True, help="Start a new conversation.")
@click.option("--model", metavar="NAME", help="Use this model; /model in the chat chooses another.")
@click.option("--plain", is_flag=True, help="Line after line, without a screen: for screen readers and pipes.")
def chat(conversation: int | None, new: bool, model: str | None, plain: bool) -> None:
    """Open the chat in this terminal and continue the latest conversation.

    With --plain, or ACCESSIBLE=1 in the environment, nothing on the screen is ever drawn anew: each line says who it is
    from, and the input may be a pipe.
    """
    if conversation is not None and new:
        raise click.UsageError("Give either --conversation or --new, not both.")
    if plain or os.environ.get("ACCESSIBLE", "") not in ("", "0"):
        from kirotodo.client.commands.plain_chat import chat_plainly

        chat_plainly(conversation=conversation, new=new, model=model)
        return
    require_terminal()
    session().screen(conversation_id=conversation, new=new, model=model)


@click.command(
    short_help="Replay a recorded turn in the chat.",
    epilog="""\b
Examples:
  kirotodo ask --jsonl "what is due today?" > turn.jsonl
  kirotodo replay turn.jsonl""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
def replay(file: Path) -> None:
    """Replay FILE, the events that `kirotodo ask --jsonl` printed, in the chat. Your list is not touched."""
    require_terminal()
    session().screen(recording=file)


def require_terminal() -> None:
    """Exit with a sentence that points to `ask` where the chat cannot be drawn."""
    if os.environ.get("TEXTUAL_DRIVER"):  # it is drawn elsewhere: in a browser
        return
    instead = 'For a plain answer, use `kirotodo ask "what is due today?"`.'
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        leave(WRONG_USAGE, f"The chat needs a terminal. {instead}")
    if os.environ.get("TERM", "") in {"dumb", "unknown"}:
        leave(WRONG_USAGE, f"The chat needs a terminal that can move its cursor (TERM is dumb). {instead}")
    size = shutil.get_terminal_size()
    if size.columns < NARROWEST or size.lines < LOWEST:
        found = f"{size.columns}×{size.lines}"
        leave(WRONG_USAGE, f"The chat needs at least {NARROWEST}×{LOWEST} characters; this is {found}. {instead}")
