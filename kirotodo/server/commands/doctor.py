"""`doctor`: whether everything that kirotodo stands on is in order."""

import asyncio
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
from urllib.parse import urlsplit

import click

from kirotodo import __version__
from kirotodo.core.addresses import is_near
from kirotodo.core.errors import ConfigError, KirotodoError
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.console import put, put_json, say, where
from kirotodo.server.commands.loading import load_settings

if TYPE_CHECKING:
    from kirotodo.core.model_profiles import ModelProfile
    from kirotodo.core.models.openai.probe import ProbeResult
    from kirotodo.core.settings import Settings


State = Literal["ok", "warn", "bad"]
KEY_PROBLEMS: Final = "kirotodo.key_problems"
COMMAND_PROBLEMS: Final = "kirotodo.command_problems"
"""Key in the context's `meta`, where the program's entry point leaves a function that checks the keys of the chat."""
MEBIBYTE: Final = 1024 * 1024
LOW_SPACE: Final = 100 * MEBIBYTE
NO_SPACE: Final = 5 * MEBIBYTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """The result of one check."""

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
        return Check(name="terminal", state="ok", detail="stdout isn't a terminal; the chat needs one")
    term, size = os.environ.get("TERM", "unset"), shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "unknown").lower()
    detail = f"{term}, {size.columns}×{size.lines}, {encoding}"
    if term in {"dumb", "unset", "unknown"}:
        return Check(name="terminal", state="warn", detail=f"{detail}: too basic for the chat; `kirotodo ask` works")
    if encoding not in {"utf-8", "utf8"}:
        return Check(name="terminal", state="warn", detail=f"{detail}: some characters won't be shown")
    if size.columns < 40 or size.lines < 12:
        return Check(name="terminal", state="warn", detail=f"{detail}: the chat needs at least 40×12")
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
    there = "" if path.exists() else " (optional, doesn't exist)"
    return settings, [Check(name="settings", state="ok", detail=f"{path}{there}")]


def _of_settings(settings: "Settings", *, offline: bool) -> Iterator[Check]:
    looks: list[Callable[[], Check]] = [
        lambda: _folder("data folder", settings.data_dir, needed=_keeps_files(settings)),
        lambda: _folder("state folder", settings.state_dir, needed=_keeps_files(settings)),
        lambda: _private(settings),
        lambda: _space(settings.data_dir),
        lambda: _database(settings),
        lambda: _zone(settings),
        lambda: _keys(settings),
        lambda: _commands(settings),
        lambda: check_model(settings, offline=offline),
    ]
    for look in looks:
        try:
            yield look()
        except KirotodoError as error:
            yield Check(name="settings", state="bad", detail=error.message)


def _for_production(settings: "Settings") -> list[Check]:

    from kirotodo.server.run import faults_of

    faults = [Check(name="production", state="bad", detail=fault) for fault in faults_of(settings)]
    return [*(faults or [Check(name="production", state="ok", detail="a server may start")]), *checklist(settings)]


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _keeps_files(settings: "Settings") -> bool:
    """Whether anything is kept in our folders; a server with a database and a secret from elsewhere keeps nothing."""
    return settings.database_url.startswith("sqlite") or not settings.better_auth_secret


def _folder(name: str, folder: Path, *, needed: bool) -> Check:
    if folder.exists() and not folder.is_dir():
        return Check(name=name, state="bad", detail=f"{folder} is a file: move it, or set KIROTODO_HOME")
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            pass
    except OSError as error:
        why = error.strerror or error
        if not needed:
            return Check(name=name, state="ok", detail=f"{folder} cannot be written ({why}), and nothing is kept there")
        return Check(name=name, state="bad", detail=f"{folder} cannot be written: {why}")
    return Check(name=name, state="ok", detail=str(folder) + ("" if folder.exists() else " (created when needed)"))


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
        return Check(name="privacy", state="warn", detail=f"others can read {', '.join(bare)}: run chmod 600 on it")
    return Check(name="privacy", state="ok", detail="only you can read the list and the keys")


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(_existing(folder)).free
    detail = f"{free / MEBIBYTE:,.0f} MiB free"
    if free < NO_SPACE:
        return Check(name="disk", state="bad", detail=f"{detail}: free some space")
    return Check(name="disk", state="warn" if free < LOW_SPACE else "ok", detail=detail)


