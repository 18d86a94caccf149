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

    DEFAULT_CSS = """
    FirstRun {
        height: auto;
        padding: 1 2;
        & > Static { height: auto; }
        & > #what { color: $foreground; }
        & > #try { color: $text-muted; padding: 1 0 0 0; }
        & > #examples { border: none; padding: 0; background: transparent; height: auto; width: 1fr; }
        & > #examples:focus { border: none; }
        & > #examples > .option-list--option, & > #examples > .option-list--option-highlighted {
            color: $accent;
            background: transparent;
            text-style: none;
        }
        & > #examples:focus > .option-list--option-highlighted {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(WHAT, id="what", markup=False)
        yield Static(TRY, id="try", markup=False)
        yield OptionList(*(Option(Content(f"› {example}")) for example in EXAMPLES), id="examples", compact=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(TextOffered(EXAMPLES[event.option_index]))
