"""The page that shows the API and lets one try it: Swagger UI, served from an installed package and from nowhere else.

People paste tokens into it, so it runs no script of another site and is kept to its own by a content security policy.
In production neither it nor the description behind it is served, unless API_DOCS says so.
"""

import logging
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from kirotodo.core.settings import Settings

log = logging.getLogger(__name__)
PAGE_PATH: Final = "/docs"
DESCRIPTION_PATH: Final = "/openapi.json"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_KEPT: Final = {**_HEADERS, "Cache-Control": "public, max-age=3600"}
_ASSETS: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kirotodo: the HTTP API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; the description itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START: Final = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""


def shows_docs(settings: Settings) -> bool:
    """Return whether the API is described to whoever asks: as API_DOCS says, else in development."""
    return settings.environment == "development" if settings.api_docs is None else settings.api_docs


def serve_docs(app: FastAPI, *, package: str = "fastapi_swagger") -> None:
    """Add the page and what it loads to `app`. Addresses in it are relative, so that a gateway may add a prefix.

    Without the package that holds its scripts there is no page, which is no reason to serve nothing else.
    """
    folder = _folder_of(package)
    if folder is None:
        log.warning(
            "There is no page at %s: it needs the Python package %s, which is not installed here. "
            "The description of the API is at %s.",
            PAGE_PATH,
            package.replace("_", "-"),
            DESCRIPTION_PATH,
        )
        return
    app.add_route(PAGE_PATH, _text(_PAGE, "text/html"), include_in_schema=False)
    app.add_route(f"{PAGE_PATH}/start.js", _text(_START, "text/javascript"), include_in_schema=False)
    for name in _ASSETS:
        app.add_route(f"{PAGE_PATH}/{name}", _file(folder / name), include_in_schema=False)


def _folder_of(package: str) -> Path | None:
    found = find_spec(package)
    folder = Path(found.origin).parent / "resources" if found is not None and found.origin is not None else None
    return folder if folder is not None and all((folder / name).is_file() for name in _ASSETS) else None


def _text(text: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return Response(text, media_type=kind, headers=_HEADERS)

    return answer


def _file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return FileResponse(path, headers=_KEPT)

    return answer
