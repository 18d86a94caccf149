"""The statistics: what is open, what was done on which day, and the streak; asked for anew each time it opens."""

import logging

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.plain import plain
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.statistics import WEEKS_MAX, sheet
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.domain.task import TaskStats
from kirotodo.core.errors import KirotodoError
from kirotodo.core.lazy_dataclasses import dataclass

LOADING = "Counting…"
log = logging.getLogger(__name__)


class StatisticsText(TextLines, can_focus=False):
    """Draws the statistics at the width it has."""

    def __init__(self) -> None:
        super().__init__(id="statistics-text")
        self._shown: TaskStats | Content = Content.styled(LOADING, "$text-muted")

    def show(self, shown: TaskStats | Content) -> None:
        """Show counts, or a sentence instead."""
        self._shown = shown
        self.renew()

    def make_lines(self, width: int) -> list[Content]:
        """Return the statistics at this width."""
        return sheet(self._shown, width) if isinstance(self._shown, TaskStats) else self._shown.wrap(width)


class StatisticsScreen(ModalScreen[None]):
    """Shows the statistics on a sheet to scroll through."""

    BINDINGS = bindings("statistics")

    @dataclass
    class Counted(Message):
        """The counts are here, or the sentence that says why they are not."""

        stats: TaskStats | None
        refusal: str = ""

    def compose(self) -> ComposeResult:
        """Yield the sheet."""
        with VerticalScroll(id="statistics") as box:
            box.border_title = Content("statistics")
            box.border_subtitle = hints("statistics", keys=keys_of(self))
            yield StatisticsText()

    def on_mount(self) -> None:
        """Ask for the counts."""
        self.action_refresh()

    def action_refresh(self) -> None:
        """Count anew."""
        self.run_worker(self._count(), group="count", exclusive=True, exit_on_error=False)

    async def _count(self) -> None:
        try:
            backend = await shell_of(self).core()
            self.post_message(self.Counted(await backend.stats(period_days=7 * WEEKS_MAX)))
        except KirotodoError as error:
            self.post_message(self.Counted(None, error.message))
        except Exception as error:
            log.exception("The statistics could not be loaded.")
            self.post_message(self.Counted(None, f"The statistics could not be loaded ({type(error).__name__})."))

    def on_statistics_screen_counted(self, message: Counted) -> None:
        """Show the counts."""
        message.stop()
        self.query_one(StatisticsText).show(message.stats or plain(message.refusal, "$error"))

    def action_close(self) -> None:
        """Close the statistics."""
        self.dismiss(None)
