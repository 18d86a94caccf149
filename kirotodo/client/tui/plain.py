"""The one door for foreign text, of a user, a model or a server: what comes out cannot style or script a screen.

Everything foreign goes to the screen as the `Content` made here, or as the `str` that `clean` gives to a widget with
`markup=False`.
"""

import re
from typing import Final

from textual.content import Content

from kirotodo.client.tui.cells import steady

_ESCAPES: Final = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # a command to the terminal: title, clipboard, link
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)"  # a string for a device
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor, modes
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters, without tab and the line ends dealt with before
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # controls of writing direction
    "\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible, and no part of a letter or an emoji
    "\U000e0000-\U000e007f]"
)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SUSPECT: Final = re.compile("[^\n -~]")


def clean(text: str) -> str:
    """`text` without escape sequences, control and direction characters; line ends become newlines, tabs spaces."""
    if _SUSPECT.search(text) is None:
        return text
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    return _SURROGATES.sub("\ufffd", _HIDDEN.sub("", text)).expandtabs(4)


def one_line(text: str) -> str:
    """`clean` on a single line, with runs of white space as one space."""
    return " ".join(clean(text).split())


def plain(text: str, style: str = "") -> Content:
    """`text` as content to be shown as it is, its lines kept."""
    return _styled(clean(text), style)


def line(text: str, style: str = "") -> Content:
    """`text` as content of a single line."""
    return _styled(one_line(text), style)


def _styled(text: str, style: str) -> Content:
    text = steady(text)
    return Content.styled(text, style) if style and text else Content(text)
