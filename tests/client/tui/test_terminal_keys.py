"""What terminals send for a key, and the key that comes of it."""

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from kirotodo.client.tui.terminal_keys import add_sequences


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b\r", ["alt+enter"]),
        ("\x1b[13;3u", ["alt+enter"]),
        ("\r", ["enter"]),
        ("a\x1b\rb", ["a", "alt+enter", "b"]),
    ],
)
def test_alt_and_enter_is_never_enter(sent: str, keys: list[str]) -> None:
    add_sequences()
    parser = XTermParser()
    assert [event.key for event in parser.feed(sent) if isinstance(event, Key)] == keys
