"""Tokens of an issuer: verified by the keys it really publishes, however they come and go."""

import asyncio
import base64
import hmac
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kirotodo.server.auth.jwks import COOL_DOWN_SECONDS, KEYS_MAX_BYTES, STALE_SECONDS
from tests.server.auth.conftest import ANN, Clock, Serve, Server, answered, refused
from tests.server.auth.issuing import PRIVATE, IssuerServer, issuing
from tests.waiting import until


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[IssuerServer]:
    async with issuing(clock) as server:
        server.add_key("first")
        yield server


@pytest.fixture
async def server(serve: Serve, issuer: IssuerServer) -> Server:
    return await serve(better_auth_url=issuer.url)


async def test_a_token_opens_the_list_of_its_subject(server: Server, issuer: IssuerServer) -> None:
    token = issuer.token()
    answered(await server.post("/api/ann/tasks", {"title": "Milk"}, token=token), 201)
    me = answered(await server.get("/api/auth/me", token=token), 200)
    assert me == {"id": "ann", "email": "ann@a.example", "deletion_at": None, "timezone": None}
    refused(await server.get("/api/bob/tasks", token=token), 403, "forbidden")
    assert issuer.requests == 1


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_each_kind_of_key(server: Server, issuer: IssuerServer, algorithm: str) -> None:
    issuer.add_key("its own", algorithm, alg=algorithm, use="sig")
    issuer.add_key("without words", algorithm)
    assert await server.lets_in(issuer.token("its own"))
    assert await server.lets_in(issuer.token("without words"))


async def test_issuer_and_audience_may_end_in_a_slash(server: Server, issuer: IssuerServer) -> None:
    slashed = f"{issuer.url}/"
    assert await server.lets_in(issuer.token(iss=slashed, aud=[slashed, "https://other.example"]))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "https://other.example"},
        {"aud": None},
        {"aud": []},
        {"sub": None},
        {"sub": ""},
        {"sub": "a/b"},
        {"exp": None},
        {"exp": 1},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": 9_999_999_999},
        {"iat": 9_999_999_999},
    ],
    ids=repr,
)
async def test_claims_that_do_not_hold(server: Server, issuer: IssuerServer, changed: dict[str, Any]) -> None:
    assert await server.lets_in(issuer.token())
    token = issuer.token(**changed)
    problem = refused(await server.post("/api/ann/tasks", {"title": "Milk"}, token=token), 401, "not_signed_in")
    assert problem.endswith("Sign in again.")
    async with server.core.database.read("ann") as store:
        assert await store.accounts.get() is None


async def test_a_public_key_is_no_secret(server: Server, issuer: IssuerServer) -> None:
    """Whoever can read the keys must not be able to sign with them, whatever the header of a token says."""
    issuer.add_key("rsa", "RS256")
    assert await server.lets_in(issuer.token("rsa"))
    claims = jwt.decode(issuer.token("rsa"), options={"verify_signature": False})
    public = issuer.private["rsa"][1].public_key()
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        issuer.published["keys"][0]["x"].encode(),
    ):
        assert not await server.lets_in(forged(claims, secret, kid="rsa"))


