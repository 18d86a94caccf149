"""`models`, `config key` and what `doctor` finds out about a model, against a model server that nobody here wrote."""

import json
import socket
from pathlib import Path
from typing import Any

import keyring
import pytest
from click.testing import CliRunner, Result
from llmock.pytest_plugin import LLMock
from llmock.scenarios import Reply, ToolCall

from kirotodo.cli import command_group
from kirotodo.core.settings import Settings
from tests.keyrings import MemoryKeyring, NoKeyring

PRICED = '[models.fast]\nmodel = "small-1"\nbase_url = "{url}"\ninput_price = 0.4\noutput_price = 1.6\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path))
    monkeypatch.setenv("TIMEZONE", "Europe/Vienna")
    return tmp_path


@pytest.fixture
def service(home: Path, llmock: LLMock, monkeypatch: pytest.MonkeyPatch) -> LLMock:
    """llmock as what the OPENAI_ settings name."""
    monkeypatch.setenv("OPENAI_MODEL", "big-2")
    return llmock


def run(*args: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(command_group(), args, input=stdin)
    assert "went wrong inside" not in result.stderr
    return result


def model_check(*args: str) -> dict[str, Any]:
    found = json.loads(run("doctor", "--json", *args).stdout)
    return next(check for check in found["checks"] if check["name"] == "model")


def nobody_listens() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


# --- models ---


def test_without_a_service_there_is_the_built_in_model(home: Path) -> None:
    result = run("models")
    assert result.exit_code == 0
    assert result.stdout.split() == ["*", "built-in", "built-in", "local"]
    page = json.loads(run("models", "--json").stdout)
    assert [item["name"] for item in page["items"]] == ["built-in"]
    assert page["offered"] is None


def test_the_configured_come_first_then_what_the_service_offers(home: Path, service: LLMock) -> None:
    (home / "config.toml").write_text(PRICED.format(url="http://localhost:1/v1"))
    result = run("models")
    assert result.exit_code == 0, result.output
    configured, offered = result.stdout.split("\n\n")
    assert configured.splitlines()[0].split()[:3] == ["*", "big-2", "big-2"]
    assert "$0.4 in, $1.6 out per million tokens" in configured
    assert offered.startswith(f"Offered by {service.url.removeprefix('http://')}:")
    page = json.loads(run("models", "--json").stdout)
    assert [item["name"] for item in page["items"]] == ["big-2", "fast", "built-in"]
    assert page["offered"] == [line.strip() for line in offered.splitlines()[1:]]
    assert len(page["offered"]) > 0


def test_another_service_than_the_default_one_can_be_asked(
    home: Path, llmock: LLMock, memory_keyring: MemoryKeyring
) -> None:
    (home / "config.toml").write_text(f'model = "built-in"\n{PRICED.format(url=llmock.base_url())}')
    assert "Offered by" in run("models", "fast").stdout
    assert "Offered by" not in run("models").stdout
    refused = run("models", "slow")
    assert refused.exit_code == 2
    assert "big" not in refused.stdout


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_service_that_cannot_be_reached_is_exit_code_5(
    home: Path, monkeypatch: pytest.MonkeyPatch, json_too: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", nobody_listens())
    result = run("models", *json_too)
    assert result.exit_code == 5
    assert "can't be reached" in result.stderr
    assert "built-in" in result.stdout


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [(401, 1, "refused the key"), (403, 1, "refused the key"), (404, 1, "doesn't list"), (503, 5, "Try again later")],
)
def test_a_refusal_is_told(service: LLMock, status: int, code: int, sentence: str) -> None:
    service.fail(status, times=None)
    result = run("models")
    assert result.exit_code == code
    assert sentence in result.stderr
    assert "llmock-test-key" not in result.output


def test_a_missing_key_is_told(home: Path, memory_keyring: MemoryKeyring) -> None:
    (home / "config.toml").write_text('model = "far"\n[models.far]\nmodel = "big"\n')
    result = run("models")
    assert result.exit_code == 1
    assert "kirotodo config key far" in result.stderr


# --- config key ---


def test_a_key_is_stored_from_a_pipe_and_deleted(home: Path, memory_keyring: MemoryKeyring) -> None:
    (home / "config.toml").write_text(PRICED.format(url="https://models.example/v1"))
    result = run("config", "key", "fast", stdin="sk-secret\n")
    assert result.exit_code == 0, result.output
    assert "system keyring" in result.stderr
    assert "sk-secret" not in result.output
    assert memory_keyring.kept == {("kirotodo", "model:fast"): "sk-secret"}
    assert "Deleted" in run("config", "key", "fast", "--delete").stderr
    assert memory_keyring.kept == {}
    assert "no such key" in run("config", "key", "fast", "--delete").stderr


def test_without_a_keyring_the_file_is_named(home: Path, memory_keyring: MemoryKeyring) -> None:
    keyring.set_keyring(NoKeyring())
    (home / "config.toml").write_text(PRICED.format(url="https://models.example/v1"))
    result = run("config", "key", "fast", stdin="sk-secret\n")
    assert f"{home / 'keys.json'}, since this machine has no keyring" in result.stderr


@pytest.mark.parametrize(
    ("name", "stdin", "sentence"),
    [
        ("slow", "sk-1", "There is no model 'slow'"),
        ("fast", "", "is empty"),
        ("fast", "two words", "isn't a valid key"),
        ("ready", "sk-1", "comes from READY_API_KEY"),
        ("big-2", "sk-1", "comes from OPENAI_API_KEY"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    home: Path, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, name: str, stdin: str, sentence: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0")
    monkeypatch.setenv("OPENAI_MODEL", "big-2")
    ready = '[models.ready]\nmodel = "x"\nkey_env = "READY_API_KEY"\n'
    (home / "config.toml").write_text(PRICED.format(url="https://models.example/v1") + ready)
    result = run("config", "key", name, stdin=stdin)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert memory_keyring.kept == {}


# --- doctor ---


def test_doctor_asks_nobody_without_a_service(home: Path) -> None:
    assert model_check() == {"name": "model", "state": "ok", "detail": "built-in, no network"}


def test_doctor_finds_a_model_that_streams_and_calls_tools(service: LLMock) -> None:
    service.add(Reply(text="one two three four five", tool_calls=(ToolCall("ready", {}),)))
    check = model_check()
    assert check["state"] == "ok"
    assert check["detail"].startswith("big-2 answered after")
    assert "it streams and calls tools" in check["detail"]
    assert " tokens;" in check["detail"]
    assert len(service.requests) == 1


def test_doctor_notes_a_model_that_calls_no_tool(service: LLMock) -> None:
    service.reply("one two three four five")
    check = model_check()
    assert check["state"] == "warn"
    assert "didn't call the tool" in check["detail"]


def test_doctor_does_not_ask_offline(service: LLMock) -> None:
    assert model_check("--offline")["detail"] == "big-2, not checked"
    assert service.requests == []


def test_doctor_says_what_is_wrong(service: LLMock) -> None:
    service.fail(401, times=None)
    check = model_check()
    assert check["state"] == "bad"
    assert "refused the key" in check["detail"]
    assert "kept" not in check["detail"]
    assert run("doctor").exit_code == 1


def test_doctor_tells_of_a_service_that_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", nobody_listens())
    check = model_check()
    assert check["state"] == "bad"
    assert "can't be reached" in check["detail"]
