"""Write the alerts as an object of the Prometheus Operator: `make prometheus-rule`.

The groups of deploy/prometheus/alerts.yml that a cluster has figures for; the disk, the database and the backups of the
compose file are watched by other means there. `tests/deploy/test_prometheus_operator.py` fails while it is stale.
"""

from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent
ALERTS: Final = ROOT / "deploy/prometheus/alerts.yml"
RULES: Final = ROOT / "deploy/kubernetes/components/prometheus-operator/rules.yaml"
GROUPS: Final = ("kirotodo", "kirotodo-visitors")
HEAD: Final = "# Made by `make prometheus-rule` from deploy/prometheus/alerts.yml.\n"


def prometheus_rule(alerts: dict[str, Any]) -> str:
    """Return the text of the object."""
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "kirotodo", "labels": {"release": "kube-prometheus-stack"}},
        "spec": {"groups": [group for group in alerts["groups"] if group["name"] in GROUPS]},
    }
    return HEAD + yaml.safe_dump(rule, sort_keys=False, width=110)


def main() -> None:
    """Write the file."""
    RULES.write_text(prometheus_rule(yaml.safe_load(ALERTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
