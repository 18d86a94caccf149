"""Log lines: one JSON object each for collectors, one sentence for people, ids in both, words of users in neither."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kirotodo.core.settings import Settings
from kirotodo.server.observability import logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("kirotodo")
    before = (root.handlers[:], root.level, ours.handlers[:], ours.propagate)
    yield
    root.handlers[:], root.level, ours.handlers[:], ours.propagate = before


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
    logging.getLogger("uvicorn.access").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
