"""Accounts over HTTP: signing up and in, tokens that renew each other, and sessions that end."""

import asyncio
import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib import PasswordHash
from sqlalchemy import update

from kirotodo.core.errors import InvalidInput, RateLimited
from kirotodo.core.local import utc_now
from kirotodo.core.store.database import Database
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import users
from kirotodo.server.auth.accounts import GRACE, SESSION_LIFETIME, SESSION_STATUS_SECONDS, SessionStatusCache
from kirotodo.server.auth.authenticator import Authenticator
from kirotodo.server.auth.email_addresses import folded_email
from kirotodo.server.auth.password_rules import _common, check_password
from kirotodo.server.auth.passwords import WAITING_MAX, Passwords, argon2id
from kirotodo.server.auth.tokens import ACCESS_LIFETIME
from tests.lists import list_at
from tests.server.auth.conftest import ANN, SECRET, CountedHashes, Serve, Server, answered, bearer, refused

OTHER = "another secret that is long enough for HS256, too"


# --- signing up and in ---


async def test_signing_up_signs_in(either_server: Server) -> None:
    tokens = await either_server.signed_up()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert tokens["user"]["email"] == "ann@example.com"
    me = answered(await either_server.get("/api/auth/me", token=tokens["access_token"]), 200)
    assert me == {"id": tokens["user"]["id"], "email": "ann@example.com", "deletion_at": None, "timezone": None}
    path = f"/api/{me['id']}"
    answered(await either_server.post(f"{path}/tasks", {"title": "Milk"}, token=tokens["access_token"]), 201)
    status = answered(await either_server.get(f"{path}/status", token=tokens["access_token"]), 200)
    assert (status["email"], status["pending"]) == ("ann@example.com", 1)


async def test_one_address_is_one_account_however_it_is_typed(either_server: Server) -> None:
    first = await either_server.signed_up(email="Ann@Example.com")
    again = {"email": " ANN@example.COM ", "password": "another password"}
    assert "sign in" in refused(await either_server.post("/api/auth/signup", again), 409, "conflict")
    assert (await either_server.signed_in(email="ann@EXAMPLE.com"))["user"] == first["user"]


async def test_many_who_sign_up_at_once_make_one_account(either_server: Server) -> None:
    answers = await asyncio.gather(*(either_server.post("/api/auth/signup", ANN) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    await either_server.signed_in()


async def test_a_password_is_the_same_however_its_letters_are_composed(server: Server) -> None:
    await server.signed_up(password="cafe\u0301 cafe\u0301")
    await server.signed_in(password="caf\u00e9 caf\u00e9")


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("1234567", 422),
        ("no digit", 201),
        ("ѿ牛乳🎉" * 2, 201),
        ("x y z " * 43, 422),
        ("", 422),
        ("PaSsWoRd", 422),
        ("Ann@Example.com1", 422),
    ],
)
async def test_a_password_needs_length_and_must_not_be_guessed_first(
    server: Server, password: str, status: int
) -> None:
    answer = await server.post("/api/auth/signup", {**ANN, "password": password})
    assert answer.status_code == status
    if status == 422:
        assert server.hashes.made == 0
        assert [fault["field"] for fault in answer.json()["errors"]] == ["password"]


