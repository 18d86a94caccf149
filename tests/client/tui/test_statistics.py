"""The statistics: what is done per day, the streak, the strip of weeks; at any width, and without colours."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.tui.screens.statistics import StatisticsScreen
from kirotodo.client.tui.statistics import LEVELS, NOTHING_YET, day_bars, heat_strip, level_of, sheet
from kirotodo.core.domain.task import DayCount, ProjectCount, TagCount, TaskStats
from kirotodo.core.errors import Unreachable
from tests.client.tui.chat_host import backend_of, chatting
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, TODAY, task


def counted(*done: int, last: date = TODAY, **values: object) -> TaskStats:
    days = [
        DayCount(day=last - timedelta(days=len(done) - 1 - at), completed=n, created=0) for at, n in enumerate(done)
    ]
    given = {"pending": 6, "overdue": 1, "due_today": 2, "streak": 2, "best_streak": 9, **values}
    return TaskStats(period_days=len(done), completed=sum(done), created=0, days=tuple(days), **given)  # type: ignore[arg-type]


def text(stats: TaskStats, width: int) -> str:
    return "\n".join(line.plain for line in sheet(stats, width))


def test_each_of_the_latest_days_has_a_bar_as_long_as_what_was_done() -> None:
    lines = [line.plain for line in day_bars(counted(0, 4, 1, 2), 29)]
    assert lines == [
        "Done per day",
        "Tue 24 Nov  ██████ 2",
        "Mon 23 Nov  ███ 1",
        f"Sun 22 Nov  {'█' * 12} 4",
        "Sat 21 Nov  ·",
    ]


def test_the_strip_has_a_column_for_each_week_and_ends_with_today() -> None:
    lines = [line.plain for line in heat_strip(counted(*[0] * 12, 1, 4), 60)]
    assert lines[0] == "The last 3 weeks  5 done"
    assert [line[:4] for line in lines[1:8]] == ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
    assert lines[1] == "Mon   · ░░"  # yesterday, and the Monday before it; the one before that is not counted
    assert lines[2] == "Tue   · ██"
    assert lines[7] == "Sun · ·   "


def test_how_full_a_mark_is_says_how_much_without_colours() -> None:
    assert [level_of(count, 8) for count in (0, 1, 2, 3, 4, 8)] == [0, 1, 1, 2, 2, 4]
    assert [level_of(count, 1) for count in (0, 1)] == [0, 1]
    assert len(set(LEVELS)) == 5


def test_what_is_open_and_the_streak_come_first_and_names_are_shown_as_they_are() -> None:
    stats = counted(
        2,
        1,
        projects=(ProjectCount(project="[/] home", pending=1, completed=3),),
        tags=(TagCount(tag="x", pending=1, completed=0),),
    )
    shown = text(stats, 100)
    assert shown.startswith("6 open · 1 overdue · 2 due today · 1 done today\n2 days in a row")
    assert "the longest 9 days" in shown
    assert "+[/] home" in shown
    assert "3 of 4" in shown


def test_a_list_where_nothing_is_done_says_so() -> None:
    assert NOTHING_YET in text(counted(0, 0, streak=0, best_streak=0), 80)


@given(
    st.lists(st.integers(0, 30), max_size=400),
    st.integers(1, 220),
    st.lists(st.sampled_from(HOSTILE), max_size=3),
    st.lists(st.integers(0, 5), min_size=24, max_size=24) | st.just([]),
)
def test_it_can_be_drawn_at_any_width(done: list[int], width: int, names: list[str], hours: list[int]) -> None:
    projects = tuple(ProjectCount(project=name, pending=2, completed=1) for name in names)
    stats = counted(*done, projects=projects, hours=tuple(hours))
    assert all(line.cell_length <= max(width, 30) for line in sheet(stats, width))


async def test_the_screen_shows_the_counts_of_the_list_counts_anew_and_closes() -> None:
    done = [task(30 + back, completed_at=NOW - timedelta(days=back)) for back in range(3)]
    backend = backend_of(tasks=(*SAMPLE, *done))
    async with chatting(backend, size=(120, 40)) as chat:
        await chat.press("ctrl+l", "S")
        await chat.until(lambda: isinstance(chat.app.screen, StatisticsScreen))
        await chat.wait_for("3 days in a row", "6 open", "1 overdue", "Done per day", "Tue 24 Nov")
        await backend.complete_tasks([14])
        await chat.press("r")
        await chat.wait_for("5 open", "2 done today")
        backend.break_down("stats", Unreachable("The server can't be reached."))
        await chat.press("r")
        await chat.wait_for("The server can't be reached.")
        await chat.press("S")
        await chat.until(lambda: chat.app.screen is chat.screen)
        await chat.press("i")
        await chat.say("/stats")
        await chat.wait_for("3 days in a row")
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
