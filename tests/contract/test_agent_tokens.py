"""Tokens of agents, over every backend."""

import pytest

from kirotodo.core.agent_tokens import FEED_PREFIX, PREFIX, issue, read, read_password
from kirotodo.core.backend import Backend
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, NotSignedIn


async def test_a_token_is_made_listed_and_revoked(backend: Backend) -> None:
    made = await backend.create_agent_token("claude-desktop", "add", days=30)
    assert made.token is not None
    assert (made.name, made.scope, made.last_used_at) == ("claude-desktop", "add", None)
    assert (made.expires_at - made.created_at).days == 30
    (listed,) = await backend.agent_tokens()
    assert (listed.name, listed.scope, listed.token) == ("claude-desktop", "add", None)
    await backend.revoke_agent_token("claude-desktop")
    assert await backend.agent_tokens() == ()


async def test_a_name_is_free_again_once_its_token_is_revoked(backend: Backend) -> None:
    await backend.create_agent_token("phone", "read")
    with pytest.raises(Conflict, match="already"):
        await backend.create_agent_token("phone", "all")
    await backend.revoke_agent_token("phone")
    await backend.create_agent_token("phone", "all")
    assert [agent.scope for agent in await backend.agent_tokens()] == ["all"]


async def test_what_cannot_be_made_or_revoked_is_refused(backend: Backend) -> None:
    with pytest.raises(NotFound, match="no token"):
        await backend.revoke_agent_token("nobody")
    with pytest.raises(InvalidInput):
        await backend.create_agent_token("my phone", "read")
    with pytest.raises(InvalidInput):
        await backend.create_agent_token("phone", "read", days=1000)
    assert await backend.agent_tokens() == ()


@pytest.mark.parametrize("user_id", ["1", "ann@example.com", "jürgen", "x" * 255])
def test_a_token_names_its_user(user_id: str) -> None:
    made = issue(user_id)
    claimed = read(made.token)
    assert (claimed.user_id, claimed.id, claimed.hash) == (user_id, made.id, made.hash)
    assert made.token not in repr(made)


@pytest.mark.parametrize("token", ["kta_", "kta_MQ.1.2", "kta_!." + "a" * 32 + "." + "b" * 43, "kta_" + "x" * 2000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotSignedIn):
        read(token)


async def test_app_passwords_and_feeds_are_listed_and_revoked_like_tokens(backend: Backend) -> None:
    phone = await backend.create_agent_token("phone", "calendar")
    feed = await backend.create_agent_token("work-calendar", "feed")
    assert (phone.token or "").count("-") == 3
    assert (feed.token or "").startswith(FEED_PREFIX)
    assert [agent.scope for agent in await backend.agent_tokens()] == ["calendar", "feed"]
    with pytest.raises(Conflict):
        await backend.create_agent_token("phone", "all")
    for name in ("phone", "work-calendar"):
        await backend.revoke_agent_token(name)
    assert await backend.agent_tokens() == ()


@pytest.mark.parametrize("user_id", ["1", "ann@example.com"])
def test_an_app_password_is_known_however_it_is_typed(user_id: str) -> None:
    made = issue(user_id, "calendar")
    assert len(made.token) == 23
    for typed in (made.token, made.token.replace("-", ""), made.token.upper(), f" {made.token.replace('-', ' ')} "):
        claimed = read_password(user_id, typed)
        assert (claimed.id, claimed.hash) == (made.id, made.hash)
    assert made.id not in made.hash
    for wrong in ("", "password", made.token[:-1], made.token + "a", "0" * 20, made.token.replace("-", "é")):
        with pytest.raises(NotSignedIn):
            read_password(user_id, wrong)


def test_no_kind_of_token_is_taken_for_another() -> None:
    agent, feed = issue("1").token, issue("1", "feed").token
    assert read(feed, prefix=FEED_PREFIX).user_id == "1"
    for token, prefix in ((feed, PREFIX), (agent, FEED_PREFIX)):
        with pytest.raises(NotSignedIn):
            read(token, prefix=prefix)
