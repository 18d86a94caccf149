"""Passwords and keys inside of addresses are hidden wherever they stand, and all else can still be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.text.masking import hide_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:pw@db.example:5432/todo?sslmode=require", "postgresql://me:********@db.example:5432/todo?sslmode=require"),
        ("postgresql://me@db/todo?password=pw&application_name=x", "postgresql://me@db/todo?password=********&application_name=x"),
        ("postgresql://me:p/w?a#b@c:d@db/todo", "postgresql://me:********@db/todo"),
        ("redis://:pw@cache/0", "redis://:********@cache/0"),
        ("rediss://cache?ssl_cert_reqs=none&password=pw", "rediss://cache?ssl_cert_reqs=none&password=********"),
        ("https://pw@o1.ingest.example/2", "https://********@o1.ingest.example/2"),
        ("https://models.example/v1?api_key=pw&version=2", "https://models.example/v1?api_key=********&version=2"),
        ("https://models.example/v1?%6Bey=pw;access_token=pw#sig=pw", "https://models.example/v1?%6Bey=********;access_token=********#sig=********"),
        ("host=db user=me password='p w' dbname=todo", "host=db user=me password=******** dbname=todo"),
        ("sqlite+aiosqlite:////home/me/kirotodo.db", "sqlite+aiosqlite:////home/me/kirotodo.db"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("gpt-4.1-mini", "gpt-4.1-mini"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_address(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown


words = st.text("abcXYZ019-._~:/?#[]@!$&'()*+,;=% ", min_size=1, max_size=12)


@given(words)
def test_no_password_is_shown_however_it_is_written(word: str) -> None:
    password = f"Wombat{word}Wombat"
    assert "Wombat" not in hide_secrets(f"postgresql://me:{password}@db.example/todo")
    assert "Wombat" not in hide_secrets(f"redis://:{password}@cache/0")
