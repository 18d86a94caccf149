"""Tokens of our own: each of these differs from one that holds in a single thing, and opens nothing."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import NotSignedIn
from kirotodo.server.auth.tokens import SKEW_SECONDS, SUBJECT, TOKEN_MAX, Access, Refresh, Tokens
from tests.server.auth.conftest import SECRET, Server, answered, refused

NOW: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECONDS: Final = int(NOW.timestamp())
CLAIMS: Final[dict[str, Any]] = {
    "iss": "kirotodo",
    "aud": "kirotodo",
    "sub": "1",
    "iat": SECONDS,
    "exp": SECONDS + 900,
    "jti": "7",
    "tv": 0,
}
TOKENS: Final = Tokens(SECRET, clock=lambda: NOW)
OPTIONAL: Final = ("iat", "jti")


def signed(claims: Any, *, secret: str | bytes = SECRET, head: Any = None, unpadded: bool = True) -> str:
    """HS256 by hand, so that nothing is too wrong to be signed."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"} if head is None else head, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    key = secret.encode() if isinstance(secret, str) else secret
    signature = base64.urlsafe_b64encode(hmac.digest(key, text, "sha256"))
    return (text + b"." + (signature.rstrip(b"=") if unpadded else signature)).decode()


def changed(**claims: Any) -> str:
    kept = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return signed(kept)


