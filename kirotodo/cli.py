"""Entry point and composition root: names the commands, builds the Backend they use, and opens the chat.

Everything else is imported when it is used, so that start-up stays fast.
"""

import gc
import os
import sys
from contextlib import asynccontextmanager, contextmanager
from functools import cache

from kirotodo import __version__

TYPE_CHECKING = False  # as in `typing`, which `--version` and completion need not wait for
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from typing import Final

    from kirotodo.client.accounts.address import Address
    from kirotodo.client.accounts.client_accounts import ClientAccounts
    from kirotodo.client.accounts.selection import ServerSelection
    from kirotodo.client.commands.context import Session
    from kirotodo.client.commands.group import CommandGroup
    from kirotodo.client.remote.kept import Kept
    from kirotodo.client.tui.shell import ShownSetting
    from kirotodo.core.backend import AgentToken, Backend, KeepsCopy, KeptNote, LinkChanged, PendingEdits, TokenScope
    from kirotodo.core.settings import Settings
    from kirotodo.server.commands.console import Where

CLIENT: "Final" = "kirotodo.client.commands"
SERVER: "Final" = "kirotodo.server.commands"
COMMANDS: "Final" = {
    "Chat": {
        "chat": f"{CLIENT}.chat:chat",
        "ask": f"{CLIENT}.ask:ask",
        "conversations": f"{CLIENT}.conversations:conversations",
        "replay": f"{CLIENT}.chat:replay",
        "mcp": f"{CLIENT}.mcp:mcp",
    },
    "Tasks": {
        "add": f"{CLIENT}.edits:add",
        "list": f"{CLIENT}.tasks:list_",
        "views": f"{CLIENT}.views:views",
        "show": f"{CLIENT}.tasks:show",
        "steps": f"{CLIENT}.tasks:steps",
        "edit": f"{CLIENT}.edits:edit",
        "done": f"{CLIENT}.edits:done",
        "skip": f"{CLIENT}.routines:skip",
        "away": f"{CLIENT}.routines:away",
        "plan": f"{CLIENT}.plans:plan",
        "delete": f"{CLIENT}.edits:delete",
        "remind": f"{CLIENT}.reminders:remind",
        "snooze": f"{CLIENT}.reminders:snooze",
        "targets": f"{CLIENT}.reminder_targets:targets",
        "undo": f"{CLIENT}.edits:undo",
        "redo": f"{CLIENT}.edits:redo",
        "search": f"{CLIENT}.tasks:search",
        "stats": f"{CLIENT}.stats:stats",
        "log": f"{CLIENT}.history:log",
        "export": f"{CLIENT}.transfer:export",
        "import": f"{CLIENT}.transfer:import_",
    },
    "Account": {
        "login": f"{CLIENT}.accounts:login",
        "signup": f"{CLIENT}.accounts:signup",
        "logout": f"{CLIENT}.accounts:logout",
        "whoami": f"{CLIENT}.accounts:whoami",
        "passwd": f"{CLIENT}.own_account:passwd",
        "account": f"{CLIENT}.own_account:account",
        "calendar": f"{CLIENT}.calendar:calendar",
        "tokens": f"{CLIENT}.agent_tokens:tokens",
        "webhooks": f"{CLIENT}.webhooks:webhooks",
        "integrations": f"{CLIENT}.integrations:integrations",
    },
    "Administration": {
        "web": f"{SERVER}.web:web",
        "config": f"{SERVER}.config:config",
        "models": f"{SERVER}.models:models",
        "db": f"{SERVER}.db:db",
        "doctor": f"{SERVER}.doctor:doctor",
        "serve": f"{SERVER}.serve:serve",
        "token": f"{SERVER}.token:token",
        "understand": f"{SERVER}.understand:understand",
        "completion": f"{CLIENT}.completion:completion",
        "help": f"{CLIENT}.help:help_",
    },
}
SERVER_OPTION_COMMANDS: "Final" = (
    "chat",
    "ask",
    "conversations",
    "mcp",
    *COMMANDS["Tasks"],
    "whoami",
    "account",
    "calendar",
    "tokens",
    "webhooks",
    "integrations",
)
"""Commands that take `--local` and `--server`, which choose the list they act on."""
ENV_FILE_COMMANDS: "Final" = ("serve", "web", "db", "token", "config", "doctor", "models", "understand")
"""Commands whose help shows `--env-file`; all commands take it."""
KEY_PROBLEMS: "Final" = "kirotodo.key_problems"
COMMAND_PROBLEMS: "Final" = "kirotodo.command_problems"
SETTING_PROBLEMS: "Final" = "kirotodo.setting_problems"
VIEW_PROBLEMS: "Final" = "kirotodo.view_problems"
"""Keys in the context's `meta` where `doctor` and `config validate` find what checks the settings of the chat."""
THEMES: "Final" = "themes"
"""The folder of the user's own themes, beside config.toml."""
WHERE: "Final" = "kirotodo.where"
"""Key in the context's `meta` where `server.commands.console` finds the function that says where the list is."""
NEW_AGENT: "Final" = "kirotodo.new_agent"
"""Key in the context's `meta` where `token` finds the function that makes a token for an agent on the user's list."""
HELP: "Final" = """A to-do list you talk to, in your terminal. Run it without a command to open the chat.

Commands use the server you are signed in to, or else your local list. Override with --local or --server URL, or set
KIROTODO_SERVER."""
EXAMPLES: "Final" = """\b
Examples:
  kirotodo
  kirotodo ask "add milk, eggs and bread to shopping"
  kirotodo add "pay rent on the 1st every month !high"
  kirotodo list --due today

\b
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 approval needed, 4 not signed in, 5 server or model unreachable."""


