"""`stats`: what is open and done, per day, project, tag and hour, with bars on a terminal."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import click

from kirotodo.client.commands.context import with_list
from kirotodo.client.commands.output import Styled, columns, mark, put, put_json
from kirotodo.client.commands.params import json_option
from kirotodo.core.domain.task import DayCount, TaskStats
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.core.text.width import fit, pad, width

DAYS_MAX: Final = 3660
PERIODS: Final = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
ROWS: Final = 14
"""Periods of more days are shown by week, and of more weeks as one line."""
NAMES: Final = 15
NAME_WIDTH: Final = 24
BAR_WIDTH: Final = 40
_SPARKS: Final = " ▁▂▃▄▅▆▇█"
_PLAIN_SPARKS: Final = " .:-=+*#@"


class _Period(click.ParamType[int]):
    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the days of a period. Fails where it is none."""
        text = str(value).strip().lower()
        if text in PERIODS:
            return PERIODS[text]
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= DAYS_MAX:
            self.fail(f"{value!r} isn't a period. Use {', '.join(PERIODS)} or a number of days.", param, ctx)
        return int(text)


@click.command(
    short_help="Show what you finished, per day, project and tag, and your streak.",
    epilog="""\b
Examples:
  kirotodo stats
  kirotodo stats --period month
  kirotodo stats --period 90 --json | jq '.days[].completed'""",
)
@click.option(
    "--period",
    "--days",
    "days",
    type=_Period(),
    default="week",
    metavar="PERIOD",
    help=f"Days up to today: {', '.join(PERIODS)} or a number. [default: week]",
)
@json_option
def stats(days: int, as_json: bool) -> None:
    """Show what is open, done and overdue, what you finished when, and how long your streak is."""
    counts = with_list(lambda backend: backend.stats(period_days=days))
    if as_json:
        put_json(counts)
    else:
        _put_counts(counts)
        _put_days(counts.days)
        _put_overdue(counts.days)
        _put_hours(counts.hours)
        _put_names(
            "Projects",
            [
                (f"+{each.project}" if each.project else "no project", each.pending, each.completed)
                for each in counts.projects
            ],
        )
        _put_names("Tags", [(f"#{each.tag}", each.pending, each.completed) for each in counts.tags])


def _put_counts(counts: TaskStats) -> None:
    put(f"pending    {counts.pending}" + (f"  ({counts.overdue} overdue)" if counts.overdue else ""))
    put(f"due today  {counts.due_today}")
    put(f"completed  {counts.completed} in {_days(counts.period_days)}")
    put(f"added      {counts.created} in {_days(counts.period_days)}")
    put(f"streak     {_days(counts.streak)}, the longest {_days(counts.best_streak)}")


def _put_days(days: Sequence[DayCount]) -> None:
    """Print a bar for each day, or for each week of a longer period; of many weeks one line."""
    if not any(each.completed for each in days):
        return
    by_week = len(days) > ROWS
    found = _weeks(days) if by_week else [(f"{each.day:%a} {_short(each.day)}", each.completed) for each in days]
    _head("Done per week" if by_week else "Done per day")
    if len(found) > ROWS:
        put(f"  {sparkline([number for _, number in found])}  {found[0][0]} to {found[-1][0]}")
        return
    most = max(number for _, number in found)
    for name, number in found:
        put(f"  {name}  {_bar(number, most, width(name) + 10)}{number}")


def _put_overdue(days: Sequence[DayCount]) -> None:
    """Print how many tasks were overdue on each day, or at the end of each week of a longer period."""
    known = [(each.day, each.overdue) for each in days if each.overdue is not None]
    if len(known) < 2 or not any(number for _, number in known):
        return
    by_week = len(known) > ROWS
    found = known[(len(known) - 1) % 7 :: 7] if by_week else known
    (first, before), (_, now_), (top, most) = found[0], found[-1], max(known, key=lambda each: each[1])
    _head("Overdue per week" if by_week else "Overdue per day")
    more = "as many as" if now_ == before else f"{abs(now_ - before)} {'more' if now_ > before else 'fewer'} than"
    put(f"  {sparkline([number for _, number in found])}  {now_} now, {more} on {first:%a} {_short(first).strip()}")
    if most > max(now_, before):
        put(f"  the most, {most}, on {top:%a} {_short(top).strip()}")


def _weeks(days: Sequence[DayCount]) -> list[tuple[str, int]]:
    """Return the counts of the weeks that end with the last day, under their first days."""
    first = len(days) % 7
    starts = ([0] if first else []) + list(range(first, len(days), 7))
    found = []
    for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
        found.append((_short(days[start].day), sum(each.completed for each in days[start:end])))
    return found


def _short(day: dt.date) -> str:
    return f"{day.day:>2} {day:%b}"


def _put_hours(hours: Sequence[int]) -> None:
    if not any(hours):
        return
    _head("Done by time of day")
    put(f"  {sparkline(hours)}  most around {max(range(len(hours)), key=lambda hour: hours[hour]):02}:00")
    put("  0     6     12    18")


def _put_names(heading: str, names: Sequence[tuple[str, int, int]]) -> None:
    if not names:
        return
    _head(heading)
    shown = [(sanitize_line(name), pending, done) for name, pending, done in names[:NAMES]]
    name_width = min(max(width(name) for name, _, _ in shown), NAME_WIDTH)
    for name, pending, done in shown:
        put(f"  {pad(fit(name, name_width), name_width)}  {pending} pending, {done} done")
    if len(names) > NAMES:
        put(f"  and {len(names) - NAMES} more")


def _head(text: str) -> None:
    put()
    put(Styled(text, bold=True))


def sparkline(numbers: Sequence[int]) -> str:
    """Return a mark for each number, as high as it is; none is blank."""
    most = max(numbers, default=0)
    marks = _SPARKS if mark("█", "") else _PLAIN_SPARKS
    return "".join(marks[-(-number * (len(marks) - 1) // most) if most else 0] for number in numbers)


def _bar(number: int, most: int, beside: int) -> str:
    """Return a bar with a space behind it, as long as fits beside the rest of its line; none in a pipe."""
    space = columns()
    if space is None or not number:
        return ""
    length = max(1, round(number / most * min(BAR_WIDTH, max(space - beside, 1))))
    return mark("█", "#") * length + " "


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
