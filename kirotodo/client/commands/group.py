"""The front door as a click group: commands are imported when they are used, and every fault becomes one sentence."""

import importlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

import click

from kirotodo.client.commands.context import (
    FAILED,
    INTERRUPTED,
    NOT_SIGNED_IN,
    UNREACHABLE,
    WRONG_USAGE,
    with_env_file,
    with_place,
)
from kirotodo.client.commands.output import say
from kirotodo.core.errors import InvalidInput, KirotodoError, NotSignedIn, Unreachable
from kirotodo.core.text.sanitize import sanitize_line

COMMAND_ALIASES: Final = {
    "ls": "list",
    "tasks": "list",
    "all": "list --all",
    "rm": "delete",
    "remove": "delete",
    "del": "delete",
    "new": "add",
    "create": "add",
    "complete": "done",
    "finish": "done",
    "check": "done",
    "reopen": "done --reopen",
    "update": "edit",
    "change": "edit",
    "rename": "edit",
    "find": "search",
    "get": "show",
    "view": "show",
    "say": "ask",
    "tell": "ask",
    "tui": "chat",
    "start": "chat",
    "history": "conversations",
    "settings": "config",
    "status": "doctor",
    "signin": "login",
    "register": "signup",
    "signout": "logout",
    "who": "whoami",
    "me": "whoami",
    "backup": "db backup",
    "restore": "db restore",
    "version": "--version",
}
"""What people of other programs type, and what it is called here."""


class CommandGroup(click.Group):
    """`rooms` are headings of the help with their commands, each a `module:attribute` to import.

    The commands in `placed` act on a list, and take the options that say which. All take `--env-file`, and the help of
    those in `configured` names it.
    """

    def __init__(
        self,
        *,
        rooms: Mapping[str, Mapping[str, str]],
        placed: Collection[str] = (),
        configured: Collection[str] = (),
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.rooms = rooms
        self.placed = frozenset(placed)
        self.configured = frozenset(configured)
        with_place(self)
        with_env_file(self)
        self.places = {name: place for room in rooms.values() for name, place in room.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        with_env_file(command, hidden=cmd_name not in self.configured)
        return with_place(command) if cmd_name in self.placed else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            raise click.UsageError(self._no_such(args), ctx) from None

    def _no_such(self, args: Sequence[str]) -> str:
        name = args[0]
        near = COMMAND_ALIASES.get(name.lower()) or next(iter(get_close_matches(name.lower(), self.places, n=1)), None)
        if near is not None and " " not in name:
            return f"There is no command {name!r}. Did you mean `kirotodo {near}`?"
        words = sanitize_line(" ".join(args))[:60]
        return f'There is no command {sanitize_line(name)[:60]!r}. To say it to your list: kirotodo ask "{words}"'

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, room in self.rooms.items():
            rows = [(name, self._short_help(ctx, name)) for name in room]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=90) if command is not None else ""

    def main(self, args: Any = None, prog_name: Any = None, *rest: Any, **extra: Any) -> Any:
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            extra.setdefault("color", False)
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "kirotodo", *rest, **extra)
        except click.Abort:
            code = INTERRUPTED
        except click.ClickException as error:
            code = _tell_usage(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            _let_go_of_stdout()
            raise click.exceptions.Exit(0) from None
        except KeyboardInterrupt:
            say()
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            _tell_fault(error)


def _tell_usage(error: click.ClickException) -> int:
    """The sentence, and where to read on; not the usage line, which says less than the help it points to."""
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"\nSee `{error.ctx.command_path} --help`."
    say(error.format_message() + hint)
    return error.exit_code


def _tell_fault(error: Exception) -> NoReturn:
    if os.environ.get("KIROTODO_DEBUG"):
        import traceback

        say("".join(traceback.format_exception(error)))
    say(_sentence(error))
    if isinstance(error, OSError):
        _let_go_of_stdout()
    raise click.exceptions.Exit(_code(error)) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, NotSignedIn) and "kirotodo login" not in error.message:
        return f"{error.message} `kirotodo login` signs you in."
    if isinstance(error, KirotodoError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else f"The output failed: {error.strerror}."
    what = f"{type(error).__name__}: {sanitize_line(str(error))}"[:200]
    return f"Something went wrong inside kirotodo ({what}). KIROTODO_DEBUG=1 shows where."


def _code(error: Exception) -> int:
    match error:
        case Unreachable():
            return UNREACHABLE
        case NotSignedIn():
            return NOT_SIGNED_IN
        case InvalidInput():
            return WRONG_USAGE
        case _:
            return FAILED


def _let_go_of_stdout() -> None:
    """Nobody reads stdout, or it is full: what is left in its buffer must not fail again when Python ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        pass
