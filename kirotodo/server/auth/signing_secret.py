"""The secret that signs tokens: the configured one or, in development, one that is made and kept in the data folder."""

import contextlib
import secrets
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kirotodo.core.errors import ConfigError, OperatorError
from kirotodo.core.text.files import atomic_write

if TYPE_CHECKING:
    from kirotodo.core.setting import Secret
    from kirotodo.core.settings import Settings

SECRET_MIN: Final = 32
FILE_NAME: Final = "auth-secret"
_BYTES: Final = 48
DIFFERENT_MIN: Final = 8
_PLACEHOLDERS: Final = (
    *("changeme", "change-me", "change_me", "replace", "example", "placeholder", "your-", "your_", "your secret"),
    *("password", "passwort", "letmein", "qwerty", "insecure", "default", "openssl", "only-for-a-try", "supersecret"),
)
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS: Final = frozenset(two for row in _ROWS for line in (row, row[::-1]) for two in pairwise(line))


def weakness_of(secret: str) -> str | None:
    """Why somebody could guess this secret, as the end of a sentence; None where it looks as random as it should.

    Random texts of 32 letters or digits never look like that; what people type or copy does.
    """
    letters = secret.lower()
    if len(secret) < SECRET_MIN:
        return f"has {len(secret)} characters and could be guessed"
    if len(set(letters)) < DIFFERENT_MIN:
        return f"has too few different characters ({len(set(letters))}) and could be guessed"
    if any(word in letters for word in _PLACEHOLDERS):
        return "is an example or a password, not a random text, and could be guessed"
    if len({letters[place : place + 3] for place in range(len(letters) - 2)}) < (len(letters) - 2) * 0.6:
        return "repeats itself and could be guessed"
    if sum(two in _NEIGHBOURS for two in pairwise(letters)) > len(letters) / 2:
        return "is a sequence of letters or digits and could be guessed"
    return None


def secret_of(settings: "Settings") -> str:
    """Return the secret of this server. Blocks where one has to be read or made.

    Raises `ConfigError` in production without one, and `OperatorError` where the file cannot be read or written.
    """
    given = plain(settings.better_auth_secret)
    if given:
        return given
    if settings.environment == "production":
        raise ConfigError(
            f"BETTER_AUTH_SECRET is not set: give it a random text of {SECRET_MIN} characters or more, "
            "such as `openssl rand -base64 48` prints."
        )
    return _kept(settings.data_dir / FILE_NAME)


def previous_secret_of(settings: "Settings") -> str | None:
    """Return the secret before, whose tokens still hold."""
    return plain(settings.better_auth_secret_previous) or None


def plain(secret: "Secret | None") -> str:
    """Return the value of a setting without the line end that files and shells leave behind."""
    return secret.get_secret_value().strip() if secret is not None else ""


def _kept(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        found = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        found = ""
    except OSError as error:
        raise OperatorError(
            f"{error.filename or path} cannot be read or written: {error.strerror or error}; set BETTER_AUTH_SECRET."
        ) from None
    if len(found) < SECRET_MIN:
        raise OperatorError(f"{path} is damaged. Delete it to create a new one; everyone then has to sign in again.")
    return found


def _make(path: Path) -> None:
    """Write it whole, its owner's alone from its first byte on; one that another process made first stays."""
    with contextlib.suppress(FileExistsError):
        atomic_write(path, secrets.token_urlsafe(_BYTES) + "\n", overwrite=False)
