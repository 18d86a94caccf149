"""Changing a password, and setting a new one with a token of whoever runs the server."""

import asyncio
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import select

from kirotodo.core.errors import NotFound
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import users
from kirotodo.server.auth.accounts import NOT_CURRENT
from kirotodo.server.auth.password_reset import NO_RESET, RESET_LIFETIME, make_reset_token
from tests.server.auth.conftest import ANN, Clock, Serve, Server, answered, refused
from tests.server.auth.issuing import issuing

OLD: Final = ANN["password"]
NEW: Final = "quite another horse"
GUESSED: Final = ["short", "Passw0rd", "        ", "Ann@example.com", "ann 2026"]


async def change(server: Server, token: str, current: str = OLD, new: str = NEW) -> httpx2.Response:
    return await server.post("/api/auth/password", {"current_password": current, "new_password": new}, token=token)


async def reset(server: Server, token: str, new: str = NEW) -> httpx2.Response:
    return await server.post("/api/auth/password/reset", {"token": token, "new_password": new})


async def reset_token(server: Server, email: str = ANN["email"]) -> str:
    return await make_reset_token(server.core.database, email)


async def ended(server: Server, tokens: dict[str, Any]) -> bool:
    """Whether neither of these tokens opens anything."""
    answer = await server.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    return answer.status_code == 401 and not await server.lets_in(tokens["access_token"])


async def lets_sign_in(server: Server, password: str) -> bool:
    answer = await server.post("/api/auth/signin", {**ANN, "password": password})
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


async def test_a_new_password_ends_every_session_but_this_one(either_server: Server) -> None:
    here, there = await either_server.signed_up(), await either_server.signed_in()
    without_session = either_server.authenticator.own.tokens.sign_access(here["user"]["id"], token_version=0)
    assert await either_server.lets_in(without_session)
    fresh = answered(await change(either_server, here["access_token"]), 200)
    assert fresh["user"] == here["user"]
    assert [await ended(either_server, tokens) for tokens in (here, there)] == [True, True]
    assert not await either_server.lets_in(without_session)
    assert await either_server.lets_in(fresh["access_token"])
    await either_server.refreshed(fresh)
    assert not await lets_sign_in(either_server, OLD)
    assert await lets_sign_in(either_server, NEW)


@pytest.mark.parametrize("current", ["wrong password", "", "password"])
async def test_the_current_password_is_wanted(server: Server, current: str) -> None:
    tokens = await server.signed_up()
    made = server.hashes.made
    answer = await change(server, tokens["access_token"], current)
    assert answer.status_code == 422
    assert not current or NOT_CURRENT in answer.text
    assert server.hashes.made - made <= 1, "one to compare with, none of the new password"
    assert await server.lets_in(tokens["access_token"])
    assert await lets_sign_in(server, OLD)


@pytest.mark.parametrize("new", GUESSED)
async def test_a_new_password_that_is_easy_to_guess_changes_nothing(server: Server, new: str) -> None:
    tokens = await server.signed_up()
    token = await reset_token(server)
    for answer in (await change(server, tokens["access_token"], new=new), await reset(server, token, new)):
        assert answer.status_code == 422
        assert new not in answer.json()["detail"]
    assert await server.lets_in(tokens["access_token"])
    assert await lets_sign_in(server, OLD)
    answered(await reset(server, token), 200)


