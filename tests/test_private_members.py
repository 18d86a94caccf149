"""The private members of other libraries that kirotodo uses: an upgrade that takes one away fails here, by its name.

pyproject.toml holds each of these libraries below the release that may do so.
"""

import sqlite3
import tomllib
from functools import partial
from pathlib import Path

import aiosqlite
import pytest
from limits.aio.storage import RedisStorage
from textual.app import App
from textual.binding import BindingsMap
from textual.css.stylesheet import Stylesheet
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, TextArea


async def test_aiosqlite_runs_our_function_in_the_thread_of_its_connection() -> None:
    """`core/store/sqlite/driver.py` runs several statements in one hop, and lets no connection keep a program alive."""
    connection = aiosqlite.Connection(partial(sqlite3.connect, ":memory:"), iter_chunk_size=64)
    connection._thread.daemon = True
    async with connection:
        assert isinstance(connection._conn, sqlite3.Connection)
        assert await connection._execute(lambda number: number + 1, 1) == 2  # type: ignore[no-untyped-call]


async def test_textual_keeps_the_keymap_where_the_composer_looks() -> None:
    """`client/tui/widgets/composer.py` looks keys up, and takes keys and pasted text before the text area does."""
    app: App[None] = App()
    async with app.run_test():
        assert hasattr(app._keymap, "items")
        area = TextArea()
        assert isinstance(area._bindings, BindingsMap)
        area._bindings.copy().apply_keymap(app._keymap)


@pytest.mark.parametrize(
    ("kind", "method"),
    [(TextArea, "_on_key"), (TextArea, "_on_paste"), (Input, "_on_key")],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_textual_handles_keys_in_the_methods_that_our_fields_override(kind: type[Widget], method: str) -> None:
    assert method in vars(kind)


async def test_textual_says_whether_the_reader_let_go_of_the_end() -> None:
    """`client/tui/widgets/transcript.py` follows an answer until the reader scrolls up."""
    assert Widget()._anchor_released is False


async def test_textual_says_whether_a_timer_runs() -> None:
    """`client/tui/widgets/messages.py` knows by it whether a message is drawn to its end."""
    app: App[None] = App()
    async with app.run_test():
        assert [Timer(app, 60, pause=pause)._active.is_set() for pause in (True, False)] == [False, True]


def test_textual_says_which_colours_a_stylesheet_has() -> None:
    """`client/tui/themes.py` knows by it whether a theme is another one."""
    assert Stylesheet(variables={"ink": "red"})._variables == {"ink": "red"}


async def test_limits_lets_go_of_its_connections_to_redis() -> None:
    """`server/auth/rate_limit.py` closes them, which limits offers no method for."""
    storage = RedisStorage("async+redis://localhost:1", implementation="redispy")
    await storage.bridge.storage.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("library", ["aiosqlite", "limits", "textual"])
def test_libraries_whose_private_members_are_used_have_an_upper_bound(library: str) -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    (needed,) = [each for each in project["dependencies"] if each.startswith(f"{library}>")]
    assert "<" in needed


def test_textual_keeps_toasts_a_crash_and_the_clipboard_where_the_chat_looks_for_them() -> None:
    """`client/tui/app.py` keeps few toasts, reports a crash in its own words and copies with its own means."""
    app = App[None]()
    assert list(app._notifications) == []
    assert callable(app._unnotify)
    assert callable(app._fatal_error)
    assert callable(app._close_messages_no_wait)
    assert (app._exit_renderables, app._exception, app._driver, app._clipboard) == ([], None, None, "")