@pytest.mark.parametrize(
    "password",
    [
        # the most common ones, in other capitals and letters, and with what people put around them
        "password",
        "PaSsWoRd",
        "ｐａｓｓｗｏｒｄ",
        " password! ",
        "Password2026!",
        "superman99",
        "iloveyouiloveyou",
        # nothing but spaces, however they are encoded
        "        ",
        "\u3000\u00a0\u2003 \u200b\u200b\u2800\u3164",
        # a few characters again and again, or one after another
        "zzzzzzzzzzzz",
        "хохохохо",
        "12345678",
        "890123456",
        "hgfedcba",
        # the account and the service
        "ann@example.com",
        "Ann@Example.com1",
        "ANN2026!!",
        "annannann",
        "example.com",
        "Kirotodo",
        "kiro-todo-1",
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password, email="ann@example.com")


@pytest.mark.parametrize(
    "password", ["ann likes milk", "zzzzzzzy", "1234 5678", "x" * 7 + "é", "密码密码密碼很長", "long " * 51]
)
def test_length_is_enough_for_any_other(password: str) -> None:
    check_password(password, email="ann@example.com")


@pytest.mark.parametrize("dress", [str.upper, str.title, "{}!".format, "1{}".format, "{}2026?".format])
def test_no_common_word_is_accepted_however_it_is_dressed(dress: Callable[[str], str]) -> None:
    for word in list(filter(str.isalpha, sorted(_common())))[::20]:
        with pytest.raises(InvalidInput):
            check_password(dress(word))


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "ann@example.com", "password": "hushhus"}',
        '{"email": "ann", "password": "hushhushhush"}',
        '{"email": "ann@example.com", "password": ["hushhushhush"]}',
        '{"email": "ann@example.com", "password": "hushhushhush\\ud800"}',
        '{"email": "ann\\ud800@example.com", "password": "hushhushhush"}',
        '{"email": "ann@example.com", "password": "hushhushhush", "admin": true}',
        '{"email": "ann@example.com", "passwort": "hushhushhush"}',
    ],
)
async def test_no_refusal_repeats_a_password(server: Server, body: str) -> None:
    for path in ("signup", "signin"):
        answer = await server.http.post(f"/api/auth/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (401, 422)
        assert "hush" not in answer.text


UNSEEN = "\x07\t\u00ad\u034f\u061c\u115f\u180e\u2003\u200b\u200d\u200f\u2028\u202e\u2060\u2066\u2800\u3164\ufe0f\ufeff"
WELL_FORMED = [
    "ann@example.com",
    "ann.lee+list@mail.example.co.uk",
    "o'brien_1@example-mail.org",
    "jörg@bücher.example",
    "a@b.cd",
]
ILL_FORMED = [
    "",
    "ann",
    "@example.com",
    "ann@",
    "ann@localhost",
    "ann@@example.com",
    "ann@exam ple.com",
    "ann lee@example.com",
    "ann@example..com",
    "ann..lee@example.com",
    ".ann@example.com",
    "ann.@example.com",
    "ann@-example.com",
    "ann@example.com\nbcc: bob@example.com",
    "ann@example.com\0",
    "<ann@example.com>",
    f"{'a' * 65}@example.com",
    f"ann@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example.com",
    *(f"an{unseen}n@example.com" for unseen in UNSEEN),
    *(f"ann@exam{unseen}ple.com" for unseen in UNSEEN),
    "\u202eann@example.com",
    "ann@example.com\u200b",
]


@pytest.mark.parametrize("email", WELL_FORMED)
def test_addresses_that_are_some(email: str) -> None:
    assert folded_email(f" {email.upper()} ") == email


@pytest.mark.parametrize("email", ILL_FORMED)
async def test_addresses_that_are_none(server: Server, email: str) -> None:
    problem = answered(await server.post("/api/auth/signup", {**ANN, "email": email}), 422)
    assert [fault["field"] for fault in problem["errors"]] == ["email"]


@given(st.one_of(st.emails(), st.text(max_size=40), st.from_regex(r"\w+@\w+\.\w+", fullmatch=True)))
def test_folding_an_address_twice_changes_nothing(text: str) -> None:
    try:
        folded = folded_email(text)
    except InvalidInput:
        return
    assert folded_email(folded) == folded
    for form in FORMS:
        assert folded_email(unicodedata.normalize(form, text)) == folded
    if text.isascii():
        assert folded_email(text.upper()) == folded == folded_email(text.lower())


FORMS: list[Literal["NFC", "NFD", "NFKC", "NFKD"]] = ["NFC", "NFD", "NFKC", "NFKD"]


async def test_spellings_that_look_alike_are_one_account(server: Server) -> None:
    first = await server.signed_up(email="zoë.ǰ@example.com")
    for again in ("ZOË.ǰ@EXAMPLE.COM", "zoe\u0308.j\u030c@example.com", "ｚｏë.ǰ@ｅxample.com"):
        assert (await server.signed_in(email=again))["user"] == first["user"]
        refused(await server.post("/api/auth/signup", {**ANN, "email": again}), 409, "conflict")


@pytest.mark.parametrize("kept", ["an\u200bn@example.com", "j\u030c@example.com"])
async def test_an_account_from_before_these_rules_can_be_signed_in_to(server: Server, kept: str) -> None:
    tokens = await server.signed_up(email="old@example.com")
    async with server.core.database.begin(tokens["user"]["id"]) as store:
        await store._scope.execute(update(users).where(users.c.id == UID).values(email=kept))
    assert (await server.signed_in(email=kept.upper()))["user"] == {**tokens["user"], "email": kept}
    taken = await server.post("/api/auth/signup", {**ANN, "email": kept})
    assert taken.status_code == (422 if "\u200b" in kept else 409)


async def test_an_unknown_address_and_a_wrong_password_are_told_apart_by_nobody(server: Server) -> None:
    await server.signed_up()
    await server.signed_in()
    answers = []
    for email, password in (
        ("ann@example.com", "wrong password"),
        ("bob@example.com", "wrong password"),
        ("no address", "wrong password"),
    ):
        before = (server.hashes.compared, server.hashes.made)
        answer = await server.post("/api/auth/signin", {"email": email, "password": password})
        after = (server.hashes.compared, server.hashes.made)
        answers.append((answer.status_code, answer.json(), after[0] - before[0], after[1] - before[1]))
    assert answers == [answers[0]] * 3
    status, problem, compared, made = answers[0]
    assert (status, problem["code"], compared, made) == (401, "not_signed_in", 1, 0)


async def test_who_has_no_password_cannot_sign_in(either_server: Server) -> None:
    """A user who only ever came with a token has an id and no account."""
    own = either_server.authenticator.own
    token = own.tokens.sign_access("1", token_version=0)
    answered(await either_server.post("/api/1/tasks", {"title": "Milk"}, token=token), 201)
    for email in ("1", ""):
        await_refusal = await either_server.post("/api/auth/signin", {"email": email, "password": "whatever it is"})
        assert refused(await_refusal, 401, "not_signed_in")


async def test_a_hash_of_another_cost_is_renewed_at_the_next_sign_in(server: Server) -> None:
    await server.signed_up()
    tokens = await server.signed_in()
    dear = Passwords(argon2id(memory_kib=64, passes=2))
    async with server.core.database.begin(tokens["user"]["id"]) as store:
        await store.accounts.set_password_hash(await dear.hash(ANN["password"]))
    dear.close()
    for made in (1, 0):
        before = server.hashes.made
        await server.signed_in()
        assert server.hashes.made - before == made
    async with server.core.database.read(tokens["user"]["id"]) as store:
        account = await store.accounts.get()
    assert account is not None
    assert "t=1" in (account.password_hash or "")


async def test_a_damaged_hash_lets_nobody_in_as_slowly_as_any_other(server: Server) -> None:
    tokens = await server.signed_up()
    async with server.core.database.begin(tokens["user"]["id"]) as store:
        await store.accounts.set_password_hash("damaged")
    before = server.hashes.compared
    refused(await server.post("/api/auth/signin", ANN), 401, "not_signed_in")
    assert server.hashes.compared - before == 1


async def test_more_than_can_be_hashed_are_asked_to_come_back() -> None:
    go_on = threading.Event()

    class Slow(CountedHashes):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            go_on.wait(60)
            return super().hash(password, salt=salt)

    passwords = Passwords(PasswordHash((Slow(),)))
    try:
        waiting = [asyncio.create_task(passwords.hash("password")) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await passwords.hash("password")
        go_on.set()
        assert len(set(await asyncio.gather(*waiting))) == WAITING_MAX
        await passwords.hash("password")
    finally:
        go_on.set()
        passwords.close()


# --- refreshing ---


async def test_each_refresh_gives_the_next_pair(server: Server) -> None:
    tokens = await server.signed_up()
    for _ in range(3):
        server.clock.pass_by(minutes=20)
        assert not await server.lets_in(tokens["access_token"])
        renewed = await server.refreshed(tokens)
        assert renewed["refresh_token"] != tokens["refresh_token"]
        assert renewed["user"] == tokens["user"]
        tokens = renewed
        assert await server.lets_in(tokens["access_token"])


async def test_a_lost_answer_signs_nobody_out(either_server: Server) -> None:
    first = await either_server.signed_up()
    await either_server.refreshed(first)
    either_server.clock.pass_by(seconds=GRACE.total_seconds())
    again = await either_server.refreshed(first)
    assert await either_server.lets_in(again["access_token"])
    third = await either_server.refreshed(again)
    assert await either_server.lets_in(third["access_token"])


async def test_many_refreshes_at_once_get_the_same_generation(either_server: Server) -> None:
    first = await either_server.signed_up()
    pairs = await asyncio.gather(*(either_server.refreshed(first) for _ in range(8)))
    read = either_server.authenticator.own.tokens.read_refresh
    assert {read(pair["refresh_token"]).generation for pair in pairs} == {2}
    for pair in pairs:
        await either_server.refreshed(pair)


@pytest.mark.parametrize("late", ["an older one", "after the grace"])
async def test_a_copied_refresh_token_ends_the_session(either_server: Server, late: str) -> None:
    first = await either_server.signed_up()
    newest = await either_server.refreshed(first)
    if late == "an older one":
        newest = await either_server.refreshed(newest)
    else:
        either_server.clock.pass_by(seconds=GRACE.total_seconds() + 1)
    assert await either_server.lets_in(newest["access_token"])
    other = await either_server.signed_in()
    for token in (first, newest):
        answer = await either_server.post("/api/auth/refresh", {"refresh_token": token["refresh_token"]})
        refused(answer, 401, "not_signed_in")
    assert not await either_server.lets_in(newest["access_token"])
    assert await either_server.lets_in(other["access_token"]), "another session has nothing to do with it"


async def test_a_session_ends_when_it_is_not_used(server: Server) -> None:
    tokens = await server.signed_up()
    server.clock.pass_by(days=29)
    tokens = await server.refreshed(tokens)
    server.clock.pass_by(seconds=SESSION_LIFETIME.total_seconds())
    refused(await server.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}), 401, "not_signed_in")
    await server.signed_in()


