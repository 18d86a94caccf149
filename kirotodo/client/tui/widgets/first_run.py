"""An empty conversation: the day and what it holds, as tasks to tick, and three examples to try."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Final

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.messages import TextOffered
from kirotodo.client.tui.plain import line
from kirotodo.client.tui.widgets.task_list import order
from kirotodo.core.domain.task import Task
from kirotodo.core.text.dates import MONTH_NAMES, WEEKDAY_NAMES

WHAT: Final = "A to-do list you talk to. Write what there is to do, in your own words."
TRY: Final = "To try, choose one and send it:"
EXAMPLES: Final = (
    "add milk, eggs and bread to shopping",
    "every other friday at 9 water the plants",
    "what is due this week?",
)
"""For an empty list."""
ASK: Final = "You could ask:"
QUESTIONS: Final = (
    "plan my day",
    "move everything overdue to tomorrow",
    "what did I get done this week?",
)
"""For a list with tasks."""
ROWS: Final = 6
"""Tasks of each kind that are shown; the others are counted."""
_HELLO: Final = ((5, "Hello"), (12, "Good morning"), (18, "Good afternoon"), (24, "Good evening"))


def hello(now: datetime) -> Content:
    """Return `Good morning · Tuesday 24 November`."""
    words = next(words for until, words in _HELLO if now.hour < until)
    return Content.assemble(
        (words, "bold"), (f" · {WEEKDAY_NAMES[now.weekday()]} {now.day} {MONTH_NAMES[now.month - 1]}", "$text-muted")
    )


def greeting(tasks: Iterable[Task], now: datetime) -> Content:
    """Return what the day holds, such as `1 overdue · 3 for today · next 15:30 dentist`."""
    still_open = [task for task in tasks if not task.completed]
    if not still_open:
        return Content()
    today = now.date()
    late = sum(task.due_date is not None and task.due_date < today for task in still_open)
    due = [task for task in still_open if task.due_date == today]
    ahead = [(task.due_time, task.id, task) for task in due if task.due_time is not None and task.due_time > now.time()]
    pieces = [Content.styled(f"{late} overdue", "$error")] if late else []
    pieces.append(Content(f"{len(due)} for today" if due else "nothing is due today"))
    if ahead:
        at, _, task = min(ahead, key=lambda each: each[:2])
        pieces.append(Content.assemble("next ", (f"{at:%H:%M}", "$warning"), " ", line(task.title)))
    return Content(" · ").join(pieces)


class Examples(OptionList):
    """Lists the examples; from the first one `up` goes on to what stands above."""

    def action_cursor_up(self) -> None:
        """Go to the example above."""
        if not self.highlighted:
            raise SkipAction
        super().action_cursor_up()


class FirstRun(Vertical):
    """Shows the day; the tasks in it can be worked as everywhere, and a chosen example goes into the composer."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: dict[str, list[int]] = {}
        self._offered: tuple[str, ...] = EXAMPLES

    def compose(self) -> ComposeResult:
        """Yield the day, what this is, and examples to choose."""
        yield Static(id="hello", markup=False)
        yield Static(id="day", markup=False)
        yield Vertical(id="late")
        yield Vertical(id="today")
        yield Static(WHAT, id="what", markup=False)
        yield Static(TRY, id="try", markup=False)
        yield Examples(*_options(EXAMPLES), id="examples", compact=True)

    def greet(self, tasks: Iterable[Task], clock: Callable[[], datetime]) -> None:
        """Show what there is to do today; nothing on an empty list, where the examples say enough."""
        now, known = clock(), list(tasks)
        words = greeting(known, now)
        for part, text in (("#hello", hello(now)), ("#day", words)):
            self.query_one(part, Static).update(text)
            self.query_one(part).display = bool(words)
        self.query_one("#what").display = not words
        self._offer(QUESTIONS if words else EXAMPLES)
        today = now.date()
        self._list("late", "Overdue", [task for task in known if _due(task) < today], clock)
        self._list("today", "Today", [task for task in known if _due(task) == today], clock)

    def _offer(self, examples: tuple[str, ...]) -> None:
        if examples != self._offered:
            self._offered = examples
            self.query_one("#try", Static).update(ASK if examples is QUESTIONS else TRY)
            listed = self.query_one(Examples)
            listed.set_options(_options(examples))
            listed.highlighted = 0

    def _list(self, part: str, heading: str, tasks: list[Task], clock: Callable[[], datetime]) -> None:
        """Show the tasks of a part; those that were done here stay in their place until there are others."""
        before = self._shown.get(part, [])
        kept = [task for task in tasks if not task.completed or task.id in before]
        kept.sort(key=order)
        from kirotodo.client.tui.task_cards import Listing
        from kirotodo.client.tui.widgets.task_card import TaskCard

        self._shown[part] = [task.id for task in kept]
        listing = Listing(tasks=tuple(kept[:ROWS]), total=len(kept))
        box = self.query_one(f"#{part}", Vertical)
        box.set_class(bool(kept), "-filled")
        cards = box.query(TaskCard)
        if not kept:
            box.remove_children()
        elif cards:
            cards.first().put(listing)
        else:
            head = Static(heading, classes="head-late" if part == "late" else "head", markup=False)
            box.mount(head, TaskCard(listing, now=clock))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(TextOffered(self._offered[event.option_index]))


def _due(task: Task) -> date:
    return task.due_date or date.max


def _options(examples: Iterable[str]) -> list[Option]:
    return [Option(Content(f"› {example}")) for example in examples]
