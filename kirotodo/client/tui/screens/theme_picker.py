"""The themes to choose from; the one under the cursor is shown at once, and esc brings the one before back."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui import themes
from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.plain import line, plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.task_list import DONE, OPEN

FEW_COLOURS = "This terminal has few colours, or NO_COLOR is set, so its own are used."
HOW = "Themes of your own are files of colours: see docs/usage.md, “Themes”."


class ThemeList(OptionList, inherit_bindings=False):
    """Shows the themes in lines; the keys are the screen's."""


class ThemePickerScreen(ModalScreen[None]):
    """Stands in a corner, so that the chat shows what a theme looks like."""

    BINDINGS = bindings("themes")

    def __init__(self) -> None:
        super().__init__()
        self._before = ""
        self._names: list[str] = []

    def compose(self) -> ComposeResult:
        """Yield the themes, a sample of the colours, and a line for what could not be read."""
        with Vertical(id="themes") as box:
            box.border_title = Content("themes")
            box.border_subtitle = hints("themes", keys=keys_of(self))
            yield ThemeList(id="theme-list", compact=True, markup=False)
            yield Static(_sample(), id="theme-sample")
            yield Static(id="theme-status", markup=False)

    def on_mount(self) -> None:
        """Read the themes of the user's own, and go to the one that is used."""
        problems = shell_of(self).load_themes()
        self._before, self._names = self.app.theme, themes.choices(self.app)
        shown = self.query_one(ThemeList)
        shown.set_options([Option(line(themes.title(name))) for name in self._names])
        shown.highlighted = self._names.index(self._before) if self._before in self._names else 0
        shown.focus()
        few = themes.few_colours(self.app)
        text = FEW_COLOURS if few else "\n".join(problems) or HOW
        self.query_one("#theme-status", Static).update(plain(text, "$error" if problems and not few else "$text-muted"))

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.app.theme = self._names[event.option_index]

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        """Use the theme."""
        shell_of(self).set_theme(self.app.theme)
        self.dismiss(None)

    def action_close(self) -> None:
        """Use the theme that was used before."""
        self.app.theme = self._before
        self.dismiss(None)

    def action_cursor_up(self) -> None:
        """Go to the theme above."""
        self.query_one(ThemeList).action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go to the theme below."""
        self.query_one(ThemeList).action_cursor_down()


def _sample() -> Content:
    return Content("\n").join(
        [
            Content.assemble((f"{OPEN} ", "$error"), "pay rent ", ("+home ", "$project-0"), ("3 days late", "$error")),
            Content.assemble((f"{OPEN} ", "$primary"), "call Ann ", ("+work ", "$project-2"), ("17:00", "$warning")),
            Content.assemble(
                (f"{DONE} ", "$success"), ("feed the cat", "$text-muted strike"), (" #pets", "$text-muted")
            ),
        ]
    )
