"""Every key and what it does, from the registry of actions."""

from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kirotodo.client.tui.actions import ACTIONS, HEADINGS, Action, Keymap, Scope, bindings, key_label, keymap

KEYS_WIDTH: Final = 18


class HelpScreen(ModalScreen[None]):
    """A sheet to scroll through."""

    BINDINGS = bindings("help")
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > #help {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $border;
            border-title-color: $text-muted;
            border-subtitle-color: $text-muted;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
    }
    """

    def __init__(self, keys: Keymap | None = None) -> None:
        super().__init__()
        self._keys = keys or keymap()

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as sheet:
            sheet.border_title = Content("keys")
            sheet.border_subtitle = Content("↑ ↓ scroll · esc close")
            yield Static(help_text(self._keys), markup=False)

    def action_close(self) -> None:
        self.dismiss(None)


def help_text(keys: Keymap) -> Content:
    """All actions under the headings of their scopes."""
    return Content("\n\n").join(_section(scope, keys) for scope in HEADINGS)


def _section(scope: Scope, keys: Keymap) -> Content:
    lines = [Content.styled(HEADINGS[scope], "bold $primary")]
    lines += [_line(action, keys) for action in ACTIONS if action.scope == scope]
    return Content("\n").join(lines)


def _line(action: Action, keys: Keymap) -> Content:
    labels = "  ".join(key_label(key) for key in keys.keys[action.id]) or "no key"
    return Content.assemble((f"{labels:<{KEYS_WIDTH}} ", "$accent"), action.help)
