"""Foreign text, of a user, a model or a server, as what Textual shows: what comes out cannot style or script a screen.

Everything foreign goes to the screen as the `Content` made here, or as the `str` that `clean` gives to a widget with
`markup=False`. What is taken out is decided in `core/text/sanitize`.
"""

from textual.content import Content

from kirotodo.client.tui.cells import steady
from kirotodo.core.text.sanitize import sanitize, sanitize_line


def clean(text: str) -> str:
    """Return `text` sanitised, its lines kept, its tabs as spaces."""
    return sanitize(text).expandtabs(4)


def one_line(text: str) -> str:
    """Return `text` sanitised on a single line, with runs of white space as one space."""
    return sanitize_line(text)


def plain(text: str, style: str = "") -> Content:
    """Return `text` as content to be shown as it is, its lines kept."""
    return _styled(clean(text), style)


def line(text: str, style: str = "") -> Content:
    """Return `text` as content of a single line."""
    return _styled(one_line(text), style)


def _styled(text: str, style: str) -> Content:
    text = steady(text)
    return Content.styled(text, style) if style and text else Content(text)
