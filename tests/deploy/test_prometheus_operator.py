"""The objects of the Prometheus Operator: the same alerts as without it, and of the form that the operator knows."""

import json
from typing import Any, Final

import pytest
import yaml

from scripts.prometheus_rule import RULES, prometheus_rule
from tests.deploy.tools import document, read, run

FOLDER: Final = "deploy/kubernetes/components/prometheus-operator"
FILES: Final = ("scrape.yaml", "rules.yaml", "receiver.yaml")
CHECK: Final = """
import json, sys
from cloudcoil.models.prometheus_operator import v1, v1alpha1
for given in json.load(sys.stdin):
    module = {"monitoring.coreos.com/v1": v1, "monitoring.coreos.com/v1alpha1": v1alpha1}[given["apiVersion"]]
    known = getattr(module, given["kind"]).model_validate(given)
    spec = known.model_dump(mode="json", by_alias=True, exclude_unset=True)["spec"]
    if spec != given["spec"]:
        sys.exit(f"{given['kind']}: the operator would make of it {json.dumps(spec)}")
"""


def objects() -> list[dict[str, Any]]:
    return [each for file in FILES for each in yaml.safe_load_all(read(f"{FOLDER}/{file}"))]


def test_the_rules_are_those_of_prometheus() -> None:
    assert RULES.read_text(encoding="utf-8") == prometheus_rule(document("deploy/prometheus/alerts.yml")), (
        "run `make prometheus-rule`"
    )


def test_the_component_holds_every_object() -> None:
    assert document(f"{FOLDER}/kustomization.yaml")["resources"] == list(FILES)
    assert [each["kind"] for each in objects()] == ["ServiceMonitor", "Probe", "PrometheusRule", "AlertmanagerConfig"]


def test_what_is_scraped_is_the_job_that_the_alerts_look_for() -> None:
    endpoint = objects()[0]["spec"]["endpoints"][0]
    assert endpoint["relabelings"] == [{"action": "replace", "targetLabel": "job", "replacement": "kirotodo"}]


@pytest.mark.deploy
def test_the_operator_knows_every_field() -> None:
    run("python", "-c", CHECK, piped=json.dumps(objects()))


@pytest.mark.deploy
def test_a_field_that_the_operator_does_not_know_is_found() -> None:
    monitor = objects()[0]
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    with pytest.raises(AssertionError, match="the operator would make of it"):
        run("python", "-c", CHECK, piped=json.dumps([monitor]))
