"""Statistics as lines of content at a width: what is open, what was done on which day, and the streak. No widget here.

Nothing hangs on colour: the fuller a mark, the more was done.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from textual.content import Content

from kirotodo.client.tui.plain import fill, one_line, steady
from kirotodo.core.domain.task import TaskStats
from kirotodo.core.text.dates import MONTH_NAMES, WEEKDAY_NAMES

WEEKS_MAX: Final = 53
DAYS: Final = 14
"""Days that have a bar each."""
NAMES: Final = 8
"""Projects and tags that are shown, each."""
LEVELS: Final = "·░▒▓█"
"""Marks of a day by how much was done, from nothing to as much as ever."""
SPARKS: Final = " ▁▂▃▄▅▆▇█"
FULL: Final = "█"
EMPTY: Final = "░"
BAR_MAX: Final = 40
LABEL: Final = 12
"""Cells of the name of a day before its bar."""
TWO_COLUMNS: Final = 84
"""Columns from which there are two beside each other."""
GAP: Final = 4
NOTHING_YET: Final = "Nothing is done yet. What you complete from now on is counted here."


def counts(stats: TaskStats) -> list[Content]:
    """Return what is open, and the streak."""
    number = Content.styled
    pieces = [Content.assemble(number(f"{stats.pending:,}", "bold"), " open")]
    if stats.overdue:
        pieces.append(Content.styled(f"{stats.overdue:,} overdue", "$error bold"))
    pieces.append(Content.assemble(number(f"{stats.due_today:,}", "bold"), " due today"))
    today = stats.days[-1].completed if stats.days else 0
    pieces.append(Content.assemble(number(f"{today:,}", "bold $success"), " done today"))
    streak = Content.assemble(
        number(_days(stats.streak), "bold $accent"), " in a row with something done", (", the longest ", "$text-muted")
    )
    return [Content(" · ").join(pieces), Content.assemble(streak, number(_days(stats.best_streak), "$text-muted"))]


def day_bars(stats: TaskStats, width: int) -> list[Content]:
    """Return a bar for each of the latest days, the latest one first."""
    days = list(stats.days[-DAYS:])
    most = max((each.completed for each in days), default=0)
    room = max(1, min(BAR_MAX, width - LABEL - 5))
    lines = [head("Done per day")]
    for each in reversed(days):
        length = round(room * each.completed / most) if most else 0
        length = max(1, length) if each.completed else 0
        name = f"{WEEKDAY_NAMES[each.day.weekday()][:3]} {each.day.day:>2} {MONTH_NAMES[each.day.month - 1][:3]}"
        lines.append(
            Content.assemble(
                (f"{name:<{LABEL}}", "$text-muted" if each.day.weekday() < 5 else "$text-disabled"),
                (FULL * length, "$success"),
                f" {each.completed}" if each.completed else ("·", "$text-disabled"),
            )
        )
    return lines


def weeks_for(width: int) -> int:
    """Return how many weeks of the heat strip fit into a width."""
    return max(1, min(WEEKS_MAX, (width - 4) // 2))


def heat_strip(stats: TaskStats, width: int) -> list[Content]:
    """Return the days as a strip of weeks, a column for each week and a row for each weekday, the months under it."""
    if not stats.days:
        return []
    last, done = stats.days[-1].day, {each.day: each.completed for each in stats.days}
    monday = last - timedelta(days=last.weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(weeks_for(width) - 1, -1, -1)]
    weeks = [week for week in weeks if week + timedelta(days=6) >= stats.days[0].day]
    most = max((count for day, count in done.items() if day >= weeks[0]), default=0)
    total = sum(count for day, count in done.items() if day >= weeks[0])
    title = f"The last {len(weeks)} weeks" if len(weeks) > 1 else "This week"
    lines = [Content.assemble(head(title), (f"  {total:,} done", "$text-muted"))]
    for weekday in range(7):
        cells = [_cell(week + timedelta(days=weekday), done, most) for week in weeks]
        lines.append(Content.assemble((f"{WEEKDAY_NAMES[weekday][:3]} ", "$text-muted"), *cells))
    lines.append(Content.styled(f"    {_months(weeks)}".rstrip(), "$text-muted"))
    return lines


def _cell(day: date, done: dict[date, int], most: int) -> Content:
    count = done.get(day)
    if count is None:
        return Content("  ")
    level = level_of(count, most)
    return Content.styled(LEVELS[level] * 2, "$success") if level else Content.styled(f"{LEVELS[0]} ", "$text-disabled")


def level_of(count: int, most: int) -> int:
    """Return how much of the most a count is: 0 for nothing, 4 for the most."""
    return 0 if count <= 0 else max(1, -(-4 * count // max(most, 4)))


def _months(weeks: Sequence[date]) -> str:
    """Return the names of the months under the weeks that begin in them, where there is room for the name."""
    cells = [" "] * (2 * len(weeks) + 3)
    free = 0
    for index, week in enumerate(weeks):
        begins = week.day <= 7
        if begins and 2 * index >= free:
            cells[2 * index : 2 * index + 3] = MONTH_NAMES[week.month - 1][:3]
            free = 2 * index + 4
    return "".join(cells)


def hours(stats: TaskStats) -> list[Content]:
    """Return at which time of day tasks are completed."""
    most = max(stats.hours, default=0)
    if not most:
        return []
    marks = "".join(SPARKS[-(-count * (len(SPARKS) - 1) // most)] for count in stats.hours)
    best = max(range(len(stats.hours)), key=lambda hour: stats.hours[hour])
    heading = Content.assemble(head("Done by time of day"), (f"  most around {best:02}:00", "$text-muted"))
    return [heading, Content.styled(marks.rstrip(), "$accent"), Content.styled("0     6     12    18", "$text-muted")]


def names(stats: TaskStats, width: int) -> list[Content]:
    """Return what of each project and tag is done, those with most tasks first."""
    projects = [(f"+{each.project}" if each.project else "no project", each) for each in stats.projects]
    lines = _names("Projects", [(name, each.completed, each.pending) for name, each in projects], width)
    tags = _names("Tags", [(f"#{each.tag}", each.completed, each.pending) for each in stats.tags], width)
    return [*lines, *([Content()] if lines and tags else []), *tags]


def _names(heading: str, found: Sequence[tuple[str, int, int]], width: int) -> list[Content]:
    if not found:
        return []
    shown = sorted(found, key=lambda each: -(each[1] + each[2]))[:NAMES]
    column = min(18, max(6, width // 3))
    room = max(4, min(20, width - column - 20))
    lines = [head(heading)]
    for name, done, pending in shown:
        filled = round(room * done / (done + pending)) if done + pending else 0
        lines.append(
            Content.assemble(
                fill(steady(one_line(name)), column),
                " ",
                (FULL * filled, "$success"),
                (EMPTY * (room - filled), "$text-disabled"),
                (f" {done:,} of {done + pending:,}", "$text-muted"),
            ).truncate(max(1, width))
        )
    if len(found) > NAMES:
        lines.append(Content.styled(f"and {len(found) - NAMES} more", "$text-muted"))
    return lines


def head(text: str) -> Content:
    """Return the head of a section."""
    return Content.styled(text, "bold $primary")


def _days(count: int) -> str:
    return f"{count:,} day" if count == 1 else f"{count:,} days"


def sheet(stats: TaskStats, width: int) -> list[Content]:
    """Return everything, in two columns where there is room for them."""
    if not stats.completed and not stats.best_streak:
        return _stacked([counts(stats), [Content(NOTHING_YET)], names(stats, width)], width)
    if width < TWO_COLUMNS:
        return _stacked(
            [counts(stats), day_bars(stats, width), heat_strip(stats, width), hours(stats), names(stats, width)], width
        )
    left = width // 2 - GAP
    right = width - left - GAP
    beside = _beside(day_bars(stats, left), _joined([hours(stats), names(stats, right)]), left)
    return _stacked([counts(stats), heat_strip(stats, width), beside], width)


def _joined(sections: Sequence[list[Content]]) -> list[Content]:
    lines: list[Content] = []
    for section in sections:
        if section:
            lines += [*([Content()] if lines else []), *section]
    return lines


def _stacked(sections: Sequence[list[Content]], width: int) -> list[Content]:
    return [part for line in _joined(sections) for part in (line.wrap(width) if line.cell_length > width else [line])]


def _beside(left: list[Content], right: list[Content], width: int) -> list[Content]:
    rows = max(len(left), len(right))
    lefts = [*left, *[Content()] * (rows - len(left))]
    rights = [*right, *[Content()] * (rows - len(right))]
    return [
        Content.assemble(one, " " * max(0, width - one.cell_length + GAP), other)
        for one, other in zip(lefts, rights, strict=True)
    ]
