"""The access token: renewed before it ends, or once it is refused, once for all who wait; and the end of a sign-in."""

import asyncio
import time
from dataclasses import replace

import pytest

from kirotodo.core.errors import NotSignedIn, Unreachable
from tests.client.remote.raw_server import (
    DROP,
    TOKENS,
    RawServer,
    frame,
    in_memory,
    issued,
    page,
    problem,
    signed_in,
    stream,
)
from tests.client.remote.test_requests import NOTHING
from tests.client.remote.test_stream_resumption import FINISHED

REFUSED = problem(401, "not_signed_in", "The token has ended.")


def bearers(server: RawServer, path: str) -> list[str]:
    return [one.headers.get("authorization", "").removeprefix("Bearer ") for one in server.to(path)]


async def test_every_request_says_who_and_in_which_zone(server: RawServer) -> None:
    server.on("", NOTHING)
    async with signed_in(server, tokens=replace(TOKENS, user_id="a/b ü")) as backend:
        await backend.tasks()
    (request,) = server.requests
    assert request.path == "/api/a%2Fb%20%C3%BC/tasks"
    assert (request.headers["authorization"], request.headers["x-timezone"]) == ("Bearer access-1", "Europe/Vienna")


async def test_a_refused_token_is_renewed_once_however_many_wait(server: RawServer) -> None:
    server.on("/tasks", REFUSED, REFUSED, REFUSED, NOTHING)
    server.on("/refresh", issued(2))
    credentials = in_memory()
    async with signed_in(server, credentials=credentials) as backend:
        await asyncio.gather(*(backend.tasks() for _ in range(3)))
        await backend.tasks()
    assert [one.body for one in server.to("/refresh")] == [{"refresh_token": "refresh-1"}]
    assert bearers(server, "/tasks") == ["access-1"] * 3 + ["access-2"] * 4
    kept = await credentials.read(server.address)
    assert kept is not None
    assert (kept.access_token, kept.refresh_token) == ("access-2", "refresh-2")


async def test_a_token_about_to_end_is_renewed_before_it_is_used(server: RawServer) -> None:
    server.on("/tasks", NOTHING)
    server.on("/refresh", issued(2))
    async with signed_in(server, tokens=replace(TOKENS, expires_at=time.time() + 5)) as backend:
        await backend.tasks()
    assert bearers(server, "/tasks") == ["access-2"]


async def test_where_it_cannot_be_renewed_yet_it_is_used_to_its_end(server: RawServer) -> None:
    server.on("/tasks", NOTHING)
    server.on("/refresh", page(502))
    async with signed_in(server, tokens=replace(TOKENS, expires_at=time.time() + 25)) as backend:
        await backend.tasks()
    assert bearers(server, "/tasks") == ["access-1"]
    async with signed_in(server, tokens=replace(TOKENS, expires_at=time.time() - 1)) as backend:
        with pytest.raises(Unreachable):
            await backend.tasks()


async def test_a_renewal_that_is_refused_ends_the_sign_in(server: RawServer) -> None:
    server.on("/tasks", REFUSED)
    server.on("/refresh", REFUSED)
    async with signed_in(server) as backend:
        for _ in range(2):
            with pytest.raises(NotSignedIn, match=r"Your sign-in to 127.*Sign in again"):
                await backend.tasks()
    assert len(server.to("/refresh")) == 1


async def test_a_fresh_token_that_is_refused_too_is_told_in_the_servers_words(server: RawServer) -> None:
    server.on("/tasks", REFUSED)
    server.on("/refresh", issued(2))
    async with signed_in(server) as backend:
        with pytest.raises(NotSignedIn, match="The token has ended"):
            await backend.tasks()
    assert bearers(server, "/tasks") == ["access-1", "access-2"]


async def test_what_another_program_renewed_is_taken_over(server: RawServer) -> None:
    server.on("/tasks", REFUSED, NOTHING)
    server.on("/refresh", REFUSED)
    credentials = in_memory()
    async with signed_in(server, credentials=credentials) as backend:
        await credentials.store(server.address, replace(TOKENS, access_token="access-9", refresh_token="refresh-9"))
        await backend.tasks()
    assert bearers(server, "/tasks") == ["access-1", "access-9"]
    assert server.to("/refresh") == []


async def test_somebody_elses_sign_in_is_not(server: RawServer) -> None:
    server.on("/tasks", REFUSED)
    server.on("/refresh", REFUSED)
    credentials = in_memory()
    async with signed_in(server, credentials=credentials) as backend:
        await credentials.store(server.address, replace(TOKENS, access_token="access-9", user_id="8"))
        with pytest.raises(NotSignedIn):
            await backend.tasks()
    assert bearers(server, "/tasks") == ["access-1"]


async def test_a_token_of_the_environment_cannot_be_renewed(server: RawServer) -> None:
    from tests.client.test_credentials import token

    server.on("", REFUSED)
    given = token(sub="7")
    credentials = in_memory(KIROTODO_TOKEN=given)
    tokens = await credentials.read(server.address)
    assert tokens is not None
    async with signed_in(server, tokens=tokens, credentials=credentials) as backend:
        with pytest.raises(NotSignedIn, match="doesn't accept the token in KIROTODO_TOKEN"):
            await backend.tasks()
    assert [one.path for one in server.requests] == ["/api/7/tasks"]


async def test_a_stream_is_opened_with_a_renewed_token(server: RawServer) -> None:
    server.on("/events", REFUSED, stream(frame(FINISHED)))
    server.on("/refresh", issued(2))
    async with signed_in(server) as backend:
        events = [event async for event in backend.watch("t1")]
    assert events == [FINISHED]
    assert bearers(server, "/events") == ["access-1", "access-2"]


async def test_a_renewal_whose_answer_was_lost_is_made_again_by_the_next_request(server: RawServer) -> None:
    server.on("/tasks", REFUSED, REFUSED, NOTHING)
    server.on("/refresh", DROP, issued(2))
    async with signed_in(server) as backend:
        await backend.tasks()
    assert bearers(server, "/tasks")[-1] == "access-2"
