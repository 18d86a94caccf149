"""A notification through the terminal itself, for when its window does not have the focus: OSC 9, 99 or 777.

A terminal gets the one sequence that it understands, and one that understands none of them gets the bell alone.
"""

import base64
from collections.abc import Mapping

from kirotodo.core.text.sanitize import sanitize_line

_LONGEST = 200


def notification(text: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that shows a text, "" where no terminal is known to take one. No text can end it early."""
    said = sanitize_line(text)[:_LONGEST]
    terminal, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environ or terminal == "xterm-kitty":
        # https://sw.kovidgoyal.net/kitty/desktop-notifications/
        sequence = f"\x1b]99;i=kirotodo:e=1;{base64.b64encode(said.encode()).decode()}\x1b\\"
    elif program in ("iTerm.app", "WezTerm", "ghostty") or "WT_SESSION" in environ:
        # What begins with a digit and a semicolon is another command to some, so it begins with a name.
        sequence = f"\x1b]9;kirotodo: {said}\x1b\\"
    elif terminal.startswith(("rxvt", "foot")) or "VTE_VERSION" in environ:
        sequence = f"\x1b]777;notify;kirotodo;{said.replace(';', ',')}\x1b\\"
    else:
        return ""
    if "TMUX" in environ:
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    return sequence
