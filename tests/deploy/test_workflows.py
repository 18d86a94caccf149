"""The workflows of releases and updates pass their linters, and do what the guide asks of them."""

import re

import pytest

from tests.deploy.tools import document, read, run

CI = ".github/workflows/ci.yml"
RELEASE = ".github/workflows/release.yml"


@pytest.mark.parametrize("file", [CI, RELEASE])
def test_foreign_actions_are_named_by_what_they_are_and_may_nothing_more_than_they_have_to(file: str) -> None:
    assert [use for use in re.findall(r"uses: (\S+)", read(file)) if not re.search(r"@[0-9a-f]{40}$", use)] == []
    assert document(file)["permissions"] == {}


def test_a_release_is_tested_built_scanned_listed_and_signed() -> None:
    jobs = document(RELEASE)["jobs"]
    assert jobs["image"]["needs"] == "test"
    steps = " ".join(step.get("run", "") for step in jobs["image"]["steps"])
    for word in ("docker build", "trivy", "--exit-code 1", "cyclonedx", "cosign sign", "cosign attest"):
        assert word in steps


def test_everything_that_is_locked_or_pinned_is_watched() -> None:
    watched = {each["package-ecosystem"] for each in document(".github/dependabot.yml")["updates"]}
    assert watched == {"pip", "docker", "docker-compose", "github-actions"}


@pytest.mark.deploy
def test_zizmor_finds_no_weakness() -> None:
    run("zizmor", "--offline", "--quiet", "--no-progress", ".github")


@pytest.mark.deploy
def test_they_are_written_as_they_have_to_be() -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", CI, RELEASE)
    run("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
