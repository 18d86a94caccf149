"""The API is described: every route on its page and in its schema, with every status it may answer with."""

from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from kirotodo.core.errors import Code
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.errors import STATUS
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
    for status in statuses - {"200", "201", "202", "204"}:
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
        assert target.removeprefix("#/components/schemas/") in schema["components"]["schemas"], target
    assert "Problem" in schema["components"]["schemas"]
    assert "TurnEvent" in schema["components"]["schemas"]


async def test_the_page_to_try_it_on_is_there(settings: Settings) -> None:
    app: FastAPI = create_app(settings)
    assert app.docs_url == "/docs"
    assert app.openapi_url == "/openapi.json"