GOOD: Final[dict[str, str]] = {
    "plain": signed(CLAIMS),
    "several audiences": changed(aud=["other", "kirotodo"]),
    "a claim nobody knows": changed(admin=True),
    "a clock a little ahead": changed(iat=SECONDS + SKEW_SECONDS, nbf=SECONDS + SKEW_SECONDS),
    "fractions of a second": changed(exp=SECONDS + 0.5),
    **{f"without {name}": changed(**{name: ...}) for name in OPTIONAL},
}
HEAD, BODY, SIGNATURE = GOOD["plain"].split(".")
BAD: Final[dict[str, str]] = {
    **{f"without {name}": changed(**{name: ...}) for name in CLAIMS if name not in OPTIONAL},
    **{f"{name} is null": changed(**{name: None}) for name in CLAIMS if name not in OPTIONAL},
    "another issuer": changed(iss="other"),
    "another audience": changed(aud="other"),
    "a refresh token's audience": changed(aud="kirotodo/refresh"),
    "no audience": changed(aud=[]),
    "ended this moment": changed(exp=SECONDS),
    "an end in words": changed(exp="tomorrow"),
    "an end that is true": changed(exp=True),
    "an end that is no number": signed({**CLAIMS, "exp": float("nan")}),
    "signed in the future": changed(iat=SECONDS + SKEW_SECONDS + 1),
    "not yet": changed(nbf=SECONDS + SKEW_SECONDS + 1),
    "a beginning in words": changed(nbf="now"),
    "a subject that is a number": changed(sub=1),
    "a subject without text": changed(sub=""),
    "a subject with a path": changed(sub="1/../2"),
    "a subject with a line end": changed(sub="1\n"),
    "a subject too long": changed(sub="1" * 256),
    "another version": changed(tv=1),
    "a version in words": changed(tv="0"),
    "a session that never was": changed(sid="7"),
    "a session that is a number": changed(sid=7),
    "a session that is null": changed(sid=None),
    "another secret": signed(CLAIMS, secret=SECRET[:-1]),
    "no secret": signed(CLAIMS, secret=b""),
    "algorithm none": signed(CLAIMS, head={"alg": "none"}),
    "algorithm none, unsigned": f"{signed(CLAIMS, head={'alg': 'none'}).rpartition('.')[0]}.",
    "algorithm None, unsigned": f"{signed(CLAIMS, head={'alg': 'None'}).rpartition('.')[0]}.",
    "no algorithm": signed(CLAIMS, head={"typ": "JWT"}),
    "an algorithm that is a list": signed(CLAIMS, head={"alg": ["HS256"]}),
    "a longer hash": jwt.encode(CLAIMS, SECRET * 2, algorithm="HS512"),
    "HS256 in words alone": signed(CLAIMS, head={"alg": "HS512"}),
    "a key pair": jwt.encode(CLAIMS, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
    "an extension nobody knows": signed(CLAIMS, head={"alg": "HS256", "crit": ["x"], "x": 1}),
    "claims that are a list": signed([CLAIMS]),
    "claims that are text": signed("claims"),
    "a header that is a list": signed(CLAIMS, head=["HS256"]),
    "unsigned": f"{HEAD}.{BODY}.",
    "half": f"{HEAD}.{BODY}",
    "another's body": f"{HEAD}.{changed(sub='2').split('.')[1]}.{SIGNATURE}",
    "another's head": f"{signed(CLAIMS, head={'alg': 'HS256'}).split('.')[0]}.{BODY}.{SIGNATURE}",
    "four parts": f"{GOOD['plain']}.{SIGNATURE}",
    "too long": changed(pad="x" * TOKEN_MAX),
    "deep": signed(json.loads("[" * 900 + "]" * 900)),
    "garbage": "garbage",
    "dots": "..",
    "letters of the world": "ä.ö.ü",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_holds(name: str) -> None:
    assert TOKENS.read_access(GOOD[name]) == Access(user_id="1", session_id=None, token_version=0)


async def test_what_does_not_hold_opens_nothing(server: Server) -> None:
    for name, token in BAD.items():
        headers = {b"Authorization": f"Bearer {token}".encode()}
        answer = await server.http.post("/api/1/tasks", json={"title": "Milk"}, headers=headers)
        assert answer.status_code == 401, name
        assert refused(answer, 401, "not_signed_in") in (
            "This token isn't valid here. Sign in again.",
            "This token has expired. Sign in again.",
            "This session has ended. Sign in again.",
        ), name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    async with server.core.database.read("1") as store:
        assert await store.accounts.get() is None
    answered(await server.post("/api/1/tasks", {"title": "Milk"}, token=GOOD["plain"]), 201)


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    for read in (TOKENS.read_access, TOKENS.read_refresh):
        with pytest.raises(NotSignedIn):
            read(text)


@given(st.integers(0, len(GOOD["plain"]) - 2), st.characters(codec="utf-8"))
def test_a_token_of_which_a_letter_was_changed_holds_no_more(place: int, letter: str) -> None:
    token = GOOD["plain"]
    if letter != token[place]:
        with pytest.raises(NotSignedIn):
            TOKENS.read_access(token[:place] + letter + token[place + 1 :])


@given(
    user=st.from_regex(SUBJECT, fullmatch=True),
    session=st.none() | st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8")),
    version=st.integers(0, 2**31),
    seconds=st.integers(-1000, 1000),
)
def test_what_was_signed_is_read_until_it_ends(user: str, session: str | None, version: int, seconds: int) -> None:
    token = TOKENS.sign_access(user, token_version=version, session_id=session, lifetime=timedelta(seconds=seconds))
    if seconds > 0:
        assert TOKENS.read_access(token) == Access(user_id=user, session_id=session, token_version=version)
    else:
        with pytest.raises(NotSignedIn, match="expired"):
            TOKENS.read_access(token)


def test_a_refresh_token_says_which_it_is() -> None:
    later = NOW + timedelta(days=30)
    token = TOKENS.sign_refresh("1", session_id="s", generation=3, expires_at=later)
    assert TOKENS.read_refresh(token) == Refresh(user_id="1", session_id="s", generation=3)
    with pytest.raises(NotSignedIn):
        TOKENS.read_access(token)
    for wrong in ({"gen": "3"}, {"sid": 1}, {"aud": "kirotodo"}):
        claims = {**jwt.decode(token, options={"verify_signature": False}), **wrong}
        with pytest.raises(NotSignedIn):
            TOKENS.read_refresh(signed(claims))


@pytest.mark.parametrize("read", [TOKENS.read_access, TOKENS.read_refresh])
def test_no_claim_tells_what_is_inside(read: Callable[[str], Any]) -> None:
    with pytest.raises(NotSignedIn) as refusal:
        read(signed({**CLAIMS, "aud": "secret plans"}))
    assert "secret" not in refusal.value.message
    assert refusal.value.__cause__ is None
