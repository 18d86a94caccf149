"""Keys as terminals send them, where Textual reads something else."""

from enum import Enum
from typing import Any, Final, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


class Sent(Enum):
    """Keys that Textual has no name of its own for."""

    ALT_ENTER = "alt+enter"


SEQUENCES: Final = {"\x1b\r": (Sent.ALT_ENTER,)}
"""A terminal without the keyboard protocol of kitty sends alt and a key as escape and the key. Textual knows that of
letters alone, and takes this for enter, which would send half a message."""


def add_sequences() -> None:
    """Let Textual read them."""
    cast(dict[str, Any], ANSI_SEQUENCES_KEYS).update(SEQUENCES)