def main() -> None:
    """Run the `kirotodo` command."""
    _open_closed_streams()
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"kirotodo {__version__}\n")
        return
    if "_KIROTODO_COMPLETE" in os.environ:
        from kirotodo.client.commands.shell_completion import answer

        if (answered := answer()) is not None:
            sys.stdout.write(answered)
            return
    if os.environ.get("KIROTODO_DEBUG"):
        _configure_logging()
    gc.disable()  # start-up only makes objects that stay; collecting among them is a fifth of its time
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    command_group().main(prog_name="kirotodo")


def _open_closed_streams() -> None:
    """Open on nothing what was closed (`>&-`, or by a daemon): nobody wants it. Else the first file to be opened, which
    may be the list, would be in its place, for every stray line to be written into."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
        stream = open(os.devnull, "w" if number else "r", encoding="utf-8", errors="replace")  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


@cache
def _configure_logging() -> None:
    """Drop log lines, which would run into what the chat draws. KIROTODO_DEBUG=1 prints them on stderr.

    A command on a local list runs nothing that logs, and goes without it: to import `logging` costs as much as its SQL.
    """
    import logging

    logger = logging.getLogger("kirotodo")
    if os.environ.get("KIROTODO_DEBUG"):
        from kirotodo.core.text.sanitize import sanitize

        class SafeFormatter(logging.Formatter):
            """Formats a record, its traceback included, as text that cannot script the terminal."""

            def format(self, record: logging.LogRecord) -> str:
                return sanitize(super().format(record))

        handler = logging.StreamHandler()
        handler.setFormatter(SafeFormatter(logging.BASIC_FORMAT))
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
        logger.setLevel(logging.DEBUG)  # ours alone: libraries would show what is sent and stored
    else:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def _where(ask: bool) -> "Where":
    """Where the list is, for `config` and `doctor`, which know nothing of servers one signs in at."""
    import asyncio

    from kirotodo.client.accounts.selection import is_local
    from kirotodo.client.commands.context import server_selection
    from kirotodo.core.errors import KirotodoError
    from kirotodo.server.commands.console import Where
    from kirotodo.server.commands.loading import load_settings

    address = None
    try:
        settings = load_settings()
        if is_local(server_selection(), settings.state_dir):
            return Where()
        accounts = _accounts(settings)
        address = accounts.chosen(server_selection())
        if address is None:
            return Where()
        known = accounts.servers.of(address)
        user = asyncio.run(accounts.who(address)) if ask else None
        name = (user.email or user.id) if user is not None else known.email if known is not None else ""
        return Where(server=address.url, user=name)
    except KirotodoError as error:
        return Where(server=address.url, trouble=error.message) if address is not None else Where()


def _key_problems(overrides: "Mapping[str, str]") -> "tuple[str, ...]":
    """What is wrong with the keys of the settings, for `doctor`, which knows nothing of the chat."""
    from kirotodo.client.tui.keymap import keymap

    return keymap(overrides).problems


def _command_problems(prompts: "Mapping[str, str]") -> "tuple[str, ...]":
    """Return what is wrong with the slash commands of the settings, for `doctor`."""
    from kirotodo.client.custom_commands import custom_commands
    from kirotodo.client.tui.widgets.slash_popup import BY_NAME

    return custom_commands(prompts, BY_NAME)[1]


def _setting_problems(settings: "Settings") -> "Iterator[str]":
    """Return what is wrong with the settings that the chat alone understands, for `config validate`."""
    from kirotodo.client.tui.settings_check import problems

    themes = settings.config_dir / THEMES
    return problems(settings.config_path, keys=settings.keys, commands=settings.commands, themes=themes)


def _view_problems(settings: "Settings") -> "Iterator[str]":
    """Return what is wrong with the saved views of the list that commands act on; one that isn't there has none."""
    from pathlib import Path

    from kirotodo.client.commands.context import with_backend
    from kirotodo.core.text.sanitize import sanitize_line

    kind, _, place = settings.database_url.partition(":///")
    if not _where(ask=False).server and kind.startswith("sqlite") and not Path(place).exists():
        return
    for view in with_backend(lambda backend: backend.views()):
        if view.problem is not None:
            name = sanitize_line(view.name)
            yield f"The saved view @{name}: {sanitize_line(view.problem)} Change it with kirotodo views edit."