async def test_attempts_are_counted_before_anything_is_hashed(serve: Serve) -> None:
    server = await serve(rate_limit=12, rate_limit_burst=12)
    tokens = await server.signed_up()
    answers = [await change(server, tokens["access_token"], "wrong password") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    compared = server.hashes.compared
    refused(await change(server, tokens["access_token"]), 429, "rate_limited")
    refused(await server.post("/api/auth/signin", ANN), 429, "rate_limited")
    assert server.hashes.compared == compared, "one allowance for signing in and for changing"


async def test_nobody_without_a_token_changes_anything(server: Server) -> None:
    await server.signed_up()
    body = {"current_password": OLD, "new_password": NEW}
    refused(await server.post("/api/auth/password", body), 401, "not_signed_in")
    assert await lets_sign_in(server, OLD)


async def test_who_came_with_a_token_alone_has_no_password(server: Server) -> None:
    token = server.authenticator.own.tokens.sign_access("1", token_version=0)
    assert "no password" in refused(await change(server, token), 409, "conflict")


async def test_of_changes_at_once_one_counts_and_no_session_of_the_old_password_stays(either_server: Server) -> None:
    here = await either_server.signed_up()
    passwords = [f"{NEW} {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(change(either_server, here["access_token"], new=new) for new in passwords),
        *(either_server.post("/api/auth/signin", ANN) for _ in range(4)),
    )
    changes, sign_ins = answers[:4], answers[4:]
    assert sorted(answer.status_code for answer in changes).count(200) == 1
    assert all(answer.status_code in (200, 401, 422) for answer in answers)
    for answer in sign_ins:
        assert answer.status_code == 401 or await ended(either_server, answer.json())
    assert [await lets_sign_in(either_server, password) for password in passwords] == [
        answer.status_code == 200 for answer in changes
    ]


# --- with a token of whoever runs the server ---


async def test_a_reset_token_sets_a_password_once_and_ends_every_session(either_server: Server) -> None:
    before = await either_server.signed_up()
    token = await reset_token(either_server, " ANN@example.com")
    assert await either_server.lets_in(before["access_token"]), "making one changes nothing yet"
    fresh = answered(await reset(either_server, f" {token}\n"), 200)
    assert await ended(either_server, before)
    assert await either_server.lets_in(fresh["access_token"])
    assert not await lets_sign_in(either_server, OLD)
    assert NO_RESET in refused(await reset(either_server, token, OLD), 422, "invalid_input")
    assert await lets_sign_in(either_server, NEW)


async def test_of_resets_at_once_one_counts(either_server: Server) -> None:
    await either_server.signed_up()
    token = await reset_token(either_server)
    answers = await asyncio.gather(*(reset(either_server, token, f"{NEW} {number}") for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_a_token_that_does_not_hold_looks_like_one_that_never_was(server: Server, clock: Clock) -> None:
    tokens = await server.signed_up()
    user_id = tokens["user"]["id"]
    replaced, late = await reset_token(server), await reset_token(server)
    made = server.hashes.made
    clock.pass_by(seconds=RESET_LIFETIME.total_seconds())
    changed_meanwhile = await reset_token(server)
    fresh = answered(await change(server, (await server.refreshed(tokens))["access_token"]), 200)
    hashed = server.hashes.made - made
    never = ["x", ".", "nobody.at-all", f"{user_id}.", f"{user_id}.{'x' * 43}", f"{user_id}.x\0", "\0.x", "a/b.c"]
    answers = [await reset(server, token) for token in (replaced, late, changed_meanwhile, *never)]
    assert {refused(answer, 422, "invalid_input") for answer in answers} == {NO_RESET}
    assert server.hashes.made - made == hashed, "nothing is hashed for them"
    assert await server.lets_in(fresh["access_token"])


async def test_a_reset_token_is_kept_as_a_hash_alone(server: Server) -> None:
    tokens = await server.signed_up()
    token = await reset_token(server)
    async with server.core.database.read(tokens["user"]["id"]) as store:
        row = await store._scope.first(select(users).where(users.c.id == UID))
    assert row is not None
    assert row.reset_hash
    assert token.rpartition(".")[2] not in repr(row)


async def test_there_is_none_for_an_address_without_an_account(server: Server) -> None:
    with pytest.raises(NotFound):
        await reset_token(server, "bob@example.com")


async def test_where_another_server_keeps_the_accounts_so_it_does_the_passwords(serve: Serve, clock: Clock) -> None:
    async with issuing(clock) as issuer:
        issuer.add_key("first")
        server = await serve(better_auth_url=issuer.url)
        for answer in (await change(server, issuer.token()), await reset(server, "nobody.at-all")):
            detail = refused(answer, 404, "not_found")
            assert "passwords" in detail
            assert issuer.url in detail
