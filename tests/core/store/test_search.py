import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, BOB, ON_SQLITE, Undecided, shown, titles
from tests.examples import examples


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


SPELLINGS: Final = {
    "don't forget": "dont don't don\u2019t DON`T don\u00b4t don\uff07t forget\u2019",
    "I\u2019m late": "im i'm I\u02bcm",
    "call O'Neil-Smith": "oneil o'neil smith oneil-smith o\u2019neil\u2011smith oneilsmith neil",
    "send e-mail": "email e-mail e\u2010mail mail E\uff0dMAIL",
    "plan: followup": "followup follow-up",
    "plan: follow-up": "followup follow-up follow",
    "plan: follow up": "follow-up follow",
    "my mother-in-law\u2019s cake": "motherinlaw mother-in-law law's laws in-law",
    "co\u00adop\u00aderate": "cooperate co\u200boperate cooper",
    "\uff26\uff55\uff4c\uff4c width \uff11\uff12": "full 12 \uff46ull",
    "hors d'\u0153uvre": "oeuvre d'oeuvre doeuvre \u0153uv",
    "\u00c6r\u00f8 \ufb01nance \u0141\u00f3d\u017a": "aero finance lodz \ufb01n",
    "me\u0301decin": "m\u00e9decin medecin",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645": (
        "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645 \u062e\u0648\u0627\u0647\u0645"
    ),
    "\u2764\ufe0f heart": "\u2764 \u2764\ufe0f",
    "555-0123": "5550123 555-0123 0123",
    "x-y axis": "x-y axis xy",
    "rock 'n' roll": "rock 'n' roll'",
}
"""Titles, and what finds each of them."""


async def test_words_are_found_however_they_are_spelled(database: Database) -> None:
    async with database.begin(ANN) as store:
        for title in SPELLINGS:
            await store.tasks.add(TaskDraft(title=title))
    async with database.read(ANN) as store:
        missed = [
            (title, typed)
            for title, spellings in SPELLINGS.items()
            for typed in spellings.split()
            if title not in await titles(store, TaskFilter(search=typed))
        ]
        assert missed == []
        assert await titles(store, TaskFilter(search="follow-up")) == [
            "plan: followup",
            "plan: follow-up",
            "plan: follow up",
        ]
        assert await titles(store, TaskFilter(search="follow-up plan")) == [
            "plan: followup",
            "plan: follow-up",
            "plan: follow up",
        ]
        for typed in ("dot", "e-male", "e-mails", "neilsmith", "follow-down", "send follow-up", "0x001"):
            assert await titles(store, TaskFilter(search=typed)) == [], typed


async def test_a_page_of_hyphens_is_searched_through(database: Database) -> None:
    async with database.begin(ANN) as store:
        await store.tasks.add(TaskDraft(title="one", notes="-".join(["ab"] * 600)))
        for typed in ("-".join(["ab"] * 600), " ".join(["a-b-cd"] * 90), "ab" * 600):
            await titles(store, TaskFilter(search=typed))
        assert await titles(store, TaskFilter(search="-".join(["ab"] * 50))) == ["one"]


@pytest.mark.slow
@given(typed=st.text(max_size=30))
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_is_never_syntax(database: Database, typed: str) -> None:
    async with database.read(ANN) as store:
        assert (await shown(store, TaskFilter(search=typed))).items == ()


@pytest.mark.slow
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
        str.strip
    )
)
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
