"""Which secrets could be guessed: none that is random, whatever made it, and all that people think of first."""

import base64
import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.server.auth.signing_secret import weakness_of

ALPHABETS = (string.hexdigits[:16], string.ascii_letters + string.digits, string.printable[:94])


@pytest.mark.parametrize(
    "secret",
    [
        *("", "short", "9f2c5e0b71d84a63f0c9be27d5a8146", "a" * 32, "ab" * 16, "password" * 4, "0123456789" * 4),
        *(
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "zyxwvutsrqponmlkjihgfedcba987654",
            "12345678901234567890123456789012",
        ),
        *("qwertyuiopasdfghjklzxcvbnm123456789", "change-me-to-a-random-text-of-32-chars", "ChangeMe" * 4, "A" * 64),
        *("your-secret-key-at-least-32-characters", "only-for-a-try-and-never-in-production", "9f2c5e0b" * 5),
        *(
            "openssl rand -base64 48 | tr -d '\\n'",
            "1111111122222222333333334444444455555555",
            "aaaaaaaabcdefghijklmnop12345678aaaa",
        ),
    ],
)
def test_what_people_think_of_first_is_refused(secret: str) -> None:
    assert "could be guessed" in (weakness_of(secret) or "")


@given(st.integers(0, 2**32), st.integers(32, 80))
def test_a_random_text_is_accepted(seed: int, length: int) -> None:
    random = Random(seed)
    for alphabet in ALPHABETS:
        secret = "".join(random.choice(alphabet) for _ in range(length))
        assert weakness_of(secret) is None, secret
    secret = base64.b64encode(random.randbytes(length)).decode()
    assert weakness_of(secret) is None, secret
