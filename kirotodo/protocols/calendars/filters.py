"""Filters of `calendar-query` (RFC 4791, 9.7), asked of one task."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kirotodo.core.errors import InvalidInput
from kirotodo.protocols.calendars.content_lines import Component, Property, parse, read_property
from kirotodo.protocols.calendars.dav_xml import CALDAV
from kirotodo.protocols.calendars.vtodo import Reader

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ALWAYS: Final = (dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC))


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A time from `start` on and before `end`."""

    start: dt.datetime
    end: dt.datetime

    def holds(self, moment: dt.datetime) -> bool:
        """Return whether a moment is in it."""
        return self.start <= moment < self.end


class CalendarFilter:
    """A filter. Raises `InvalidInput` where it cannot be read."""

    def __init__(self, given: "Element | None", zone: ZoneInfo) -> None:
        self._zone = zone
        self._calendar = None if given is None else given.find(f"{CALDAV}comp-filter")
        if given is not None and (self._calendar is None or self._calendar.get("name", "").upper() != "VCALENDAR"):
            raise InvalidInput("A filter has to begin with the component VCALENDAR.")
        self._check(self._calendar)

    def _check(self, part: "Element | None") -> None:
        for each in () if part is None else part.iter(f"{CALDAV}time-range"):
            _range_of(each)

    @property
    def is_everything(self) -> bool:
        """Return whether every task passes, so that none has to be asked."""
        parts = [] if self._calendar is None else list(self._calendar)
        return not parts or (
            len(parts) == 1
            and parts[0].tag == f"{CALDAV}comp-filter"
            and parts[0].get("name", "").upper() == "VTODO"
            and not list(parts[0])
        )

    def passes(self, text: str) -> bool:
        """Return whether a calendar passes."""
        if self._calendar is None:
            return True
        calendar = parse(text)
        return _Question(calendar, self._zone).component(calendar, self._calendar)


class _Question:
    def __init__(self, calendar: Component, zone: ZoneInfo) -> None:
        self._reader = Reader(calendar, zone)
        self._zone = zone

    def component(self, found: Component, asked: "Element") -> bool:
        """Return whether a component passes a `comp-filter` that is about its name."""
        for part in asked:
            match part.tag.removeprefix(CALDAV):
                case "comp-filter":
                    passes = self._children(found, part)
                case "prop-filter":
                    passes = self._property(found, part)
                case "time-range":
                    passes = found.name != "VTODO" or self._is_within(found, _range_of(part))
                case _:
                    passes = True
            if not passes:
                return False
        return True

    def _children(self, found: Component, asked: "Element") -> bool:
        children = list(found.within(asked.get("name", "").upper()))
        if asked.find(f"{CALDAV}is-not-defined") is not None:
            return not children
        return any(self.component(child, asked) for child in children)

    def _property(self, found: Component, asked: "Element") -> bool:
        name = asked.get("name", "").upper()
        properties = [each for line in found.all(name) if (each := read_property(line)) is not None]
        if asked.find(f"{CALDAV}is-not-defined") is not None:
            return not properties
        return any(all(self._part(each, part) for part in asked) for each in properties)

    def _part(self, found: Property, asked: "Element") -> bool:
        match asked.tag.removeprefix(CALDAV):
            case "text-match":
                return _matches(found.text, asked)
            case "time-range":
                moment = self._instant(self._reader.value(found))
                return moment is not None and _range_of(asked).holds(moment)
            case "param-filter":
                value = found.params.get(asked.get("name", "").upper())
                if asked.find(f"{CALDAV}is-not-defined") is not None:
                    return value is None
                return value is not None and all(_matches(value, part) for part in asked)
            case _:
                return True

    def _is_within(self, todo: Component, wanted: TimeRange) -> bool:
        """Return whether a task is within a time, as the table in section 9.9 says."""
        start, due, length = self._moment(todo, "DTSTART"), self._moment(todo, "DUE"), self._length(todo)
        if start is not None and length is not None:
            end = start + length
            return wanted.start <= end and (wanted.end > start or wanted.end >= end)
        if start is not None and due is not None:
            return (wanted.start < due or wanted.start <= start) and (wanted.end > start or wanted.end >= due)
        if start is not None:
            return wanted.start <= start < wanted.end
        if due is not None:
            return wanted.start < due <= wanted.end
        done, made = self._moment(todo, "COMPLETED"), self._moment(todo, "CREATED")
        if done is not None and made is not None:
            return (wanted.start <= made or wanted.start <= done) and (wanted.end >= made or wanted.end >= done)
        if done is not None:
            return wanted.start <= done <= wanted.end
        return made is None or wanted.end > made

    def _length(self, todo: Component) -> dt.timedelta | None:
        return self._reader.length(todo, "DURATION")

    def _moment(self, todo: Component, name: str) -> dt.datetime | None:
        return self._instant(self._reader.moment(todo, name))

    def _instant(self, moment: dt.date | None) -> dt.datetime | None:
        return self._reader.instant(moment)


def _matches(value: str, asked: "Element") -> bool:
    if asked.tag != f"{CALDAV}text-match":
        return True
    wanted = asked.text or ""
    if asked.get("collation", "i;ascii-casemap") != "i;octet":
        value, wanted = value.casefold(), wanted.casefold()
    return (wanted in value) != (asked.get("negate-condition") == "yes")


def _range_of(asked: "Element") -> TimeRange:
    start, end = (_utc(asked.get(name), otherwise) for name, otherwise in zip(("start", "end"), _ALWAYS, strict=True))
    return TimeRange(start, end)


def _utc(value: str | None, otherwise: dt.datetime) -> dt.datetime:
    if value is None:
        return otherwise
    try:
        return dt.datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        raise InvalidInput("A time-range is given in UTC, such as 20261127T170000Z.") from None