def _database(settings: "Settings") -> Check:
    from kirotodo.core.store import maintenance

    kind, _, place = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and not Path(place).exists():
        return Check(name="database", state="ok", detail=f"{place} (created with the first task)")
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
        return Check(
            name="time zone",
            state="warn",
            detail=f"{detail}; this computer's clock shows {machine:%H:%M}: set TIMEZONE",
        )
    return Check(name="time zone", state="ok", detail=detail)


def _keys(settings: "Settings") -> Check:
    """Keys that cannot be as the settings want them; the chat, which knows its keys, is asked through the context."""
    look = click.get_current_context().find_root().meta.get(KEY_PROBLEMS)
    problems = look(settings.keys) if look is not None and settings.keys else ()
    if problems:
        return Check(name="keys", state="warn", detail=" ".join(problems))
    return Check(name="keys", state="ok", detail=f"{len(settings.keys)} changed" if settings.keys else "as they come")


def _commands(settings: "Settings") -> Check:
    """Slash commands of the user's own whose names the chat has itself; it is asked through the context."""
    look = click.get_current_context().find_root().meta.get(COMMAND_PROBLEMS)
    problems = look(settings.commands) if look is not None and settings.commands else ()
    detail = " ".join(problems) or f"{len(settings.commands) or 'none'} of your own"
    return Check(name="commands", state="warn" if problems else "ok", detail=detail)


def check_model(settings: "Settings", *, offline: bool) -> Check:
    """Check that the model can be reached, streams and calls tools. Only a configured one is asked."""
    name = settings.default_model
    profile = next((profile for profile in settings.profiles() if profile.name == name), None)
    if profile is None:
        return Check(name="model", state="ok", detail=f"{name}, no network")
    known = f"{profile.model} ({profile.name})" if profile.name != profile.model else profile.model
    if offline:
        return Check(name="model", state="ok", detail=f"{known}, not checked")
    try:
        found = asyncio.run(_probed(profile, settings))
    except KirotodoError as error:
        return Check(
            name="model", state="bad", detail=f"{known}: {error.message.replace(' Your message is kept.', '')}"
        )
    state, detail = _probe_summary(found)
    return Check(name="model", state=state, detail=f"{known} {detail}")


async def _probed(profile: "ModelProfile", settings: "Settings") -> "ProbeResult":
    from kirotodo.core.models.openai.model import OpenAIModel
    from kirotodo.core.models.openai.probe import probe
    from kirotodo.core.models.registry import endpoint_of

    model = OpenAIModel(endpoint_of(profile, settings))
    try:
        return await probe(model, zone=settings.zone)
    finally:
        await model.aclose()


def _probe_summary(found: "ProbeResult") -> "tuple[State, str]":
    tokens = found.usage.input_tokens + found.usage.output_tokens
    cost = f"{tokens} tokens" if tokens else "number of tokens unknown"
    answered = f"answered after {found.began:.1f} s, done after {found.ended:.1f} s, {cost}"
    if not found.called:
        return "warn", f"{answered}; it didn't call the tool it was given, and so can't change your list"
    match found.pieces:
        case 0:
            return "ok", f"{answered}; it calls tools (it sent no text, so streaming wasn't tested)"
        case 1:
            return "warn", f"{answered}; it calls tools, but its text came in one piece: it doesn't stream"
        case _:
            return "ok", f"{answered}; it streams and calls tools"


PASSWORD_MIN: Final = 16
ENCRYPTED: Final = ("sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl=require")