async def test_neither_token_passes_for_the_other(server: Server) -> None:
    tokens = await server.signed_up()
    assert not await server.lets_in(tokens["refresh_token"])
    answer = await server.post("/api/auth/refresh", {"refresh_token": tokens["access_token"]})
    refused(answer, 401, "not_signed_in")


# --- signing out ---


async def test_signing_out_ends_one_session_at_once(server: Server) -> None:
    here, there = await server.signed_up(), await server.signed_in()
    assert await server.lets_in(here["access_token"])
    assert (await server.post("/api/auth/signout", token=here["access_token"])).status_code == 204
    assert not await server.lets_in(here["access_token"])
    refused(await server.post("/api/auth/refresh", {"refresh_token": here["refresh_token"]}), 401, "not_signed_in")
    assert await server.lets_in(there["access_token"])
    await server.refreshed(there)


async def test_another_server_learns_of_it_within_seconds(serve: Serve) -> None:
    one, other = await serve(), await serve()
    tokens = await one.signed_up()
    assert await other.lets_in(tokens["access_token"])
    await one.post("/api/auth/signout", token=tokens["access_token"])
    refused(await other.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}), 401, "not_signed_in")
    other.clock.pass_by(seconds=SESSION_STATUS_SECONDS)
    assert not await other.lets_in(tokens["access_token"])


