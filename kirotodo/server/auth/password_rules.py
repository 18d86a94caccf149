"""Refuses passwords that are tried first by whoever guesses (NIST SP 800-63B, 3.1.1.2).

A password needs length and must not be a known one. There are no rules about digits, capitals or signs: they make
passwords weaker. The list of common passwords is made by `scripts/common_passwords.py` and read with the first use.
"""

import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.server.auth.invisible import is_invisible

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 256
LIST: Final = Path(__file__).with_name("common_passwords.txt")
SERVICE: Final = "kirotodo"
UNIT_MAX: Final = 3
"""A password that repeats so few characters over and over is as good as those few."""
NAME_MIN: Final = 3
"""Shorter names are not looked for: hardly anything would be left."""
_EDGES: Final = string.punctuation + string.whitespace


def spelled(password: str) -> str:
    """Return the one spelling of what looks the same, whichever keyboard it came from."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str | None = None) -> None:
    """Raise `InvalidInput` for a password that is too short or too easy to guess for the account of `email`."""
    if len(spelled(password)) < PASSWORD_MIN:
        raise InvalidInput(f"a password needs {PASSWORD_MIN} characters or more")
    folded = spelled(password).casefold()
    if all(map(is_invisible, folded)):
        raise InvalidInput("a password needs more than spaces")
    if len(_unit(folded)) <= UNIT_MAX or _is_sequence(folded):
        raise InvalidInput("this password is a repetition or a sequence: use several words, or a password manager")
    cores = set(_cores(folded))
    if not cores.isdisjoint(_common()):
        raise InvalidInput("this password is one of the most common ones: use several words, or a password manager")
    if not {_squashed(core) for core in cores}.isdisjoint(_names(email)):
        raise InvalidInput("this password is the name of the account or the service: use something else")


def _cores(folded: str) -> Iterator[str]:
    """Yield the password and what is left of it without what people put around a word."""
    for core in (folded, folded.strip(_EDGES), folded.strip(_EDGES + string.digits)):
        yield core
        yield _unit(core)


def _unit(text: str) -> str:
    """Return the shortest text that makes up the whole when it is repeated."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text


def _is_sequence(text: str) -> bool:
    """Return whether the characters count on, up or down; after 9 comes 0."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}) or (text.isdecimal() and {step % 10 for step in steps} in ({1}, {9}))


def _names(email: str | None) -> set[str]:
    local, _, domain = (email or "").partition("@")
    names = (SERVICE, email or "", local, local.partition("+")[0], domain, domain.rpartition(".")[0])
    return {squashed for name in names if len(squashed := _squashed(name.casefold())) >= NAME_MIN}


def _squashed(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


@cache
def _common() -> frozenset[str]:
    return frozenset(LIST.read_text(encoding="utf-8").split())
