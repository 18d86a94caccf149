"""The commands of docs/deployment.md for AWS, run as they stand by its own command line against moto, an emulator."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.deploy.guide import commands
from tests.deploy.tools import ROOT, VALIDATORS, program, read, run

FOLDER: Final = ROOT / "deploy" / "aws"
ACCOUNT: Final = "123456789012"
CHAPTER: Final = read("docs/deployment.md").partition("\n## AWS\n")[2].partition("\n## ")[0]
EMULATED: Final = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
"""Said with each command, since the variable alone does not reach every service: nothing may go to a real one."""

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """An account of its own, as environment of the command line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"http://127.0.0.1:{port}/moto-api/")
        yield {
            "PATH": f"{VALIDATORS}:{os.environ['PATH']}",
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCOUNT_ID": ACCOUNT,
            "AWS_PAGER": "",
            "POSTGRES_PASSWORD": "only-here-0123456789",
        }
    finally:
        server.terminate()
        server.wait()


def _await(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            httpx2.get(url, trust_env=False)
        except httpx2.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="module")
def subnet(cloud: dict[str, str]) -> dict[str, str]:
    """What the account has before: `xxxxx` of the guide are ids that everybody has of his own."""
    subnets = aws(cloud, "aws ec2 describe-subnets")["Subnets"]
    ids = " ".join(each["SubnetId"] for each in subnets[:2])
    aws(cloud, f"aws rds create-db-subnet-group --db-subnet-group-name default --db-subnet-group-description x "
               f"--subnet-ids {ids}")  # fmt: skip
    groups = aws(cloud, "aws ec2 describe-security-groups")["SecurityGroups"]
    return {"subnet-xxxxx": subnets[0]["SubnetId"], "sg-xxxxx": groups[0]["GroupId"]}


def aws(cloud: dict[str, str], command: str) -> Any:
    done = subprocess.run(
        ["bash", "-c", f"{EMULATED}\n{command}"],
        cwd=FOLDER,
        env=cloud,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    try:
        return json.loads(done.stdout or "null")
    except json.JSONDecodeError:
        return done.stdout


@pytest.fixture(scope="module")
def done(cloud: dict[str, str], subnet: dict[str, str]) -> list[str]:
    """Every `aws` command of the chapter, carried out in order."""
    ran = []
    secrets = {"DATABASE_URL": "postgresql://…", "BETTER_AUTH_SECRET": "…", "OPENAI_API_KEY": "…"}
    for command in commands(CHAPTER):
        if not command.startswith("aws "):
            continue
        request = command.partition(" | docker ")[0]
        for placeholder, found in subnet.items():
            request = request.replace(placeholder, found)
        if command.startswith("aws ecs run-task"):  # moto fails at it; the command line checks it and sends nothing
            request += " --generate-cli-skeleton output"
        aws(cloud, request.replace("file://secrets.json", f"'{json.dumps(secrets)}'"))
        ran.append(command)
    return ran


@pytest.mark.timeout(300)
def test_every_command_of_the_guide_is_carried_out(done: list[str]) -> None:
    assert len(done) >= 18
    assert sum("create-service" in command for command in done) == 2


@pytest.mark.timeout(300)
def test_what_stands_then_is_what_was_meant(cloud: dict[str, str], done: list[str]) -> None:
    services = aws(cloud, "aws ecs describe-services --cluster kirotodo-cluster "
                          "--services kirotodo-backend kirotodo-frontend")["services"]  # fmt: skip
    assert [each["desiredCount"] for each in services] == [2, 2]
    repositories = aws(cloud, "aws ecr describe-repositories")["repositories"]
    assert {each["repositoryName"] for each in repositories} == {"kirotodo-backend", "kirotodo-frontend"}
    database = aws(cloud, "aws rds describe-db-instances --db-instance-identifier kirotodo-db")["DBInstances"][0]
    assert (database["BackupRetentionPeriod"], database["PreferredBackupWindow"]) == (7, "03:00-04:00")
    alarm = aws(cloud, "aws cloudwatch describe-alarms")["MetricAlarms"][0]
    assert (alarm["AlarmName"], alarm["Threshold"]) == ("kirotodo-backend-cpu", 80.0)
    groups = aws(cloud, "aws logs describe-log-groups")["logGroups"]
    assert {each["logGroupName"] for each in groups} == {"/ecs/kirotodo-backend", "/ecs/kirotodo-frontend"}


@pytest.mark.parametrize("name", ["backend", "frontend", "migrate"])
def test_a_task_is_confined_and_holds_no_secret(name: str) -> None:
    text = (FOLDER / f"{name}-task-definition.json").read_text(encoding="utf-8")
    container = json.loads(text)["containerDefinitions"][0]
    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "10001:10001"
    assert container["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert not [each for each in container["environment"] if re.search("SECRET|PASSWORD|KEY|DATABASE", each["name"])]
    assert ("secrets" in container) == (name != "frontend")


def test_a_task_has_the_time_that_a_server_takes_to_stop() -> None:
    container = json.loads((FOLDER / "backend-task-definition.json").read_text(encoding="utf-8"))
    [task] = container["containerDefinitions"]
    drain = next(float(each["value"]) for each in task["environment"] if each["name"] == "DRAIN_TIMEOUT")
    assert drain + 10 <= task["stopTimeout"] <= 120  # Fargate's most


def test_the_stacks_pass_their_linter() -> None:
    run("cfn-lint", "deploy/aws/template.yaml", "deploy/aws/lambda.yaml")
    run("hadolint", "deploy/aws/Dockerfile.lambda")
