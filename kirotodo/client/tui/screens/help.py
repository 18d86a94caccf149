"""The help: every key and what it does, from the registry of actions."""

from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from kirotodo.client.tui.keymap import ACTIONS, HEADINGS, Action, Keymap, Scope, bindings, key_label, keys_of
from kirotodo.client.tui.widgets.text_lines import TextLines

KEYS_WIDTH: Final = 20
NARROW_KEYS_WIDTH: Final = 12
ROOMY: Final = 60
"""From this many columns on, the keys get a wide column."""


class HelpScreen(ModalScreen[None]):
    """Shows the keys on a sheet to scroll through."""

    BINDINGS = bindings("help")

    def compose(self) -> ComposeResult:
        """Yield the sheet."""
        with VerticalScroll(id="help") as sheet:
            sheet.border_title = Content("keys")
            sheet.border_subtitle = Content(f"↑ ↓ scroll · {keys_of(self).label('help.close')} close")
            yield HelpText(keys_of(self))

    def action_close(self) -> None:
        """Close the help."""
        self.dismiss(None)


class HelpText(TextLines, can_focus=False):
    """Draws the sheet at the width it has."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__()
        self._keymap = keys

    def make_lines(self, width: int) -> list[Content]:
        """Return the help at this width."""
        return list(help_text(self._keymap, width).split("\n", allow_blank=True))


def help_text(keys: Keymap, width: int = 80) -> Content:
    """Return all actions under the headings of their scopes."""
    return Content("\n\n").join(_section(scope, keys, width) for scope in HEADINGS)


def _section(scope: Scope, keys: Keymap, width: int) -> Content:
    lines = [*Content.styled(HEADINGS[scope], "bold $primary").wrap(width)]
    for action in ACTIONS:
        if action.scope == scope:
            lines += _rows(action, keys, width)
    return Content("\n").join(line.rstrip() for line in lines)


def _rows(action: Action, keys: Keymap, width: int) -> list[Content]:
    """Put the keys in a column, or on a line of their own where they are too many for it."""
    column = KEYS_WIDTH if width >= ROOMY else NARROW_KEYS_WIDTH
    labels = "  ".join(key_label(key) for key in keys.keys[action.id]) or "no key"
    rows = Content(action.help).wrap(max(1, width - column))
    alone = len(labels) >= column
    first = [Content.styled(labels, "$accent")] if alone else []
    return first + [
        Content.assemble((" " * column if place or alone else f"{labels:<{column}}", "$accent"), row)
        for place, row in enumerate(rows)
    ]
