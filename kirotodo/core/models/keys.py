"""API keys of model services, kept in the keyring or a file as `core.secrets` does."""

from pathlib import Path
from typing import Final

from kirotodo.core.errors import InvalidInput, ModelError, OperatorError
from kirotodo.core.secrets import PATIENCE_SECONDS, KeyringTrouble, SecretStore, Stored

FILE: Final = "keys.json"
KEY_MAX: Final = 4096


class KeyStore:
    """Reads and writes keys by the names of their models. `folder` is that of config.toml."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self.path = folder / FILE
        self._secrets = SecretStore(self.path, kind="model", patience=patience)

    def read(self, name: str) -> str | None:
        """Return the key, or None where none was stored. Block for two seconds at most.

        Raise `ModelError` where the keyring may hold a key but cannot be read.
        """
        try:
            return self._secrets.read(name)
        except KeyringTrouble as trouble:
            raise ModelError(
                f"The key of the model {name} can't be read: {trouble}. Unlock the keyring, or name an environment "
                "variable that holds the key with key_env in config.toml."
            ) from None

    def store(self, name: str, key: str) -> Stored:
        """Store `key` in the keyring, or in the file where that fails. Raise `OperatorError` if neither works."""
        return self._secrets.store(name, key)

    def delete(self, name: str) -> bool:
        """Delete the key; return False where there was none. Raise `OperatorError` if the keyring refuses."""
        try:
            return self._secrets.delete(name)
        except KeyringTrouble as trouble:
            raise OperatorError(f"The keyring can't be checked for the key of {name}: {trouble}.") from None


def checked_key(text: str) -> str:
    """Return `text` as a key. Raise `InvalidInput`, which never repeats the text."""
    key = text.strip()
    if not key:
        raise InvalidInput("The key is empty.")
    if len(key) > KEY_MAX or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(
            "That isn't a valid key. A key is one line of ASCII letters, digits and signs, without spaces."
        )
    return key
