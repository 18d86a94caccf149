"""Alerts and dashboard: they name figures that there are, fire when they should, and point to what to do."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from kirotodo.server.observability.metrics import Metrics
from tests.deploy.tools import ROOT, document, read, run

ALERTS: Final = "deploy/prometheus/alerts.yml"
DASHBOARD: Final = "deploy/grafana/dashboards/kirotodo.json"


def published() -> set[str]:
    """The names of everything a server counts, as Prometheus knows them."""
    page = Metrics().page().decode()
    families = re.findall(r"^# TYPE (\w+) (\w+)$", page, flags=re.MULTILINE)
    return {
        f"{name}{ending}"
        for name, kind in families
        for ending in (("_bucket", "_count", "_sum") if kind == "histogram" else ("",))
        if not name.endswith("_created")
    }


def named(text: str) -> set[str]:
    return set(re.findall(r"\bkirotodo_[a-z_]+(?=[{\[ )/])", text))


def rules() -> list[dict[str, Any]]:
    return [rule for group in document(ALERTS)["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    panels = json.loads(read(DASHBOARD))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_alerts_and_dashboard_ask_for_figures_that_there_are() -> None:
    queried = named("\n".join([*(rule["expr"] + " " for rule in rules()), *(text + " " for text in expressions())]))
    assert len(queried) > 10
    backups = set(re.findall(r"^kirotodo_\w+|(?<=\\n)kirotodo_\w+", read("deploy/backup.sh"), flags=re.MULTILINE))
    assert queried - published() - backups == set()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_each_alert_says_how_bad_it_is_and_names_a_runbook_that_there_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert (ROOT / rule["annotations"]["runbook"]).exists()
    assert rule["alert"] in read("docs/operations.md")


def test_every_alert_is_tested_to_fire_and_to_keep_quiet() -> None:
    tests = document("deploy/prometheus/alerts.test.yml")["tests"]
    names = {rule["alert"] for rule in rules()}
    quiet = {each["alertname"] for each in tests[0]["alert_rule_test"] if not each.get("exp_alerts")}
    loud = {each["alertname"] for test in tests[1:] for each in test["alert_rule_test"] if each.get("exp_alerts")}
    assert quiet == loud == names


@pytest.mark.parametrize("name", sorted(published()))
def test_every_figure_is_told(name: str) -> None:
    base = re.sub(r"_(bucket|count|sum)$", "", name)
    assert f"`{base}`" in read("docs/operations.md")


def test_a_changed_receiver_takes_effect() -> None:
    """Compose starts a container anew for a change of its environment, and not for one of a configuration's content."""
    monitoring = document("deploy/compose.monitoring.yml")
    used = set(re.findall(r"\$\{([A-Z_]+)", monitoring["configs"]["alertmanager"]["content"]))
    assert used == set(monitoring["services"]["alertmanager"]["environment"])


@pytest.mark.deploy
def test_prometheus_takes_the_rules_and_they_fire_as_they_should() -> None:
    run("promtool", "check", "config", "deploy/prometheus/prometheus.yml")
    run("promtool", "test", "rules", "deploy/prometheus/alerts.test.yml")


@pytest.mark.deploy
def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    queried = [text.replace("$__rate_interval", "5m") for text in expressions()]
    records = [{"record": f"dashboard:{number}", "expr": text} for number, text in enumerate(queried)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": records}]}), encoding="utf-8")
    run("promtool", "check", "rules", str(file))
