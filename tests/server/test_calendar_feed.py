"""The address of a calendar: what has a time of day, as events, for whoever has the address until it is revoked."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx2
import icalendar

from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.server.calendar_client import app_password
from tests.server.serving import NO_TLS, Served, served


def http(server: Served) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url)


async def test_what_has_a_time_of_day_is_an_event(server: Served) -> None:
    backend = server.core.of("1")
    for fields in (
        {"title": "Dentist, then; lunch", "notes": "Bring\nthe card", "due": "2026-12-04 17:00", "duration": 45},
        {"title": "Standup", "due": "2026-12-07 09:00", "recurrence": "every weekday until 2026-12-31"},
        {"title": "Filter", "due": "2026-12-08 10:00", "recurrence": "every month from completion"},
        {"title": "Some day", "due": "2026-12-05"},
        {"title": "Never"},
        {"title": "Done", "due": "2026-12-04 18:00"},
    ):
        await backend.add_task(fields)  # type: ignore[arg-type]
    await backend.complete_tasks([6])
    await backend.skip_tasks([2], on="9 dec")
    token = await app_password(server, "work", scope="feed")
    async with http(server) as client:
        answer = await client.get(f"/calendar/{token}.ics")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        same = await client.get(f"/calendar/{token}.ics", headers={"If-None-Match": answer.headers["ETag"]})
        assert (same.status_code, same.content) == (304, b"")
    calendar: Any = icalendar.Calendar.from_ical(answer.text)
    events = {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}
    assert set(events) == {"Dentist, then; lunch", "Standup", "Filter"}
    dentist = events["Dentist, then; lunch"]
    assert dentist["DTSTART"].dt.astimezone(UTC) == datetime(2026, 12, 4, 16, tzinfo=UTC)
    assert (dentist["DURATION"].dt.total_seconds(), str(dentist["DESCRIPTION"])) == (2700, "Bring\nthe card")
    assert events["Standup"]["RRULE"]["UNTIL"] == [datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)]
    assert [each.dt.date() for each in events["Standup"]["EXDATE"].dts] == [date(2026, 12, 9)]
    assert "RRULE" not in events["Filter"]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Vienna"]
    assert {len(line.encode()) <= 75 for line in answer.text.split("\r\n")} == {True}


async def test_a_feed_opens_what_is_its_users_and_only_to_look_at(server: Served) -> None:
    await server.core.of("1").add_task({"title": "Secret", "due": "2026-12-04 17:00"})
    feed = await app_password(server, "feed", scope="feed", user_id="2")
    others = [await app_password(server, name, scope=name) for name in ("all", "calendar")]
    async with http(server) as client:
        own = await client.get(f"/calendar/{feed}.ics")
        assert (own.status_code, "Secret" in own.text) == (200, False)
        first = await app_password(server, "first", scope="feed")
        forged = (*others, "", "x", first[:-1] + "x", feed.replace("kcf_Mg", "kcf_MQ"), "a" * 2000, "%00", "..%2f..")
        for token in forged:
            answer = await client.get(f"/calendar/{token}.ics")
            assert answer.status_code == 404, token
            assert "Secret" not in answer.text
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await client.request(method, f"/calendar/{first}.ics")).status_code == 405


async def test_a_revoked_feed_is_gone_at_once(server: Served) -> None:
    token = await app_password(server, "feed", scope="feed")
    async with http(server) as client, server.client("1") as person:
        assert (await client.get(f"/calendar/{token}.ics")).status_code == 200
        await person.delete("/tokens/feed")
        assert (await client.get(f"/calendar/{token}.ics")).status_code == 404


async def test_a_feed_is_in_the_zone_of_its_user(settings: Settings) -> None:
    async with served(create_app(settings)) as server:
        for zone in ("UTC", "America/New_York"):
            async with server.client("1") as person:
                made = await person.get("/tasks", headers={"X-Timezone": zone})
                assert made.status_code == 200
            token = await app_password(server, zone.replace("/", "-"), scope="feed")
            await server.core.of("1").add_task({"title": zone, "due": "2026-12-04 17:00"})
            async with http(server) as client:
                text = (await client.get(f"/calendar/{token}.ics")).text
            starts = set(re.findall(r"DTSTART\S*20261204\S*", text))
            assert starts == {STARTS[zone]}


STARTS: Final = {
    "UTC": "DTSTART:20261204T170000Z",
    "America/New_York": "DTSTART;TZID=America/New_York:20261204T170000",
}
