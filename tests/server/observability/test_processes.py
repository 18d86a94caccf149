"""What only shows where a server is a process of its own: workers that count as one, and spans that leave it."""

import json
import signal
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from tests.server.observability.receiver import Receiver
from tests.server.serving import bearer
from tests.server.test_serve import serving

TURNS = 12


def total(address: str, name: str) -> float:
    """The sum over all labels."""
    page = httpx2.get(f"{address}/metrics", timeout=60).text
    families = text_string_to_metric_families(page)
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


@pytest.mark.slow
def test_workers_count_together(tmp_path: Path, postgres_url: str) -> None:
    with serving(tmp_path, "--port", "0", "--workers", "2", DATABASE_URL=postgres_url) as (process, address):
        for number in range(TURNS):
            answer = httpx2.post(
                f"{address}/api/{number}/chat", json={"message": "hello"}, headers=bearer(str(number)), timeout=60
            )
            assert answer.status_code == 200
        assert total(address, "kirotodo_turns_total") == TURNS
        assert total(address, "kirotodo_http_requests_total") >= TURNS
        assert total(address, "kirotodo_turns_live") == 0
        assert total(address, "kirotodo_build_info") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
def test_spans_reach_a_collector_without_a_word_of_the_user(tmp_path: Path) -> None:
    with Receiver().serving() as receiver:
        endpoint = f"http://{receiver.address}"
        with serving(tmp_path, "--port", "0", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint) as (process, address):
            body = {"message": "add wombat food"}
            httpx2.post(f"{address}/api/1/chat", json=body, headers=bearer("1"), timeout=60).raise_for_status()
            httpx2.get(f"{address}/health", timeout=60).raise_for_status()
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        spans = {}
        for path, sent in receiver.wait():
            if path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(sent).resource_spans:
                    spans.update({span.name: span for scope in resource.scope_spans for span in scope.spans})
        assert {"POST /api/{user_id}/chat", "turn", "model"} <= spans.keys()
        assert spans["turn"].trace_id == spans["POST /api/{user_id}/chat"].trace_id
        assert not any("health" in name for name in spans)
        assert b"wombat" not in b"".join(sent for _, sent in receiver.posts)


@pytest.mark.slow
def test_the_log_of_a_server_is_json_where_told_to(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", LOG_FORMAT="json") as (process, address):
        headers = {**bearer("1"), "X-Request-ID": "r-1"}
        httpx2.post(f"{address}/api/1/chat", json={"message": "hello"}, headers=headers, timeout=60).raise_for_status()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    lines = [json.loads(line) for line in log.splitlines()]
    [turn] = [line for line in lines if "Agent execution time" in line["message"]]
    assert (turn["request_id"], turn["user_id"], turn["ended"]) == ("r-1", "1", "finished")
    assert len(turn["turn_id"]) == 32
