"""What a server counts, read where Prometheus reads it."""

from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from kirotodo.core.errors import ModelError
from kirotodo.core.models.scripted import Fail, ScriptedModel
from kirotodo.server.app import create_app
from tests.server.serving import NO_TLS, Served, served, settings_in

Counts = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def counts(server: Served) -> Counts:
    async with httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url) as client:
        page = await client.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def of(counted: Counts, name: str, **labels: str) -> float:
    return counted.get((name, tuple(sorted(labels.items()))), 0.0)


async def test_answers_are_counted_by_route_and_status(server: Served, api: httpx2.AsyncClient) -> None:
    await api.get("/tasks")
    await api.get("/tasks/7")
    await api.get("/nothing/at/all")
    counted = await counts(server)
    requests = "kirotodo_http_requests_total"
    assert of(counted, requests, method="GET", route="/api/{user_id}/tasks", status="200") == 1
    assert of(counted, requests, method="GET", route="/api/{user_id}/tasks/{task_id}", status="404") == 1
    assert of(counted, requests, method="GET", route="none", status="404") == 1
    assert of(counted, "kirotodo_http_request_seconds_count", route="/api/{user_id}/tasks") == 1
    assert not any("nothing" in str(key) for key in counted)


async def test_turns_and_models_are_counted(server: Served, api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Hello."], [Fail(error=ModelError("down"))])
    assert (await api.post("/chat", json={"message": "hello"})).status_code == 200
    assert (await api.post("/chat", json={"message": "hello"})).status_code == 503
    await server.core.until_idle()
    counted = await counts(server)
    assert of(counted, "kirotodo_turns_total", status="finished") == 1
    assert of(counted, "kirotodo_turns_total", status="failed") == 1
    assert of(counted, "kirotodo_turn_seconds_count", status="finished", model="scripted") == 1
    assert of(counted, "kirotodo_model_seconds_count", model="scripted") == 2
    assert of(counted, "kirotodo_model_errors_total", model="scripted", code="model_error") == 1
    assert of(counted, "kirotodo_turns_live") == 0


async def test_open_streams_are_counted(server: Served, api: httpx2.AsyncClient) -> None:
    async with api.stream("GET", "/events") as stream:
        assert stream.status_code == 200
        while of(await counts(server), "kirotodo_viewers") != 1:
            pass
    while of(await counts(server), "kirotodo_viewers") != 0:
        pass
    counted = await counts(server)
    assert of(counted, "kirotodo_db_pool_size") >= 1
    assert of(counted, "kirotodo_rate_limit_storage_up") == 1


async def test_metrics_are_not_served_where_they_are_off(tmp_path: Path) -> None:
    app = create_app(settings_in(tmp_path, metrics=False), model=ScriptedModel())
    async with served(app) as server, httpx2.AsyncClient(verify=NO_TLS, timeout=60, base_url=server.base_url) as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
