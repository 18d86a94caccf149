"""What an empty conversation shows: what this is, and three things to try. No dialog."""

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.messages import TextOffered

WHAT: Final = "A to-do list you talk to. Write what there is to do, in your own words."
TRY: Final = "To try, choose one and send it:"
EXAMPLES: Final = (
    "add milk, eggs and bread to shopping",
    "every other friday at 9 water the plants",
    "what is due this week?",
)


class FirstRun(Vertical):
    """Examples to choose; the chosen one is offered to the composer, to be changed or sent."""

    def compose(self) -> ComposeResult:
        yield Static(WHAT, id="what", markup=False)
        yield Static(TRY, id="try", markup=False)
        yield OptionList(*(Option(Content(f"› {example}")) for example in EXAMPLES), id="examples", compact=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(TextOffered(EXAMPLES[event.option_index]))
