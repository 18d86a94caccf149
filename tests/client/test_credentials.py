"""Sign-ins: in a keyring that works, fails, hangs or is not there; in a file, in memory, in the environment."""

import base64
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.core.errors import ConfigError, InvalidInput, NotSignedIn, OperatorError
from tests.keyrings import LockedKeyring, MemoryKeyring, NoKeyring

pytestmark = pytest.mark.usefixtures("restored_keyring")

HERE, THERE = Address.of("https://a.example"), Address.of("https://b.example")
TOKENS = StoredTokens(
    access_token="access", refresh_token="refresh", expires_at=1.5e9, user_id="7", email="ada@example.com"
)


def token(**claims: Any) -> str:
    """A token as servers make them; only its looks are right."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join((*parts, "c2lnbmF0dXJl"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "credentials.json"


def kept_in(file: Path, *, patience: float = 30, **environment: str) -> Credentials:
    return Credentials(file.parent, environment=environment, patience=patience)


def is_there(file: Path) -> bool:
    return file.exists()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def test_they_live_in_the_keyring_by_server_and_nowhere_else(file: Path, memory_keyring: MemoryKeyring) -> None:
    credentials = kept_in(file)
    assert await credentials.read(HERE) is None
    assert (await credentials.store(HERE, TOKENS)).place == "keyring"
    assert await kept_in(file).read(HERE) == TOKENS
    assert await credentials.read(THERE) is None
    assert list(memory_keyring.kept) == [("kirotodo", "server:https://a.example")]
    assert not is_there(file)
    assert await credentials.delete(HERE)
    assert not await credentials.delete(HERE)
    assert memory_keyring.kept == {}


@pytest.mark.parametrize("missing", [NoKeyring, null.Keyring])
async def test_without_a_keyring_they_go_into_a_file_of_the_owner(
    file: Path, missing: Callable[[], KeyringBackend]
) -> None:
    keyring.set_keyring(missing())
    credentials = kept_in(file)
    stored = await credentials.store(HERE, TOKENS)
    assert (stored.place, stored.detail) == (str(file), "this machine has no keyring")
    assert mode(file) == 0o600
    assert await kept_in(file).read(HERE) == TOKENS
    assert await credentials.delete(HERE)
    assert await credentials.read(HERE) is None


async def test_a_locked_keyring_means_signing_in_again(file: Path) -> None:
    keyring.set_keyring(LockedKeyring())
    credentials = kept_in(file)
    with pytest.raises(NotSignedIn, match=r"a\.example can't be read.*KeyringLocked.*sign in again"):
        await credentials.read(HERE)
    with pytest.raises(OperatorError, match="Can't check the keyring"):
        await credentials.delete(HERE)
    assert "KeyringLocked" in (await credentials.store(HERE, TOKENS)).detail
    assert await credentials.read(HERE) == TOKENS


@pytest.mark.usefixtures("hanging_keyring")
async def test_a_keyring_that_never_answers_is_not_waited_for(file: Path) -> None:
    credentials = kept_in(file, patience=0.05)
    with pytest.raises(NotSignedIn, match="did not answer within"):
        await credentials.read(HERE)
    assert "did not answer" in (await credentials.store(HERE, TOKENS)).detail
    assert await credentials.read(HERE) == TOKENS


async def test_in_memory_they_are_gone_with_the_program(file: Path, memory_keyring: MemoryKeyring) -> None:
    credentials = kept_in(file, KIROTODO_CREDENTIALS="memory")
    assert (await credentials.store(HERE, TOKENS)).place == "memory"
    assert await credentials.read(HERE) == TOKENS
    assert (memory_keyring.kept, is_there(file)) == ({}, False)
    assert await kept_in(file, KIROTODO_CREDENTIALS="memory").read(HERE) is None
    assert await credentials.delete(HERE)
    assert await credentials.read(HERE) is None


async def test_another_place_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="one of keyring, memory"):
        await kept_in(file, KIROTODO_CREDENTIALS="disk").read(HERE)


async def test_a_token_of_the_environment_comes_first(file: Path, memory_keyring: MemoryKeyring) -> None:
    await kept_in(file).store(HERE, TOKENS)
    given = token(sub="42", exp=2e9, email="eve@example.com")
    found = await kept_in(file, KIROTODO_TOKEN=f" {given}\n").read(HERE)
    assert found == StoredTokens(access_token=given, user_id="42", email="eve@example.com", expires_at=2e9)
    assert found.refresh_token is None
    assert memory_keyring.kept[("kirotodo", "server:https://a.example")]


@pytest.mark.parametrize("text", ["garbage", "a.b.c", token(), token(sub=3), "x" * 9000, "ключ.ключ.ключ"])
async def test_what_is_no_token_is_told_and_not_repeated(file: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="KIROTODO_TOKEN: That isn't a valid kirotodo token") as caught:
        await kept_in(file, KIROTODO_TOKEN=text).read(HERE)
    assert text not in caught.value.message


@pytest.mark.parametrize("stored", ["", "{", "[]", '{"access_token": ""}', '{"future": 1}', '{"user_id": "7"}'])
async def test_what_was_stored_and_makes_no_sense_is_no_sign_in(
    file: Path, memory_keyring: MemoryKeyring, stored: str
) -> None:
    memory_keyring.kept["kirotodo", "server:https://a.example"] = stored
    assert await kept_in(file).read(HERE) is None


def test_secrets_are_not_shown_by_accident() -> None:
    assert "access" not in repr(TOKENS).replace("access_token", "")
    assert "refresh" not in repr(TOKENS).replace("refresh_token", "")


IN_A_SESSION = """
set -e
printf 'a password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$0" -c '
import asyncio, sys
from pathlib import Path
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.accounts.address import Address

async def main():
    here = Address.of("https://a.example")
    tokens = StoredTokens(access_token="access", refresh_token="refresh", user_id="7", expires_at=1.5e9)
    kept = Credentials(Path(sys.argv[1]), patience=30)
    print((await kept.store(here, tokens)).place)
    again = Credentials(Path(sys.argv[1]), patience=30)
    print(await again.read(here) == tokens, await again.read(Address.of("https://b.example")))
    print(await again.delete(here), await again.read(here), Path(sys.argv[1]).exists())

asyncio.run(main())
' "$1"
"""


@pytest.mark.slow
def test_in_a_real_secret_service(tmp_path: Path) -> None:
    """GNOME Keyring on a D-Bus of its own: what most Linux desktops have."""
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")):
        pytest.skip("no secret service here: `apt-get install gnome-keyring dbus` runs this test")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
    }
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", IN_A_SESSION, sys.executable, str(tmp_path / "config")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["keyring", "True None", "True None False"], done.stderr
