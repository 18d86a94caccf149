"""The program as a shell sees it: arguments and stdin in; stdout, stderr and an exit code out."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner, Result

from kirotodo.cli import command_group, copy_of
from kirotodo.client.accounts.client_accounts import ClientAccounts
from kirotodo.client.commands.context import Session
from kirotodo.core.backend import Backend
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import Model
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings

MONDAY: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class CommandRunner:
    """Commands on a list of their own. `model` is scripted; `use_builtin` lets the built-in one answer."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(kirotodo_home=folder, timezone="Europe/Vienna")
        self.now = MONDAY
        self.model = ScriptedModel()
        self.opened_screens: list[dict[str, Any]] = []
        self._chosen: Model | None = self.model

    def use_builtin(self) -> None:
        self._chosen = None

    def run(self, *args: str, stdin: str | bytes | None = None) -> Result:
        self.now += timedelta(seconds=1)
        return CliRunner().invoke(command_group(), args, input=stdin, obj=self.session())

    def ok(self, *args: str, stdin: str | bytes | None = None) -> str:
        """What a command that must succeed printed."""
        result = self.run(*args, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *args: str, stdin: str | bytes | None = None) -> Any:
        return json.loads(self.ok(*args, "--json", stdin=stdin))

    def fails(self, code: int, *args: str, stdin: str | bytes | None = None) -> str:
        """What a command that must fail said on stderr; it prints no data."""
        result = self.run(*args, stdin=stdin)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        assert "went wrong inside" not in result.stderr
        return result.stderr

    def titles(self, *args: str) -> list[str]:
        return [task["title"] for task in self.json("list", *args)["items"]]

    def session(self) -> Session:
        return Session(
            backend=self.backend,
            rehearsal=self.rehearsal,
            screen=self.screen,
            now=self.local_now,
            accounts=self.accounts,
            prompts=lambda: self.settings.commands,
        )

    def accounts(self) -> ClientAccounts:
        folder = self.settings.state_dir
        return ClientAccounts(config_folder=folder, state_folder=folder, timezone="Europe/Vienna", environment={})

    @asynccontextmanager
    async def backend(self, *, resume: bool = False) -> AsyncIterator[Backend]:
        async with self._open(self.settings) as opened:
            yield opened

    @asynccontextmanager
    async def rehearsal(self, *, resume: bool = False) -> AsyncIterator[Backend]:
        with copy_of(self.settings) as copied:
            async with self._open(copied) as opened:
                yield opened

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Backend]:
        opened = await LocalBackend.open(settings, clock=lambda: self.now, model=self._chosen)
        try:
            yield opened
        finally:
            await opened.aclose()

    def screen(
        self,
        *,
        conversation_id: int | None = None,
        new: bool = False,
        model: str | None = None,
        recording: Path | None = None,
    ) -> None:
        self.opened_screens.append(
            {"conversation_id": conversation_id, "new": new, "model": model, "recording": recording}
        )

    def local_now(self) -> datetime:
        return self.now.astimezone(self.settings.zone)