def checklist(settings: "Settings") -> Iterator[Check]:
    """One line for each item of the guide's list that a server can say anything about."""
    yield _environment(settings)
    yield from _database_report(settings)
    yield _counting(settings)
    yield _origins(settings)
    yield _model_key(settings)
    yield _reported("error tracking", settings.sentry_dsn is not None, "reports go to Sentry", "set SENTRY_DSN")
    yield _reported("log format", settings.log_format == "json", "JSON, for log collectors", "set LOG_FORMAT=json")
    yield Check(name="https", state="warn", detail="check from outside that only https:// answers")
    yield Check(name="firewall", state="warn", detail="check that only ports 22, 80 and 443 are open")
    yield Check(name="backups", state="warn", detail="check that a backup has been test-restored: docs/runbooks")


def _reported(name: str, so: bool, good: str, what_to_do: str) -> Check:
    return Check(name=name, state="ok" if so else "warn", detail=good if so else what_to_do)


def _environment(settings: "Settings") -> Check:
    return _reported("environment", settings.environment == "production", "production", "set ENVIRONMENT=production")


def _database_report(settings: "Settings") -> Iterator[Check]:
    if settings.database_url.startswith("sqlite"):
        yield Check(name="database kind", state="warn", detail="SQLite: one server only; use PostgreSQL for more")
        return
    try:
        parts = urlsplit(settings.database_url)
    except ValueError:
        yield Check(name="database link", state="bad", detail="DATABASE_URL is not a database address")
        return
    password, host = parts.password or "", parts.hostname or ""
    if password and len(password) < PASSWORD_MIN:
        yield Check(
            name="database password",
            state="bad",
            detail=f"only {len(password)} characters: create one with openssl rand -hex 16",
        )
    else:
        yield Check(name="database password", state="ok", detail="long enough" if password else "not in the address")
    yield _reported(
        "database user",
        parts.username != "postgres",
        "not the superuser postgres",
        "connect as a role that isn't a superuser: deploy/postgres/first-start.sh creates one",
    )
    safe = not host or is_near(host) or any(word in parts.query for word in ENCRYPTED)
    yield _reported("database link", safe, "private network, or encrypted", "add ?sslmode=require to DATABASE_URL")


def _counting(settings: "Settings") -> Check:
    detail = f"{settings.rate_limit} turns a minute, {settings.rate_limit_burst} a second"
    if settings.rate_limit_storage == "memory":
        return Check(name="rate limit", state="warn", detail=f"{detail}; not shared: set RATE_LIMIT_STORAGE")
    return Check(name="rate limit", state="ok", detail=f"{detail}, shared by all servers")


def _origins(settings: "Settings") -> Check:
    plain = [origin for origin in settings.cors_origins if origin.startswith("http://")]
    if plain:
        return Check(name="web origins", state="warn", detail=f"{plain[0]} isn't encrypted: use its https:// address")
    return Check(name="web origins", state="ok", detail=", ".join(settings.cors_origins) or "none")


def _model_key(settings: "Settings") -> Check:
    if settings.openai_api_key is None:
        return Check(name="model key", state="ok", detail="none")
    return Check(name="model key", state="warn", detail="set: check that it has a spending limit at the provider")


MARKS = {"ok": "ok  ", "warn": "note", "bad": "BAD "}


@click.command(
    short_help="Check that everything is in order.",
    epilog="""\b
Examples:
  kirotodo doctor
  kirotodo doctor --offline
  kirotodo doctor --production
  kirotodo doctor --json | jq .ok""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--offline", is_flag=True, help="Skip the model and the server: use no network and spend nothing.")
@click.option("--production", is_flag=True, help="Also check what production needs.")
def doctor(as_json: bool, offline: bool, production: bool) -> None:
    """Check Python, the terminal, the list, folders, the database, the time zone and the model. Exits with 1 if
    anything is broken.

    If a model service is configured, its model is sent one short question, which costs a few tokens.
    """
    checks = examine(offline=offline, production=production)
    sound = all(check.state != "bad" for check in checks)
    if as_json:
        put_json({"ok": sound, "checks": checks})
    else:
        name_width = max(len(check.name) for check in checks)
        for check in checks:
            put(f"{MARKS[check.state]}  {check.name:<{name_width}}  {sanitize_line(check.detail)}")
        say("Everything is in order." if sound else "Something is broken. See the lines marked BAD.")
    if not sound:
        raise click.exceptions.Exit(1)
