"""The text of an empty conversation: what this is, and three examples to try."""

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
    """Offers examples; the chosen one goes into the composer, to be edited or sent."""

    def compose(self) -> ComposeResult:
        """Yield what this is, and examples to choose."""
        yield Static(WHAT, id="what", markup=False)
        yield Static(TRY, id="try", markup=False)
        yield OptionList(*(Option(Content(f"› {example}")) for example in EXAMPLES), id="examples", compact=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(TextOffered(EXAMPLES[event.option_index]))
