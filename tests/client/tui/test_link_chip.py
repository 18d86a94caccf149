"""What the status chip says of the link to a server."""

import pytest

from kirotodo.client.tui.widgets.header import chip
from kirotodo.core.backend import Link, LinkChanged, Status
from kirotodo.core.domain.conversation import Usage

STATUS = Status(link="online", place="todo.example.com", model="m1", user="ada", pending=3)
LOCAL = Status(link="local", place="local", model="built-in", user="local", pending=3)


@pytest.mark.parametrize(
    ("link", "waiting", "seconds", "shown"),
    [
        ("online", 0, 0, "todo.example.com · m1 · 3 open"),
        ("online", 2, 0, "todo.example.com · m1 · 3 open"),
        ("reconnecting", 0, 0, "todo.example.com reconnecting · m1 · 3 open"),
        ("reconnecting", 2, 0, "todo.example.com reconnecting (2 pending) · m1 · 3 open"),
        ("offline", 1, 0, "todo.example.com offline (1 pending) · m1 · 3 open"),
        ("online", 0, 12, "todo.example.com busy, again in 12 s · m1 · 3 open"),
        ("offline", 0, 12, "todo.example.com offline · m1 · 3 open"),
    ],
)
def test_the_link_in_honest_words(link: Link, waiting: int, seconds: int, shown: str) -> None:
    change = LinkChanged(link=link, place="todo.example.com")
    assert chip(STATUS, Usage(), width=80, link=change, waiting=waiting, seconds=seconds).plain == shown


def test_before_anything_was_heard_of_the_list() -> None:
    lost = LinkChanged(link="reconnecting", place="todo.example.com")
    assert chip(None, Usage(), width=80, link=lost, waiting=1).plain == "todo.example.com reconnecting (1 pending)"
    good = LinkChanged(link="online", place="todo.example.com")
    assert chip(None, Usage(), width=80, link=good).plain == "opening…"
    assert chip(None, Usage(), width=80, refused=True, link=lost).plain == "not open"


def test_a_list_of_this_computer_has_no_link() -> None:
    assert chip(LOCAL, Usage(), width=80, waiting=2).plain == "local · built-in · 3 open"
    assert chip(LOCAL, Usage(), width=20, waiting=2).plain == "local · 3 open"


def test_a_status_that_knows_of_a_lost_link_does_without_news_of_it() -> None:
    lost = Status(link="offline", place="todo.example.com", model="m1", user="ada", pending=3)
    assert chip(lost, Usage(), width=80).plain == "todo.example.com offline · m1 · 3 open"
