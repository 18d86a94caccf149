"""The compose file: what it starts, what it opens to the outside, and that Compose takes it."""

import json
from typing import Any, Final

import pytest

from tests.deploy.tools import document, read, run

FILE: Final = "docker-compose.yml"
OURS: Final = ("migrate", "backend", "frontend")
PASSWORD: Final = {"POSTGRES_PASSWORD": "x", "GRAFANA_PASSWORD": "x", "COMPOSE_PROFILES": "database"}


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = document(FILE)["services"][name]
    return found


def test_it_starts_what_the_guide_names() -> None:
    services = document(FILE)["services"]
    started = [name for name, each in services.items() if each.get("profiles") != ["update"]]
    assert started == ["postgres", "valkey", "migrate", "backend", "frontend", "gateway"]


def test_only_the_gateway_can_be_reached_from_outside() -> None:
    opened = {name: each["ports"] for name, each in document(FILE)["services"].items() if "ports" in each}
    assert opened == {"gateway": ["80:80", "443:443", "443:443/udp"]}


def test_the_backend_can_be_scaled() -> None:
    backend = service("backend")
    assert "ports" not in backend
    assert "container_name" not in backend
    assert backend["expose"] == ["8000"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_confined(name: str) -> None:
    each = service(name)
    assert each["read_only"] is True
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert each["tmpfs"] in (["/tmp:size=64m"], ["/tmp:size=512m"])
    assert "user" not in each  # the image's own, which is not root


@pytest.mark.parametrize("name", OURS)
def test_one_image_serves_three(name: str) -> None:
    each = service(name)
    assert each["build"] == {"context": "."}
    assert each["image"] == ("kirotodo-frontend:latest" if name == "frontend" else "kirotodo-backend:latest")


def test_the_backend_waits_for_what_it_needs() -> None:
    assert service("backend")["depends_on"] == {
        "postgres": {"condition": "service_healthy", "required": False},
        "valkey": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }


def test_the_front_end_holds_no_secret_and_reaches_no_database() -> None:
    assert set(service("frontend")["environment"]) == {
        "KIROTODO_SERVER",
        "KIROTODO_WEB_VISITORS",
        "FORWARDED_ALLOW_IPS",  # else all visitors would look like one, and one address has only so many places
        "LOG_FORMAT",
        "LOG_LEVEL",
    }
    assert service("frontend")["networks"] == ["edge"]
    assert document(FILE)["networks"]["data"] == {"internal": True}


def test_the_database_counts_its_queries() -> None:
    assert "shared_preload_libraries=pg_stat_statements" in service("postgres")["command"]
    assert read("deploy/postgres/first-start.sh").count("CREATE EXTENSION IF NOT EXISTS pg_stat_statements") == 2


def test_the_gateway_knows_the_replicas_by_the_names_compose_gives_them() -> None:
    project = document(FILE)["name"]
    caddy = read("deploy/caddy/Caddyfile")
    for number in range(1, 9):
        assert f"{project}-backend-{number}:8000" in caddy
        assert f"{project}-backend-next-{number}:8000" in caddy
    assert f"{project}-frontend-next-1:8000" in caddy


@pytest.mark.parametrize("file", [FILE, "deploy/compose.monitoring.yml"])
def test_every_container_has_a_limit(file: str) -> None:
    for name, each in document(file)["services"].items():
        assert {"mem_limit", "pids_limit", "cpu_shares"} <= set(each), name


def test_browsers_leave_the_database_and_the_servers_their_turn() -> None:
    shares = {name: each["cpu_shares"] for name, each in document(FILE)["services"].items()}
    assert shares["postgres"] > shares["backend"] > shares["frontend"]


def test_a_database_elsewhere_takes_nothing_of_the_one_here() -> None:
    """The migration reaches it, and nothing waits for the bundled one, which its profile leaves out."""
    assert service("postgres")["profiles"] == ["database"]
    assert "edge" in service("migrate")["networks"]
    waiting = [name for name in OURS if "postgres" in service(name).get("depends_on", {})]
    assert all(service(name)["depends_on"]["postgres"]["required"] is False for name in waiting)
    assert "COMPOSE_PROFILES=database" in read(".env.production.example").splitlines()


@pytest.mark.parametrize(
    "setting",
    [
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
        "log_min_duration_statement=-1",
        "log_min_error_statement=panic",
    ],
)
def test_the_log_of_the_database_holds_no_values(setting: str) -> None:
    assert setting in service("postgres")["command"]
    assert "log_error_verbosity=terse" in service("postgres")["command"]


def test_a_new_release_is_the_same_but_for_its_profile() -> None:
    for name in ("backend", "frontend"):
        now, after = service(name), service(f"{name}-next")
        assert after == {**now, "profiles": ["update"]}


@pytest.mark.deploy
@pytest.mark.parametrize("files", [(FILE,), (FILE, "deploy/compose.monitoring.yml")], ids=len)
def test_compose_takes_it(files: tuple[str, ...]) -> None:
    run("docker-compose", *(word for file in files for word in ("-f", file)), "config", "-q", also=PASSWORD)


@pytest.mark.deploy
def test_compose_understands_it_as_meant() -> None:
    resolved = json.loads(run("docker-compose", "config", "--format", "json", also=PASSWORD))
    backend = resolved["services"]["backend"]
    assert backend["environment"]["DATABASE_URL"] == "postgresql://kirotodo:x@postgres:5432/kirotodo"
    assert backend["deploy"]["replicas"] == 2
    assert resolved["services"]["frontend"]["environment"]["KIROTODO_SERVER"] == "http://backend:8000"


@pytest.mark.deploy
def test_compose_needs_no_password_for_a_database_elsewhere() -> None:
    also = {"DATABASE_URL": "postgresql://a:b@db.example.com/c?sslmode=require", "COMPOSE_PROFILES": ""}
    resolved = json.loads(run("docker-compose", "config", "--format", "json", also=also))
    assert "postgres" not in resolved["services"]
    for name in ("migrate", "backend"):
        assert resolved["services"][name]["environment"]["DATABASE_URL"] == also["DATABASE_URL"]


@pytest.mark.deploy
def test_caddy_takes_the_gateway() -> None:
    run("caddy", "validate", "--adapter", "caddyfile", "--config", "deploy/caddy/Caddyfile")
    assert run("caddy", "fmt", "deploy/caddy/Caddyfile") == read("deploy/caddy/Caddyfile")
