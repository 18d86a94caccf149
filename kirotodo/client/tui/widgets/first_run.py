"""The text of an empty conversation: the day in a line, what this is, and three examples to try."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.messages import TextOffered
from kirotodo.client.tui.plain import line
from kirotodo.core.domain.task import Task
from kirotodo.core.text.dates import describe_day

WHAT: Final = "A to-do list you talk to. Write what there is to do, in your own words."
TRY: Final = "To try, choose one and send it:"
EXAMPLES: Final = (
    "add milk, eggs and bread to shopping",
    "every other friday at 9 water the plants",
    "what is due this week?",
)


def greeting(tasks: Iterable[Task], now: datetime) -> Content:
    """Return the day and what it holds, such as `Tue 24 Nov · 1 overdue · 3 for today · next 15:30 dentist`."""
    still_open = [task for task in tasks if not task.completed]
    if not still_open:
        return Content()
    today = now.date()
    late = sum(task.due_date is not None and task.due_date < today for task in still_open)
    due = [task for task in still_open if task.due_date == today]
    ahead = [(task.due_time, task.id, task) for task in due if task.due_time is not None and task.due_time > now.time()]
    pieces = [Content.styled(describe_day(today, today=today), "bold")]
    if late:
        pieces.append(Content.styled(f"{late} overdue", "$error"))
    pieces.append(Content(f"{len(due)} for today" if due else "nothing is due today"))
    if ahead:
        at, _, task = min(ahead, key=lambda each: each[:2])
        pieces.append(Content.assemble("next ", (f"{at:%H:%M}", "$warning"), " ", line(task.title)))
    return Content(" · ").join(pieces)


class FirstRun(Vertical):
    """Offers examples; the chosen one goes into the composer, to be edited or sent."""

    def compose(self) -> ComposeResult:
        """Yield the day, what this is, and examples to choose."""
        yield Static(id="day", markup=False)
        yield Static(WHAT, id="what", markup=False)
        yield Static(TRY, id="try", markup=False)
        yield OptionList(*(Option(Content(f"› {example}")) for example in EXAMPLES), id="examples", compact=True)

    def greet(self, tasks: Iterable[Task], now: datetime) -> None:
        """Say what there is to do today; nothing on an empty list, where the examples say enough."""
        day = self.query_one("#day", Static)
        words = greeting(tasks, now)
        day.update(words)
        day.display = bool(words)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(TextOffered(EXAMPLES[event.option_index]))
