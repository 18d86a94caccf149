"""What is meant where people differ. A module of its own, since every edit has preferences and few read words."""

import datetime as dt
from typing import Literal

import msgspec


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """Where people differ, what is meant.

    `next_weekday`: "next friday" is the friday of the coming calendar week ("week"), or the first one after today
    ("first"). `bare_hour_from`: a bare "at 5" is the next such hour not before this hour of the day (so 17:00), in
    hours. `weekend` is the day that "this weekend" begins; `end_of_day`, `morning` … are local times. `day_first`
    reads 3/4 as 3 April. `remind_before` is how many minutes before a time of day to remind where nothing was said.
    """

    next_weekday: Literal["week", "first"] = "week"
    bare_hour_from: int = 7
    weekend: Literal["friday", "saturday"] = "saturday"
    week_start: Literal["monday", "sunday"] = "monday"
    day_first: bool = False
    morning: dt.time = dt.time(9)
    noon: dt.time = dt.time(12)
    afternoon: dt.time = dt.time(15)
    evening: dt.time = dt.time(18)
    night: dt.time = dt.time(20)
    end_of_day: dt.time = dt.time(17)
    remind_before: int | None = None
