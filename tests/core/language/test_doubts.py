"""What is never done at once, because something in the text speaks against it."""

import datetime as dt
from typing import Final

import pytest

from kirotodo.core.language.context import Context, TaskView
from kirotodo.core.language.types import Add, Complete, Delete, Update
from kirotodo.core.language.understand import understand

NOW: Final = dt.datetime(2026, 3, 4, 9)  # noqa: DTZ001
CONTEXT: Final = Context(
    tasks=(
        TaskView(id=1, title="repair fence", due_date=dt.date(2026, 3, 4)),
        TaskView(id=2, title="tax return", due_date=dt.date(2026, 3, 9)),
        TaskView(id=3, title="phone Aunt Vera"),
        TaskView(id=4, title="read manual"),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "friday looks packed",
        "thursday works",
        "perhaps tomorrow",
        "sunday maybe",
        "enough for now",
        "nothing more today",
        "hang on, I only painted half of it",
        "shift the tax return to the tuesday after",
        "leave the fence for tomorrow",
        "leave the rest for friday",
        "half of the tax return is finished",
        "once the fence is repaired I can rest",
        "if the fence is repaired we can get a dog",
        "I tried to phone Aunt Vera",
        "I've almost repaired the fence",
        "I moved the tax return",
        "all done",
        "finished for today",
    ],
)
def test_a_text_that_something_speaks_against_changes_nothing(text: str) -> None:
    actions = understand(text, now=NOW, context=CONTEXT).actions
    unmoved = [a for a in actions if isinstance(a, Add | Complete | Delete)]
    assert not unmoved, actions


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I've repaired the fence", Complete),
        ("the tax return is finished", Complete),
        ("phoned Aunt Vera", Complete),
        ("move the tax return to friday", Update),
        ("repair the gate on saturday", Add),
        ("move the sofa with Ned on saturday", Add),
        ("add paint instead", Add),
    ],
)
def test_what_nothing_speaks_against_is_done(text: str, kind: type) -> None:
    (action,) = understand(text, now=NOW, context=CONTEXT).actions
    assert isinstance(action, kind)
