import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, BOB, ON_SQLITE, Undecided, shown, titles


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("milk", ["Buy milk"]),
        ("MIL", ["Buy milk"]),
        ("ilk", []),
        ("buy mil", ["Buy milk"]),
        ("milk bread", []),
        ("café", ["Café au lait", "cafe noir"]),
        ("CAFE", ["Café au lait", "cafe noir"]),
        ("b", ["Buy milk", "be 100% sure", "call O'Brien"]),
        ("strasse", ["Straße"]),
        ("dairy", ["Buy milk"]),
        ("groceries", ["Buy milk"]),
        ("urgent", ["Buy milk"]),
        ("牛乳", ["日本の牛乳を買う"]),
        ("乳", ["日本の牛乳を買う"]),
        ("นม", ["ซื้อนม"]),
        ("🎉", ["party 🎉"]),
        ("c++", ["learn C++"]),
        ("100%", ["be 100% sure"]),
        ("%", ["be 100% sure"]),
        ("_", []),
        ("o'brien", ["call O'Brien"]),
        ('"milk"', ["Buy milk"]),
        ("milk OR bread", []),
        ("NOT milk", []),
        ("milk*", ["Buy milk"]),
        ("text:milk", []),
        ("pay [/]", ["pay [/] rent"]),
        ("  ", None),
        ("", None),
    ],
)
async def test_words_find_tasks(database: Database, typed: str, found: list[str] | None) -> None:
    everything = [
        "Buy milk",
        "Café au lait",
        "cafe noir",
        "Straße",
        "日本の牛乳を買う",
        "ซื้อนม",
        "party 🎉",
        "learn C++",
        "be 100% sure",
        "call O'Brien",
        "pay [/] rent",
    ]
    async with database.begin(BOB) as store:
        for title in everything:
            await store.tasks.add(TaskDraft(title=title))
    async with database.begin(ANN) as store:
        for title in everything:
            extra = {"notes": "from the dairy", "project": "Groceries", "tags": ("urgent",)}
            await store.tasks.add(TaskDraft(title=title, **(extra if title == "Buy milk" else {})))  # type: ignore[arg-type]
        assert await titles(store, TaskFilter(search=typed)) == (everything if found is None else found)


@given(typed=st.text(max_size=30))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_is_never_syntax(database: Database, typed: str) -> None:
    async with database.read(ANN) as store:
        assert (await shown(store, TaskFilter(search=typed))).items == ()


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
        str.strip
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_task_is_found_by_its_whole_title(database: Database, title: str) -> None:
    async with database.begin(ANN) as store:
        added = await store.tasks.add(TaskDraft(title=title))
        page = await shown(store, TaskFilter(search=title))
        assert added in page.items
        await store.tasks.delete(added.id)


async def test_search_follows_every_change(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="milk"))
    async with database.begin(ANN) as store:
        await store.tasks.update(1, {"title": "bread", "tags": ("bakery",)})
    async with database.read(ANN) as store:
        assert await titles(store, TaskFilter(search="milk")) == []
        assert await titles(store, TaskFilter(search="bak")) == ["bread"]
    async with database.begin(ANN) as store:
        await store.journal.undo()
    async with database.read(ANN) as store:
        assert await titles(store, TaskFilter(search="milk")) == ["milk"]
        assert await titles(store, TaskFilter(search="bakery")) == []


async def test_a_rolled_back_task_is_not_found(database: Database) -> None:
    with suppress(Undecided):
        async with database.begin(ANN) as store:
            await store.tasks.add(TaskDraft(title="milk"))
            raise Undecided
    async with database.read(ANN) as store:
        assert await titles(store, TaskFilter(search="milk")) == []


@ON_SQLITE
async def test_search_survives_a_vacuum(database: Database, path: Path) -> None:
    async with database.begin(ANN) as store:
        for title in ("milk", "bread", "butter"):
            await store.tasks.add(TaskDraft(title=title))
        await store.tasks.delete(1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM search_documents WHERE ref = 1")
        connection.commit()
        connection.execute("VACUUM")
        connection.execute("INSERT INTO search_index(search_index) VALUES ('integrity-check')")
    async with database.read(ANN) as store:
        assert await titles(store, TaskFilter(search="butter")) == ["butter"]


async def test_pages_of_a_search_go_on(database: Database) -> None:
    async with database.begin(ANN) as store:
        for number in range(9):
            await store.tasks.add(TaskDraft(title=f"milk {number}"))
        first = await shown(store, TaskFilter(search="milk"), limit=5)
        second = await shown(store, TaskFilter(search="milk"), limit=5, cursor=first.next)
    assert [task.id for task in (*first.items, *second.items)] == list(range(1, 10))
    assert (first.total, second.total, second.next) == (9, 9, None)
