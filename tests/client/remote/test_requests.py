"""What is asked again and what is not, and the sentence for every way in which a server can fail us."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

import pytest

from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.client.remote.errors import ConnectFailed, NotKirotodo, OutcomeUnknown, TlsFailed
from kirotodo.core import errors
from kirotodo.core.backend import LinkChanged, TaskFields
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import (
    InvalidInput,
    KirotodoError,
    LiveTurn,
    NotFound,
    PreconditionFailed,
    RateLimited,
    TooLarge,
    Unreachable,
)
from tests.client.remote.certificates import self_signed
from tests.client.remote.raw_server import DROP, QUICK, RawServer, Reply, ok, page, problem, signed_in

SENT: Final = ok({"conversation_id": 1, "turn_id": "t1", "message_seq": 1, "attached": False}, 202)
NOTHING: Final = ok({"items": [], "next": None, "total": 0})
CHANGED: Final = ok({"tasks": [], "removed": [3], "changes": [], "skipped": []})
Use = Callable[[RemoteBackend], Awaitable[Any]]

READ_AT: Final = "2026-11-23T09:00:00.000001Z"
MOMENT: Final = datetime.fromisoformat(READ_AT)

READS: Final[dict[str, Use]] = {
    "tasks": lambda backend: backend.tasks(),
    "conversations": lambda backend: backend.conversations(),
}
EDITS: Final[dict[str, Use]] = {
    "delete_tasks": lambda backend: backend.delete_tasks([3]),
    "undo": lambda backend: backend.undo(),
    "update_tasks": lambda backend: backend.update_tasks([3], TaskFields(title="x")),
}


async def test_an_edit_of_one_task_says_when_it_was_read_and_goes_out_again_under_its_key(server: RawServer) -> None:
    seen = Task(id=3, title="Pay", created_at=MOMENT, updated_at=MOMENT)
    server.on("/tasks/3", page(502), ok({"id": 3, "title": "x", "created_at": READ_AT, "updated_at": READ_AT}))
    async with signed_in(server) as backend:
        assert (await backend.edit_task(seen, TaskFields(title="x"))).title == "x"
        assert [one.body for one in server.requests] == [{"title": "x", "updated_at": READ_AT}] * 2
        assert len({one.headers["idempotency-key"] for one in server.requests}) == 1
        server.on("/tasks/3", problem(412, "precondition_failed"))
        with pytest.raises(PreconditionFailed, match="The task has changed since you opened it"):
            await backend.edit_task(seen, TaskFields(title="x"))


# --- again, or not ---


@pytest.mark.parametrize("lost", [DROP, page(502), page(504), problem(503, "draining")])
async def test_a_message_whose_answer_was_lost_goes_out_again_with_its_key(server: RawServer, lost: Reply) -> None:
    server.on("/turns", lost, lost, SENT)
    async with signed_in(server) as backend:
        sent = await backend.send("hello", conversation_id=1)
    assert sent.turn_id == "t1"
    requests = server.to("/turns")
    assert [one.body for one in requests] == [{"message": "hello", "conversation_id": 1}] * 3
    assert len({one.headers["idempotency-key"] for one in requests}) == 1


async def test_each_message_has_a_key_of_its_own_or_the_one_it_was_given(server: RawServer) -> None:
    server.on("/turns", SENT)
    async with signed_in(server) as backend:
        for key in (None, None, "mine"):
            await backend.send("hello", request_key=key)
        with pytest.raises(InvalidInput, match="request key"):
            await backend.send("hello", request_key="two words")
    keys = [one.headers["idempotency-key"] for one in server.to("/turns")]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize("lost", [DROP, page(502), page(500), Reply(pieces=[b'{"ite'], cut=True)])
@pytest.mark.parametrize("use", READS.values(), ids=READS)
async def test_what_only_reads_is_asked_again(server: RawServer, use: Use, lost: Reply) -> None:
    server.on("", lost, lost, NOTHING)
    async with signed_in(server) as backend:
        assert (await use(backend)).items == ()
    assert len(server.requests) == 3


async def test_after_a_few_tries_it_is_told(server: RawServer) -> None:
    server.on("", DROP)
    async with signed_in(server) as backend:
        with pytest.raises(Unreachable, match="was lost"):
            await backend.tasks()
    assert len(server.requests) == QUICK.tries


LOST: Final = [DROP, page(502), page(504), problem(503, "storage_down"), Reply(pieces=[b'{"ta'], cut=True)]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("use", EDITS.values(), ids=EDITS)
async def test_an_edit_whose_answer_was_lost_is_asked_for_again_under_its_key(
    server: RawServer, use: Use, lost: Reply
) -> None:
    server.on("", lost, lost, CHANGED)
    async with signed_in(server) as backend:
        assert (await use(backend)).removed == (3,)
        await use(backend)
    keys = [one.headers["idempotency-key"] for one in server.requests]
    assert len(keys) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]
    assert len({str(one.body) for one in server.requests}) == 1


@pytest.mark.parametrize("insist", [False, True])
@pytest.mark.parametrize("lost", [DROP, page(502)])
@pytest.mark.parametrize("use", EDITS.values(), ids=EDITS)
async def test_after_a_few_tries_of_an_edit_nobody_pretends_to_know(
    server: RawServer, use: Use, lost: Reply, insist: bool
) -> None:
    server.on("", lost)
    async with signed_in(server, insist=insist) as backend:
        with pytest.raises(OutcomeUnknown, match="didn't confirm the change"):
            await use(backend)
    assert len(server.requests) == QUICK.tries


@pytest.mark.parametrize("lost", [DROP, page(502)])
async def test_an_edit_without_a_key_is_not_asked_for_again(server: RawServer, lost: Reply) -> None:
    server.on("", lost, CHANGED)
    async with signed_in(server) as backend:
        with pytest.raises(OutcomeUnknown, match="didn't confirm the change"):
            await backend.rename_conversation(1, "x")
    assert len(server.requests) == 1


@pytest.mark.parametrize("undone", [problem(503, "draining"), problem(429, "rate_limited", retry_after=0.01)])
@pytest.mark.parametrize("use", EDITS.values(), ids=EDITS)
async def test_an_edit_that_was_not_done_is_asked_again(server: RawServer, use: Use, undone: Reply) -> None:
    server.on("", undone, undone, CHANGED)
    async with signed_in(server) as backend:
        assert (await use(backend)).removed == (3,)
    assert len(server.requests) == 3


async def test_where_nobody_listens_nothing_was_done(server: RawServer) -> None:
    await server.stop()
    async with signed_in(server) as backend:
        for use in (*READS.values(), *EDITS.values()):
            with pytest.raises(
                ConnectFailed, match=rf"Nothing answers at 127.0.0.1:{server.port}\. Is the server running\?"
            ):
                await use(backend)


async def test_a_screen_insists_until_the_server_is_back(server: RawServer) -> None:
    port = server.port
    await server.stop()
    links: list[LinkChanged] = []
    reported = asyncio.Event()

    def hear(link: LinkChanged) -> None:
        links.append(link)
        reported.set()

    async with signed_in(server, insist=True, on_link=hear) as backend:
        sending = asyncio.create_task(backend.send("hello"))
        await reported.wait()
        assert [(links[0].link, links[0].place)] == [("reconnecting", f"127.0.0.1:{port}")]
        assert "Is the server running" in links[0].detail
        server.on("/turns", DROP, page(502), SENT)
        await server.start(port)
        assert (await sending).turn_id == "t1"
        assert links[-1].link == "online"
    assert len({one.headers["idempotency-key"] for one in server.to("/turns")}) == 1


# --- a server that wants to be left alone ---


async def test_too_many_requests_are_waited_out_and_told(server: RawServer) -> None:
    server.on("", problem(429, "rate_limited", "Slow down.", retry_after=0.02), NOTHING)
    links: list[LinkChanged] = []
    async with signed_in(server, on_link=links.append) as backend:
        await backend.tasks()
    assert [(link.link, link.detail, link.wait) for link in links] == [("online", "Slow down.", 0.02)]


async def test_nobody_waits_for_an_hour(server: RawServer) -> None:
    server.on("", problem(429, "rate_limited", "Come back in an hour.", retry_after=3600))
    async with signed_in(server) as backend:
        with pytest.raises(RateLimited, match="in an hour") as caught:
            await backend.tasks()
    assert caught.value.retry_after == 3600
    assert len(server.requests) == 1


async def test_a_proxy_says_it_in_its_header(server: RawServer) -> None:
    server.on("", page(429, **{"retry-after": "3600"}))
    async with signed_in(server) as backend:
        with pytest.raises(RateLimited, match="Too many requests") as caught:
            await backend.tasks()
    assert caught.value.retry_after == 3600


# --- what a server says ---


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "forbidden", errors.Forbidden),
        (404, "not_found", NotFound),
        (409, "conflict", errors.Conflict),
        (409, "not_undoable", errors.NotUndoable),
        (413, "too_large", TooLarge),
        (422, "invalid_input", InvalidInput),
        (422, "key_reused", errors.KeyReused),
        (500, "internal_error", KirotodoError),
        (503, "model_error", errors.ModelError),
        (503, "storage_busy", errors.StorageBusy),
        (503, "storage_error", errors.StorageError),
        (503, "config_error", errors.ConfigError),
        (504, "turn_timed_out", errors.TurnTimedOut),
        (422, "of_a_newer_server", InvalidInput),
        (409, "of_a_newer_server", errors.Conflict),
        (503, "of_a_newer_server", errors.ModelError),
        (418, "of_a_newer_server", InvalidInput),
    ],
)
async def test_its_problems_are_our_errors_in_its_own_words(
    server: RawServer, status: int, code: str, kind: type[KirotodoError]
) -> None:
    server.on("", problem(status, code, "In its own words."))
    async with signed_in(server) as backend:
        with pytest.raises(kind) as caught:
            await backend.rename_conversation(1, "x")
    assert type(caught.value) is kind
    assert caught.value.message == "In its own words."
    assert len(server.requests) == 1


async def test_a_live_turn_carries_its_id(server: RawServer) -> None:
    server.on("", problem(409, "live_turn", turn_id="t9"))
    async with signed_in(server) as backend:
        with pytest.raises(LiveTurn) as caught:
            await backend.send("hello", conversation_id=1)
    assert caught.value.turn_id == "t9"


# --- what is no server of ours ---


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (page(200), NotKirotodo, "There is no kirotodo server at"),
        (page(404), NotKirotodo, "There is no kirotodo server at"),
        (page(403), Unreachable, "blocks the way"),
        (page(511), Unreachable, "blocks the way"),
        (page(413), TooLarge, "more than"),
        (page(502), Unreachable, "is unavailable"),
        (page(301, location="https://other.example/"), NotKirotodo, "redirects to https://other.example/"),
        (page(302, location="javascript:alert(1)"), NotKirotodo, "doesn't answer like a kirotodo server"),
        (page(418), NotKirotodo, "doesn't answer like a kirotodo server"),
        (Reply(pieces=[b"{}"]), NotKirotodo, "There is no kirotodo server at"),
        (Reply(pieces=[b"\xff\xfe"], headers={"content-encoding": "gzip"}), NotKirotodo, "There is no kirotodo server"),
        (
            Reply(pieces=[b"[1"], status=404, kind="application/problem+json"),
            NotKirotodo,
            "There is no kirotodo server",
        ),
    ],
)
async def test_strangers_are_told_apart(server: RawServer, reply: Reply, kind: type[KirotodoError], words: str) -> None:
    server.on("", reply)
    async with signed_in(server) as backend:
        with pytest.raises(kind, match=words) as caught:
            await backend.tasks()
    assert f"127.0.0.1:{server.port}" in caught.value.message
    assert "<" not in caught.value.message


@pytest.mark.parametrize(
    ("version", "words"),
    [("99.0.0", "update kirotodo on this computer"), ("0.0.1", "update the server")],
)
async def test_a_server_of_another_version_is_named(server: RawServer, version: str, words: str) -> None:
    server.on("", Reply(pieces=[b'{"other": 1}'], headers={"x-kirotodo-version": version}))
    async with signed_in(server) as backend:
        with pytest.raises(KirotodoError, match=f"runs kirotodo {version}.*{words}"):
            await backend.tasks()


async def test_an_answer_that_makes_no_sense_is_told(server: RawServer) -> None:
    server.on("", ok({"other": 1}))
    async with signed_in(server) as backend:
        with pytest.raises(KirotodoError, match="invalid response"):
            await backend.tasks()


async def test_a_name_that_nobody_knows(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    async def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    server.address = type(server.address)("http://todo.internal:8000")
    async with signed_in(server) as backend:
        with pytest.raises(ConnectFailed, match=r"Can't find todo\.internal:8000"):
            await backend.tasks()


# --- TLS ---


@pytest.fixture
async def secure(server: RawServer, tmp_path_factory: pytest.TempPathFactory) -> RawServer:
    """The server behind a certificate that nobody vouches for."""
    await server.stop()
    await server.start(tls=self_signed(tmp_path_factory.mktemp("tls")))
    return server


async def test_a_certificate_that_nobody_vouches_for(secure: RawServer) -> None:
    async with signed_in(secure) as backend:
        with pytest.raises(TlsFailed, match=r"certificate of .* can't be trusted: self.signed.*Nothing was sent"):
            await backend.delete_tasks([1])
    assert secure.requests == []


async def test_a_screen_says_so_at_once_and_goes_on_trying(secure: RawServer) -> None:
    links: list[LinkChanged] = []
    reported = asyncio.Event()

    def hear(link: LinkChanged) -> None:
        links.append(link)
        reported.set()

    async with signed_in(secure, insist=True, on_link=hear) as backend:
        sending = asyncio.create_task(backend.send("hello"))
        await reported.wait()
        sending.cancel()
    assert links[0].link == "offline"
    assert "certificate" in links[0].detail


async def test_https_where_there_is_none(server: RawServer) -> None:
    server.address = type(server.address)(server.address.url.replace("http:", "https:"))
    async with signed_in(server) as backend:
        with pytest.raises(TlsFailed, match="Can't make a secure connection"):
            await backend.tasks()


async def test_http_where_tls_is_wanted(secure: RawServer) -> None:
    secure.address = type(secure.address)(secure.address.url.replace("https:", "http:"))
    async with signed_in(secure) as backend:
        with pytest.raises(Unreachable):
            await backend.tasks()


async def test_half_a_character_cannot_be_sent(server: RawServer) -> None:
    async with signed_in(server) as backend:
        for use in (
            lambda: backend.add_from_text("half \ud800"),
            lambda: backend.conversations(search="half \ud800"),
        ):
            with pytest.raises(InvalidInput, match="half a character"):
                await use()
    assert server.requests == []
