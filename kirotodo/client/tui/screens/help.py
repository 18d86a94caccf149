"""The help: every key and slash command and what it does, from the registry of actions; it can be searched."""

from collections.abc import Sequence
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from kirotodo.client.custom_commands import CustomCommand
from kirotodo.client.tui.keymap import ACTIONS, HEADINGS, Keymap, Scope, bindings, key_label, keys_of
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.widgets.field import Field
from kirotodo.client.tui.widgets.slash_popup import COMMANDS
from kirotodo.client.tui.widgets.text_lines import TextLines

KEYS_WIDTH: Final = 20
NARROW_KEYS_WIDTH: Final = 12
ROOMY: Final = 60
"""From this many columns on, the keys get a wide column."""


class HelpScreen(ModalScreen[None]):
    """Shows the keys on a sheet to scroll through."""

    BINDINGS = bindings("help")

    def __init__(self, own: Sequence[CustomCommand] = ()) -> None:
        super().__init__()
        self._own = own

    def compose(self) -> ComposeResult:
        """Yield the sheet."""
        with VerticalScroll(id="help") as sheet:
            keys = keys_of(self)
            sheet.border_title = Content("keys")
            sheet.border_subtitle = Content(
                f"↑ ↓ scroll · {keys.label('help.search')} search · "
                f"{keys.label('help.change')} change · {keys.label('help.close')} close"
            )
            yield Field(id="help-search", placeholder="a word or a key")
            yield HelpText(keys, self._own)

    def on_mount(self) -> None:
        """Hide the field until it is asked for."""
        self.query_one("#help-search").display = False

    def action_search(self) -> None:
        """Search for a word or a key."""
        field = self.query_one("#help-search", Field)
        field.display = True
        field.focus()

    @on(Field.Changed, "#help-search")
    def _searched(self, event: Field.Changed) -> None:
        event.stop()
        self.query_one(HelpText).search(event.value)

    def action_change(self) -> None:
        """Change keys."""
        from kirotodo.client.tui.screens.keys import KeysScreen

        self.dismiss(None)
        self.app.push_screen(KeysScreen())

    def action_close(self) -> None:
        """Close the help."""
        self.dismiss(None)


class HelpText(TextLines, can_focus=False):
    """Draws the sheet at the width it has."""

    def __init__(self, keys: Keymap, own: Sequence[CustomCommand]) -> None:
        super().__init__()
        self._keymap = keys
        self._own = own
        self._wanted = ""

    def search(self, wanted: str) -> None:
        """Show only what has these words, or this key."""
        self._wanted = wanted
        self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the help at this width."""
        return list(help_text(self._keymap, width, self._wanted, self._own).split("\n", allow_blank=True))


def help_text(keys: Keymap, width: int = 80, wanted: str = "", own: Sequence[CustomCommand] = ()) -> Content:
    """Return all actions under the headings of their scopes, then the slash commands; those that are `wanted`."""
    words = wanted.casefold().split()
    sections = [_section(HEADINGS[scope], _of_scope(scope, keys), words, width) for scope in HEADINGS]
    sections.append(_section("Slash commands", [(f"/{each.name}", each.hint, "") for each in COMMANDS], words, width))
    prompts = [(f"/{each.name}", f"Send: {one_line(each.prompt)}", "") for each in own]
    sections.append(_section("Slash commands of your own", prompts, words, width))
    return Content("\n\n").join(section for section in sections if section) or Content(f"No key has “{wanted}”.")


def _of_scope(scope: Scope, keys: Keymap) -> list[tuple[str, str, str]]:
    """Return the keys, the help and the name of each action of a scope."""
    return [
        ("  ".join(key_label(key) for key in keys.keys[action.id]) or "no key", action.help, action.id)
        for action in ACTIONS
        if action.scope == scope
    ]


def _section(heading: str, entries: list[tuple[str, str, str]], words: list[str], width: int) -> Content:
    found = [each for each in entries if all(word in " ".join((heading, *each)).casefold() for word in words)]
    if not found:
        return Content()
    lines = [*Content.styled(heading, "bold $primary").wrap(width)]
    for labels, help, _ in found:
        lines += _rows(labels, help, width)
    return Content("\n").join(line.rstrip() for line in lines)


def _rows(labels: str, help: str, width: int) -> list[Content]:
    """Put the keys in a column, or on a line of their own where they are too many for it."""
    column = KEYS_WIDTH if width >= ROOMY else NARROW_KEYS_WIDTH
    rows = Content(help).wrap(max(1, width - column))
    alone = len(labels) >= column
    first = [Content.styled(labels, "$accent")] if alone else []
    return first + [
        Content.assemble((" " * column if place or alone else f"{labels:<{column}}", "$accent"), row)
        for place, row in enumerate(rows)
    ]
