"""The Kubernetes files: rendered by kubectl, and held against the schemas of the releases they are for."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.deploy.tools import ROOT, read, run

FOLDER: Final = "deploy/kubernetes"
KUSTOMIZATIONS: Final = ("base", "overlays/production", "overlays/local")
RELEASES: Final = ("1.32", "1.34", "1.37")
PODS: Final = {"Deployment", "StatefulSet", "Job"}

pytestmark = pytest.mark.deploy


@cache
def rendered(name: str) -> str:
    return run("kubectl", "kustomize", f"{FOLDER}/{name}")


def objects(name: str, kind: str) -> dict[str, dict[str, Any]]:
    found = [each for each in yaml.safe_load_all(rendered(name)) if each["kind"] == kind]
    return {each["metadata"]["name"]: each for each in found}


def pods(name: str) -> dict[str, dict[str, Any]]:
    return {key: each["spec"]["template"]["spec"] for kind in PODS for key, each in objects(name, kind).items()}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_it_holds_against_the_schemas(name: str, release: str, tmp_path: Path) -> None:
    file = tmp_path / "rendered.yaml"
    file.write_text(rendered(name), encoding="utf-8")
    run("kubernetes-validate", "--strict", "--quiet", "-k", release, str(file))


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_every_pod_is_confined_as_its_namespace_demands(name: str) -> None:
    for key, pod in pods(name).items():
        assert pod["securityContext"]["runAsNonRoot"] is True, key
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, key
        assert pod["automountServiceAccountToken"] is False, key
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, key
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, key
            assert container["securityContext"].get("readOnlyRootFilesystem") is (None if key == "postgres" else True)
            assert {"requests", "limits"} <= set(container["resources"]), key


@pytest.mark.parametrize("name", ["base", "overlays/production"])
def test_secrets_come_from_outside(name: str) -> None:
    assert objects(name, "Secret") == {}
    backend = pods(name)["backend"]["containers"][0]
    assert {"secretRef": {"name": "kirotodo"}} in backend["envFrom"]
    assert "secret" not in yaml.safe_dump(pods(name)["frontend"])


def test_a_server_that_is_about_to_stop_is_let_finish() -> None:
    pod = pods("base")["backend"]
    container = pod["containers"][0]
    drain = next(each for each in objects("base", "ConfigMap").values())["data"]["DRAIN_TIMEOUT"]
    wait = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert wait + float(drain) + 5 <= pod["terminationGracePeriodSeconds"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"


def test_a_rolling_update_never_takes_a_server_before_another_is_there() -> None:
    deployment = objects("base", "Deployment")["backend"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert "replicas" not in deployment["spec"]  # the autoscaler's business
    assert objects("base", "HorizontalPodAutoscaler")["backend"]["spec"]["minReplicas"] == 2
    assert objects("base", "PodDisruptionBudget")["backend"]["spec"]["maxUnavailable"] == 1


def test_the_database_is_migrated_before_a_server_of_a_release_starts() -> None:
    [first] = pods("base")["backend"]["initContainers"]
    assert first["args"] == ["kirotodo", "db", "upgrade", "--newer-is-fine"]
    assert first["image"].startswith("kirotodo-backend")
    assert first["securityContext"]["readOnlyRootFilesystem"] is True


def test_an_image_that_was_loaded_is_used() -> None:
    for pod in pods("base").values():
        ours = [each for each in pod["containers"] if each["image"].startswith("kirotodo-")]
        assert all(each["imagePullPolicy"] == "IfNotPresent" for each in ours)


def test_the_ingress_does_not_buffer_and_keeps_the_figures_inside() -> None:
    ingress = objects("base", "Ingress")["api"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    paths = {path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}
    inside = {"/mcp", "/v1", "/.well-known/oauth-protected-resource"}
    assert paths == {"/api", "/health", "/docs", "/openapi.json"} | inside


def test_nobody_speaks_with_anybody_unless_told() -> None:
    policies = objects("base", "NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert set(policies) == {"nobody", "names", "backend", "frontend", "valkey"}
    ports = {port["port"] for rule in policies["frontend"]["spec"]["egress"] for port in rule["ports"]}
    assert ports == {443}


def test_servers_scale_on_turns_where_that_is_published() -> None:
    metrics = objects("overlays/local", "HorizontalPodAutoscaler")["backend"]["spec"]["metrics"]
    assert [each["type"] for each in metrics] == ["Resource", "Pods"]
    assert metrics[1]["pods"]["metric"]["name"] == "kirotodo_turns_live"


def test_the_first_start_of_the_database_is_the_same_everywhere() -> None:
    assert read(f"{FOLDER}/overlays/local/first-start.sh") == read("deploy/postgres/first-start.sh")


def test_every_file_is_used() -> None:
    for folder in (ROOT / FOLDER).glob("*/"):
        for file in folder.rglob("*.yaml"):
            if file.name != "kustomization.yaml":
                listed = (file.parent / "kustomization.yaml").read_text(encoding="utf-8")
                assert re.search(rf"\b{re.escape(file.name)}\b", listed), file
