"""`.env.production.example`, `docker-compose.yml` and `Settings` name the same settings and say the same of them."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from kirotodo.core.settings import Settings
from tests.deploy.tools import ROOT, document, read, run

EXAMPLE: Final = ".env.production.example"
ELSEWHERE: Final = {
    "KIROTODO_HOME": "the image sets it",
    "MODELS": "tables of config.toml only",
    "KEYS": "a table of config.toml only, for the chat",
    "COMMANDS": "a table of config.toml only, for the chat",
}
FIELDS: Final = {name.upper(): field for name, field in Settings.fields.items() if name.upper() not in ELSEWHERE}
SECRET: Final = re.compile(r"SECRET|PASSWORD|_KEY$|_DSN$")


def example() -> dict[str, tuple[str, str]]:
    """Name to the line that explains it and its value."""
    return dict(lines())


def lines() -> Iterator[tuple[str, tuple[str, str]]]:
    words = ""
    for line in read(EXAMPLE).splitlines():
        if line.startswith("# "):
            words = line.removeprefix("# ")
        elif "=" in line:
            name, _, value = line.partition("=")
            yield name, (words, value)
            words = ""


def interpolated() -> set[str]:
    text = read("docker-compose.yml") + read("deploy/compose.monitoring.yml")
    scripts = read("deploy/backup.sh")
    return set(re.findall(r"\$\{([A-Z_]+)", text)) | set(re.findall(r"\(setting ([A-Z_]+)", scripts))


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_has_every_setting_and_explains_it(name: str) -> None:
    line = f"# {FIELDS[name].description}\n{name}="
    assert f"\n{line}" in read(EXAMPLE), f"{EXAMPLE} lacks these lines, with the value of production:\n{line}"


@pytest.mark.parametrize("name", FIELDS)
def test_the_compose_file_hands_every_setting_to_the_backend(name: str) -> None:
    given = document("docker-compose.yml")["services"]["backend"]["environment"]
    assert name in given, f"docker-compose.yml: services.backend.environment lacks {name}: ${{{name}:-}}"
    assert f"${{{name}:" in given[name]


def test_the_example_explains_each_line_once() -> None:
    names = [name for name, _ in lines()]
    assert sorted(names) == sorted(set(names))
    assert [name for name, (words, _) in lines() if not words] == []


def test_the_example_and_the_compose_files_name_the_same_variables() -> None:
    assert set(example()) ^ interpolated() == {
        "KIROTODO_SERVER",  # the other name of NEXT_PUBLIC_API_URL
        "COMPOSE_PROFILES",  # which Compose itself reads
    }


def test_the_example_gives_no_secret_away() -> None:
    assert {name: value for name, (_, value) in lines() if SECRET.search(name) and value} == {}


def test_the_example_can_be_read_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (_, value) in lines():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.environment == "production"
    assert settings.cors_origins == ("https://yourdomain.com",)
    assert settings.rate_limit_storage.startswith("redis://valkey")


def test_git_ignores_what_the_example_becomes() -> None:
    assert ".env" in read(".gitignore").splitlines()
    assert (ROOT / EXAMPLE).exists()


@pytest.mark.deploy
def test_what_a_person_exports_wins_over_the_file() -> None:
    values = {"POSTGRES_PASSWORD": "exported", "RATE_LIMIT": "7", "NEXT_PUBLIC_API_URL": "https://api.example.org"}
    shown = run("docker-compose", "--env-file", EXAMPLE, "config", also=values)
    assert "postgresql://kirotodo:exported@postgres:5432/kirotodo" in shown
    assert 'RATE_LIMIT: "7"' in shown
    assert "KIROTODO_SERVER: https://api.example.org" in shown