def _new_agent(name: str, scope: "TokenScope", days: int) -> "AgentToken":
    """Make a token for an agent on the list that commands act on, for `token`, which knows nothing of servers one signs
    in at."""
    from kirotodo.client.commands.context import with_backend

    return with_backend(lambda backend: backend.create_agent_token(name, scope, days=days))


@cache
def command_group() -> "CommandGroup":
    """Return the group of all commands. A test can pass another `Session` as the context's object."""
    import click

    from kirotodo.client.commands.group import CommandGroup

    @click.pass_context
    def enter(context: click.Context) -> None:
        if context.obj is None:
            if context.invoked_subcommand not in COMMANDS["Tasks"]:
                _configure_logging()
            context.obj = session()
            context.meta[WHERE] = _where
            context.meta[KEY_PROBLEMS] = _key_problems
            context.meta[COMMAND_PROBLEMS] = _command_problems
            context.meta[SETTING_PROBLEMS] = _setting_problems
            context.meta[VIEW_PROBLEMS] = _view_problems
        context.meta[NEW_AGENT] = _new_agent
        if context.invoked_subcommand is None:
            context.invoke(context.command.get_command(context, "chat"))  # type: ignore[attr-defined]

    group = CommandGroup(
        name="kirotodo",
        headings=COMMANDS,
        server_option_for=SERVER_OPTION_COMMANDS,
        env_file_help_for=ENV_FILE_COMMANDS,
        callback=enter,
        help=HELP,
        epilog=EXAMPLES,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    return click.version_option(__version__, "-V", "--version", message="kirotodo %(version)s")(group)


def session() -> "Session":
    """Return the `Session` that the commands of this process use."""
    from kirotodo.client.commands.context import Session

    @cache
    def settings() -> "Settings":
        from kirotodo.server.commands.loading import load_settings

        loaded = load_settings()
        _refuse_a_file(loaded.kirotodo_home)
        return loaded

    @cache
    def accounts() -> "ClientAccounts":
        return _accounts(settings())

    def address() -> "Address | None":
        from kirotodo.client.accounts.selection import is_local
        from kirotodo.client.commands.context import server_selection

        selection = server_selection()
        return None if is_local(selection, settings().state_dir) else accounts().chosen(selection)

    def backend(*, resume: bool = False) -> "AbstractAsyncContextManager[Backend]":
        server = address()
        return _local(settings(), resume=resume) if server is None else _remote(accounts(), server)

    def inline() -> "AbstractAsyncContextManager[Backend] | None":
        here = address() is None and settings().database_url.startswith("sqlite")
        return _local(settings(), resume=False, inline=True) if here else None

    @asynccontextmanager
    async def rehearsal(*, resume: bool = False) -> "AsyncIterator[Backend]":
        if (server := address()) is not None:
            from kirotodo.core.errors import InvalidInput

            raise InvalidInput(f"A dry run works on a copy of the list, and that of {server.host} is not here.")
        with copy_of(settings()) as copied:
            async with _local(copied, resume=False) as opened:
                yield opened

    def screen(
        *,
        conversation_id: "int | None" = None,
        new: bool = False,
        model: "str | None" = None,
        recording: "Path | None" = None,
    ) -> None:
        if recording is not None:
            _replay(recording)
        else:
            from kirotodo.client.commands.context import server_selection

            _chat(settings(), accounts(), server_selection(), conversation_id=conversation_id, new=new, model=model)

    def now() -> "dt.datetime":
        import datetime as dt

        return dt.datetime.now(settings().zone)

    def completes_steps() -> bool:
        return settings().open_steps == "complete"

    return Session(
        backend=backend,
        rehearsal=rehearsal,
        screen=screen,
        now=now,
        accounts=accounts,
        inline=inline,
        completes_steps=completes_steps,
        prompts=lambda: settings().commands,
    )


def _refuse_a_file(home: "Path | None") -> None:
    """Said here, where the setting's name is known; below it would be a folder that cannot be made."""
    from kirotodo.core.errors import ConfigError

    there = next((path for path in (home, *home.parents) if path.exists()), None) if home is not None else None
    if there is not None and not there.is_dir():
        where = "which" if there == home else f"but {there}"
        raise ConfigError(f"KIROTODO_HOME is {home}, {where} is a file, not a folder: set it to a folder.")


@asynccontextmanager
async def _local(settings: "Settings", *, resume: bool, inline: bool = False) -> "AsyncIterator[Backend]":
    from kirotodo.core.local import LocalBackend

    if not inline:
        _silence_libraries()
    opened = await LocalBackend.open(settings, resume=resume, read_only_ok=True, inline=inline, client="command")
    _settled()
    try:
        yield opened
        if resume:
            await opened.finish_turns()
        if opened.read_only:
            from kirotodo.client.commands.output import say

            say("Your list can only be read at the moment: its file or its folder cannot be written.")
    finally:
        await opened.aclose()


def _accounts(settings: "Settings") -> "ClientAccounts":
    from kirotodo.client.accounts.client_accounts import ClientAccounts

    async def open_copy(path: "Path") -> "Kept":
        import asyncio
        import importlib

        copies = await asyncio.to_thread(importlib.import_module, "kirotodo.core.kept_list")
        kept: Kept = await copies.KeptList.open(path, settings)
        return kept

    return ClientAccounts(
        config_folder=settings.config_dir,
        state_folder=settings.state_dir,
        timezone=settings.timezone,
        open_copy=open_copy,
    )


@asynccontextmanager
async def _remote(accounts: "ClientAccounts", server: "Address") -> "AsyncIterator[Backend]":
    """The list at a server, for a command: where the server wants to be left alone for a while, or is away, that is
    said."""
    from kirotodo.client.commands.output import say
    from kirotodo.core.backend import KeepsCopy

    def hear(change: "LinkChanged") -> None:
        if change.wait is not None and change.wait >= 1:
            say(f"{change.detail} Going on in {change.wait:.0f} seconds.")

    _silence_libraries()
    opened = await accounts.backend(server, on_link=hear)
    _settled()
    edits: list[PendingEdits] = []
    if isinstance(opened, KeepsCopy):
        opened.on_pending(edits.append)
    try:
        earlier = await opened.notes() if isinstance(opened, KeepsCopy) else ()
        yield opened
        if isinstance(opened, KeepsCopy):
            await _say_notes(opened, earlier)
        if isinstance(opened, KeepsCopy) and opened.showed_copy:
            say(f"{server.host} can't be reached. This is your list as it was known last.")
        if edits and edits[-1].count:
            what = "1 edit waits" if edits[-1].count == 1 else f"{edits[-1].count} edits wait"
            say(f"{server.host} can't be reached. {what}, to be sent with the next command that reaches it.")
    finally:
        await opened.aclose()


async def _say_notes(opened: "KeepsCopy", earlier: "Sequence[KeptNote]") -> None:
    """Say what didn't go as it was meant. Where a person reads it, that is all there is, and it is said once; a script
    says what came of its own run, and leaves it for a person."""
    import sys

    from kirotodo.client.commands.output import say

    read = sys.stderr.isatty()
    for note in await opened.notes():
        if read or note not in earlier:
            say(note.text)
        if read:
            await opened.dismiss_note(note.id)


@contextmanager
def copy_of(settings: "Settings") -> "Iterator[Settings]":
    """The same settings over a copy of the database, which is thrown away at the end."""
    import tempfile
    from pathlib import Path

    from kirotodo.core.errors import InvalidInput
    from kirotodo.core.store import maintenance

    kind, _, place = settings.database_url.partition(":///")
    if not kind.startswith("sqlite"):
        raise InvalidInput("A dry run works on a copy of the list, which only SQLite can give.")
    with tempfile.TemporaryDirectory(prefix="kirotodo-") as folder:
        target = Path(folder) / "rehearsal.db"
        if Path(place).exists():
            maintenance.backup(settings.database_url, target)
        yield settings.replaced(database_url=f"{kind}:///{target}")


def _chat(
    settings: "Settings",
    accounts: "ClientAccounts",
    selection: "ServerSelection",
    *,
    conversation_id: "int | None",
    new: bool,
    model: "str | None",
) -> None:
    import asyncio
    import datetime as dt
    import importlib

    from kirotodo.client.accounts.switcher import ServerSwitcher
    from kirotodo.client.tui.app import KirotodoApp
    from kirotodo.client.tui.key_file import KeyFile

    async def local() -> "Backend":
        core = await asyncio.to_thread(importlib.import_module, "kirotodo.core.local")  # keys need not wait for it
        backend: Backend = await core.LocalBackend.open(settings, client="screen")
        return backend

    places = ServerSwitcher(accounts, local, local_state=settings.state_path, selection=selection)

    async def opened() -> "Backend":
        backend = await places.open()
        _settled()
        return backend

    def clock() -> dt.datetime:
        return dt.datetime.now(settings.zone)

    _silence_libraries()
    app = KirotodoApp(
        opened,
        switcher=places,
        clock=clock,
        conversation_id=conversation_id,
        new=new,
        model=model,
        keys=settings.keys,
        key_file=KeyFile(settings.config_path),
        commands=settings.commands,
        themes_folder=settings.config_dir / THEMES,
        settings=_shown_settings(settings),
    )
    app.run()
    if app.return_code:
        sys.exit(app.return_code)


def _shown_settings(settings: "Settings") -> "list[ShownSetting]":
    """Return the settings for the chat, which knows nothing of where they come from."""
    from kirotodo.client.tui.shell import ShownSetting

    sources = settings.sources()
    return [
        ShownSetting(name.upper(), value, sources[name], settings.fields[name].description)
        for name, value in settings.shown().items()
    ]


def _replay(recording: "Path") -> None:
    import datetime as dt

    from kirotodo.client.commands.file_io import read_in
    from kirotodo.client.commands.replay import play, read_recording

    turns = read_recording(read_in(recording))

    from kirotodo.client.tui.app import KirotodoApp

    def clock() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def opened() -> "Backend":
        return play(turns, clock=clock)[0]

    KirotodoApp(opened, conversation_id=1).run()


def _settled() -> None:
    """Everything is imported: what is there now stays, so the collector need not look at it again."""
    gc.freeze()
    gc.enable()


def _silence_libraries() -> None:
    """Drop the warnings of libraries, which Python prints on stderr where no handler takes them."""
    import logging

    _configure_logging()
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
