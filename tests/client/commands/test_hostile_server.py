"""No server, setting, variable, file name or log record scripts the terminal of commands on accounts and settings."""

import base64
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import keyring
import pexpect
import pytest

from kirotodo.client.remote.errors import CLASSES
from kirotodo.core.settings import Settings
from kirotodo.core.text.sanitize import UNSAFE
from tests.client.commands.fake_terminal import OUR_STYLES, assert_safe, on_terminal
from tests.client.hostile import POISONS, SCRIPTS
from tests.keyrings import NoKeyring

POISON: Final = f"a{SCRIPTS}b"
IN_ENVIRONMENT: Final = POISON.replace("\x00", "")
IN_HEADER: Final = "a\x9b31;7mb\x9d0;x\x9cc"
KIROTODO: Final = [sys.executable, "-m", "kirotodo"]


class HostileServer(ThreadingHTTPServer):
    """Gives one and the same answer to every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.reply(200, {})

    def reply(self, status: int, body: Any, *, kind: str = "application/json", **headers: str) -> None:
        self.status, self.kind, self.headers = status, kind, headers
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    server: HostileServer

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        server = self.server
        self.send_response(server.status, "OK")
        for name, value in {"content-type": server.kind, "x-kirotodo-version": IN_HEADER, **server.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    do_GET = do_POST = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[HostileServer]:
    server = HostileServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    for name in (*Settings.fields, "kirotodo_server", "kirotodo_token"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path / "home"))
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield tmp_path / "home"
    keyring.set_keyring(before)


def token(poison: str = POISON) -> str:
    """A token of the right form whose claims are poison."""
    claims = json.dumps({"sub": poison, "email": poison, "exp": 9_999_999_999}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"


def run(*args: str, stdin: str = "one\ntwo\n") -> tuple[str, int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        return on_terminal(*args)


def account(poison: str) -> dict[str, Any]:
    """What any question about an account is answered with."""
    user = {"id": poison, "email": poison, "timezone": poison}
    return {
        **user,
        "access_token": token(poison),
        "expires_in": 900,
        "refresh_token": poison,
        "user": user,
        "deletion_at": "2026-12-05T00:00:00Z",
    }


SIGN_IN: Final = (
    "signup {url} --email ada@example.com --password-stdin",
    "login {url} --email ada@example.com --password-stdin",
    "passwd --reset {url}",
)
SIGNED_IN: Final = (
    "login {url}",
    "whoami",
    "whoami --json",
    "passwd",
    "account delete",
    "account delete --confirm x",
    "account restore",
    "logout",
    "logout --everywhere",
    "doctor",
    "config",
    "models",
)


@pytest.mark.parametrize("name", ["scripts", "an unfinished command", "a flood", "markup"])
@pytest.mark.parametrize("command", SIGN_IN)
def test_no_server_scripts_the_one_who_signs_in(command: str, name: str, server: HostileServer) -> None:
    server.reply(200, account(POISONS[name]))
    for follow_up in (command.format(url=server.url), "whoami", "login", "config", "doctor --offline", "logout"):
        shown, _ = run(*follow_up.split())
        assert shown
        assert_safe(shown)


def test_no_server_scripts_the_one_who_deletes_an_account(server: HostileServer) -> None:
    server.reply(200, account(POISON))
    run("login", server.url, "--email", "ada@example.com", "--password-stdin")
    shown, code = run("account", "delete", "--confirm", POISON)
    assert (code, "is closed" in shown) == (0, True)
    assert_safe(shown)


@pytest.fixture
def signed_in(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> HostileServer:
    monkeypatch.setenv("KIROTODO_SERVER", server.url)
    monkeypatch.setenv("KIROTODO_TOKEN", token())
    return server


@pytest.mark.parametrize("command", SIGNED_IN)
def test_no_answer_scripts_the_one_who_is_signed_in(command: str, signed_in: HostileServer) -> None:
    args = command.format(url=signed_in.url).split()
    signed_in.reply(200, account(POISON))
    assert_safe(run(*args)[0])
    signed_in.reply(404, {"detail": POISON, "code": "not_found"}, kind="application/problem+json")
    assert_safe(run(*args)[0])


@pytest.mark.parametrize("code", sorted({*CLASSES, "live_turn", "rate_limited", POISON}))
def test_no_refusal_scripts_the_terminal(code: str, signed_in: HostileServer) -> None:
    problem = {"detail": POISON, "title": POISON, "code": code, "turn_id": POISON, "retry_after": 0}
    for status in (401, 422, 503):
        signed_in.reply(status, problem, kind="application/problem+json")
        for command in ("whoami", "signup {url} --email ada@example.com --password-stdin", "account restore"):
            shown, ended = run(*command.format(url=signed_in.url).split())
            assert ended != 0 or code == "not_found"  # then the server keeps no accounts, and the token is believed
            assert_safe(shown)


@pytest.mark.parametrize("status", [200, 204, 302, 401, 404, 407, 413, 418, 429, 500])
def test_no_stranger_scripts_the_terminal(status: int, signed_in: HostileServer) -> None:
    for location in (f"http://evil.example/{IN_HEADER}", IN_HEADER):
        signed_in.reply(status, POISON.encode(), kind="text/html", location=location)
        for command in ("whoami", "login {url} --email ada@example.com --password-stdin", "doctor"):
            shown, ended = run(*command.format(url=signed_in.url).split())
            assert ended != 0
            assert_safe(shown)


@pytest.mark.slow
def test_a_model_service_scripts_nothing(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    for body in ({"data": [{"id": POISON}]}, {"error": {"message": POISON, "code": POISON}}):
        for status in (200, 400, 401, 500):
            server.reply(status, body)
            for command in ("models", "models --json", "doctor"):
                assert_safe(run(*command.split())[0])


# --- settings ---

SETTINGS_COMMANDS: Final = ("config", "config show --json", "config path", "doctor --offline --production", "models")


@pytest.mark.parametrize("name", [*Settings.fields, "kirotodo_server", "term"])
def test_no_variable_scripts_the_terminal(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    poison = str(tmp_path / IN_ENVIRONMENT) if name == "kirotodo_home" else IN_ENVIRONMENT
    for value in (poison, f"http://{IN_ENVIRONMENT}", f"sqlite:///{tmp_path}/{IN_ENVIRONMENT}.db"):
        monkeypatch.setenv(name.upper(), value)
        for command in SETTINGS_COMMANDS[:4]:
            assert_safe(run(*command.split())[0])


def test_no_config_file_scripts_the_terminal(home: Path) -> None:
    home.mkdir()
    poison = json.dumps(IN_ENVIRONMENT.replace("\x7f", "").replace("\U000e0041", ""))
    unknown = f"{poison} = {poison}\n"
    free = f'openai_model = {poison}\nsentry_dsn = {poison}\nopenai_api_key = "x"\n'
    url = f'openai_base_url = "http://127.0.0.1:9/"\n[models.{poison}]\nmodel = {poison}\nkey_env = {poison}\n'
    for content in (unknown, free, free + url, f"timezone = {poison}\n", f"=\x1b]0;x\x07{poison}"):
        (home / "config.toml").write_text(content)
        for command in (*SETTINGS_COMMANDS, f"models {IN_HEADER}", f"config key {IN_HEADER}"):
            shown, _ = run(*command.split())
            assert shown
            assert_safe(shown)


@pytest.mark.parametrize("content", [None, f"TIMEZONE={IN_ENVIRONMENT}\n", f"{IN_ENVIRONMENT}=1\n"])
def test_no_file_name_scripts_the_terminal(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "evil\x1b]0;x\x07.env"
    if content is not None:
        file.write_text(content)
    for command in SETTINGS_COMMANDS:
        assert_safe(run("--env-file", str(file), *command.split())[0])


# --- real processes ---


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    variables = {"KIROTODO_HOME": str(home), "TIMEZONE": "UTC", "PYTHONUTF8": "1", "TERM": "xterm"}
    return {**kept, **variables, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **more}


@pytest.mark.slow
@pytest.mark.parametrize("logger", ["kirotodo.core", "httpx2"])
def test_no_log_record_scripts_the_terminal(logger: str, home: Path) -> None:
    program = f"""
