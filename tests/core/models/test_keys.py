"""Keys of models: in a keyring that works, fails, hangs or is not there, and in the file that stands in for it."""

import stat
from pathlib import Path

import keyring
import pytest

from kirotodo.core.errors import InvalidInput, ModelError, OperatorError
from kirotodo.core.models.keys import KeyStore, checked_key
from tests.keyrings import LockedKeyring, MemoryKeyring, NoKeyring

pytestmark = pytest.mark.usefixtures("restored_keyring")


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "config", patience=0.05)


@pytest.fixture
def patient(tmp_path: Path) -> KeyStore:
    """For keyrings that answer: a busy machine must not make them look as if they hung."""
    return KeyStore(tmp_path / "config", patience=30)


def test_a_key_lives_in_the_keyring_and_nowhere_else(patient: KeyStore, memory_keyring: MemoryKeyring) -> None:
    assert patient.read("fast") is None
    assert patient.store("fast", "sk-1").place == "keyring"
    assert patient.read("fast") == "sk-1"
    assert memory_keyring.kept == {("kirotodo", "model:fast"): "sk-1"}
    assert not patient.path.exists()
    assert patient.delete("fast")
    assert (patient.read("fast"), memory_keyring.kept) == (None, {})
    assert not patient.delete("fast")


def test_without_a_keyring_keys_go_into_a_file_of_the_owner(patient: KeyStore) -> None:
    keyring.set_keyring(NoKeyring())
    assert patient.read("fast") is None
    stored = patient.store("fast", "sk-1")
    assert stored.place == str(patient.path)
    assert stored.detail == "this machine has no keyring"
    assert stat.S_IMODE(patient.path.stat().st_mode) == 0o600
    patient.store("slow", "sk-2")
    assert (patient.read("fast"), patient.read("slow")) == ("sk-1", "sk-2")
    assert patient.delete("fast")
    assert (patient.read("fast"), patient.read("slow")) == (None, "sk-2")
    assert [path.name for path in patient.path.parent.iterdir()] == [patient.path.name]


def test_a_locked_keyring_is_told_and_storing_falls_back(patient: KeyStore) -> None:
    keyring.set_keyring(LockedKeyring())
    with pytest.raises(ModelError, match=r"refused \(KeyringLocked\).*key_env"):
        patient.read("fast")
    with pytest.raises(OperatorError, match="can't be checked"):
        patient.delete("fast")
    assert "KeyringLocked" in patient.store("fast", "sk-1").detail
    assert patient.read("fast") == "sk-1"


@pytest.mark.usefixtures("hanging_keyring")
def test_a_keyring_that_never_answers_is_not_waited_for(keys: KeyStore) -> None:
    with pytest.raises(ModelError, match="did not answer within"):
        keys.read("fast")
    assert "did not answer" in keys.store("fast", "sk-1").detail
    assert keys.read("fast") == "sk-1"
    with pytest.raises(OperatorError, match="did not answer"):
        keys.delete("fast")
    assert "sk-1" not in keys.path.read_text()


def test_the_keyring_takes_over_from_the_file_once_it_works(patient: KeyStore, memory_keyring: MemoryKeyring) -> None:
    keyring.set_keyring(NoKeyring())
    patient.store("fast", "old")
    keyring.set_keyring(memory_keyring)
    assert patient.read("fast") == "old"
    patient.store("fast", "new")
    assert patient.read("fast") == "new"
    assert "old" not in patient.path.read_text()


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]"])
def test_a_damaged_file_is_told(patient: KeyStore, memory_keyring: MemoryKeyring, content: bytes) -> None:
    patient.path.parent.mkdir()
    patient.path.write_bytes(content)
    with pytest.raises(OperatorError, match="damaged"):
        patient.read("fast")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    keyring.set_keyring(NoKeyring())
    (tmp_path / "config").write_text("in the way")
    with pytest.raises(OperatorError, match=r"cannot be (read|written)"):
        KeyStore(tmp_path / "config", patience=30).store("fast", "sk-1")


@pytest.mark.parametrize("text", ["", "  \n", "two words", "ключ", "a\nb", "x" * 5000, "\x1b[2Jkey"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_key(text)
    assert not text.strip() or text.strip() not in caught.value.message


def test_a_key_loses_the_line_end_of_its_pipe() -> None:
    assert checked_key("sk-1\n") == "sk-1"
