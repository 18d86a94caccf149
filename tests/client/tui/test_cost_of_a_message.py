"""What one message costs, counted: requests over HTTP, and transactions of the database."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend
from kirotodo.core.local import LocalBackend
from kirotodo.core.store.database import Database
from kirotodo.server.app import create_app
from tests.client.tui.chat_host import Chat, chatting
from tests.server.serving import served, settings_in, token_for

REQUESTS_MAX = 3
TRANSACTIONS_MAX_OVER_HTTP = 10
TRANSACTIONS_MAX_LOCALLY = 6


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The transactions of users, each by who begins it. What a process does now and then for all of its users together
    (polls for other programs' changes, leases) is not among them."""
    found: list[str] = []
    for kind in ("begin", "read"):
        monkeypatch.setattr(Database, kind, _noted(getattr(Database, kind), kind, found))
    return found


def _noted(begin: Callable[..., Any], kind: str, found: list[str]) -> Callable[..., Any]:
    def noted(*arguments: Any, **options: Any) -> Any:
        found.append(f"{kind} by {sys._getframe(1).f_code.co_qualname}")
        return begin(*arguments, **options)

    return noted


class Counting:
    """Middleware that notes each request."""

    def __init__(self, app: ASGIApp, seen: list[str]) -> None:
        self.app = app
        self.seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.seen.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


@asynccontextmanager
async def local(folder: Path) -> AsyncIterator[LocalBackend]:
    backend = await LocalBackend.open(settings_in(folder, model="built-in"))
    try:
        yield backend
    finally:
        await backend.aclose()


@asynccontextmanager
async def remote(folder: Path, seen: list[str]) -> AsyncIterator[RemoteBackend]:
    settings = settings_in(folder, model="built-in")
    app = create_app(settings)
    app.add_middleware(Counting, seen=seen)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served(app))
        backend = RemoteBackend(
            Address.of(server.base_url),
            StoredTokens.of_token(token_for("1")),
            Credentials(settings.config_dir, environment={"KIROTODO_CREDENTIALS": "memory"}),
            timezone="Europe/Vienna",
        )
        stack.push_async_callback(backend.aclose)
        yield backend


async def _settled(chat: Chat, backend: Backend, count: int) -> None:
    """Wait until the answer is there, the header counts what it added, and every change was heard of."""

    def shows() -> bool:
        status = chat.screen.view.header.status
        return chat.controller.loaded and not chat.controller.busy and status is not None and status.pending == count

    await chat.until(shows)
    for _ in range(3):  # a page that is fetched again would be asked for by now
        await backend.models()
        await chat.pilot.pause()


async def _said(chat: Chat, backend: Backend, text: str, count: int) -> None:
    await chat.say(text)
    await _settled(chat, backend, count)


@pytest.mark.parametrize("earlier", [(), ("add bread",)], ids=["a new conversation", "one that goes on"])
async def test_a_message_over_http_is_few_requests_and_transactions(
    tmp_path: Path, transactions: list[str], earlier: tuple[str, ...]
) -> None:
    seen: list[str] = []
    async with remote(tmp_path, seen) as backend, chatting(backend) as chat:
        await _settled(chat, backend, 0)
        for text in earlier:
            await _said(chat, backend, text, 1)
        del seen[:], transactions[:]
        await _said(chat, backend, "add oat milk tomorrow", len(earlier) + 1)
        asked = [each for each in seen if not each.endswith("/models")]
    assert len(asked) <= REQUESTS_MAX, asked
    assert len(transactions) <= TRANSACTIONS_MAX_OVER_HTTP, transactions


@pytest.mark.parametrize("earlier", [(), ("add bread",)], ids=["a new conversation", "one that goes on"])
async def test_a_message_to_the_local_list_is_few_transactions(
    tmp_path: Path, transactions: list[str], earlier: tuple[str, ...]
) -> None:
    async with local(tmp_path) as backend, chatting(backend) as chat:
        await _settled(chat, backend, 0)
        for text in earlier:
            await _said(chat, backend, text, 1)
        del transactions[:]
        await _said(chat, backend, "add oat milk tomorrow", len(earlier) + 1)
    assert len(transactions) <= TRANSACTIONS_MAX_LOCALLY, transactions
