"""Log lines: one JSON object each for collectors, one sentence for people, ids in both, words of users in neither."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kirotodo.core.errors import ConfigError
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.observability import logs
from tests.server.serving import NO_TLS, served, settings_in


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("kirotodo")
    before = (root.handlers[:], root.level, ours.handlers[:], ours.propagate, ours.level)
    yield
    root.handlers[:], root.level, ours.handlers[:], ours.propagate, ours.level = before


def configured(tmp_path: Path, **values: Any) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(Settings(kirotodo_home=tmp_path, timezone="UTC", **values), stream=stream)
    return stream


def test_a_json_line_holds_the_request_and_what_it_brings_along(tmp_path: Path) -> None:
    stream = configured(tmp_path, log_format="json")
    token = logs.REQUEST_ID.set("r-1")
    logging.getLogger("kirotodo.x").info("Agent execution time %.1f s", 1.5, extra={"turn_id": "t", "user_id": "ü"})
    logs.REQUEST_ID.reset(token)
    line = json.loads(stream.getvalue())
    assert line["message"] == "Agent execution time 1.5 s"
    assert (line["level"], line["logger"], line["request_id"]) == ("INFO", "kirotodo.x", "r-1")
    assert (line["turn_id"], line["user_id"]) == ("t", "ü")
    assert line["time"][10] == "T"


def test_without_a_request_there_is_none_in_the_line(tmp_path: Path) -> None:
    stream = configured(tmp_path, log_format="json")
    logging.getLogger("kirotodo.x").warning("started")
    assert "request_id" not in json.loads(stream.getvalue())


def test_an_exception_stays_on_its_one_line(tmp_path: Path) -> None:
    stream = configured(tmp_path, log_format="json")
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("kirotodo.x").exception("it broke")
    assert stream.getvalue().count("\n") == 1
    assert "ValueError" in json.loads(stream.getvalue())["exc_info"]


def test_people_read_sentences(tmp_path: Path) -> None:
    stream = configured(tmp_path)
    token = logs.REQUEST_ID.set("0123456789abcdef")
    logging.getLogger("kirotodo.x").info("ready")
    logs.REQUEST_ID.reset(token)
    assert stream.getvalue().strip().endswith("INFO    ready  [01234567]")


def test_the_level_is_obeyed(tmp_path: Path) -> None:
    stream = configured(tmp_path, log_level="WARNING")
    logging.getLogger("kirotodo.x").info("quiet")
    logging.getLogger("kirotodo.x").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


LIBRARIES = (
    *(
        "aiosqlite",
        "sqlalchemy.engine.Engine",
        "asyncpg",
        "alembic.runtime",
        "httpx2",
        "httpcore2.http11",
        "openai._base_client",
    ),
    *("asyncio", "redis.client", "limits", "uvicorn.access", "aiohttp.access", "one.of.tomorrow"),
)


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_library_says_what_it_was_given(tmp_path: Path, name: str, log_format: str) -> None:
    stream = configured(tmp_path, log_level="DEBUG", log_format=log_format)
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)  # as some libraries do by themselves
    logger.debug("wombat")
    logger.info("INSERT %s", "wombat")
    assert stream.getvalue() == ""
    try:
        raise ValueError("wombat") from RuntimeError("wombat")
    except ValueError:
        logger.exception("gone wrong with %s", "wombat", extra={"statement": "wombat"}, stack_info=True)
    logger.warning(f"filled in: {'wombat'}")  # noqa: G004
    logger.setLevel(logging.NOTSET)
    written = stream.getvalue()
    assert "wombat" not in written.replace('"wombat"', "").replace("'wombat'", "").replace('\\"wombat\\"', "")
    assert name in written
    assert "gone wrong with %s" in written
    assert "ValueError" in written
    assert "RuntimeError" in written


def test_our_own_errors_keep_their_words_and_those_of_others_do_not(tmp_path: Path) -> None:
    stream = configured(tmp_path)
    try:
        try:
            raise ExceptionGroup("wombat", [OSError(28, "wombat", "wombat")])
        except ExceptionGroup:
            raise ConfigError("Set it.") from None
    except ConfigError as error:
        error.__suppress_context__ = False
        logging.getLogger("kirotodo.x").exception("it broke")
    written = stream.getvalue()
    assert "kirotodo.core.errors.ConfigError: Set it." in written
    assert "No space left on device" in written
    assert "ExceptionGroup\n" in written


async def test_a_server_that_logs_all_it_can_tells_nothing_of_anybody(tmp_path: Path) -> None:
    """Signing up and in, a chat, a task, and requests that fail, on SQLite with every logger open."""
    stream = configured(tmp_path, log_level="DEBUG", log_format="json")
    account = {"email": "numbat@example.com", "password": "correct-quoll-battery"}
    async with (
        served(create_app(settings_in(tmp_path, log_level="DEBUG"))) as server,
        httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url, timeout=60) as client,
    ):
        tokens = (await client.post("/api/auth/signup", json=account)).raise_for_status().json()
        (await client.post("/api/auth/signin", json=account)).raise_for_status()
        await client.post("/api/auth/signin", json={**account, "password": "bilby-bilby-bilby"})
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        user_id = tokens["user"]["id"] if "user" in tokens else (await client.get("/api/auth/me")).json()["id"]
        (await client.post(f"/api/{user_id}/chat", json={"message": "add wombat food"})).raise_for_status()
        (await client.post(f"/api/{user_id}/tasks", json={"title": "echidna"})).raise_for_status()
        assert (await client.post(f"/api/{user_id}/tasks", json={"title": 3, "numbat": "wombat"})).status_code == 422
        assert (await client.get(f"/api/{user_id}/tasks?search=echidna&cursor=wombat")).status_code == 422
    written = stream.getvalue()
    assert "Agent execution time" in written
    for secret in ("numbat", "quoll", "bilby", "wombat", "echidna", "argon2", tokens["access_token"][-20:]):
        assert secret not in written.lower()


def test_the_same_trouble_is_logged_once_in_a_while_with_how_often_it_came(tmp_path: Path) -> None:
    now = [0.0]
    stream = configured(tmp_path)
    root = logging.getLogger()
    root.handlers[0].filters[1] = logs.OnceInAWhile(seconds=30, clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 29.0, 31.0, 32.0):
        logging.getLogger("kirotodo.x").error("storage_corrupt: %s", "list.db is damaged")
        logging.getLogger("kirotodo.x").info("GET /health")
    lines = [line for line in stream.getvalue().splitlines() if "damaged" in line]
    assert [line.partition("damaged")[2].strip() for line in lines] == ["", "(and 2 times more before)"]
    assert stream.getvalue().count("GET /health") == 5
