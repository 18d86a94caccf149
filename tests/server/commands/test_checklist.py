"""The list before going to production: how each item is said of settings that are right, and of others."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kirotodo.cli import command_group
from kirotodo.core.settings import Settings
from kirotodo.server.commands.doctor import checklist

RIGHT: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://kirotodo:0123456789abcdef@db.example.com/kirotodo?sslmode=require",
    "rate_limit_storage": "redis://valkey:6379/0",
    "cors_origins": ("https://yourdomain.com",),
    "sentry_dsn": "https://key@sentry.test/1",
    "log_format": "json",
    "timezone": "UTC",
}
ONLY_PEOPLE = {"https", "firewall", "backups"}


def found(**changed: Any) -> dict[str, tuple[str, str]]:
    return {check.name: (check.state, check.detail) for check in checklist(Settings(**{**RIGHT, **changed}))}


def test_what_is_right_is_said_to_be_so() -> None:
    assert {name for name, (state, _) in found().items() if state != "ok"} == ONLY_PEOPLE


@pytest.mark.parametrize(
    ("changed", "name", "state", "word"),
    [
        ({"environment": "development"}, "environment", "warn", "ENVIRONMENT=production"),
        ({"database_url": "sqlite+aiosqlite:///x.db"}, "database kind", "warn", "SQLite"),
        ({"database_url": "postgresql://a:short@postgres/x"}, "database password", "bad", "5 characters"),
        ({"database_url": "postgresql://postgres:0123456789abcdef@postgres/x"}, "database user", "warn", "superuser"),
        ({"database_url": "postgresql://a:0123456789abcdef@db.example.com/x"}, "database link", "warn", "sslmode"),
        ({"database_url": "postgresql://a:0123456789abcdef@postgres/x"}, "database link", "ok", ""),
        ({"rate_limit_storage": "memory"}, "rate limit", "warn", "RATE_LIMIT_STORAGE"),
        ({"cors_origins": ("http://yourdomain.com",)}, "web origins", "warn", "https://"),
        ({"openai_api_key": "sk-x"}, "model key", "warn", "spending limit"),
        ({"sentry_dsn": None}, "error tracking", "warn", "SENTRY_DSN"),
        ({"log_format": "console"}, "log format", "warn", "LOG_FORMAT=json"),
    ],
)
def test_what_is_not_is_said_with_what_to_do(changed: dict[str, Any], name: str, state: str, word: str) -> None:
    check = found(**changed)[name]
    assert check[0] == state
    assert word in check[1]


def test_doctor_prints_it_and_no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://kirotodo:hunter2@127.0.0.1:1/x")
    result = CliRunner().invoke(command_group(), ["doctor", "--production", "--offline", "--json"])
    names = {check["name"] for check in json.loads(result.stdout)["checks"]}
    assert {"production", "database password", "rate limit", *ONLY_PEOPLE} <= names
    assert result.exit_code == 1
    assert "hunter2" not in result.output


@pytest.mark.parametrize(
    ("database_url", "secret", "state"),
    [
        ("postgresql://kirotodo:hunter2@127.0.0.1:1/x", "0123456789abcdef" * 2, "ok"),
        ("postgresql://kirotodo:hunter2@127.0.0.1:1/x", "", "bad"),
        ("", "0123456789abcdef" * 2, "bad"),
    ],
    ids=["nothing is kept", "a secret is made", "the list is kept"],
)
def test_a_folder_that_cannot_be_written_matters_where_something_is_kept_in_it(
    monkeypatch: pytest.MonkeyPatch, database_url: str, secret: str, state: str
) -> None:
    """As in a container, whose file system is read-only; in /proc nobody can write, not even root."""
    monkeypatch.setenv("KIROTODO_HOME", "/proc/kirotodo")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("BETTER_AUTH_SECRET", secret)
    result = CliRunner().invoke(command_group(), ["doctor", "--offline", "--json"])
    states = {check["name"]: check["state"] for check in json.loads(result.stdout)["checks"]}
    assert (states["data folder"], states["state folder"]) == (state, state)
