"""Each answer is one line of the log, and nothing of what was asked is in it."""

import logging

import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel
from tests.server.serving import Served


async def test_a_chat_leaves_its_route_its_user_and_its_request(
    server: Served, api: httpx2.AsyncClient, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    model.extend(["About wombats."])
    with caplog.at_level(logging.INFO, logger="kirotodo"):
        await api.post("/chat?secret=wombat", json={"message": "wombat"}, headers={"X-Request-ID": "r-7"})
        await server.core.until_idle()
    [line] = [record for record in caplog.records if record.name == "kirotodo.access"]
    assert line.getMessage().startswith("POST /api/{user_id}/chat 200 in ")
    assert vars(line)["user_id"] == "1"
    assert "wombat" not in "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)


async def test_a_stranger_names_no_user(
    server: Served, api: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="kirotodo"):
        await api.get(f"{server.base_url}/api/somebody/tasks")
    [line] = [record for record in caplog.records if record.name == "kirotodo.access"]
    assert vars(line)["status"] == 403
    assert vars(line)["user_id"] == ""


async def test_probes_fill_no_log(server: Served, api: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="kirotodo"):
        await api.get(f"{server.base_url}/health")
    assert not [record for record in caplog.records if record.name == "kirotodo.access"]
