"""The API is described: every route on its page and in its schema, with every status it may answer with."""

import json
import re
from pathlib import Path
from typing import Any, Final, cast

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from kirotodo.core.errors import Code
from kirotodo.server.app import create_app
from kirotodo.server.docs_page import serve_docs
from kirotodo.server.problems import STATUS
from kirotodo.server.schemas import ImportBody
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


OPERATIONS: Final = {operation["operationId"]: operation for operation in operations()}
BODIES: Final = {
    route.name: cast(type[Any], route.body_field.field_info.annotation)
    for route in APP.routes
    if isinstance(route, APIRoute) and route.body_field is not None
} | {"import_tasks": ImportBody}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema refers to; of alternatives, the first."""
    schema = schema.get("anyOf", [schema])[0]
    target = schema.get("$ref", "").rpartition("/")[2]
    return APP.openapi()["components"]["schemas"][target] if target else schema


def examples_in(content: dict[str, Any]) -> list[Any]:
    return [content["example"]] if "example" in content else resolved(content.get("schema", {})).get("examples", [])


def check_example(example: Any, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": APP.openapi()["components"]}
    OAS31Validator(whole, format_checker=oas31_format_checker).validate(example)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_has_an_example_that_its_schema_allows(name: str) -> None:
    successes = {status: each for status, each in OPERATIONS[name]["responses"].items() if status.startswith("2")}
    assert successes
    for status, response in successes.items():
        assert ("content" in response) == (status != "204")
        for content in response.get("content", {}).values():
            examples = examples_in(content)
            assert examples, f"{name} shows no example of its answer ({status})"
            for example in examples:
                check_example(example, content.get("schema", {}))


@pytest.mark.parametrize("name", [name for name, each in OPERATIONS.items() if "requestBody" in each])
def test_every_body_has_an_example_that_its_schema_allows_and_its_route_understands(name: str) -> None:
    (content,) = OPERATIONS[name]["requestBody"]["content"].values()
    examples = examples_in(content)
    assert examples, f"{name} shows no example of its body"
    for example in examples:
        check_example(example, content["schema"])
        TypeAdapter(BODIES[name]).validate_json(json.dumps(example))


def test_examples_of_events_are_events() -> None:
    streams = [
        content
        for each in operations()
        for content in [each["responses"].get("200", {}).get("content", {}).get("text/event-stream")]
        if content is not None
    ]
    assert len(streams) == 3
    for content in streams:
        properties = content["schema"]["properties"]
        assert content["example"]["event"] in properties["event"]["enum"]
        check_example(json.loads(content["example"]["data"]), properties["data"]["contentSchema"])


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
