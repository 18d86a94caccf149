"""A recurrence under construction, and the words that several of its readers share."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from kirotodo.core.domain.rule import Freq, Rule, ordered, ordered_days
from kirotodo.core.language.names import WEEKDAYS
from kirotodo.core.language.spans import Context, word_set
from kirotodo.core.language.times import Part, part_time

WORKDAYS: Final = (0, 1, 2, 3, 4)

EVERY: Final = word_set("every each ev evry everyday")

GROUPS: Final = {
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "workday": WORKDAYS,
    "workdays": WORKDAYS,
    "weekend": (5, 6),
    "weekends": (5, 6),
}

PLURALS: Final = {word + "s": day for word, day in WEEKDAYS.items() if word.endswith("day")} | {
    word + "s": WEEKDAYS[word] for word in ("mon", "wed", "fri", "sat", "sun") if word + "s" not in WEEKDAYS
}

LIST_MARKS: Final = word_set("and & , + or /")


@dataclass
class Draft:
    """A rule under construction. `holes` are tokens within it that say when it starts, which is no part of a rule."""

    freq: Freq | None = None
    interval: int = 1
    days: list[tuple[int, int]] = field(default_factory=list)
    monthdays: list[int] = field(default_factory=list)
    months: list[int] = field(default_factory=list)
    yeardays: list[int] = field(default_factory=list)
    weeks: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    times: list[dt.time] = field(default_factory=list)
    part: Part | None = None
    count: int | None = None
    until: dt.date | None = None
    completion: bool = False
    holes: list[int] = field(default_factory=list)

    @property
    def dayless(self) -> bool:
        return not (self.days or self.monthdays or self.yeardays or self.positions)

    def rule(self, ctx: Context) -> Rule:
        times = self.times or ([part_time(self.part, ctx.preferences)] if self.part else [])
        times = [time for time in times if time.minute == times[0].minute]
        return Rule(
            freq=self._freq(),
            interval=self.interval,
            bymonth=ordered(self.months),
            byweekno=ordered(self.weeks),
            byyearday=ordered(self.yeardays),
            bymonthday=ordered(self.monthdays),
            byday=ordered_days(self.days),
            byhour=ordered([time.hour for time in times]),
            byminute=(times[0].minute,) if times else (),
            bysetpos=ordered(self.positions),
            count=self.count,
            until=self.until if self.count is None else None,
        )

    def _freq(self) -> Freq:
        numbered = any(nth for nth, _ in self.days) or bool(self.monthdays) or bool(self.positions)
        if self.freq is None or (self.freq in ("DAILY", "WEEKLY") and (numbered or self.weeks or self.yeardays)):
            if self.months or self.weeks or self.yeardays:
                return "YEARLY"
            if numbered:
                return "MONTHLY"
            return "WEEKLY" if self.days else self.freq or "DAILY"
        if self.freq == "DAILY" and self.days and self.interval == 1:
            return "WEEKLY"
        if self.freq == "MONTHLY" and self.months and not self.dayless and self.interval == 1:
            return "YEARLY"
        return self.freq
