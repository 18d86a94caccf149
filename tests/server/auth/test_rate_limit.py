"""Limits over HTTP: who is counted for what, what answers say of it, and a Valkey that is lost and comes back."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import limits.aio.storage.memory
import limits.aio.strategies
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

import kirotodo.server.auth.rate_limit
from kirotodo.core.settings import Settings
from kirotodo.server.auth.rate_limit import LIGHT, LOST_SECONDS, Limits, address_of
from tests.server.auth.conftest import ANN, Clock, Serve, Server, answered, refused
from tests.server.auth.valkey import Valkey, valkey

MANY = 100_000


class Moment:
    """Where the time of the counts stands: a minute that ticked over in the middle of a test would change them."""

    def __init__(self) -> None:
        self.now = 1_795_600_000.25  # never on the tick of a second, as it is never in life

    def time(self) -> float:
        return self.now

    monotonic = time


@contextmanager
def standing_still() -> Iterator[Moment]:
    moment = Moment()
    with pytest.MonkeyPatch.context() as patch:
        for module in (limits.aio.storage.memory, limits.aio.strategies, kirotodo.server.auth.rate_limit):
            patch.setattr(module, "time", moment)
        yield moment


@pytest.fixture(autouse=True)
def moment() -> Iterator[Moment]:
    with standing_still() as moment:
        yield moment


def made(server: Server, user: str = "1") -> str:
    return server.authenticator.own.tokens.sign_access(user, token_version=0)


async def look(server: Server, user: str = "1") -> httpx2.Response:
    return await server.get(f"/api/{user}/stats", token=made(server, user))


async def speak(server: Server, user: str = "1") -> httpx2.Response:
    """Begins no turn, as there is no such conversation: what counts is that it asked for one."""
    body = {"message": "Hello", "conversation_id": 7}
    return await server.post(f"/api/{user}/chat", body, token=made(server, user))


def left(answer: httpx2.Response) -> tuple[int, int]:
    return int(answer.headers["X-RateLimit-Limit"]), int(answer.headers["X-RateLimit-Remaining"])


def stopped(answer: httpx2.Response) -> int:
    """The seconds that it says to wait, in every way there is."""
    assert refused(answer, 429, "rate_limited")
    seconds = int(answer.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert answer.json()["retry_after"] == pytest.approx(seconds, abs=1)
    assert int(answer.headers["X-RateLimit-Reset"]) > 1_795_600_000
    assert left(answer)[1] >= 0
    return seconds


async def test_turns_are_counted_by_themselves(serve: Serve) -> None:
    server = await serve(rate_limit=3, rate_limit_burst=MANY)
    for remaining in (2, 1, 0):
        answer = await speak(server)
        assert answer.status_code == 404
        assert left(answer) == (3, remaining)
    stopped(await speak(server))
    assert left(await look(server)) == (3 * LIGHT, 3 * LIGHT - 1)
    assert (await speak(server, "2")).status_code == 404, "somebody else's count"
    assert server.authenticator.limits.refused == {"turn": 1}


async def test_looks_are_counted_too(serve: Serve) -> None:
    server = await serve(rate_limit=1, rate_limit_burst=MANY)
    statuses = [(await look(server)).status_code for _ in range(LIGHT + 3)]
    assert statuses == [200] * LIGHT + [429] * 3
    stopped(await look(server))
    assert (await look(server, "2")).status_code == 200


async def test_a_burst_is_stopped_and_costs_nothing_of_the_minute(serve: Serve, moment: Moment) -> None:
    server = await serve(rate_limit=1000, rate_limit_burst=2)
    for used in (2, 4, 6):
        answers = [await speak(server) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [404] * 2 + [429] * 4
        assert left(answers[-1]) == (1000, 1000 - used)
        moment.now += stopped(answers[-1]) + 1


async def test_counts_that_are_over_are_swept_out(moment: Moment) -> None:
    counted = Limits(a_minute=60, at_once=10)
    for user in range(500):
        await counted.take("turn", str(user))
    assert counted.kept >= 500
    moment.now += 300
    await counted.take("turn", "0")
    assert counted.kept <= 4


async def test_nothing_is_stored_of_what_was_stopped(serve: Serve) -> None:
    server = await serve(rate_limit=1, rate_limit_burst=MANY)
    token = made(server)
    for _ in range(LIGHT):
        await look(server)
    stopped(await server.post("/api/1/tasks", {"title": "Milk"}, token=token))
    stopped(await look(server))
    async with server.core.database.read("1") as store:
        assert await store.tasks.count_pending() == 0


WRONG: Final = {**ANN, "password": "wrong password"}


async def test_wrong_passwords_are_counted_before_anything_is_hashed(serve: Serve) -> None:
    server = await serve(rate_limit=12, rate_limit_burst=MANY)
    await server.signed_up()
    for _ in range(4):
        await server.signed_in()  # who is right is not counted
    for _ in range(2):
        refused(await server.post("/api/auth/signin", WRONG), 401, "not_signed_in")
    before = server.hashes.compared
    stopped(await server.post("/api/auth/signin", {**ANN, "email": " ANN@example.com"}))
    stopped(await server.post("/api/auth/signup", ANN))
    assert server.hashes.compared == before
    other = {"email": "bob@example.com", "password": "wrong password"}
    refused(await server.post("/api/auth/signin", other), 401, "not_signed_in")


async def test_the_owner_is_not_kept_out_by_others_who_guess(serve: Serve, moment: Moment) -> None:
    server = await serve(rate_limit=12, rate_limit_burst=MANY, forwarded_allow_ips=("*",))

    async def sign_in(body: dict[str, str], address: str) -> int:
        answer = await server.http.post("/api/auth/signin", json=body, headers={"X-Forwarded-For": address})
        return answer.status_code

    await server.signed_up()
    assert await sign_in(ANN, "198.51.100.1") == 200
    guesses = [await sign_in(WRONG, f"203.0.113.{number}") for number in range(40)]
    assert guesses == [401] * 22 + [429] * 18, "24 from everywhere together, of which Ann's own were two"
    assert await sign_in(ANN, "203.0.113.200") == 429, "she too, where she never was"
    assert await sign_in(ANN, "198.51.100.1") == 200, "but not at home"
    assert await sign_in({**ANN, "email": "bob@example.com"}, "203.0.113.200") == 401
    moment.now += 130
    assert await sign_in(ANN, "203.0.113.200") == 200


async def test_an_address_that_tries_many_accounts_is_stopped(serve: Serve) -> None:
    server = await serve(rate_limit=6, rate_limit_burst=MANY)
    statuses = []
    for number in range(9):
        body = {"email": f"user{number}@example.com", "password": "password"}
        statuses.append((await server.post("/api/auth/signin", body)).status_code)
    assert statuses == [401] * 6 + [429] * 3
    assert server.hashes.compared == 6


async def test_an_address_that_tries_many_tokens_is_stopped_and_its_neighbours_are_not(serve: Serve) -> None:
    server = await serve(rate_limit=5, rate_limit_burst=MANY)
    statuses = [(await server.get("/api/1/tasks", token=f"guess {number}")).status_code for number in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert (await look(server)).status_code == 200
    refused(await server.get("/api/2/tasks", token=made(server, "1")), 429, "rate_limited")


async def test_health_is_not_counted(serve: Serve) -> None:
    server = await serve(rate_limit=1, rate_limit_burst=1)
    for _ in range(30):
        answer = await server.get("/health")
        assert answer.status_code == 200
        assert "X-RateLimit-Limit" not in answer.headers


def request_from(host: str | None) -> Request:
    client = None if host is None else (host, 1)
    return Request({"type": "http", "client": client, "headers": [], "method": "GET", "path": "/"})


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("[2001:db8:1:2::5]:443", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_whom_an_address_stands_for(host: str | None, counted_as: str) -> None:
    assert address_of(request_from(host)) == counted_as


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_network_counts_as_one_address(address: Any, host: int) -> None:
    neighbour = type(address)((int(address) >> 64 << 64) | host)
    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert address_of(request_from(str(address))) == address_of(request_from(str(neighbour)))


@example(a_minute=2, at_once=1, pauses=[0.0, 0.0, 0.0])  # where the second and the minute are full at once
@given(
    a_minute=st.integers(1, 20),
    at_once=st.integers(1, 20),
    pauses=st.lists(st.sampled_from((0.0, 0.0, 0.0, 0.3, 1.0, 7.0, 31.0, 60.0)), min_size=1, max_size=60),
)
def test_no_more_than_the_limit_and_no_longer_than_told(a_minute: int, at_once: int, pauses: list[float]) -> None:
    """In no second and no minute of the clock more than may be; and who waits as long as told gets in."""

    async def through(moment: Moment) -> None:
        counted = Limits(a_minute=a_minute, at_once=at_once)
        minutes, seconds = Counter[int](), Counter[int]()
        for pause in pauses:
            moment.now += pause
            allowance = await counted.take("turn", "1")
            if allowance.wait is not None:
                moment.now += allowance.wait
                allowance = await counted.take("turn", "1")
                assert allowance.wait is None
            minutes[int(moment.now // 60)] += 1
            seconds[int(moment.now)] += 1
            assert 0 <= allowance.remaining < allowance.limit == a_minute
        assert max(minutes.values()) <= a_minute
        assert max(seconds.values()) <= max(at_once, 1) or at_once >= a_minute

    with standing_still() as moment:
        asyncio.run(through(moment))


# --- a storage that is shared ---


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Valkey]:
    async with valkey(tmp_path) as running:
        yield running


async def test_servers_count_together(serve: Serve, store: Valkey) -> None:
    servers = [await serve(rate_limit=4, rate_limit_burst=MANY, rate_limit_storage=store.url) for _ in range(2)]
    statuses = [(await speak(servers[number % 2])).status_code for number in range(6)]
    assert statuses == [404] * 4 + [429] * 2
    stopped(await speak(servers[0]))


@pytest.mark.parametrize("host", ["valkey", "redis", "cache.example.com"])
async def test_the_storage_is_looked_for_where_it_is(host: str) -> None:
    limits = Limits.open(Settings(rate_limit_storage=f"redis://{host}:6379/0"))
    storage: Any = limits._storage
    assert storage.bridge.storage.connection_pool.connection_kwargs["host"] == host
    await limits.aclose()


@pytest.mark.parametrize(("scheme", "seconds"), [("redis", 0.5), ("valkey", 0.5), ("rediss", 3.0), ("valkeys", 3.0)])
async def test_a_connection_with_tls_has_longer_to_come_about(scheme: str, seconds: float) -> None:
    limits = Limits.open(Settings(rate_limit_storage=f"{scheme}://cache.example.com:6379/0"))
    storage: Any = limits._storage
    assert storage.bridge.storage.connection_pool.connection_kwargs["socket_connect_timeout"] == seconds
    await limits.aclose()


async def test_the_storage_learns_no_address_and_no_name(serve: Serve, store: Valkey) -> None:
    server = await serve(rate_limit=60, rate_limit_storage=store.url)
    await server.signed_up()
    await look(server, "somebody")
    text = " ".join(await store.keys())
    assert "request" in text
    for word in ("ann", "example", "192.0.2.7", "somebody"):
        assert word not in text


async def test_a_lost_storage_is_done_without_and_taken_up_again(
    serve: Serve, store: Valkey, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kirotodo.server.auth.rate_limit")
    server = await serve(rate_limit=4, rate_limit_burst=MANY, rate_limit_storage=store.url)
    assert [(await speak(server)).status_code for _ in range(3)] == [404] * 3
    await store.kill()
    statuses = [(await speak(server)).status_code for _ in range(6)]
    assert statuses == [404] * 4 + [429] * 2, "counted here alone, from nothing"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    clock.pass_by(seconds=LOST_SECONDS)
    stopped(await speak(server))
    assert len(caplog.records) == 1, "lost once, told once"
    await store.start()
    assert (await speak(server)).status_code == 429, "left alone until it is time to ask again"
    clock.pass_by(seconds=LOST_SECONDS)
    assert left(await speak(server)) == (4, 3), "counted there again, where nothing is left of before"
    assert not server.authenticator.limits.lost
    assert len(caplog.records) == 2
    assert caplog.records[-1].message == "the rate limit storage is available again"


async def test_a_storage_that_hangs_is_as_good_as_lost(serve: Serve) -> None:
    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hang_up.wait()
        writer.close()

    hang_up = asyncio.Event()
    silent = await asyncio.start_server(never, "127.0.0.1", 0)
    try:
        port = silent.sockets[0].getsockname()[1]
        server = await serve(rate_limit=4, rate_limit_burst=MANY, rate_limit_storage=f"redis://127.0.0.1:{port}")
        assert [(await speak(server)).status_code for _ in range(6)] == [404] * 4 + [429] * 2
        assert server.authenticator.limits.lost
    finally:
        hang_up.set()
        silent.close()
        await silent.wait_closed()


async def test_a_server_starts_without_its_storage(serve: Serve, store: Valkey) -> None:
    await store.kill()
    server = await serve(rate_limit=4, rate_limit_storage=store.url)
    assert server.authenticator.limits.lost, "known before anybody is counted"
    answered(await server.post("/api/auth/signup", ANN), 201)


async def test_a_storage_is_missed_and_seen_again_while_nobody_is_counted(
    serve: Serve, store: Valkey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kirotodo.server.auth.rate_limit, "LOST_SECONDS", 0.01)
    limits = (await serve(rate_limit_storage=store.url)).authenticator.limits

    async def until(lost: bool) -> None:
        while limits.lost != lost:
            clock.pass_by(seconds=1)
            await asyncio.sleep(0.01)

    await until(False)
    await store.kill()
    await until(True)
    await store.start()
    await until(False)
    assert await store.keys() == []