def forged(claims: dict[str, Any], secret: bytes, *, kid: str) -> str:
    """HS256 by hand: the library refuses to sign with what looks like a public key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": kid}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(secret, signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


async def test_a_header_names_neither_algorithm_nor_key(server: Server, issuer: IssuerServer) -> None:
    issuer.add_key("second", "ES256")
    stranger = PRIVATE["EdDSA"]()
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    own_key = jwt.get_algorithm_by_name("EdDSA").to_jwk(stranger.public_key(), as_dict=True)
    for token in (
        jwt.encode(claims, "", algorithm="none", headers={"kid": "first"}),
        jwt.encode(claims, stranger, algorithm="EdDSA", headers={"kid": "first"}),
        jwt.encode(claims, stranger, algorithm="EdDSA", headers={"kid": "first", "jwk": own_key}),
        jwt.encode(claims, stranger, algorithm="EdDSA", headers={"kid": "second"}),
        jwt.encode(claims, stranger, algorithm="EdDSA"),
        jwt.encode(claims, issuer.private["first"][1], algorithm="EdDSA", headers={"kid": "second"}),
        issuer.token()[:-8] + "AAAAAAAA",
    ):
        assert not await server.lets_in(token)
    assert await server.lets_in(issuer.token())


async def test_tokens_of_our_own_secret_mean_nothing_here(serve: Serve, server: Server) -> None:
    own = await serve()
    tokens = await own.signed_up()
    assert await own.lets_in(tokens["access_token"])
    assert not await server.lets_in(tokens["access_token"])


async def test_accounts_are_kept_elsewhere(server: Server, issuer: IssuerServer) -> None:
    for path, body in (
        ("signup", ANN),
        ("signin", ANN),
        ("signin", {}),
        ("refresh", {"refresh_token": "x"}),
        ("signout", {}),
    ):
        problem = refused(await server.post(f"/api/auth/{path}", body, token=issuer.token()), 404, "not_found")
        assert issuer.url in problem


# --- keys come and go ---


async def test_a_new_key_is_looked_for_and_an_old_one_holds_until_it_is_withdrawn(
    server: Server, issuer: IssuerServer
) -> None:
    old = issuer.token(exp=9_999_999_999)
    assert await server.lets_in(old)
    issuer.add_key("second")
    server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
    assert await server.lets_in(issuer.token("second"))
    assert await server.lets_in(old)
    assert issuer.requests == 2
    issuer.withdraw("first")
    server.clock.pass_by(seconds=STALE_SECONDS)
    assert await server.lets_in(old), "the keys are looked at again beside the request"

    async def gone() -> bool:
        return not await server.lets_in(old)

    await until(gone)
    assert issuer.requests == 3


async def test_made_up_keys_do_not_make_us_ask_and_ask(server: Server, issuer: IssuerServer) -> None:
    assert await server.lets_in(issuer.token())
    for number in range(20):
        assert not await server.lets_in(issuer.token(header={"kid": f"made up {number}"}))
    assert issuer.requests == 1
    server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
    for number in range(20):
        assert not await server.lets_in(issuer.token(header={"kid": f"made up {number}"}))
    assert issuer.requests == 2
    assert await server.lets_in(issuer.token())


async def test_many_who_come_first_make_us_ask_once(server: Server, issuer: IssuerServer) -> None:
    assert await asyncio.gather(*(server.lets_in(issuer.token()) for _ in range(20))) == [True] * 20
    assert issuer.requests == 1


async def test_known_keys_hold_while_the_issuer_is_down(
    server: Server, issuer: IssuerServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await server.lets_in(issuer.token())
    await issuer.stop()
    issuer.add_key("second")
    with caplog.at_level(logging.WARNING, "kirotodo.server.auth.jwks"):
        for _ in range(3):
            server.clock.pass_by(seconds=STALE_SECONDS)
            assert await server.lets_in(issuer.token())
            answer = await server.get("/api/auth/me", token=issuer.token("second"))
            refused(answer, 503, "unreachable")
            assert answer.headers["Retry-After"]
    assert len([record for record in caplog.records if "no keys" in record.message]) == 1
    await issuer.start()
    server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
    assert await server.lets_in(issuer.token("second"))


async def test_a_server_starts_while_the_issuer_is_down(serve: Serve, issuer: IssuerServer) -> None:
    await issuer.stop()
    server = await serve(better_auth_url=issuer.url)
    answer = await server.get("/api/auth/me", token=issuer.token())
    assert str(issuer.port) not in refused(answer, 503, "unreachable")
    assert not await server.lets_in("garbage")
    await issuer.start()
    server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
    assert await server.lets_in(issuer.token())


async def test_an_issuer_that_hangs_keeps_nobody_waiting_whose_key_is_known(
    server: Server, issuer: IssuerServer
) -> None:
    assert await server.lets_in(issuer.token())
    issuer.go_on.clear()
    server.clock.pass_by(seconds=STALE_SECONDS)
    stuck = asyncio.create_task(server.get("/api/auth/me", token=issuer.token(header={"kid": "unknown"})))
    await issuer.wait_for_requests(2)
    for _ in range(3):
        assert await server.lets_in(issuer.token())
    assert not stuck.done()
    issuer.go_on.set()
    refused(await stuck, 401, "not_signed_in")


def unusable(issuer: IssuerServer) -> dict[str, Any]:
    key = issuer.published["keys"][0]
    return {
        "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"},
        "one for encrypting": {**key, "use": "enc"},
        "one for another algorithm": {**key, "alg": "RS256"},
        "another curve": {**key, "crv": "Ed448"},
        "half of it": {"kty": "OKP", "crv": "Ed25519", "kid": "first"},
        "no key": "first",
        "no id": {name: value for name, value in key.items() if name != "kid"},
        "an id that is no text": {**key, "kid": 1},
        "types that are none": {**key, "kty": ["OKP"], "crv": {}},
    }


async def test_a_small_rsa_key_holds_nothing_although_its_signature_is_right(
    server: Server, issuer: IssuerServer
) -> None:
    issuer.add_key("small", "RS256", private=rsa.generate_private_key(public_exponent=65537, key_size=1024))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = issuer.token("small")
    assert not await server.lets_in(token)


async def test_keys_that_cannot_be_used_are_passed_over(server: Server, issuer: IssuerServer) -> None:
    issuer.add_key("second")
    good = issuer.published["keys"][1]
    for name, key in unusable(issuer).items():
        issuer.published = {"keys": [key, good]}
        server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
        assert not await server.lets_in(issuer.token()), name
        assert await server.lets_in(issuer.token("second")), name


@pytest.mark.parametrize(
    ("status", "published"),
    [
        ("500 Internal Server Error", {"keys": []}),
        ("302 Found", {"keys": []}),
        ("200 OK", {"keys": []}),
        ("200 OK", []),
        ("200 OK", {"keys": "many"}),
        ("200 OK", {"keys": 5}),
        ("200 OK", b"<html>"),
        ("200 OK", b"\xff"),
        ("200 OK", b"[" * 100_000),
        ("200 OK", b'{"keys": [' + b" " * KEYS_MAX_BYTES + b"]}"),
    ],
)
async def test_an_answer_without_keys_is_as_good_as_none(
    server: Server, issuer: IssuerServer, status: str, published: Any
) -> None:
    assert await server.lets_in(issuer.token())
    issuer.status, issuer.published = status, published
    server.clock.pass_by(seconds=COOL_DOWN_SECONDS)
    refused(await server.get("/api/auth/me", token=issuer.token(header={"kid": "new"})), 503, "unreachable")
    assert issuer.requests == 2
    assert await server.lets_in(issuer.token())
