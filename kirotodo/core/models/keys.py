"""Keys of model services, kept as `core.secrets` keeps secrets."""

from pathlib import Path
from typing import Final

from kirotodo.core.errors import InvalidInput, ModelError, OperatorError
from kirotodo.core.secrets import PATIENCE_SECONDS, KeyringTrouble, SecretStore, Stored

FILE: Final = "keys.json"
KEY_MAX: Final = 4096


class KeyStore:
    """Keys by the names of their models. `folder` is that of config.toml."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self.path = folder / FILE
        self._secrets = SecretStore(self.path, kind="model", patience=patience)

    def read(self, name: str) -> str | None:
        """The key, None where none was stored. Blocks for two seconds at most.

        Raises `ModelError` where the keyring might hold one but does not tell.
        """
        try:
            return self._secrets.read(name)
        except KeyringTrouble as trouble:
            raise ModelError(
                f"The key of the model {name} cannot be had: {trouble}. Unlock the keyring, or name an environment "
                "variable that holds the key with key_env in config.toml."
            ) from None

    def store(self, name: str, key: str) -> Stored:
        """Put `key` into the keyring, or into the file where that fails. Raises `OperatorError` if neither works."""
        return self._secrets.store(name, key)

    def delete(self, name: str) -> bool:
        """Take the key away; False where there was none. Raises `OperatorError` if the keyring does not let go."""
        try:
            return self._secrets.delete(name)
        except KeyringTrouble as trouble:
            raise OperatorError(f"Whether the key of {name} is in the keyring cannot be told: {trouble}.") from None


def checked_key(text: str) -> str:
    """`text` as a key. Raises `InvalidInput`; what was given is never repeated."""
    key = text.strip()
    if not key:
        raise InvalidInput("There is no key: it is empty.")
    if len(key) > KEY_MAX or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput("That is no key: a key is one line of plain letters, digits and signs, without spaces.")
    return key
