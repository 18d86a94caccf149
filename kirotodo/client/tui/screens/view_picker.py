"""All views to choose from, the saved ones included: typing narrows them, enter shows one."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.messages import ViewChosen, ViewsLoaded
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.views import VIEWS, View, offered
from kirotodo.core.domain.view import View as SavedView
from kirotodo.core.errors import KirotodoError

PINNED = "★"
HOW = "kirotodo views add NAME FILTER saves one, --pinned puts it first."
NONE = "No view has such a name."


class ViewOptions(OptionList, can_focus=False, inherit_bindings=False):
    """Shows the views in lines; the keys are the screen's."""


class ViewPickerScreen(ModalScreen[None]):
    """Offers the views of the program, then the saved ones, as they are in the list now."""

    BINDINGS = bindings("views")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]

    class Fetched(Message):
        """The saved views are here."""

        def __init__(self, views: tuple[SavedView, ...]) -> None:
            super().__init__()
            self.views = views

    def __init__(self, saved: Sequence[SavedView], *, shown: str) -> None:
        super().__init__()
        self._saved = tuple(saved)
        self._shown = shown

    def compose(self) -> ComposeResult:
        """Yield the field to narrow the views with, the views, and a line on how to save one."""
        with Vertical(id="view-picker") as box:
            box.border_title = Content("views")
            box.border_subtitle = hints("views", keys=keys_of(self))
            field = Input(id="view-search", placeholder="a part of its name or filter", compact=True)
            field.cursor_blink = False
            yield field
            yield ViewOptions(id="view-list", compact=True, markup=False)
            yield Static(id="view-status", markup=False)

    def on_mount(self) -> None:
        """Show what is known, and ask for what was saved since."""
        self._renew(self._shown)
        self.query_one(Input).focus()
        self.run_worker(self._fetch(), group="views", exit_on_error=False)

    async def _fetch(self) -> None:
        try:
            views = await (await shell_of(self).core()).views()
        except KirotodoError:
            return  # a server that is away, or of an earlier release: those that are known are shown
        shell_of(self).post_to_chat(ViewsLoaded(views))
        self.post_message(self.Fetched(views))

    def on_view_picker_screen_fetched(self, message: Fetched) -> None:
        """Show the views as they are now."""
        message.stop()
        self._saved = message.views
        self._renew(self._chosen())

    def _chosen(self) -> str | None:
        options = self.query_one(ViewOptions)
        return options.highlighted_option.id if options.highlighted_option is not None else None

    def _renew(self, chosen: str | None) -> None:
        words = self.query_one(Input).value.casefold().split()
        options = self.query_one(ViewOptions)
        shown = [option for option in self._options() if all(word in option.prompt_text for word in words)]
        options.set_options([each.option for each in shown])
        usable = [index for index, each in enumerate(shown) if not each.option.disabled]
        here = next((index for index in usable if shown[index].option.id == chosen), None)
        options.highlighted = here if here is not None else usable[0] if usable else None
        self.call_after_refresh(options.scroll_to_highlight)
        self.query_one("#view-status", Static).update(HOW if shown else NONE)

    def _options(self) -> list["_Line"]:
        keys = keys_of(self)
        saved = {view.id: view for view, _ in offered(self._saved)}
        of_program = [_line(view, keys.label(view.action), "") for view in VIEWS]
        readable = iter([view for view in saved.values() if view not in VIEWS])
        lines = []
        for each in self._saved:
            if each.problem is not None:
                lines.append(_broken(each))
                continue
            view = next(readable)
            lines.append(_line(view, keys.label(view.action) if view.action else "", each.filter))
        return [*of_program, *lines]

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._renew(self._chosen())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_show()

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_show()

    def action_show(self) -> None:
        """Show the view under the cursor."""
        if (chosen := self._chosen()) is not None:
            shell_of(self).post_to_chat(ViewChosen(chosen))
            self.dismiss(None)

    def action_cursor_up(self) -> None:
        """Go to the view above."""
        self.query_one(ViewOptions).action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go to the view below."""
        self.query_one(ViewOptions).action_cursor_down()

    def action_close(self) -> None:
        """Close, and leave the view that is shown."""
        self.dismiss(None)


class _Line:
    """An option, and the text that is searched."""

    def __init__(self, option: Option, text: str) -> None:
        self.option = option
        self.prompt_text = text.casefold()


def _line(view: View, key: str, filter: str) -> _Line:
    text = Content.assemble(
        (f"{key:>2} ", "$accent"),
        f"{PINNED if view.pinned else ' '} ",
        line(view.title),
        "  ",
        line(filter, "$text-muted"),
    )
    return _Line(Option(text, id=view.id), f"{view.title} {filter}")


def _broken(view: SavedView) -> _Line:
    text = Content.assemble("     ", line(view.name), "  ", line(f"{view.filter}: {view.problem}", "$error"))
    return _Line(Option(text, disabled=True), f"{view.name} {view.filter}")
