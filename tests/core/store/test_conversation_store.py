import pytest

from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.store.database import Database, Store
from tests.core.store.conftest import ANN


async def _say(store: Store, conversation_id: int, *texts: str) -> None:
    for text in texts:
        await store.conversations.add_message(conversation_id, role="user", content=text, turn_id="t")


async def _made(database: Database, *titles: str) -> None:
    for title in titles:
        async with database.begin(ANN) as store:
            await store.conversations.create(title)


async def _ids(store: Store, search: str | None = None) -> list[int]:
    return [conversation.id for conversation in (await store.conversations.page(search=search)).items]


async def test_messages_are_counted_per_conversation_and_come_oldest_first(database: Database) -> None:
    await _made(database, "one", "two")
    async with database.begin(ANN) as store:
        await _say(store, 1, "a", "b", "c")
        await _say(store, 2, "x")
        newest = await store.conversations.messages(1, limit=2)
        older = await store.conversations.messages(1, before=newest[0].seq, limit=2)
        assert [(message.seq, message.content) for message in newest] == [(2, "b"), (3, "c")]
        assert [(message.seq, message.content) for message in older] == [(1, "a")]
        assert await store.conversations.messages(1, before=1) == ()
        assert [message.seq for message in await store.conversations.messages(2)] == [1]


async def test_a_conversation_shows_its_newest_message_and_how_many_it_has(database: Database) -> None:
    await _made(database, "one")
    async with database.begin(ANN) as store:
        created = await store.conversations.get(1)
    async with database.begin(ANN) as store:
        await _say(store, 1, "first", "last\n\n  words " + "x" * 500)
        conversation = await store.conversations.get(1)
    assert (conversation.message_count, conversation.preview[:15]) == (2, "last words xxxx")
    assert len(conversation.preview) == 120
    assert conversation.updated_at > created.updated_at == created.created_at


async def test_the_list_begins_with_the_latest_and_is_walked_once(database: Database) -> None:
    await _made(database, *"abcde")
    async with database.begin(ANN) as store:
        await _say(store, 2, "hello")
        await store.conversations.rename(1, "renamed")
        found: list[int] = []
        cursor = None
        while True:
            page = await store.conversations.page(limit=2, cursor=cursor)
            found += [conversation.id for conversation in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found == [2, 5, 4, 3, 1]
        with pytest.raises(InvalidInput, match="cursor"):
            await store.conversations.page(cursor="nonsense")


async def test_search_looks_through_titles_and_messages(database: Database) -> None:
    await _made(database, "Groceries", "Work", "Trips")
    async with database.begin(ANN) as store:
        await _say(store, 2, "buy the milk", "and café au lait")
        await store.conversations.rename(3, "Voyages")
        assert await _ids(store, "groc") == [1]
        assert await _ids(store, "milk") == [2]
        assert await _ids(store, "CAFE") == [2]
        assert await _ids(store, "trips") == []
        assert await _ids(store, "voya") == [3]
        assert await _ids(store, "milk cafe") == []
        assert sorted(await _ids(store, "")) == [1, 2, 3]


async def test_a_deleted_conversation_is_gone_until_it_is_restored(database: Database) -> None:
    await _made(database, "one")
    async with database.begin(ANN) as store:
        await _say(store, 1, "milk")
        await store.conversations.delete(1)
        for refused in (
            store.conversations.get(1),
            store.conversations.messages(1),
            store.conversations.rename(1, "x"),
            store.conversations.delete(1),
            store.conversations.granted(1, "delete_task"),
            store.conversations.grant(1, "delete_task", 3),
            store.conversations.add_message(1, role="user", content="x", turn_id="t"),
        ):
            with pytest.raises(NotFound, match=r"^There is no conversation 1\.$"):
                await refused
        assert await _ids(store) == await _ids(store, "milk") == []
    async with database.begin(ANN) as store:
        restored = await store.conversations.restore(1)
        assert restored == await store.conversations.get(1)
        assert restored.message_count == 1
        assert await _ids(store, "milk") == [1]
        assert await store.conversations.restore(1) == restored


async def test_always_holds_for_one_tool_and_size_in_one_conversation_and_ends_with_it(database: Database) -> None:
    await _made(database, "one", "two")
    async with database.begin(ANN) as store:
        assert await store.conversations.granted(1, "delete_task") == 0
        await store.conversations.grant(1, "delete_task", 3)
        await store.conversations.grant(1, "delete_task", 2)
    async with database.read(ANN) as store:
        assert await store.conversations.granted(1, "delete_task") == 3
        assert await store.conversations.granted(1, "update_task") == 0
        assert await store.conversations.granted(2, "delete_task") == 0
    async with database.begin(ANN) as store:
        await store.conversations.delete(1)
        await store.conversations.restore(1)
        assert await store.conversations.granted(1, "delete_task") == 0