import atexit, logging, sys
from kirotodo.cli import main
def log():
    try:
        raise ValueError({POISON!r})
    except ValueError:
        logging.getLogger({logger!r}).exception("evil %s", {POISON!r})
atexit.register(log)
sys.argv = ["kirotodo", "list"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(home, KIROTODO_DEBUG="1"), capture_output=True, timeout=60
    )
    shown = done.stderr.decode()
    assert "evil a" in shown
    assert "ValueError: a" in shown
    assert_safe(shown)


def on_a_real_terminal(home: Path, *args: str, answers: tuple[str, ...] = (), variables: dict[str, str]) -> str:
    """The bytes that a pseudo-terminal got, without our styles and its own line ends."""
    child = pexpect.spawn(KIROTODO[0], [*KIROTODO[1:], *args], env=environment(home, **variables), dimensions=(24, 80))
    for answer in answers:
        child.expect_exact(b": ")
        child.sendline(answer)
    before, shown = child.before or b"", child.after if answers else b""
    child.expect(pexpect.EOF)
    child.close()
    shown = b"".join(part for part in (before, shown, child.before) if isinstance(part, bytes))
    return OUR_STYLES.sub("", shown.decode().replace("\r\n", "\n"))


@pytest.mark.slow
def test_a_real_terminal_gets_no_escape_sequence_of_others(server: HostileServer, home: Path) -> None:
    server.reply(200, account(POISON))
    subprocess.run([*KIROTODO, "import"], input=json.dumps([{"title": POISON}]).encode(), env=environment(home))
    signed_in = {"KIROTODO_SERVER": server.url, "KIROTODO_TOKEN": token()}
    home.mkdir(exist_ok=True)
    (home / "servers.json").write_text(json.dumps({"servers": {server.url: {"url": server.url, "email": POISON}}}))
    shown = [
        on_a_real_terminal(home, "list", "--local", variables={}),
        on_a_real_terminal(home, "show", "1", "--local", variables={}),
        on_a_real_terminal(home, "whoami", variables=signed_in),
        on_a_real_terminal(home, "doctor", "--offline", variables=signed_in),
        on_a_real_terminal(home, "config", variables={"OPENAI_MODEL": IN_ENVIRONMENT}),
        on_a_real_terminal(home, "login", server.url, answers=("ada@example.com", "secret"), variables={}),
        on_a_real_terminal(home, "account", "delete", answers=("x",), variables=signed_in),
    ]
    for text in shown:
        assert len(text) > 10
        assert_safe(text)


def test_raw_output_would_be_found() -> None:
    assert UNSAFE.search(OUR_STYLES.sub("", POISON)) is not None
    with pytest.raises(AssertionError):
        assert_safe(POISON)
