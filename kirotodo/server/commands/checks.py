"""What `doctor` looks at. Each check says what it found in one line, and changes nothing that lasts."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from kirotodo import __version__
from kirotodo.core.errors import ConfigError, KirotodoError
from kirotodo.server.commands.loading import load_settings
from kirotodo.server.commands.where import where

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings

State = Literal["ok", "warn", "bad"]
MEBIBYTE: Final = 1024 * 1024
LOW_SPACE: Final = 100 * MEBIBYTE
NO_SPACE: Final = 5 * MEBIBYTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    name: str
    state: State
    detail: str


def examine(*, offline: bool = False, production: bool = False) -> list[Check]:
    """All checks; those that need settings are left out where the settings are broken. `offline` asks no model, and
    `production` looks at what a server there would not start with."""
    checks = [_program(), _python(), _terminal(), _list(offline=offline)]
    settings, found = _settings()
    checks.extend(found)
    if settings is not None:
        checks.extend(_of_settings(settings, offline=offline))
        if production:
            checks.extend(_for_production(settings))
    return checks


def _program() -> Check:
    return Check(name="kirotodo", state="ok", detail=__version__)


def _python() -> Check:
    detail = f"{platform.python_version()} ({sys.executable})"
    return Check(name="python", state="ok", detail=detail)


def _terminal() -> Check:
    if not sys.stdout.isatty():
        return Check(name="terminal", state="ok", detail="stdout is no terminal; the chat needs one")
    term, size = os.environ.get("TERM", "unset"), shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "unknown").lower()
    detail = f"{term}, {size.columns}×{size.lines}, {encoding}"
    if term in {"dumb", "unset", "unknown"}:
        return Check(name="terminal", state="warn", detail=f"{detail}: too plain for the chat; `kirotodo ask` works")
    if encoding not in {"utf-8", "utf8"}:
        return Check(name="terminal", state="warn", detail=f"{detail}: some characters will not show")
    if size.columns < 40 or size.lines < 12:
        return Check(name="terminal", state="warn", detail=f"{detail}: the chat wants 40×12 at least")
    return Check(name="terminal", state="ok", detail=detail)


def _list(*, offline: bool) -> Check:
    found = where(ask=not offline)
    if not found.server:
        return Check(name="list", state="ok", detail="on this computer")
    detail = f"at {found.server}" + (f" as {found.user}" if found.user else "")
    if found.trouble:
        return Check(name="list", state="bad", detail=f"{detail}: {found.trouble}")
    return Check(name="list", state="ok", detail=detail)


def _settings() -> "tuple[Settings | None, list[Check]]":
    try:
        settings = load_settings()
        path = settings.config_path
    except ConfigError as error:
        return None, [Check(name="settings", state="bad", detail=line) for line in error.message.splitlines()]
    there = "" if path.exists() else " (not there, which is fine)"
    return settings, [Check(name="settings", state="ok", detail=f"{path}{there}")]


def _of_settings(settings: "Settings", *, offline: bool) -> Iterator[Check]:
    from kirotodo.server.commands.model_check import check_model

    looks: list[Callable[[], Check]] = [
        lambda: _folder("data folder", settings.data_dir),
        lambda: _folder("state folder", settings.state_dir),
        lambda: _private(settings),
        lambda: _space(settings.data_dir),
        lambda: _database(settings),
        lambda: _zone(settings),
        lambda: check_model(settings, offline=offline),
    ]
    for look in looks:
        try:
            yield look()
        except KirotodoError as error:
            yield Check(name="settings", state="bad", detail=error.message)


def _for_production(settings: "Settings") -> list[Check]:
    from kirotodo.server.commands.checklist import checklist
    from kirotodo.server.production import faults_of

    faults = [Check(name="production", state="bad", detail=fault) for fault in faults_of(settings)]
    return [*(faults or [Check(name="production", state="ok", detail="a server may start")]), *checklist(settings)]


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _folder(name: str, folder: Path) -> Check:
    if folder.exists() and not folder.is_dir():
        return Check(name=name, state="bad", detail=f"{folder} is a file; move it away, or set KIROTODO_HOME")
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            pass
    except OSError as error:
        return Check(name=name, state="bad", detail=f"{folder} cannot be written: {error.strerror or error}")
    return Check(name=name, state="ok", detail=str(folder) + ("" if folder.exists() else " (made when needed)"))


def _private(settings: "Settings") -> Check:
    """Files of ours that others of this machine may read, whatever the folders above them let through."""
    from kirotodo.core.text.files import is_open_to_others

    places = [settings.config_path, settings.state_path]
    places += [settings.config_dir / name for name in ("keys.json", "credentials.json")]
    places += [settings.data_dir / "auth-secret"]
    kind, _, database = settings.database_url.partition(":///")
    if kind.startswith("sqlite"):
        places += [Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm")]
    bare = [str(path) for path in places if is_open_to_others(path)]
    if bare:
        return Check(
            name="privacy", state="warn", detail=f"others may read {', '.join(bare)}: chmod 600 takes that back"
        )
    return Check(name="privacy", state="ok", detail="files of the list and of keys are yours alone")


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(_existing(folder)).free
    detail = f"{free / MEBIBYTE:,.0f} MiB free"
    if free < NO_SPACE:
        return Check(name="disk", state="bad", detail=f"{detail}: make room")
    return Check(name="disk", state="warn" if free < LOW_SPACE else "ok", detail=detail)


def _database(settings: "Settings") -> Check:
    from kirotodo.core.store import maintenance

    kind, _, place = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and not Path(place).exists():
        return Check(name="database", state="ok", detail=f"{place} (made with the first task)")
    try:
        report = maintenance.check(settings.database_url)
    except KirotodoError as error:
        return Check(name="database", state="bad", detail=error.message)
    if report.problems:
        return Check(name="database", state="bad", detail=" ".join(report.problems))
    size = f", {Path(place).stat().st_size / MEBIBYTE:.1f} MiB" if kind.startswith("sqlite") else ""
    rows = f", {report.counts['tasks']} tasks" if "tasks" in report.counts else ""
    return Check(name="database", state="ok", detail=f"{report.path}{size}{rows}, revision {report.revision}")


def _zone(settings: "Settings") -> Check:
    local = datetime.now(settings.zone)
    detail = f"{settings.timezone}, now {local:%Y-%m-%d %H:%M}"
    machine = datetime.now().astimezone()
    if settings.sources()["timezone"] == "default" and machine.utcoffset() != local.utcoffset():
        return Check(name="time zone", state="warn", detail=f"{detail}; the machine says {machine:%H:%M}: set TIMEZONE")
    return Check(name="time zone", state="ok", detail=detail)
