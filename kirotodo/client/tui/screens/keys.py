"""The keys of every action, to search and to change: what was pressed is written to config.toml and works at once."""

from collections.abc import Iterable
from typing import Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.keymap import (
    ACTIONS,
    BY_ID,
    HEADINGS,
    NO_KEY,
    PRESET,
    Action,
    Keymap,
    bindings,
    hidden_by,
    hints,
    key_label,
    keymap,
    keys_of,
    read_key,
    rivals,
)
from kirotodo.client.tui.plain import plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.field import Field
from kirotodo.core.errors import ConfigError
from kirotodo.core.lazy_dataclasses import dataclass

KEYS_WIDTH: Final = 22
NARROW_KEYS_WIDTH: Final = 14
ROOMY: Final = 60
OWN: Final = "changed"


@dataclass(frozen=True, slots=True)
class Wish:
    """A key that an action is to get: instead of its keys, or `added` to them. `key` is "" until it was pressed."""

    action: Action
    added: bool
    key: str = ""


class KeyList(OptionList, inherit_bindings=False):
    """Shows the actions in lines; the keys are the screen's."""


class KeysScreen(ModalScreen[None]):
    """Lists the actions with their keys, and takes the next key pressed for the one that is to be changed."""

    BINDINGS = bindings("keys")

    @dataclass
    class Pressed(Message):
        """A key was pressed that the screen was waiting for."""

        key: str

    def __init__(self) -> None:
        super().__init__()
        self._wish: Wish | None = None
        self._resets_all = False

    def compose(self) -> ComposeResult:
        """Yield the field for the search, the actions, and a line for what is asked."""
        with Vertical(id="keymap") as box:
            box.border_title = Content("change keys")
            yield Field(id="keymap-search", placeholder="a word or a key")
            yield KeyList(id="keymap-list", compact=True, markup=False)
            yield Static(id="keymap-status", markup=False)

    def on_mount(self) -> None:
        """Show all actions."""
        self._show()
        self._list.highlighted = next(iter(self._places()), None)
        self._list.focus()
        self._say("")

    def on_resize(self) -> None:
        """Draw the lines at the width there is."""
        self._show()

    @property
    def _list(self) -> KeyList:
        return self.query_one(KeyList)

    @property
    def _search(self) -> Field:
        return self.query_one("#keymap-search", Field)

    # --- the list ---

    def _show(self) -> None:
        """Show the actions that are searched for, the cursor on the one where it was."""
        box = self.query_one("#keymap")
        box.border_subtitle = hints("keys", keys=keys_of(self), width=max(0, box.size.width - 2))
        shown, here = self._list, self._current()
        shown.set_options(self._options())
        places = self._places()
        there = [place for place in places if here is not None and shown.get_option_at_index(place).id == here.id]
        shown.highlighted = next(iter(there or places), None)

    def _options(self) -> Iterable[Option]:
        words = self._search.value.casefold().split()
        own, keys = shell_of(self).key_overrides, keys_of(self)
        for scope, heading in HEADINGS.items():
            rows = [
                Option(self._row(action, keys, own=action.id in own), id=action.id)
                for action in ACTIONS
                if action.scope == scope and all(word in _about(action, keys) for word in words)
            ]
            if rows:
                yield Option(Content.styled(heading, "bold $primary"), disabled=True)
                yield from rows

    def _row(self, action: Action, keys: Keymap, *, own: bool) -> Content:
        width = KEYS_WIDTH if self.size.width >= ROOMY else NARROW_KEYS_WIDTH
        labels = "  ".join(map(key_label, keys.keys[action.id])) or "no key"
        mark = (f"  {OWN}", "$warning") if own else ""
        return Content.assemble((f"{labels:<{width}}", "$accent"), " ", action.help, mark)

    def _places(self) -> list[int]:
        return [index for index, option in enumerate(self._list.options) if not option.disabled]

    def _current(self) -> Action | None:
        shown = self._list.highlighted_option
        return BY_ID[shown.id] if shown is not None and shown.id is not None else None

    @on(Field.Changed, "#keymap-search")
    def _searched(self, event: Field.Changed) -> None:
        event.stop()
        self._show()
        self._say("" if self._places() else f"No key has “{event.value}”.")

    @on(Field.Submitted, "#keymap-search")
    def _found(self, event: Field.Submitted) -> None:
        event.stop()
        self._list.focus()

    # --- what is pressed ---

    def take_key(self, event: events.Key) -> bool:
        """Take the key that is to run an action, whatever it does elsewhere. Return False while none is asked for."""
        if self._wish is None:
            return False
        self.post_message(self.Pressed(event.key))
        return True

    async def on_keys_screen_pressed(self, message: Pressed) -> None:
        """Look at the key, or at the answer to the question about it."""
        message.stop()
        wish = self._wish
        if wish is None:
            return
        if message.key == "escape" or (wish.key and message.key == "n"):
            self._wish = None
            self._say("Nothing was changed.")
        elif not wish.key:
            await self._pressed(Wish(wish.action, wish.added, read_key(message.key) or ""))
        elif message.key in ("enter", "y"):
            self._wish = None
            await self._keep(wish)

    async def _pressed(self, wish: Wish) -> None:
        keys = keys_of(self).keys
        if not wish.key:
            self._say("This key can't be used. Press another one, or esc to cancel.", "$error")
            return
        if wish.key in keys[wish.action.id] and wish.added:
            self._wish = None
            self._say(f"{key_label(wish.key)} runs “{wish.action.title}” already.")
            return
        if problem := _refusal(wish):
            self._say(f"{problem} Press another one, or esc to cancel.", "$error")
            return
        self._wish = wish
        if others := rivals(wish.action, wish.key, keys):
            self._ask(f"{key_label(wish.key)} is the key of {_named(others)}. enter takes it over, esc cancels.")
        elif others := hidden_by(wish.action, wish.key, keys):
            where = "everywhere" if wish.action.first else f"under “{HEADINGS[wish.action.scope]}”"
            self._ask(f"{key_label(wish.key)} would hide {_named(others)} {where}. enter goes on, esc cancels.")
        else:
            self._wish = None
            await self._keep(wish)

    async def _keep(self, wish: Wish) -> None:
        """Write the key, and take it away from the actions that had it."""
        own, keys = shell_of(self).key_overrides, keys_of(self).keys
        kept = keys[wish.action.id] if wish.added else ()
        changes: dict[str, str | None] = {wish.action.id: " ".join(dict.fromkeys((*kept, wish.key)))}
        for other in rivals(wish.action, wish.key, keys):
            left = " ".join(key for key in keys[other.id] if key != wish.key)
            if not left or keys[other.id] != other.keys or other.id in own:
                changes[other.id] = left or NO_KEY
        await self._change(changes, f"{key_label(wish.key)} runs “{wish.action.title}” now.")

    async def _change(self, changes: dict[str, str | None], done: str) -> None:
        try:
            await shell_of(self).change_keys(changes)
        except ConfigError as error:
            self._say(error.message, "$error")
            return
        self._show()
        lost = [sentence for sentence in keys_of(self).problems if any(f"'{id}'" in sentence for id in changes)]
        self._say(" ".join((done, *lost)))

    # --- keys ---

    def action_rebind(self) -> None:
        """Wait for the key that is to run the action."""
        self._wait(added=False)

    def action_add(self) -> None:
        """Wait for one more key of the action."""
        self._wait(added=True)

    def _wait(self, *, added: bool) -> None:
        if (action := self._current()) is not None:
            self._wish = Wish(action, added)
            what = "one more key" if added else "the new key"
            self._ask(f"Press {what} for “{action.title}” ({HEADINGS[action.scope]}). esc cancels.")

    async def action_reset(self) -> None:
        """Give the action its own keys back."""
        action = self._current()
        if action is None:
            return
        if action.id not in shell_of(self).key_overrides:
            self._say(f"“{action.title}” has its own keys.")
        else:
            await self._change({action.id: None}, f"“{action.title}” has its own keys again.")

    async def action_reset_all(self) -> None:
        """Give every action its own keys back, at the second press."""
        own = [id for id in shell_of(self).key_overrides if id != PRESET]
        if not own:
            self._say("No key was changed.")
        elif not self._resets_all:
            again = keys_of(self).label("keys.reset_all")
            self._ask(f"Press {again} again to reset {len(own)} changed action{'s' if len(own) > 1 else ''}.")
            self._resets_all = True
        else:
            await self._change(dict.fromkeys(own), "Every action has its own keys again.")

    def action_search(self) -> None:
        """Search for a word or a key."""
        self._search.focus()

    def action_close(self) -> None:
        """Clear the search, or close."""
        if self._search.has_focus or self._search.value:
            self._search.value = ""
            self._list.focus()
        else:
            self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_rebind()

    def action_cursor_up(self) -> None:
        """Go to the action above."""
        self._list.action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go to the action below."""
        self._list.focus()
        self._list.action_cursor_down()

    def action_page_up(self) -> None:
        """Go a page up."""
        self._list.action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Go a page down."""
        self._list.action_page_down()  # type: ignore[no-untyped-call]

    def action_first(self) -> None:
        """Go to the first action."""
        self._list.action_first()

    def action_last(self) -> None:
        """Go to the last action."""
        self._list.action_last()

    def _ask(self, sentence: str) -> None:
        self._say(sentence, "$warning")

    def _say(self, sentence: str, style: str = "$text-muted") -> None:
        self._resets_all = False
        self.query_one("#keymap-status", Static).update(plain(sentence, style))


def _about(action: Action, keys: Keymap) -> str:
    """Return everything that an action is found by."""
    labels = " ".join(map(key_label, keys.keys[action.id])) or "no key"
    return " ".join((HEADINGS[action.scope], action.title, action.help, action.id, labels)).casefold()


def _named(actions: Iterable[Action]) -> str:
    return " and ".join(f"“{action.title}” ({HEADINGS[action.scope]})" for action in actions)


def _refusal(wish: Wish) -> str:
    """Return why an action can't have this key whatever else has it, or nothing."""
    alone = keymap({wish.action.id: wish.key})
    return "" if alone.keys[wish.action.id] == (wish.key,) else alone.problems[0]
