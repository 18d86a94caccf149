"""The list before going to production, as `doctor --production` looks at it: what is so, and what to do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from kirotodo.core.addresses import is_near
from kirotodo.server.commands.checks import Check

if TYPE_CHECKING:
    from kirotodo.core.settings import Settings

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
    yield _reported("log format", settings.log_format == "json", "JSON, for collectors", "set LOG_FORMAT=json")
    yield Check(name="https", state="warn", detail="look from outside: only https:// may answer")
    yield Check(name="firewall", state="warn", detail="look at the machine: 22, 80 and 443 in, nothing else")
    yield Check(name="backups", state="warn", detail="look that one was restored for a try: docs/runbooks")


def _reported(name: str, so: bool, good: str, what_to_do: str) -> Check:
    return Check(name=name, state="ok" if so else "warn", detail=good if so else what_to_do)


def _environment(settings: "Settings") -> Check:
    return _reported("environment", settings.environment == "production", "production", "set ENVIRONMENT=production")


def _database_report(settings: "Settings") -> Iterator[Check]:
    if settings.database_url.startswith("sqlite"):
        yield Check(name="database kind", state="warn", detail="SQLite: one server only; PostgreSQL takes more")
        return
    parts = urlsplit(settings.database_url)
    password, host = parts.password or "", parts.hostname or ""
    if password and len(password) < PASSWORD_MIN:
        yield Check(name="database password", state="bad", detail=f"{len(password)} characters: openssl rand -hex 16")
    else:
        yield Check(name="database password", state="ok", detail="long enough" if password else "not in the address")
    yield _reported(
        "database user",
        parts.username != "postgres",
        "no superuser by its name",
        "connect as a role that is no superuser: deploy/postgres/first-start.sh makes one",
    )
    safe = not host or is_near(host) or any(word in parts.query for word in ENCRYPTED)
    yield _reported("database link", safe, "near, or encrypted", "add ?sslmode=require to DATABASE_URL")


def _counting(settings: "Settings") -> Check:
    detail = f"{settings.rate_limit} turns a minute, {settings.rate_limit_burst} a second"
    if settings.rate_limit_storage == "memory":
        return Check(name="rate limit", state="warn", detail=f"{detail}; not shared: set RATE_LIMIT_STORAGE")
    return Check(name="rate limit", state="ok", detail=f"{detail}, counted together")


def _origins(settings: "Settings") -> Check:
    plain = [origin for origin in settings.cors_origins if origin.startswith("http://")]
    if plain:
        return Check(name="web origins", state="warn", detail=f"{plain[0]} is not encrypted: name its https:// address")
    return Check(name="web origins", state="ok", detail=", ".join(settings.cors_origins) or "none")


def _model_key(settings: "Settings") -> Check:
    if settings.openai_api_key is None:
        return Check(name="model key", state="ok", detail="none")
    return Check(name="model key", state="warn", detail="set; look at the provider that it has a spending limit")
