"""Accounts and sessions in the store: one account an address; sessions end by themselves, alone or together."""

from datetime import timedelta

import pytest

from kirotodo.core.errors import Conflict, NotFound
from kirotodo.core.store.accounts import SessionStatus
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, BOB, Clock

HOUR = timedelta(hours=1)


@pytest.fixture
async def accounts(database: Database) -> Database:
    """Ann has an account and two sessions; Bob only ever came with a token."""
    async with database.begin(ANN) as store:
        await store.accounts.create(email="ann@example.com", password_hash="hash")
        await store.accounts.add_session("laptop", expires_at=store.now + HOUR)
        await store.accounts.add_session("phone", expires_at=store.now + HOUR)
    async with database.begin(BOB) as store:
        await store.conversations.create("first")
    return database


async def test_an_account_is_found_by_its_address(accounts: Database) -> None:
    found = await accounts.account_of("ann@example.com")
    assert found is not None
    assert (found.id, found.password_hash, found.token_version) == (ANN, "hash", 0)
    assert await accounts.account_of("bob@example.com") is None
    assert await accounts.account_of("") is None
    async with accounts.read(BOB) as store:
        own = await store.accounts.get()
    assert own is not None
    assert (own.email, own.password_hash) == (None, None)


async def test_one_address_is_one_account(accounts: Database) -> None:
    with pytest.raises(Conflict, match="sign in"):
        async with accounts.begin("carl") as store:
            await store.accounts.create(email="ann@example.com", password_hash="other")
    async with accounts.read("carl") as store:
        assert await store.accounts.get() is None


async def test_a_refresh_counts_up_and_lengthens_the_session(accounts: Database) -> None:
    async with accounts.begin(ANN) as store:
        assert await store.accounts.rotate("laptop", expires_at=store.now + 2 * HOUR) == 2
        session = await store.accounts.session("laptop")
        assert session is not None
        assert (session.generation, session.last_used_at, session.expires_at) == (2, store.now, store.now + 2 * HOUR)
        assert session.created_at < session.last_used_at
        other = await store.accounts.session("phone")
        assert other is not None
        assert other.generation == 1


async def test_an_ended_session_gets_nothing_more(accounts: Database) -> None:
    async with accounts.begin(ANN) as store:
        await store.accounts.revoke("laptop")
    for session_id in ("laptop", "never"):
        with pytest.raises(NotFound):
            async with accounts.begin(ANN) as store:
                await store.accounts.rotate(session_id, expires_at=store.now + HOUR)
    async with accounts.read(ANN) as store:
        assert not (await store.accounts.session_status("laptop")).live
        assert (await store.accounts.session_status("phone")).live


async def test_the_moment_of_an_end_is_its_first(accounts: Database) -> None:
    async with accounts.begin(ANN) as store:
        await store.accounts.revoke("laptop")
        ended = store.now
    async with accounts.begin(ANN) as store:
        await store.accounts.revoke("laptop")
        await store.accounts.revoke_all()
        session = await store.accounts.session("laptop")
    assert session is not None
    assert session.revoked_at == ended


async def test_everywhere_ends_sessions_and_tokens(accounts: Database) -> None:
    async with accounts.begin(ANN) as store:
        assert await store.accounts.revoke_all() == 1
        assert await store.accounts.session_status("phone") == SessionStatus(
            email="ann@example.com", token_version=1, live=False
        )
        assert await store.accounts.session_status() == SessionStatus(
            email="ann@example.com", token_version=1, live=True
        )
        await store.accounts.add_session("tablet", expires_at=store.now + HOUR)
        assert (await store.accounts.session_status("tablet")).live
        assert await store.accounts.revoke_all() == 2


async def test_a_session_runs_out_and_is_forgotten_at_the_next_sign_in(accounts: Database, clock: Clock) -> None:
    clock.now += 2 * HOUR
    async with accounts.begin(ANN) as store:
        assert not (await store.accounts.session_status("laptop")).live
        assert await store.accounts.session("laptop") is not None
        await store.accounts.add_session("tablet", expires_at=store.now + HOUR)
        assert await store.accounts.session("laptop") is None
        assert (await store.accounts.session_status("tablet")).live


async def test_who_never_came_stands_well_and_has_no_session(database: Database) -> None:
    async with database.read("carl") as store:
        assert await store.accounts.session_status() == SessionStatus(email=None, token_version=0, live=True)
        assert not (await store.accounts.session_status("laptop")).live


async def test_many_sessions_are_looked_at_together_as_one_by_one(accounts: Database, clock: Clock) -> None:
    async with accounts.begin(ANN) as store:
        await store.accounts.revoke("phone")
        await store.accounts.add_session("short", expires_at=store.now + HOUR / 2)
        await store.set_timezone("Europe/Vienna")
    async with accounts.begin(BOB) as store:
        await store.accounts.add_session("bob's", expires_at=store.now + 2 * HOUR)
        await store.accounts.revoke_all()
        await store.accounts.set_deletion(store.now + HOUR)
    clock.now += HOUR * 3 / 4
    keys = [(user, session) for user in (ANN, BOB, "carl") for session in (None, "laptop", "phone", "short", "bob's")]
    together = await accounts.session_statuses(keys)
    for user, session in keys:
        async with accounts.read(user) as store:
            alone = await store.accounts.session_status(session)
        assert together.get((user, session)) == (None if user == "carl" else alone)
    assert [key for key, status in together.items() if status.live] == [(ANN, None), (ANN, "laptop"), (BOB, None)]
