"""What is connected to a list, over every backend."""

from kirotodo.core.backend import Backend
from kirotodo.core.domain.integration import Integration


def _kinds(found: tuple[Integration, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.kind, each.name, each.access) for each in found]


async def test_nothing_is_connected_to_a_new_list(backend: Backend) -> None:
    await backend.add_task({"title": "milk"})
    assert await backend.integrations() == ()


async def test_agents_are_listed_until_they_are_revoked(backend: Backend) -> None:
    made = await backend.create_agent_token("claude", "add", days=30)
    (listed,) = await backend.integrations()
    assert _kinds((listed,)) == [("agent", "claude", ("add",))]
    assert (listed.connected_at, listed.expires_at) == (made.created_at, made.expires_at)
    assert listed.last_used_at is None
    await backend.revoke_agent_token("claude")
    assert await backend.integrations() == ()


async def test_a_program_without_a_token_is_listed_once_it_changed_something(backend: Backend) -> None:
    await backend.call_tool("list_tasks", {}, agent="looks-only")
    await backend.call_tool("add_task", {"title": "milk"}, agent="inspector")
    await backend.call_tool("add_task", {"title": "bread"}, agent="inspector")
    (listed,) = await backend.integrations()
    assert _kinds((listed,)) == [("program", "inspector", ("all",))]
    assert listed.last_used_at is not None


async def test_a_program_whose_token_was_revoked_is_not_listed_for_what_it_did(backend: Backend) -> None:
    await backend.create_agent_token("inspector", "add")
    await backend.call_tool("add_task", {"title": "milk"}, agent="inspector")
    assert [each.kind for each in await backend.integrations()] == ["agent"]
    await backend.revoke_agent_token("inspector")
    assert await backend.integrations() == ()
