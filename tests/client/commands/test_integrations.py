"""`kirotodo integrations`, on a list of this computer and at a server."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from kirotodo.client.commands.integrations import revoking
from kirotodo.core.backend import Backend
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.webhook import WEBHOOK_EVENTS
from tests.client.commands.command_runner import MONDAY, CommandRunner


def on_list(program: CommandRunner, use: Any) -> None:
    async def run() -> None:
        async with program.backend() as backend:
            await use(backend)

    asyncio.run(run())


async def _connect(backend: Backend) -> None:
    await backend.create_agent_token("claude", "add", days=30)
    await backend.call_tool("add_task", {"title": "milk"}, agent="in\x1b[31mspector")


def test_an_empty_list_says_where_to_read_on(program: CommandRunner) -> None:
    result = program.run("integrations")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "docs/integrations.md" in result.stderr
    assert json.loads(program.ok("integrations", "--json")) == {"items": [], "next": None}


def test_each_connection_says_what_it_may_do_and_how_to_revoke_it(program: CommandRunner) -> None:
    on_list(program, _connect)
    lines = program.ok("integrations").splitlines()
    assert lines[0].split()[:2] == ["agent", "claude"]
    assert "may read and add" in lines[0]
    assert "never used" in lines[0]
    assert "expires" in lines[0]
    assert lines[1].strip() == "Revoke: kirotodo tokens revoke claude"
    assert lines[2].startswith("program")
    assert "\x1b" not in lines[2]
    assert "logout" in lines[3]
    items = program.json("integrations")["items"]
    assert [(each["kind"], each["access"]) for each in items] == [("agent", ["add"]), ("program", ["all"])]
    assert items[0]["revoke"] == "kirotodo tokens revoke claude"
    program.ok("tokens", "revoke", "claude")
    assert "claude" not in program.ok("integrations")


def test_a_program_is_forgotten_after_90_days_without_a_change(program: CommandRunner) -> None:
    on_list(program, _connect)
    program.now = MONDAY + timedelta(days=91)
    assert [each["kind"] for each in program.json("integrations")["items"]] == []


def test_how_each_kind_is_revoked() -> None:
    def of(kind: Any, name: str, *access: str) -> str:
        return revoking(Integration(kind=kind, name=name, access=access))

    assert of("webhook", "3", *WEBHOOK_EVENTS) == "kirotodo webhooks remove 3"
    assert of("reminders", "ntfy", "reminders") == "kirotodo targets remove ntfy"
