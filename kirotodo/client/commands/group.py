"""The click group behind `kirotodo`: it imports a command when it is used, and turns every error into one sentence."""

import importlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NoReturn

import click

from kirotodo.client.commands.context import (
    FAILED,
    INTERRUPTED,
    NOT_SIGNED_IN,
    UNREACHABLE,
    WRONG_USAGE,
    with_env_file,
    with_server_options,
)
from kirotodo.client.commands.output import pointed_out, say
from kirotodo.core.errors import FilterError, InvalidInput, KirotodoError, NotSignedIn, Unreachable
from kirotodo.core.text.sanitize import sanitize_line

CHAT_OPTIONS: Final = frozenset({"--new", "--conversation", "-n", "--model", "--plain"})
"""Options of the chat, which opens without its name."""
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
"""Names of commands in other programs, and the command here that does the same."""


class CommandGroup(click.Group):
    """A group whose commands are grouped under `headings` in the help, each command a `module:attribute` to import.

    The commands in `server_option_for` take `--local` and `--server`. All take `--env-file`, but only the help of those
    in `env_file_help_for` shows it.
    """

    def __init__(
        self,
        *,
        headings: Mapping[str, Mapping[str, str]],
        server_option_for: Collection[str] = (),
        env_file_help_for: Collection[str] = (),
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.headings = headings
        self.server_option_for = frozenset(server_option_for)
        self.env_file_help_for = frozenset(env_file_help_for)
        with_server_options(self)
        with_env_file(self)
        self.import_paths = {name: path for commands in headings.values() for name, path in commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order of the help."""
        return list(self.import_paths)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, None for an unknown name. Nothing else is imported."""
        path = self.import_paths.get(cmd_name)
        if path is None:
            return None
        module, _, attribute = path.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        with_env_file(command, hidden=cmd_name not in self.env_file_help_for)
        return with_server_options(command) if cmd_name in self.server_option_for else command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `kirotodo --new` as `kirotodo chat --new`: without a command, the options are those of the chat."""
        given = {arg.partition("=")[0] for arg in args}
        if given & CHAT_OPTIONS and not given & self.import_paths.keys():
            args = ["chat", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first argument. Raise `UsageError` with the nearest name for an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            raise click.UsageError(self._no_such(args), ctx) from None

    def _no_such(self, args: Sequence[str]) -> str:
        name = args[0]
        from difflib import get_close_matches

        close = get_close_matches(name.lower(), self.import_paths, n=1)
        near = COMMAND_ALIASES.get(name.lower()) or next(iter(close), None)
        if near is not None and " " not in name:
            return f"There is no command {name!r}. Did you mean `kirotodo {near}`?"
        words = sanitize_line(" ".join(args))[:60]
        return f'There is no command {sanitize_line(name)[:60]!r}. To ask the assistant: kirotodo ask "{words}"'

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help, under their headings."""
        for heading, commands in self.headings.items():
            rows = [(name, self._short_help(ctx, name)) for name in commands]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=90) if command is not None else ""

    def main(self, args: Any = None, prog_name: Any = None, *rest: Any, **extra: Any) -> Any:
        """Run the program and exit with its exit code, whatever goes wrong."""
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            extra.setdefault("color", False)
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "kirotodo", *rest, **extra)
        except click.Abort:
            code = INTERRUPTED
        except click.ClickException as error:
            code = _report_usage(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Turn every error into one sentence on stderr and an exit code, without a traceback."""
        try:
            super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            _discard_stdout()
            raise click.exceptions.Exit(0) from None
        except KeyboardInterrupt:
            say()
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            _report_error(error)


def _report_usage(error: click.ClickException) -> int:
    """Print the error and a pointer to the help, without click's usage line, which says less than the help does."""
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"\nSee `{error.ctx.command_path} --help`."
    say(error.format_message() + hint)
    return error.exit_code


def _report_error(error: Exception) -> NoReturn:
    if os.environ.get("KIROTODO_DEBUG"):
        import traceback

        say("".join(traceback.format_exception(error)))
    say(_sentence(error))
    if isinstance(error, FilterError):
        say("\n".join(pointed_out(error)))
    if isinstance(error, OSError):
        _discard_stdout()
    raise click.exceptions.Exit(_code(error)) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, NotSignedIn) and "kirotodo login" not in error.message:
        return f"{error.message} Run `kirotodo login` to sign in."
    if isinstance(error, KirotodoError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return (
            f"{error.strerror}: {error.filename}" if error.filename else f"Writing the output failed: {error.strerror}."
        )
    what = f"{type(error).__name__}: {sanitize_line(str(error))}"[:200]
    return f"Something went wrong inside kirotodo ({what}). Set KIROTODO_DEBUG=1 to see where."


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


def _discard_stdout() -> None:
    """Point stdout at /dev/null: it is closed or full, and flushing its buffer at exit must not fail again."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        pass
