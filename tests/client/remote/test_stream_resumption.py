"""Following a turn and the list over connections that are cut, stall, end early and lie."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import pytest

from kirotodo.client.remote import streams
from kirotodo.client.remote.errors import NotKirotodo
from kirotodo.core.backend import LinkChanged, ListChanged
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.errors import KirotodoError, ModelError, NotFound, StorageDown, Unreachable
from kirotodo.core.events import TextDelta, TurnEvent, TurnFinished
from tests.client.remote.raw_server import (
    DROP,
    HOLD,
    QUICK,
    RawServer,
    Reply,
    frame,
    page,
    problem,
    signed_in,
    stream,
)


def delta(seq: int) -> TextDelta:
    return TextDelta(turn_id="t1", seq=seq, step=1, attempt=1, text=f"{seq} ")


FINISHED: Final = TurnFinished(turn_id="t1", seq=9, response="done", model="m", title="t", usage=Usage())
PING: Final = b": ping\n\n"
RECONNECT: Final = b"event: reconnect\ndata: {}\n\n"
WHOLE: Final[list[TurnEvent]] = [delta(1), delta(2), delta(4), FINISHED]


def rest(after: int) -> Reply:
    return stream(*(frame(event) for event in WHOLE if event.seq > after))


def halves(event: TurnEvent) -> tuple[bytes, bytes]:
    data = frame(event)
    return data[: len(data) // 2], data[len(data) // 2 :]


async def watched(server: RawServer, *, stall: float = 5.0, insist: bool = False) -> list[TurnEvent]:
    async with signed_in(server, stall=stall, insist=insist) as backend:
        async with asyncio.timeout(60):
            return [event async for event in backend.watch("t1")]


def queries(server: RawServer) -> list[str]:
    return [one.query for one in server.to("/events")]


@pytest.mark.parametrize(
    "first",
    [
        stream(frame(delta(1)), frame(delta(2)), cut=True),
        stream(frame(delta(1)), frame(delta(2)), halves(delta(4))[0], cut=True),
        stream(frame(delta(1)), frame(delta(2))),
        stream(frame(delta(1)), frame(delta(2)), halves(delta(4))[0]),
        stream(frame(delta(1)), PING, frame(delta(2)), HOLD),
        stream(frame(delta(1)), frame(delta(2)), RECONNECT),
    ],
    ids=["cut", "cut in an event", "ended", "ended in an event", "stalled", "reconnect"],
)
async def test_a_broken_stream_is_taken_up_after_the_last_event(server: RawServer, first: Reply) -> None:
    server.on("/turns/t1/events", first, DROP, page(502), rest(2))
    assert await watched(server, stall=1.0) == WHOLE
    assert queries(server) == ["after=0", "after=2", "after=2", "after=2"]


async def test_what_comes_twice_is_told_once(server: RawServer) -> None:
    server.on("/events", stream(frame(delta(1)), frame(delta(2)), cut=True), rest(0))
    assert await watched(server) == WHOLE


async def test_pings_keep_a_quiet_stream_alive(server: RawServer) -> None:
    gates = [asyncio.Event() for _ in range(4)]
    server.on("/events", stream(*(piece for gate in gates for piece in (PING, gate)), *(frame(one) for one in WHOLE)))

    async def tick() -> None:
        for gate in gates:
            await asyncio.sleep(0.5)
            gate.set()

    ticking = asyncio.create_task(tick())
    assert await watched(server, stall=1.5) == WHOLE
    await ticking
    assert len(server.requests) == 1


async def test_a_drained_server_is_left_at_once(server: RawServer) -> None:
    """Without a pause, and however often: that is no failure."""
    server.on("/events", *[stream(RECONNECT)] * (QUICK.tries + 2), rest(0))
    assert await watched(server) == WHOLE


async def test_events_of_a_newer_server_are_passed_over(server: RawServer) -> None:
    newer = b'id: 3\nevent: of_tomorrow\ndata: {"kind": "of_tomorrow", "turn_id": "t1", "seq": 3}\n\n'
    server.on("/events", stream(frame(delta(1)), newer, *(frame(event) for event in WHOLE[1:])))
    assert await watched(server) == WHOLE


async def test_an_event_that_makes_no_sense_is_told(server: RawServer) -> None:
    server.on("/events", stream(b'id: 1\nevent: text_delta\ndata: {"kind": "text_delta"}\n\n'))
    with pytest.raises(KirotodoError, match="invalid response"):
        await watched(server)


async def test_what_a_server_says_within_a_stream_is_raised(server: RawServer) -> None:
    problem = b'event: problem\ndata: {"status": 503, "code": "model_error", "detail": "No model."}\n\n'
    server.on("/events", stream(frame(delta(1)), problem))
    with pytest.raises(ModelError, match="No model"):
        await watched(server)


OUTAGE: Final = b'event: problem\ndata: {"status": 503, "code": "storage_down", "detail": "It goes on."}\n\n'


@pytest.mark.parametrize("insist", [True, False])
async def test_a_turn_is_followed_beyond_an_outage_of_the_servers_database(server: RawServer, insist: bool) -> None:
    away = [problem(503, "storage_down"), problem(503, "storage_busy")] * QUICK.tries
    server.on("/events", stream(frame(delta(1)), OUTAGE), *away, rest(1))
    assert await watched(server, insist=insist) == WHOLE


async def test_an_outage_that_lasts_is_told_in_the_servers_words(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "OUTAGE_SECONDS", 0.0)
    server.on("/events", stream(frame(delta(1)), OUTAGE))
    with pytest.raises(StorageDown, match=r"^It goes on\.$"):
        await watched(server)


async def test_a_turn_that_is_not_there(server: RawServer) -> None:
    server.on("/events", problem(404, "not_found", "There is no such turn."))
    with pytest.raises(NotFound, match="no such turn"):
        await watched(server)
    assert len(server.requests) == 1


async def test_a_page_in_place_of_a_stream(server: RawServer) -> None:
    server.on("/events", page(200))
    with pytest.raises(NotKirotodo):
        await watched(server)


async def test_without_a_screen_it_is_given_up_after_a_few_tries(server: RawServer) -> None:
    server.on("/events", DROP)
    with pytest.raises(Unreachable):
        await watched(server)
    assert len(server.requests) == QUICK.tries


async def test_a_screen_goes_on_for_as_long_as_it_takes(server: RawServer) -> None:
    server.on("/events", *[DROP] * (QUICK.tries + 3), rest(0))
    assert await watched(server, insist=True) == WHOLE


async def test_leaving_a_stream_closes_it(server: RawServer) -> None:
    server.on("/events", stream(frame(delta(1)), HOLD))
    async with signed_in(server) as backend:
        events = backend.watch("t1")
        assert await anext(events) == delta(1)
        await events.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(60):
            await server.left.wait()


# --- the list ---


def news(revision: int, *, conversations: bool = False, removed: tuple[int, ...] = ()) -> bytes:
    data = f'{{"revision": {revision}, "tasks": [], "removed": {list(removed)}, "conversations": '
    return f"id: {revision}\nevent: list_changed\ndata: {data}{str(conversations).lower()}}}\n\n".encode()


async def take_until(
    changes: AsyncIterator[ListChanged | LinkChanged], last: Callable[[ListChanged | LinkChanged], bool]
) -> list[ListChanged | LinkChanged]:
    """What `changes` says up to and with the first that is `last`."""
    received = []
    async with asyncio.timeout(60):
        async for change in changes:
            received.append(change)
            if last(change):
                break
    return received


def is_revision(number: int) -> Callable[[ListChanged | LinkChanged], bool]:
    return lambda change: isinstance(change, ListChanged) and change.revision == number


async def test_the_list_is_followed_on_from_the_last_revision(server: RawServer) -> None:
    server.on(
        "/7/events",
        stream(news(5), news(6, removed=(1,)), cut=True),
        DROP,
        stream(news(8, conversations=True), RECONNECT),
        stream(news(9), HOLD),
    )
    async with signed_in(server) as backend:
        received = await take_until(backend.changes(), is_revision(9))
    assert [change.revision for change in received if isinstance(change, ListChanged)] == [5, 6, 8, 9]
    assert queries(server) == ["", "after=6", "after=6", "after=8"]
    links = [change.link for change in received if isinstance(change, LinkChanged)]
    assert links == ["online", "reconnecting", "online", "online"]


async def test_cut_before_the_first_change_it_still_knows_from_where_on(server: RawServer) -> None:
    server.on("/7/events", stream(news(5), cut=True), stream(news(6), HOLD))
    async with signed_in(server) as backend:
        await take_until(backend.changes(), is_revision(6))
    assert queries(server) == ["", "after=5"]


async def test_a_link_that_any_request_finds_lost_is_told(server: RawServer) -> None:
    server.on("/7/events", stream(news(5), HOLD))
    server.on("/tasks", DROP)
    async with signed_in(server) as backend:
        changes = backend.changes()
        await take_until(changes, is_revision(5))
        asking = asyncio.create_task(backend.tasks())
        received = await take_until(changes, lambda change: isinstance(change, LinkChanged))
        assert [change.link for change in received if isinstance(change, LinkChanged)] == ["reconnecting"]
        with pytest.raises(Unreachable):
            await asking


async def test_what_no_further_try_mends_ends_it(server: RawServer) -> None:
    server.on("/7/events", problem(403, "forbidden", "Not yours."))
    async with signed_in(server) as backend:
        with pytest.raises(KirotodoError, match="Not yours"):
            await take_until(backend.changes(), lambda _: False)


async def test_a_server_that_stays_away_is_offline_after_a_while(server: RawServer) -> None:
    from kirotodo.client.remote.requests import OFFLINE_AFTER, LinkWatch

    moment = [0.0]
    watch = LinkWatch("todo.example", clock=lambda: moment[0])
    received: list[tuple[str, str]] = []
    with watch.listening(lambda change: received.append((change.link, change.detail))):
        watch.lost("first")
        moment[0] = OFFLINE_AFTER - 1
        watch.lost("second")
        moment[0] = OFFLINE_AFTER
        watch.lost("third")
        watch.lost("fourth")
        watch.good()
        watch.good()
    assert received == [("reconnecting", "first"), ("offline", "third"), ("online", "")]