async def test_signing_out_everywhere_ends_every_session_and_every_token(either_server: Server) -> None:
    here, there = await either_server.signed_up(), await either_server.signed_in()
    made = either_server.authenticator.own.tokens.sign_access(here["user"]["id"], token_version=0)
    tokens = [here["access_token"], there["access_token"], made]
    assert [await either_server.lets_in(token) for token in tokens] == [True] * 3
    body = {"everywhere": True}
    assert (await either_server.post("/api/auth/signout", body, token=here["access_token"])).status_code == 204
    assert [await either_server.lets_in(token) for token in tokens] == [False] * 3
    refused(
        await either_server.post("/api/auth/refresh", {"refresh_token": there["refresh_token"]}), 401, "not_signed_in"
    )
    anew = await either_server.signed_in()
    assert await either_server.lets_in(anew["access_token"])


async def test_a_refresh_token_signs_out_when_the_other_has_run_out(server: Server) -> None:
    tokens = await server.signed_up()
    server.clock.pass_by(seconds=ACCESS_LIFETIME.total_seconds())
    refused(await server.post("/api/auth/signout", token=tokens["access_token"]), 401, "not_signed_in")
    body = {"refresh_token": tokens["refresh_token"]}
    assert (await server.post("/api/auth/signout", body, token=tokens["access_token"])).status_code == 204
    refused(await server.post("/api/auth/refresh", body), 401, "not_signed_in")
    refused(await server.post("/api/auth/signout", body), 401, "not_signed_in")


