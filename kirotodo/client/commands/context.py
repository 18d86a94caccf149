"""What every command is handed: a way to the list, a way to the screen, and the time."""

import asyncio
import contextlib
import datetime as dt
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeVar

import click

from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.commands.output import say
from kirotodo.core.backend import Backend

if TYPE_CHECKING:
    from kirotodo.client.accounts.accounts import ClientAccounts


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
    """Opens the terminal client; comes back when it was closed."""

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
    """`backend` opens the list, `rehearsal` a copy of it that is thrown away, `now` is aware in the user's zone.

    `accounts` are those at servers.
    """

    backend: Opener
    rehearsal: Opener
    screen: Screen
    now: Callable[[], dt.datetime]
    accounts: Callable[[], "ClientAccounts"]


def session() -> Session:
    found = click.get_current_context().find_object(Session)
    assert found is not None
    return found


def now() -> dt.datetime:
    return session().now()


def with_backend(use: Callable[[Backend], Awaitable[T]], *, rehearse: bool = False, resume: bool = False) -> T:
    """Open the list, use it, and let go of it."""
    opened = session().rehearsal if rehearse else session().backend

    async def run() -> T:
        async with opened(resume=resume) as backend:
            return await use(backend)

    return asyncio.run(run())


def can_ask() -> bool:
    """Whether somebody sits at a terminal to answer."""
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


_META: Final = "kirotodo.asked"
ENV_FILE: Final = "kirotodo.env_file"
"""Where the root context keeps the name that `--env-file` gives; what is in that file is not known here."""


def asked() -> ServerSelection:
    """What the command line says about it; nothing where there is none."""
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
            help="Act on the list of this computer.",
        ),
        click.Option(
            ["--server"],
            metavar="URL",
            expose_value=False,
            callback=_note,
            help="Act on the list at this server.",
        ),
    ]


def _note_env_file(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    meta = context.find_root().meta
    if not value:
        raise click.UsageError("--env-file needs the name of a file.", context)
    if meta.setdefault(ENV_FILE, value) != value:
        raise click.UsageError("Give one --env-file, not two.", context)


def with_env_file(command: click.Command, *, hidden: bool = False) -> click.Command:
    """The command, which now takes `--env-file`, as do the commands in it."""
    if not any(parameter.name == "env_file" for parameter in command.params):
        option = click.Option(
            ["--env-file"],
            metavar="FILE",
            expose_value=False,
            hidden=hidden,
            callback=_note_env_file,
            help="Read settings from this file of NAME=value lines too.",
        )
        command.params.append(option)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_env_file(inner, hidden=hidden)
    return command


def with_place(command: click.Command) -> click.Command:
    """The command, which now takes both options, as do the commands in it."""
    if not any(parameter.name == "local" for parameter in command.params):
        command.params.extend(_options())
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_place(inner)
    return command
