"""Deleting an account: asked for, taken back, or carried out once the grace time is over."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, Final

import httpx2
import pytest

from kirotodo.server.auth.accounts import NOT_CURRENT
from kirotodo.server.auth.password_reset import make_reset_token
from tests.server.auth.conftest import ANN, Clock, Serve, Server, answered, refused
from tests.server.auth.issuing import issuing
from tests.server.auth.test_passwords import ended, lets_sign_in, reset

GRACE: Final = timedelta(days=14)
CONFIRMED: Final = {"confirm": ANN["email"], "password": ANN["password"]}


async def delete(server: Server, tokens: dict[str, Any], **body: Any) -> httpx2.Response:
    return await server.post(
        f"/api/{tokens['user']['id']}/deletion", {**CONFIRMED, **body}, token=tokens["access_token"]
    )


async def keep(server: Server, user_id: str, token: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await server.http.delete(f"/api/{user_id}/deletion", headers=headers)


async def add(server: Server, user_id: str, token: str) -> httpx2.Response:
    return await server.post(f"/api/{user_id}/tasks", {"title": "Milk"}, token=token)


async def listed(server: Server, user_id: str, token: str) -> list[str]:
    answer = answered(await server.get(f"/api/{user_id}/tasks", token=token), 200)
    return [task["title"] for task in answer["items"]]


async def test_every_session_ends_and_nothing_can_be_done_until_it_is_taken_back(either_server: Server) -> None:
    here, there = await either_server.signed_up(), await either_server.signed_in()
    user_id = here["user"]["id"]
    answered(await add(either_server, user_id, here["access_token"]), 201)
    at = answered(await delete(either_server, here, confirm="ANN@example.com "), 202)["deletion_at"]
    assert at.startswith("2026-12-07T09:00:00")
    assert [await ended(either_server, tokens) for tokens in (here, there)] == [True, True]
    again = await either_server.signed_in()
    assert again["user"]["deletion_at"] == at
    token = again["access_token"]
    assert answered(await either_server.get("/api/auth/me", token=token), 200)["deletion_at"] == at
    for answer in (
        await add(either_server, user_id, token),
        await either_server.get(f"/api/{user_id}/tasks", token=token),
        await either_server.post(f"/api/{user_id}/chat", {"message": "hello"}, token=token),
    ):
        assert "07 December 2026" in refused(answer, 403, "deletion_pending")
    assert (await keep(either_server, user_id, token)).status_code == 204
    assert await listed(either_server, user_id, token) == ["Milk"]
    assert (await either_server.refreshed(again))["user"]["deletion_at"] is None
    refused(await keep(either_server, user_id, token), 404, "not_found")
    either_server.clock.pass_by(days=15)
    assert await either_server.core.database.delete_users() == 0
    assert (await either_server.signed_in())["user"] == {**here["user"], "deletion_at": None}


async def test_after_the_grace_time_the_account_is_gone_and_its_address_free(either_server: Server) -> None:
    tokens = await either_server.signed_up()
    user_id = tokens["user"]["id"]
    await add(either_server, user_id, tokens["access_token"])
    answered(await delete(either_server, tokens), 202)
    token = (await either_server.signed_in())["access_token"]
    either_server.clock.pass_by(seconds=GRACE.total_seconds())
    assert not await lets_sign_in(either_server, ANN["password"]), "although nobody has deleted it yet"
    assert await either_server.core.database.delete_users() == 1
    assert not await either_server.lets_in(token)
    anew = await either_server.signed_up()
    assert anew["user"]["id"] != user_id
    assert await listed(either_server, anew["user"]["id"], anew["access_token"]) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"confirm": "bob@example.com"}, "send ann@example.com"),
        ({"confirm": ""}, "send ann@example.com"),
        ({"confirm": "yes"}, "send ann@example.com"),
        ({"password": "wrong password"}, NOT_CURRENT),
        ({"password": None}, NOT_CURRENT),
    ],
)
async def test_it_takes_the_address_and_the_password(server: Server, changed: dict[str, Any], words: str) -> None:
    tokens = await server.signed_up()
    assert words in refused(await delete(server, tokens, **changed), 422, "invalid_input")
    answered(await add(server, tokens["user"]["id"], tokens["access_token"]), 201)


async def test_passwords_are_counted_before_they_are_compared(serve: Serve) -> None:
    server = await serve(rate_limit=12, rate_limit_burst=12)
    tokens = await server.signed_up()
    answers = [await delete(server, tokens, password="wrong password") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert server.hashes.compared == 2


async def test_a_reset_password_keeps_nobody_who_is_to_be_deleted(server: Server) -> None:
    tokens = await server.signed_up()
    answered(await delete(server, tokens), 202)
    token = await make_reset_token(server.core.database, ANN["email"])
    fresh = answered(await reset(server, token), 200)
    assert fresh["user"]["deletion_at"] is not None
    refused(await add(server, tokens["user"]["id"], fresh["access_token"]), 403, "deletion_pending")


async def test_who_has_no_password_confirms_with_the_id_and_keeps_the_token(either_server: Server) -> None:
    def token(version: int = 0) -> str:
        return either_server.authenticator.own.tokens.sign_access(
            "1", token_version=version, lifetime=timedelta(days=30)
        )

    first = token()
    answered(await add(either_server, "1", first), 201)
    sign_in = {"user": {"id": "1"}, "access_token": first}
    refused(await delete(either_server, sign_in, confirm="2", password=None), 422, "invalid_input")
    answered(await delete(either_server, sign_in, confirm="1", password=None), 202)
    refused(await add(either_server, "1", first), 403, "deletion_pending")
    assert (await keep(either_server, "1", first)).status_code == 204
    assert await listed(either_server, "1", first) == ["Milk"]
    answered(await delete(either_server, sign_in, confirm="1", password=None), 202)
    either_server.clock.pass_by(seconds=GRACE.total_seconds())
    assert "too late" in refused(await keep(either_server, "1", first), 409, "conflict")
    assert await either_server.core.database.delete_users() == 1
    either_server.clock.pass_by(seconds=10)
    assert not await either_server.lets_in(first), "whoever gets this id next has nothing to do with it"
    assert await listed(either_server, "1", token(1)) == []


async def test_a_user_of_another_server_can_be_deleted_and_begins_anew(serve: Serve, clock: Clock) -> None:
    async with issuing(clock) as issuer:
        issuer.add_key("first")
        server = await serve(better_auth_url=issuer.url)
        token = issuer.token()
        answered(await add(server, "ann", token), 201)
        sign_in = {"user": {"id": "ann"}, "access_token": token}
        answered(await delete(server, sign_in, confirm="Ann@A.example", password=None), 202)
        refused(await add(server, "ann", token), 403, "deletion_pending")
        clock.pass_by(seconds=GRACE.total_seconds())
        assert await server.core.database.delete_users() == 1
        clock.pass_by(seconds=10)
        assert await listed(server, "ann", issuer.token()) == []


async def test_a_server_looks_by_itself(serve: Serve, clock: Clock) -> None:
    server = await serve(account_deletion_days=0)
    tokens = await server.signed_up()
    answered(await delete(server, tokens), 202)
    looking = asyncio.create_task(server.authenticator.deletions.keep_deleting(first=0, every=0.01))
    async with asyncio.timeout(60):
        while (await server.post("/api/auth/signup", ANN)).status_code != 201:
            pass
    looking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looking
