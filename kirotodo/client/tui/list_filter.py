"""What is typed into the filter of the task pane: words, or the language of filters. No widget here.

Plain words match anywhere in a text, as one expects while typing. As soon as anything else is typed (`due:today`,
`!high`, `-#waiting`, brackets), the whole is a filter as in `kirotodo list`, read as far as days in a few words go:
a server would read them in any words, but not at every key.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, cast

from kirotodo.core.domain.task import Task
from kirotodo.core.errors import FilterError, InvalidInput
from kirotodo.core.text import folding
from kirotodo.core.text.dates import WEEKDAY_NAMES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kirotodo.core.domain.filters import Condition

_SYNTAX: Final = re.compile(r'[:!"()“”„]|(?:^|\s)-\S|(?:^|\s)(?:overdue|or|not|and)(?:\s|$)', re.IGNORECASE)
_NEAR: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WEEKS: Final = {"week": 0, "this week": 0, "next week": 1, "last week": -1}
_MONTHS: Final = {"month": 0, "this month": 0, "next month": 1, "last month": -1}


class ListFilter:
    """Says which tasks a text asks for, on a day in a zone. `trouble` says why it can't be read as a filter. What was
    read of the tasks for the filter `before` is used again: another one is made with every letter."""

    def __init__(self, text: str, *, today: date, zone: tzinfo | None, before: "ListFilter | None" = None) -> None:
        self.text = text.strip()
        self.trouble = ""
        self.today = today
        self._zone = zone
        self._condition = self._read() if _SYNTAX.search(self.text) else None
        words = folding.without_apostrophes(folding.fold(self.text)).split()
        self._words = [(word, *folding.joined(word)) for word in words]
        """Each word as the ways in which it may be written."""
        self._folded: dict[int, tuple[Task, str]] = {} if before is None else before._folded

    def __bool__(self) -> bool:
        """Return whether it leaves anything out."""
        return bool(self.text)

    def _read(self) -> "Condition | None":
        from kirotodo.core.domain.filter_parser import parse

        try:
            return parse(self.text, self._read_days)
        except FilterError as error:
            self.trouble = error.message
            return None

    def _read_days(self, words: str, *, past: bool, after: date | None) -> tuple[date, date]:
        named = " ".join(words.casefold().replace("-", " ").split())
        today = self.today
        if named in _NEAR:
            day = today + timedelta(days=_NEAR[named])
            return day, day
        if named in _WEEKS:
            monday = today - timedelta(days=today.weekday()) + timedelta(weeks=_WEEKS[named])
            return monday, monday + timedelta(days=6)
        if named in _MONTHS:
            return _month(today, _MONTHS[named])
        day = self._weekday(named, past=past, after=after or today) or self._date(words.strip())
        return day, day

    @staticmethod
    def _weekday(named: str, *, past: bool, after: date) -> date | None:
        for number, name in enumerate(WEEKDAY_NAMES):
            if len(named) >= 3 and name.casefold().startswith(named):
                ahead = (number - after.weekday()) % 7
                return after + timedelta(days=ahead - 7 if past and ahead else ahead)
        return None

    @staticmethod
    def _date(named: str) -> date:
        try:
            return date.fromisoformat(named)
        except ValueError:
            raise InvalidInput(f"“{named}” isn't a day here. Use today, friday, this week or 2026-11-27.") from None

    def holds(self, task: Task) -> bool:
        """Return whether the filter asks for the task."""
        if self._condition is not None:
            from kirotodo.core.domain.filters import TaskAt

            # Of a zone, it uses what every tzinfo can do.
            return TaskAt(task=task, today=self.today, zone=cast("ZoneInfo", self._zone)).holds(self._condition)
        return not self._words or _has(self._text_of(task), self._words)

    def _text_of(self, task: Task) -> str:
        known = self._folded.get(task.id)
        if known is None or known[0] is not task:
            known = self._folded[task.id] = (task, _searched(task))
        return known[1]


def _month(today: date, ahead: int) -> tuple[date, date]:
    """Return the first and the last day of the month that is so many months ahead."""
    months = today.year * 12 + today.month - 1 + ahead
    first, after = (date(count // 12, count % 12 + 1, 1) for count in (months, months + 1))
    return first, after - timedelta(days=1)


def _has(text: str, words: Sequence[Sequence[str]]) -> bool:
    return all(any(way in text for way in ways) for ways in words)


def _searched(task: Task) -> str:
    """Return the text in which words are looked for."""
    tags = " ".join(f"#{tag}" for tag in task.tags)
    text = folding.fold(f"{task.title} {task.notes} +{task.project or ''} {tags} {task.id}")
    return " ".join((text, *folding.joined(text)))
