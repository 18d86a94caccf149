"""The rehearsal on containers: what it builds from, and that it has every image the compose file names."""

import re

import yaml

from deploy.rehearsal.docker.alerts import shortened
from deploy.rehearsal.docker.images import MONITORING, STAND_INS, wanted
from tests.deploy.tools import ROOT, document, read

LOCK = """
# made by make lock
first==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
older==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:cc
newer==3.0 ; python_full_version >= '3.12' and sys_platform != 'win32' \\
    --hash=sha256:dd
"""


def test_a_lock_file_is_read_for_the_python_of_the_image() -> None:
    assert wanted(LOCK).splitlines() == [
        "first==1.0 --hash=sha256:aa --hash=sha256:bb",
        "newer==3.0 --hash=sha256:dd",
    ]


def test_every_line_of_the_locks_is_kept_or_left_out_by_its_marker() -> None:
    for name in ("build", "server"):
        lock = read(f"requirements/{name}.txt")
        pinned = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        kept = wanted(lock).splitlines()
        assert len(pinned) - len(kept) <= sum(";" in line for line in pinned)
        assert all("--hash=sha256:" in line for line in kept)


def test_there_is_a_stand_in_for_every_image_that_is_not_ours() -> None:
    images = {each["image"] for each in document("docker-compose.yml")["services"].values()}
    bases = {line.split()[1] for line in read("Dockerfile").splitlines() if line.startswith("FROM ")}
    assert {image for image in images if not image.startswith("kirotodo-")} | bases == set(STAND_INS.values())


def test_there_is_a_stand_in_for_every_image_of_the_monitoring_that_debian_has() -> None:
    images = {each["image"] for each in document("deploy/compose.monitoring.yml")["services"].values()}
    assert {image for image in images if "grafana" not in image} == set(MONITORING.values())


def test_shortened_rules_compare_the_same_with_the_same() -> None:
    rules = document("deploy/prometheus/alerts.yml")["groups"]
    short = yaml.safe_load(shortened(read("deploy/prometheus/alerts.yml")))["groups"]
    window = re.compile(r"\[[0-9mhs:]+\]")
    for group, changed in zip(rules, short, strict=True):
        for rule, fast in zip(group["rules"], changed["rules"], strict=True):
            assert window.sub("", rule["expr"]) == window.sub("", fast["expr"])
            assert fast["for"] == "5s"


def test_no_step_names_a_container_by_its_number() -> None:
    """After an update the servers have others: a fault meant for the first one would happen to nobody."""
    steps = (ROOT / "deploy/rehearsal/docker").glob("*.py")
    assert [path.name for path in steps if re.search(r"kirotodo-[a-z{}-]+-\d", path.read_text(encoding="utf-8"))] == []
