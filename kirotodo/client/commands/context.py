"""What commands get from the entry point: how to open the list and the chat, the time, and the shared options."""

import contextlib
import datetime as dt
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeVar

import click

from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.commands.output import say
from kirotodo.core.backend import Backend
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from kirotodo.client.accounts.client_accounts import ClientAccounts


FAILED = 1
WRONG_USAGE = 2
APPROVAL_NEEDED = 3
NOT_SIGNED_IN = 4
UNREACHABLE = 5
INTERRUPTED = 130

T = TypeVar("T")


class Opener(Protocol):
    """Opens the list for a while; with `resume`, turns that an earlier process left behind go on."""

    def __call__(self, *, resume: bool = False) -> AbstractAsyncContextManager[Backend]: ...


class Screen(Protocol):
    """Opens the terminal client and returns when it is closed."""

    def __call__(
        self,
        *,
        conversation_id: int | None = None,
        new: bool = False,
        model: str | None = None,
        recording: Path | None = None,
    ) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Session:
    """Opens everything that a command needs.

    `backend` opens the list, `rehearsal` a temporary copy of it, `screen` the chat; `now` returns the time in the
    user's zone, and `accounts` the accounts on servers. `inline` opens the list so
    that it needs no event loop, which only a local one can do; None where it is elsewhere. `completes_steps` says
    whether open steps are completed with their task without asking, and `prompts` returns the slash commands of the
    user's own.
    """

    backend: Opener
    rehearsal: Opener
    screen: Screen
    now: Callable[[], dt.datetime]
    accounts: Callable[[], "ClientAccounts"]
    inline: Callable[[], AbstractAsyncContextManager[Backend] | None] = field(default=lambda: None)
    completes_steps: Callable[[], bool] = field(default=lambda: False)
    prompts: Callable[[], Mapping[str, str]] = field(default=dict)


def session() -> Session:
    """Return the session of the running command."""
    found = click.get_current_context().find_object(Session)
    assert found is not None
    return found


def now() -> dt.datetime:
    """Return the time in the user's zone."""
    return session().now()


def with_backend(use: Callable[[Backend], Awaitable[T]], *, rehearse: bool = False, resume: bool = False) -> T:
    """Open the list, use it and close it."""
    import asyncio  # here, since most commands on a local list do without it

    opened = session().rehearsal if rehearse else session().backend

    async def run() -> T:
        async with opened(resume=resume) as backend:
            return await use(backend)

    return asyncio.run(run())


def with_list(use: Callable[[Backend], Awaitable[T]]) -> T:
    """As `with_backend`, for what looks at tasks or changes them and starts no turn: a local list needs no event loop
    then, and the command starts sooner."""
    opened = session().inline()
    if opened is None:
        return with_backend(use)
    from kirotodo.core import inline

    async def run() -> T:
        async with opened as backend:
            return await use(backend)

    return inline.run(run())


def can_ask() -> bool:
    """Return whether a person is at a terminal to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    """Ask on stderr; anything but yes is no. Ctrl+C raises `KeyboardInterrupt` even inside an event loop."""
    with _plain_interrupts():
        try:
            say(f"{question} [y/N] ", end="")
            answer = sys.stdin.readline()
        except UnicodeDecodeError:
            return False
    if not answer:
        say()
    return answer.strip().lower() in {"y", "yes"}


@contextlib.contextmanager
def _plain_interrupts() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def leave(code: int, sentence: str) -> NoReturn:
    """End the command with one sentence on stderr."""
    say(sentence)
    raise SystemExit(code)


_META: Final = "kirotodo.server_selection"
ENV_FILE: Final = "kirotodo.env_file"
"""Key in the root context's `meta` for the file name that `--env-file` gives."""


def server_selection() -> ServerSelection:
    """Return the server that the command line selects; an empty selection outside of a command."""
    context = click.get_current_context(silent=True)
    found: ServerSelection = (
        ServerSelection() if context is None else context.find_root().meta.get(_META, ServerSelection())
    )
    return found


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if not value:
        return
    meta = context.find_root().meta
    before: ServerSelection = meta.get(_META, ServerSelection())
    new = ServerSelection(local=True) if parameter.name == "local" else ServerSelection(server=str(value))
    if before not in (ServerSelection(), new):
        raise click.UsageError("Give either --local or one --server, not both.", context)
    meta[_META] = new


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--local"],
            is_flag=True,
            expose_value=False,
            callback=_note,
            help="Use your local list.",
        ),
        click.Option(
            ["--server"],
            metavar="URL",
            expose_value=False,
            callback=_note,
            help="Use your list on this server.",
        ),
    ]


def _note_env_file(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    meta = context.find_root().meta
    if not value:
        raise click.UsageError("--env-file needs a file name.", context)
    if meta.setdefault(ENV_FILE, value) != value:
        raise click.UsageError("Give --env-file only once.", context)


def with_env_file(command: click.Command, *, hidden: bool = False) -> click.Command:
    """Add `--env-file` to a command and its subcommands, and return it."""
    if not any(parameter.name == "env_file" for parameter in command.params):
        option = click.Option(
            ["--env-file"],
            metavar="FILE",
            expose_value=False,
            hidden=hidden,
            callback=_note_env_file,
            help="Also read settings from this file of NAME=value lines.",
        )
        command.params.append(option)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_env_file(inner, hidden=hidden)
    return command


def with_server_options(command: click.Command) -> click.Command:
    """Add `--local` and `--server` to a command and its subcommands, and return it."""
    if not any(parameter.name == "local" for parameter in command.params):
        command.params.extend(_options())
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_server_options(inner)
    return command
