"""The Dockerfile: what it promises, that hadolint takes it, and what comes of its steps run as processes."""

import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from deploy.rehearsal.image import Image, build
from tests.deploy.tools import ROOT, read, run

FILE: Final = read("Dockerfile")
FINAL: Final = FILE.rpartition("\nFROM ")[2]


def test_everything_is_locked_and_hashed() -> None:
    installs = re.findall(r"pip (?:install|wheel) ([^&\\\n]+)", FILE)
    assert len(installs) == 4
    for arguments in installs:
        assert "--no-deps" in arguments
        assert "--require-hashes" in arguments or "--no-index" in arguments or "--no-build-isolation" in arguments


def test_every_extra_is_in_it() -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    locked = {line.split("==")[0] for line in read("requirements/server.txt").splitlines() if "==" in line}
    wanted = {Requirement(each).name for extra in extras.values() for each in extra}
    assert len(extras) >= 4
    assert wanted <= locked


def test_it_runs_as_nobody_in_particular() -> None:
    assert re.findall(r"^USER (.+)$", FINAL, flags=re.MULTILINE) == ["10001:10001"]


def test_it_is_asked_for_its_health_by_what_is_in_it() -> None:
    assert "HEALTHCHECK" in FINAL
    assert '["python", "-c"' in FINAL
    assert "curl" not in FILE
    assert "apt-get" not in FILE
    assert "STOPSIGNAL SIGTERM" in FINAL


def test_only_what_it_is_built_from_reaches_the_builder() -> None:
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", FILE, flags=re.MULTILINE)
    assert read(".dockerignore").splitlines()[1] == "*"
    assert let_in == {word for words in copied for word in words.split()}


@pytest.mark.deploy
def test_hadolint_takes_it() -> None:
    run("hadolint", "Dockerfile")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with tempfile.TemporaryDirectory(prefix="kirotodo-image-") as folder:
        Path(folder).chmod(0o755)  # the user of the image has to come in
        yield build(ROOT, Path(folder))


@pytest.mark.deploy
@pytest.mark.timeout(600)
def test_its_steps_build_a_kirotodo_without_a_compiler_or_pip(image: Image, tmp_path: Path) -> None:
    output = image.run("kirotodo", "--version", home=tmp_path)
    assert output.startswith("kirotodo ")
    assert not (image.bin / "pip").exists()
    image.run("python", "-c", "import aiokafka, chatkit, mcp, opentelemetry.sdk", home=tmp_path)
    assert image.size < 250 * 1024 * 1024


@pytest.mark.deploy
@pytest.mark.timeout(600)
def test_alembic_works_from_its_working_folder(image: Image, tmp_path: Path) -> None:
    url = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kirotodo.db'}"}
    image.run("alembic", "upgrade", "head", home=tmp_path, also=url)
    assert "(head)" in image.run("alembic", "current", home=tmp_path, also=url)
    image.run("alembic", "downgrade", "-1", home=tmp_path, also=url)
    assert "(head)" not in image.run("alembic", "current", home=tmp_path, also=url)
    assert "-> 0001" in image.run("alembic", "history", home=tmp_path, also=url)


@pytest.mark.deploy
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the file system read-only for a process")
def test_it_writes_nothing_outside_of_tmp(image: Image, tmp_path: Path) -> None:
    """As compose starts it: no root, no capabilities, the whole file system read-only but for a fresh /tmp."""
    done = subprocess.run(
        image.confined("kirotodo", "add", "milk", "tomorrow"),
        cwd=image.app,
        env={**image.environment, "KIROTODO_HOME": "/tmp/kirotodo"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "milk" in done.stdout
    assert not (Path("/tmp") / "kirotodo").exists()