async def test_a_token_without_a_session_ends_everywhere_or_by_itself(server: Server) -> None:
    made = server.authenticator.own.tokens.sign_access("1", token_version=0)
    assert await server.lets_in(made)
    refused(await server.post("/api/auth/signout", token=made), 409, "conflict")
    assert (await server.post("/api/auth/signout", {"everywhere": True}, token=made)).status_code == 204
    assert not await server.lets_in(made)


# --- the secret ---


async def test_tokens_of_the_secret_before_hold_while_it_is_named(serve: Serve) -> None:
    old = await (await serve()).signed_up()
    while_changing = await serve(better_auth_secret=OTHER, better_auth_secret_previous=SECRET)
    assert await while_changing.lets_in(old["access_token"])
    new = await while_changing.refreshed(old)
    afterwards = await serve(better_auth_secret=OTHER)
    assert not await afterwards.lets_in(old["access_token"])
    assert await afterwards.lets_in(new["access_token"])
    await afterwards.refreshed(new)


async def test_in_development_a_secret_is_made_and_kept(serve: Serve, settings_with: Any) -> None:
    one = await serve(better_auth_secret=None)
    path = settings_with().data_dir / "auth-secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(found.name for found in path.parent.glob("*auth-secret*")) == ["auth-secret"]
    tokens = await one.signed_up()
    other = await serve(better_auth_secret=None)
    assert await other.lets_in(tokens["access_token"])


async def test_servers_that_start_together_make_one_secret(settings_with: Any, server: Server) -> None:
    settings = settings_with(better_auth_secret=None)
    gates = await asyncio.gather(*(Authenticator.open(settings, server.core) for _ in range(8)))
    signed = [gate.own.tokens.sign_access("1", token_version=0) for gate in gates]
    for gate in gates:
        for token in signed:
            assert (await gate.principal(token)).user_id == "1"
    await asyncio.gather(*(gate.aclose() for gate in gates))


async def test_headers_that_are_no_bearer_token(server: Server) -> None:
    token = (await server.signed_up())["access_token"]
    for header in (None, "", "Bearer", "Bearer ", f"Basic {token}", token, f"Bearer {token} x", f"Token {token}"):
        headers = {} if header is None else {"Authorization": header}
        answer = await server.http.get("/api/auth/me", headers=headers)
        refused(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert (await server.http.get("/api/auth/me", headers={"Authorization": f"bearer  {token}"})).status_code == 200
    assert (await server.http.get("/api/auth/me", headers=bearer(token))).status_code == 200


async def test_what_many_ask_for_at_once_is_looked_up_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, asked = await Database.open(list_at(tmp_path / "list.db"), clock=utc_now), list[int]()
    read = Database.session_statuses

    async def counted(self: Database, of: Sequence[tuple[str, str | None]]) -> Any:
        asked.append(len(of))
        return await read(self, of)

    monkeypatch.setattr(Database, "session_statuses", counted)
    try:
        people = [f"user {number}" for number in range(5)]
        for user in people:
            async with database.begin(user) as store:
                await store.set_timezone("Europe/Vienna")
        cache = SessionStatusCache(database)
        leaver = asyncio.create_task(cache.of(people[0], None))
        asking = [asyncio.create_task(cache.of(user, None)) for user in [*people, *people, "nobody yet"]]
        await asyncio.sleep(0)
        leaver.cancel()
        found = await asyncio.gather(*asking)
        assert [status.timezone for status in found] == ["Europe/Vienna"] * 10 + [None]
        assert all(status.live for status in found)
        await cache.of(people[0], None)
        assert asked == [6]
    finally:
        await database.aclose()
