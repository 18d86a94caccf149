"""The API is described: every route on its page and in its schema, with every status it may answer with."""

import re
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from openapi_spec_validator import OpenAPIV31SpecValidator

from kirotodo.core.errors import Code
from kirotodo.server.app import create_app
from kirotodo.server.docs_page import serve_docs
from kirotodo.server.problems import STATUS
from tests.server.serving import settings_in

PAGE: Final = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
APP: Final = create_app(settings_in(Path("nowhere")))
ROUTES: Final = [
    (method, route.path)
    for route in APP.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_is_on_the_page(method: str, path: str) -> None:
    assert any(method in row.split("`")[0] and f"`{path}`" in row for row in PAGE.splitlines() if row.startswith("|"))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_is_in_the_schema_with_its_problems(method: str, path: str) -> None:
    described = APP.openapi()["paths"][path][method.lower()]
    assert described["description"]
    statuses = set(described["responses"])
    if path.startswith("/api/{user_id}"):
        assert {"401", "403", "422", "429", "500", "503"} <= statuses
        assert described["security"]
    for status in statuses - {"200", "201", "202", "204", "304"}:
        assert list(described["responses"][status]["content"]) == ["application/problem+json"]


@pytest.mark.parametrize("code", Code.__args__)  # type: ignore[attr-defined]
def test_every_code_has_a_status_and_is_on_the_page(code: Code) -> None:
    assert STATUS[code] >= 400
    if code not in ("tool_error",) and not code.startswith("storage_"):
        assert f"`{code}`" in PAGE


def references(value: Any) -> list[str]:
    match value:
        case {"$ref": str(target)}:
            return [target]
        case dict():
            return [each for inner in value.values() for each in references(inner)]
        case list():
            return [each for inner in value for each in references(inner)]
        case _:
            return []


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    schema = APP.openapi()
    for target in set(references(schema)):
        _, kind, name = target.removeprefix("#/").split("/")
        assert name in schema["components"][kind], target
    assert "Problem" in schema["components"]["schemas"]
    assert "TurnEvent" in schema["components"]["schemas"]


def operations() -> list[dict[str, Any]]:
    return [operation for item in APP.openapi()["paths"].values() for operation in item.values()]


def test_operations_have_names_that_a_program_can_call() -> None:
    names = [operation["operationId"] for operation in operations()]
    assert len(names) == len(set(names)) == len(ROUTES)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    assert {"list_tasks", "add_task", "get_task", "update_task", "delete_task", "undo", "chat", "sign_in"} <= set(names)


def test_every_tag_is_explained() -> None:
    explained = {tag["name"] for tag in APP.openapi()["tags"] if tag["description"]}
    assert {tag for operation in operations() for tag in operation["tags"]} == explained


def test_schemas_have_titles_of_their_own() -> None:
    schemas = APP.openapi()["components"]["schemas"]
    assert [schema["title"] for schema in schemas.values()] == list(schemas)
    assert {"TaskPage", "ConversationPage"} <= set(schemas)


@pytest.mark.parametrize("name", ["TaskBody", "FieldsBody", "NewTaskBody", "TitleBody"])
def test_what_changes_a_task_has_no_defaults_that_a_client_would_send(name: str) -> None:
    members = APP.openapi()["components"]["schemas"][name]["properties"]
    assert [member for member, schema in members.items() if "default" in schema] == []


def test_the_description_is_valid() -> None:
    OpenAPIV31SpecValidator(APP.openapi()).validate()


@pytest.mark.parametrize(
    ("operation", "status", "header"),
    [
        ("get_task", "200", "ETag"),
        ("update_task", "200", "ETag"),
        ("rename_conversation", "200", "ETag"),
        ("add_task", "201", "Location"),
        ("list_tasks", "200", "X-RateLimit-Remaining"),
        ("list_tasks", "429", "Retry-After"),
        ("list_tasks", "503", "Retry-After"),
        ("list_tasks", "401", "WWW-Authenticate"),
        ("get_health", "200", "X-Request-ID"),
    ],
)
def test_headers_are_described(operation: str, status: str, header: str) -> None:
    described = next(each for each in operations() if each["operationId"] == operation)
    assert header in described["responses"][status]["headers"]


@pytest.mark.parametrize(
    ("environment", "api_docs", "shown"),
    [
        ("development", None, True),
        ("development", False, False),
        ("production", None, False),
        ("production", True, True),
    ],
)
async def test_it_is_described_in_development_and_wherever_that_is_wanted(
    environment: str, api_docs: bool | None, shown: bool
) -> None:
    app = create_app(settings_in(Path("nowhere"), environment=environment, api_docs=api_docs))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
        for path in ("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/openapi.json"):
            assert (await client.get(path)).status_code == (200 if shown else 404), path
        assert ("/docs" in (await client.get("/nothing-here")).text) == shown


async def test_the_page_to_try_it_on_loads_nothing_from_elsewhere() -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(APP), base_url="http://here/docs") as client:
        page = await client.get("http://here/docs")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert "docs/swagger-ui-bundle.js" in loaded
        for reference in loaded:
            answer = await client.get(page.url.join(reference))
            assert answer.status_code == 200, reference
            assert answer.headers["Content-Type"].partition(";")[0] in KINDS
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert re.findall(r"https?:", policy + page.text) == []
        assert page.headers["X-Content-Type-Options"] == "nosniff"


KINDS: Final = {"text/javascript", "application/javascript", "text/css", "image/png", "application/json"}


async def test_without_the_package_of_its_scripts_there_is_no_page_and_a_sentence_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "half_of_it.py").touch()
    for package in ("not_here", "half_of_it"):
        app = FastAPI(docs_url=None, redoc_url=None)
        serve_docs(app, package=package)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://here") as client:
            assert (await client.get("/docs")).status_code == 404
            assert (await client.get("/openapi.json")).status_code == 200
        assert package.replace("_", "-") in caplog.messages[-1]
