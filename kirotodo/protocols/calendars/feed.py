"""A calendar to look at: open tasks that have a time of day, as events, since calendars show no tasks."""

import datetime as dt
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from kirotodo.core.domain.calendar import CalendarObject
from kirotodo.core.domain.recurrence import counts_hours
from kirotodo.core.domain.rule import without_exceptions
from kirotodo.core.domain.task import PAGE_MAX, Page, TaskFilter
from kirotodo.protocols.calendars.content_lines import Component, legal, parse
from kirotodo.protocols.calendars.vtodo import PRODUCT

TIMED: Final = TaskFilter(
    status="pending", steps="show", scheduled="show", due_from=dt.date(1, 1, 1), sort="created-asc"
)
MINUTES: Final = 30
"""How long an event is whose task has no length."""


class FeedBackend(Protocol):
    """What of a user's backend a feed is made of."""

    @property
    def zone(self) -> ZoneInfo: ...

    async def calendar_page(
        self, where: TaskFilter = ..., *, limit: int = 50, cursor: str | None = None
    ) -> Page[CalendarObject]: ...


async def written_feed(backend: FeedBackend) -> bytes:
    """Return the calendar of a list."""
    calendar = Component(
        "VCALENDAR",
        [
            "VERSION:2.0",
            f"PRODID:{PRODUCT}",
            "METHOD:PUBLISH",
            "X-WR-CALNAME:kirotodo",
            f"X-WR-TIMEZONE:{backend.zone.key}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        ],
        list(_zone_described(backend.zone)),
    )
    cursor: str | None = None
    while True:
        page = await backend.calendar_page(TIMED, limit=PAGE_MAX, cursor=cursor)
        calendar.children += [_event(found, backend.zone) for found in page.items if found.task.due_time is not None]
        cursor = page.next
        if cursor is None:
            return calendar.text().encode()


def _event(found: CalendarObject, zone: ZoneInfo) -> Component:
    from icalendar.prop import vText

    task = found.task
    assert task.due_date is not None
    assert task.due_time is not None
    lines = [
        f"UID:{legal(found.uid)}-event",
        f"DTSTAMP:{task.updated_at:%Y%m%dT%H%M%SZ}",
        f"LAST-MODIFIED:{task.updated_at:%Y%m%dT%H%M%SZ}",
        f"DTSTART{_zone_parameter(zone)}:{dt.datetime.combine(task.due_date, task.due_time):%Y%m%dT%H%M%S}{_utc(zone)}",
        f"DURATION:PT{task.duration or MINUTES}M",
        f"SUMMARY:{legal(vText(task.title).to_ical().decode())}",
        f"TRANSP:{'TRANSPARENT' if task.duration is None else 'OPAQUE'}",
    ]
    if task.notes:
        lines.append(f"DESCRIPTION:{legal(vText(task.notes).to_ical().decode())}")
    if task.recurrence is not None and task.recurs_from == "schedule" and not counts_hours(task.recurrence):
        rule, left_out = without_exceptions(task.recurrence)
        lines.append(f"RRULE:{_rule(rule, zone)}")
        lines += [
            f"EXDATE{_zone_parameter(zone)}:{dt.datetime.combine(day, task.due_time):%Y%m%dT%H%M%S}{_utc(zone)}"
            for day in left_out
        ]
    return Component("VEVENT", lines)


def _zone_parameter(zone: ZoneInfo) -> str:
    return "" if zone.key == "UTC" else f";TZID={zone.key}"


def _utc(zone: ZoneInfo) -> str:
    return "Z" if zone.key == "UTC" else ""


def _rule(rule: str, zone: ZoneInfo) -> str:
    """Return a rule whose end is a moment in UTC, as the start of an event is one in a zone (RFC 5545, 3.3.10)."""
    head, mark, until = rule.partition("UNTIL=")
    if not mark:
        return rule
    day, rest = until[:8], until[8:]
    last = dt.datetime.strptime(f"{day}235959", "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(dt.UTC)
    return f"{head}UNTIL={last:%Y%m%dT%H%M%SZ}{rest}"


@lru_cache(maxsize=64)
def _zone_described(zone: ZoneInfo) -> tuple[Component, ...]:
    """Return the description of a zone, which a calendar needs that names it."""
    if zone.key == "UTC":
        return ()
    from icalendar import Timezone

    described = Timezone.from_tzinfo(zone, zone.key)
    return tuple(parse(f"BEGIN:VCALENDAR\r\n{described.to_ical().decode()}END:VCALENDAR\r\n").children)
