"""Tasks over CalDAV, as phones and other programs ask for them: over a real socket."""

import re
from collections.abc import AsyncIterator
from datetime import date, time
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from kirotodo.core.domain.history import ChangeSelection
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.protocols.calendars.content_lines import legal
from kirotodo.server.app import create_app
from tests.protocols.test_vtodo import BY_HAND
from tests.server.calendar_client import (
    CALDAV,
    DAV,
    PROPERTIES,
    CalendarClient,
    Sync,
    app_password,
    basic,
    signed_in,
    todo,
    value_of,
)
from tests.server.serving import NO_TLS, Served, served, settings_in

EVERYTHING: Final = TaskFilter(status="all", steps="show", scheduled="show")


@pytest.fixture
async def phone(server: Served) -> AsyncIterator[CalendarClient]:
    async with signed_in(server) as client:
        yield client


async def only_task(server: Served) -> Any:
    (task,) = (await server.core.of("1").tasks(EVERYTHING)).items
    return task


# --- discovery ---


async def test_a_program_finds_its_calendar_from_the_name_of_the_server(phone: CalendarClient) -> None:
    for method in ("GET", "PROPFIND", "OPTIONS"):
        moved = await phone.ask(method, "/.well-known/caldav")
        assert (moved.status_code, moved.headers["Location"]) == (301, "/dav/")
    root = await phone.propfind("/dav/", "<D:current-user-principal/><D:resourcetype/>")
    principal = value_of(root, f"{DAV}current-user-principal").findtext(f"{DAV}href")
    assert principal == phone.home
    of_user = await phone.propfind(principal, "<C:calendar-home-set/><C:calendar-user-address-set/>")
    home = value_of(of_user, f"{CALDAV}calendar-home-set").findtext(f"{DAV}href")
    listed = await phone.propfind(home, "<D:resourcetype/><D:displayname/><CS:getctag/>", depth="1")
    calendars = [
        each.findtext(f"{DAV}href")
        for each in listed.iter(f"{DAV}response")
        if each.find(f".//{DAV}resourcetype/{CALDAV}calendar") is not None
    ]
    assert calendars == [phone.calendar]


async def test_the_calendar_says_what_it_can(phone: CalendarClient) -> None:
    asked = (
        "<C:supported-calendar-component-set/><D:supported-report-set/><D:current-user-privilege-set/><D:sync-token/>"
        "<C:max-resource-size/><A:calendar-color/><D:quota-available-bytes/><x:mine xmlns:x='urn:x'/>"
    )
    found = await phone.propfind("", asked)
    assert [each.get("name") for each in found.iter(f"{CALDAV}comp")] == ["VTODO"]
    reports = {part.tag for each in found.iter(f"{DAV}report") for part in each}
    assert reports == {f"{CALDAV}calendar-multiget", f"{CALDAV}calendar-query", f"{DAV}sync-collection"}
    missing = next(each for each in found.iter(f"{DAV}propstat") if "404" in (each.findtext(f"{DAV}status") or ""))
    (prop,) = missing.iter(f"{DAV}prop")
    assert [each.tag for each in prop] == [f"{DAV}quota-available-bytes", "{urn:x}mine"]
    for path in ("", "/dav/", phone.home):
        names = elements_of(await phone.ask("PROPFIND", path, '<propfind xmlns="DAV:"><propname/></propfind>', ZERO))
        usual = elements_of(await phone.ask("PROPFIND", path, "", ZERO))
        assert usual <= names
        assert f"{DAV}resourcetype" in usual


ZERO: Final = {"Depth": "0"}


def elements_of(answer: httpx2.Response) -> set[str]:
    from xml.etree import ElementTree

    assert answer.status_code == 207, answer.text
    return {part.tag for each in ElementTree.fromstring(answer.content).iter(f"{DAV}prop") for part in each}


async def test_options_name_the_protocol_to_anybody(server: Served, phone: CalendarClient) -> None:
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url) as stranger:
        for client in (stranger, phone.http):
            for path in ("/dav/", phone.calendar, f"{phone.calendar}a.ics"):
                answer = await client.options(path)
                assert answer.status_code == 200
                assert "calendar-access" in answer.headers["DAV"]
                assert {"PROPFIND", "REPORT"} <= set(answer.headers["Allow"].split(", "))


# --- tasks ---


async def test_what_a_phone_stores_is_a_task(server: Served, phone: CalendarClient) -> None:
    text = todo(
        "one",
        *("DUE;TZID=Europe/Vienna:20261204T170000", "PRIORITY:1", "CATEGORIES:errand,+Home"),
        *("DESCRIPTION:two litres\\, and\\nbread", "X-APPLE-SORT-ORDER:7"),
    )
    made = await phone.put("a.ics", text, If_None_Match="*")
    assert made.status_code == 201
    task = await only_task(server)
    assert (task.title, task.due_date, task.due_time) == ("Milk", date(2026, 12, 4), time(17))
    assert (task.priority, task.project, task.tags) == ("high", "Home", ("errand",))
    assert task.notes == "two litres, and\nbread"
    assert await phone.get("a.ics") == text
    head = await phone.ask("HEAD", "a.ics")
    assert (head.headers["ETag"], head.content) == (made.headers["ETag"], b"")


async def test_a_task_of_the_list_is_a_todo(server: Served, phone: CalendarClient) -> None:
    backend = server.core.of("1")
    await backend.add_task(
        {"title": "Pay, rent; now", "due": "2026-12-01 09:30", "recurrence": "every month", "priority": "medium"}
    )
    await backend.update_tasks([1], {"remind": "10 minutes before", "tags": ["a,b"], "duration": 45, "project": "Home"})
    text = await phone.get("kirotodo-1.ics")
    for line in (
        *("SUMMARY:Pay\\, rent\\; now", "DUE:20261201T093000", "DTSTART:20261201T093000", "RRULE:FREQ=MONTHLY"),
        *("PRIORITY:5", "CATEGORIES:+Home,a\\,b", "STATUS:NEEDS-ACTION", "ESTIMATED-DURATION:PT45M"),
        "TRIGGER;RELATED=END:-PT10M",
    ):
        assert f"\r\n{line}\r\n" in text


@pytest.mark.parametrize("time", ["", " 09:30"])
async def test_an_occurrence_that_is_left_out_is_left_out_on_both_sides(
    server: Served, phone: CalendarClient, time: str
) -> None:
    backend = server.core.of("1")
    await backend.add_task({"title": "Gym", "due": f"2026-12-04{time}", "recurrence": "every friday"})
    await backend.skip_tasks([1], on="11 dec")
    text = await phone.get("kirotodo-1.ics")
    assert ("\r\nEXDATE:20261211T093000\r\n" if time else "\r\nEXDATE;VALUE=DATE:20261211\r\n") in text
    assert "\r\nRRULE:FREQ=WEEKLY;BYDAY=FR\r\n" in text
    assert (await phone.put("kirotodo-1.ics", text.replace("20261211", "20261218"))).status_code == 204
    assert (await backend.task(1)).recurrence == "FREQ=WEEKLY;BYDAY=FR;EXDATE=20261218"


async def test_only_what_a_phone_changed_is_changed(server: Served, phone: CalendarClient) -> None:
    backend = server.core.of("1")
    await backend.add_task({"title": "Pay", "due": "2026-12-01 09:30", "recurrence": "every month from completion"})
    before = await backend.task(1)
    text = (await phone.get("kirotodo-1.ics")).replace("SUMMARY:Pay", "SUMMARY:Pay rent")
    assert (await phone.put("kirotodo-1.ics", text)).status_code == 204
    after = await backend.task(1)
    changed = {name for name in ("title", "due_date", "due_time", "recurrence", "recurs_from", "remind_at") if
               getattr(before, name) != getattr(after, name)}  # fmt: skip
    assert changed == {"title"}


async def test_a_change_here_leaves_what_only_the_phone_knows(server: Served, phone: CalendarClient) -> None:
    lines = ("LOCATION:Shop", "DUE;VALUE=DATE:20261204", "X-APPLE-SORT-ORDER:7", "RELATED-TO;RELTYPE=SIBLING:z")
    alarms = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", "X-WR-ALARMUID:q", "END:VALARM")
    await phone.put("a.ics", todo("one", *lines, "X-LONG:" + "ä" * 200, *alarms))
    await server.core.of("1").update_tasks([1], {"title": "Oat milk", "due": "2026-12-05"})
    text = (await phone.get("a.ics")).replace("\r\n ", "")
    for line in (*lines[:1], *lines[2:], *alarms, "SUMMARY:Oat milk", "DUE;VALUE=DATE:20261205", "X-LONG:" + "ä" * 200):
        assert f"\r\n{line}\r\n" in text
    assert "Milk" not in text.replace("Oat milk", "")


async def test_done_on_the_phone_is_done(server: Served, phone: CalendarClient) -> None:
    await phone.put("a.ics", todo("one", "DUE;VALUE=DATE:20261204", "RRULE:FREQ=WEEKLY"))
    done = todo("one", "DUE;VALUE=DATE:20261204", "RRULE:FREQ=WEEKLY", "STATUS:COMPLETED", "COMPLETED:20261204T090000Z")
    assert (await phone.put("a.ics", done)).status_code == 204
    tasks = {task.id: task for task in (await server.core.of("1").tasks(EVERYTHING)).items}
    assert (tasks[1].completed, tasks[2].due_date) == (True, date(2026, 12, 11))
    assert await phone.get("a.ics") == done
    assert "DUE;VALUE=DATE:20261211" in await phone.get("kirotodo-2.ics")


async def test_an_occurrence_that_is_done_by_a_component_of_its_own_is_done(
    server: Served, phone: CalendarClient
) -> None:
    series = ("DTSTART;VALUE=DATE:20261204", "RRULE:FREQ=WEEKLY")
    await phone.put("a.ics", todo("one", *series))
    override = "\r\nBEGIN:VTODO\r\nUID:one\r\nRECURRENCE-ID;VALUE=DATE:20261204\r\nSTATUS:COMPLETED\r\nEND:VTODO"
    text = todo("one", *series).replace("\r\nEND:VCALENDAR", f"{override}\r\nEND:VCALENDAR")
    assert (await phone.put("a.ics", text)).status_code == 204
    tasks = {task.id: task for task in (await server.core.of("1").tasks(EVERYTHING)).items}
    assert (tasks[1].completed, tasks[2].due_date) == (True, date(2026, 12, 11))


async def test_subtasks_are_steps(server: Served, phone: CalendarClient) -> None:
    await phone.put("step.ics", todo("step", "RELATED-TO:main"))
    await phone.put("main.ics", todo("main"))
    assert (await server.core.of("1").task(1)).parent_id == 2
    await server.core.of("1").add_task({"title": "Other step", "parent_id": 2})
    assert "\r\nRELATED-TO:main\r\n" in await phone.get("kirotodo-3.ics")
    await phone.put("step.ics", todo("step"))
    assert (await server.core.of("1").task(1)).parent_id is None


async def test_alarms_are_reminders(server: Served, phone: CalendarClient) -> None:
    def alarm(trigger: str) -> tuple[str, ...]:
        return ("BEGIN:VALARM", "ACTION:DISPLAY", trigger, "END:VALARM")

    due = "DUE;TZID=Europe/Vienna:20261204T170000"
    await phone.put("a.ics", todo("one", due, *alarm("TRIGGER;RELATED=END:-PT15M")))
    task = await only_task(server)
    assert (task.remind_before, str(task.remind_at)) == (15, "2026-12-04 15:45:00+00:00")
    await phone.put("a.ics", todo("one", due, *alarm("TRIGGER;VALUE=DATE-TIME:20261203T080000Z")))
    task = await only_task(server)
    assert (task.remind_before, str(task.remind_at)) == (None, "2026-12-03 08:00:00+00:00")
    await phone.put("a.ics", todo("one", due))
    task = await only_task(server)
    assert (task.remind_before, task.remind_at) == (None, None)


# --- conditions ---


async def test_an_edit_that_has_not_seen_a_change_is_refused(server: Served, phone: CalendarClient) -> None:
    tag = (await phone.put("a.ics", todo("one"))).headers["ETag"]
    assert (await phone.put("a.ics", todo("one"), If_None_Match="*")).status_code == 412
    await server.core.of("1").update_tasks([1], {"title": "Bread"})
    assert (await phone.put("a.ics", todo("one", summary="Wine"), If_Match=tag)).status_code == 412
    assert (await phone.ask("DELETE", "a.ics", headers={"If-Match": tag})).status_code == 412
    assert (await only_task(server)).title == "Bread"
    now = (await phone.ask("GET", "a.ics")).headers["ETag"]
    assert (await phone.ask("GET", "a.ics", headers={"If-None-Match": now})).status_code == 304
    assert (await phone.put("a.ics", todo("one", summary="Wine"), If_Match=now)).status_code == 204
    assert (await phone.ask("DELETE", "a.ics", headers={"If-Match": "*"})).status_code == 204
    assert (await phone.ask("GET", "a.ics")).status_code == 404
    assert (await phone.ask("DELETE", "a.ics")).status_code == 404
    assert (await phone.put("a.ics", todo("one"), If_Match="*")).status_code == 412


async def test_a_tag_is_answered_only_where_the_very_bytes_are_kept(phone: CalendarClient) -> None:
    assert "ETag" in (await phone.put("a.ics", todo("one"))).headers
    assert "ETag" not in (await phone.put("b.ics", todo("two").replace("\r\n", "\n"))).headers
    assert await phone.get("b.ics") == todo("two")


# --- reports ---


async def test_changes_follow_a_token(server: Served, phone: CalendarClient) -> None:
    for name in "abc":
        await phone.put(f"{name}.ics", todo(name))
    first = await phone.sync()
    assert sorted(first.found) == ["a.ics", "b.ics", "c.ics"]
    assert (await phone.sync(first.token)).found == {}
    await phone.ask("DELETE", "b.ics")
    await server.core.of("1").update_tasks([3], {"title": "Bread"})
    await server.core.of("1").add_task({"title": "New"})
    second = await phone.sync(first.token)
    assert (sorted(second.found), second.gone) == (["c.ics", "kirotodo-4.ics"], ["b.ics"])
    assert "SUMMARY:Bread" in second.found["c.ics"]
    await server.core.of("1").undo(groups=1)
    third = await phone.sync(second.token)
    assert (third.found, third.gone) == ({}, ["kirotodo-4.ics"])


async def test_a_program_may_ask_for_a_part_of_the_changes(phone: CalendarClient) -> None:
    for number in range(5):
        await phone.put(f"{number}.ics", todo(str(number)))
    names: list[str] = []
    token, cut = "", True
    while cut:
        part = await phone.sync(token, "<D:limit><D:nresults>2</D:nresults></D:limit>")
        names += part.found
        token, cut = part.token, part.is_cut
    assert sorted(names) == [f"{number}.ics" for number in range(5)]
    assert (await phone.sync(token)).found == {}


@pytest.mark.parametrize(
    "token", ["urn:kirotodo:sync:99:Europe%2FVienna", "urn:kirotodo:sync:0:UTC", "x", "urn:kirotodo:sync:-1"]
)
async def test_a_token_that_is_not_of_this_list_is_refused(phone: CalendarClient, token: str) -> None:
    answer = await phone.report("D:sync-collection", f"<D:sync-token>{token}</D:sync-token>{PROPERTIES}")
    assert answer.status_code == 403
    assert "valid-sync-token" in answer.text


async def test_several_tasks_are_got_at_once(phone: CalendarClient, server: Served) -> None:
    await phone.put("a b&c.ics".replace(" ", "%20").replace("&", "%26"), todo("one"))
    hrefs = (
        f"{phone.calendar}a%20b%26c.ics",
        f"{phone.calendar}none.ics",
        f"{server.base_url}/dav/2/tasks/a.ics",
        "//[",
        "/",
    )
    inside = PROPERTIES + "".join(f"<D:href>{href}</D:href>" for href in hrefs)
    answer = await phone.report("C:calendar-multiget", inside)
    assert answer.status_code == 207
    found = Sync(answer.content)
    assert (list(found.found.values()), len(found.gone)) == ([todo("one").replace("\r\n", "\n")], 4)


QUERIES: Final = {
    "": "abcd",
    '<C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter>': "acd",
    '<C:prop-filter name="STATUS"><C:text-match negate-condition="yes">COMPLETED</C:text-match></C:prop-filter>': "",
    '<C:prop-filter name="SUMMARY"><C:text-match>MILK</C:text-match></C:prop-filter>': "abc",
    '<C:prop-filter name="SUMMARY"><C:text-match collation="i;octet">MILK</C:text-match></C:prop-filter>': "",
    '<C:prop-filter name="UID"><C:text-match collation="i;octet">a</C:text-match></C:prop-filter>': "a",
    '<C:prop-filter name="DUE"/>': "acd",
    '<C:time-range start="20261204T000000Z" end="20261205T000000Z"/>': "a",
    '<C:time-range start="20261206T000000Z"/>': "cd",
    '<C:time-range end="20261204T150000Z"/>': "b",
    '<C:prop-filter name="DUE"><C:time-range start="20261204T155959Z" end="20261204T160001Z"/></C:prop-filter>': "a",
    '<C:prop-filter name="DUE"><C:param-filter name="TZID"><C:is-not-defined/></C:param-filter></C:prop-filter>': "cd",
    '<C:prop-filter name="DUE"><C:param-filter name="TZID"><C:text-match>vienna</C:text-match></C:param-filter>'
    "</C:prop-filter>": "a",
    '<C:comp-filter name="VALARM"/>': "d",
    '<C:comp-filter name="VALARM"><C:is-not-defined/></C:comp-filter>': "abc",
}


async def test_a_query_finds_what_its_filter_says(phone: CalendarClient) -> None:
    await phone.put("a.ics", todo("a", "DUE;TZID=Europe/Vienna:20261204T170000"))
    await phone.put("b.ics", todo("b", "STATUS:COMPLETED", "COMPLETED:20261120T100000Z"))
    await phone.put("c.ics", todo("c", "DUE;VALUE=DATE:20261208", "DTSTART;VALUE=DATE:20261207"))
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", "END:VALARM")
    await phone.put("d.ics", todo("d", "DUE:20261210T100000Z", *alarm, summary="Bread"))
    found = {filters: "".join(name[0] for name in await phone.query(filters)) for filters in QUERIES}
    assert found == QUERIES


async def test_a_list_is_read_whole_however_long_it_is(server: Served, phone: CalendarClient) -> None:
    from kirotodo.core.domain.task import TaskDraft

    await server.core.of("1").import_tasks([TaskDraft(title=f"Task {number}") for number in range(450)])
    listed = await phone.propfind("", "<D:getetag/>", depth="1")
    assert len(list(listed.iter(f"{DAV}response"))) == 451
    assert len((await phone.sync()).found) == 450


async def test_hostile_tasks_are_stored_and_come_back_as_they_were(server: Served, phone: CalendarClient) -> None:
    texts = {f"{place}.ics": legal(todo(str(place), *lines)) for place, lines in enumerate(BY_HAND.values())}
    for name, text in texts.items():
        assert (await phone.put(name, text)).status_code == 201, name
        assert await phone.get(name) == text
    found = await phone.sync()
    assert found.found == {name: text.replace("\r\n", "\n") for name, text in texts.items()}
    titles = [found.task.title for found in (await server.core.of("1").calendar_page(EVERYTHING, limit=200)).items]
    assert len(titles) == len(texts)
    for name in texts:  # a change here leaves every one of them readable
        (seen,) = await server.core.of("1").calendar_objects([name])
        await server.core.of("1").update_tasks([seen.task.id], {"priority": "low", "notes": "changed here"})
    assert all("changed here" in text for text in (await phone.sync(found.token)).found.values())


# --- what is refused ---


REFUSED: Final[dict[str, tuple[str, str]]] = {
    "an event": (todo().replace("VTODO", "VEVENT"), "supported-calendar-component"),
    "no calendar": ("hello", "valid-calendar-data"),
    "nothing": ("", "valid-calendar-data"),
    "not closed": (todo().replace("END:VTODO\r\n", ""), "valid-calendar-data"),
    "no UID": (todo("").replace("UID:\r\n", ""), "valid-calendar-data"),
    "two UIDs": (todo("one", "END:VTODO", "BEGIN:VTODO", "UID:two"), "valid-calendar-data"),
    "a long UID": (todo("u" * 300), "valid-calendar-object-resource"),
    "nested deeply": (todo("one", *["BEGIN:X"] * 100, *["END:X"] * 100), "valid-calendar-data"),
    "too large": (todo("one", "X-BIG:" + "x" * 140_000), "max-resource-size"),
    "another UID": (todo("other"), "no-uid-conflict"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_task_is_refused(server: Served, phone: CalendarClient, what: str) -> None:
    await phone.put("a.ics", todo("one"))
    text, condition = REFUSED[what]
    answer = await phone.put("a.ics", text)
    assert (answer.status_code, condition in answer.text) == (403, True), answer.text
    assert (await only_task(server)).title == "Milk"
    assert await phone.get("a.ics") == todo("one")


async def test_a_uid_is_stored_once(phone: CalendarClient) -> None:
    await phone.put("a.ics", todo("one"))
    answer = await phone.put("b.ics", todo("one"))
    assert (answer.status_code, "no-uid-conflict" in answer.text) == (403, True)


BOMB: Final = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE: Final = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">'])
async def test_xml_with_entities_or_document_types_is_refused(phone: CalendarClient, head: str) -> None:
    for method, tag in (("PROPFIND", "propfind"), ("REPORT", "sync-collection"), ("PROPPATCH", "propertyupdate")):
        body = f'{head}<{tag} xmlns="DAV:"><prop><getetag>&a;&b;</getetag></prop></{tag}>'
        answer = await phone.ask(method, "", body, ZERO)
        assert answer.status_code == 400
        assert "root:" not in answer.text


async def test_bodies_that_are_no_requests_are_refused(phone: CalendarClient) -> None:
    deep = "<a>" * 20_000 + "</a>" * 20_000
    for method, body, status in (
        *(("PROPFIND", "<", 400), ("PROPFIND", '<x xmlns="DAV:"/>', 400), ("REPORT", "", 403), ("REPORT", "\0", 400)),
        *(("REPORT", '<expand-property xmlns="DAV:"/>', 403), ("PROPFIND", deep, 400), ("REPORT", deep, 403)),
    ):
        assert (await phone.ask(method, "", body, ZERO)).status_code == status, (method, body[:20])
    assert (await phone.ask("PROPFIND", "", "", {"Depth": "infinity"})).status_code == 403
    assert (await phone.ask("PROPFIND", "", "<a/>" + " " * 2_000_000, ZERO)).status_code == 413
    bad = '<C:filter><C:comp-filter name="VCALENDAR"><C:time-range start="now"/></C:comp-filter></C:filter>'
    answer = await phone.report("C:calendar-query", bad)
    assert (answer.status_code, "valid-filter" in answer.text) == (403, True)
    hrefs = "<D:href>/x</D:href>" * 5_001
    assert (await phone.report("C:calendar-multiget", hrefs)).status_code == 403


async def test_the_calendar_itself_stays_as_it_is(server: Served, phone: CalendarClient) -> None:
    await phone.put("a.ics", todo("one"))
    assert (await phone.ask("DELETE", "")).status_code == 403
    for method in ("MKCALENDAR", "MKCOL"):
        assert (await phone.ask(method, f"{phone.home}tasks")).status_code == 403
    for method in ("MOVE", "COPY", "LOCK", "ACL", "POST"):
        answer = await phone.ask(method, "a.ics", headers={"Destination": "/dav/1/tasks/b.ics"})
        assert (answer.status_code, "PROPFIND" in answer.headers["Allow"]) == (405, True), method
    update = '<propertyupdate xmlns="DAV:"><set><prop><displayname>X</displayname></prop></set></propertyupdate>'
    patched = await phone.ask("PROPPATCH", "", update)
    assert (patched.status_code, "403 Forbidden" in patched.text) == (207, True)
    for path in (f"{phone.home}other/", f"{phone.home}other/a.ics", "/dav/1/tasks/a/b.ics"):
        assert (await phone.ask("GET", path)).status_code == 404
    assert (await only_task(server)).title == "Milk"


# --- undo ---


async def test_what_the_phone_did_is_undone_as_it_was_done(server: Served, phone: CalendarClient) -> None:
    backend = server.core.of("1")
    await backend.add_task({"title": "Mine", "due": "2026-12-01"})
    await phone.put(
        "kirotodo-1.ics", (await phone.get("kirotodo-1.ics")).replace("Mine", "Theirs").replace("1201", "1202")
    )
    await phone.put("a.ics", todo("one", "PRIORITY:1", "RELATED-TO:two"))
    await phone.put("b.ics", todo("two"))
    page = await backend.history()
    assert [entry.by.name for entry in page.items if entry.by.name] == ["CalDAV, phone"] * 4
    assert len({entry.group_id for entry in page.items if entry.by.name}) == 3
    await backend.undo_changes(ChangeSelection(since="today", by="calendar"))
    (task,) = (await backend.tasks(EVERYTHING)).items
    assert (task.title, task.due_date) == ("Mine", date(2026, 12, 1))
    assert "SUMMARY:Mine" in await phone.get("kirotodo-1.ics")
    assert (await phone.ask("GET", "a.ics")).status_code == 404
    assert [entry.by.name for entry in (await backend.history(by="calendar")).items] == ["CalDAV, phone"] * 4


# --- who may ---


async def test_a_program_that_asks_without_end_is_told_when_to_come_back(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, rate_limit=1)
    async with served(create_app(settings, model=ScriptedModel())) as server, signed_in(server) as phone:
        for _ in range(50):
            answer = await phone.ask("PROPFIND", headers={"Depth": "0"})
            if answer.status_code == 429:
                break
            assert answer.status_code == 207
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) > 0


async def test_only_an_app_password_signs_in(server: Served) -> None:
    calendar = await app_password(server)
    agent = await app_password(server, "agent", scope="all")
    feed = await app_password(server, "feed", scope="feed")
    other = await app_password(server, "other", user_id="2")
    wrong = [
        ("1", agent),
        ("1", feed),
        ("1", other),
        ("1", calendar[:-1] + "!"),
        ("2", calendar),
        ("nobody", calendar),
        ("", calendar),
    ]
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url) as http:
        for name, password in wrong:
            answer = await http.request("PROPFIND", "/dav/1/tasks/", headers=basic(name, password))
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), (name, password)
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert password not in answer.text
        for header in ("", "Basic", "Basic !!!", "Basic aGk=", f"Bearer {agent}", "Basic " + "A" * 5000):
            answer = await http.request("PROPFIND", "/dav/", headers={"Authorization": header})
            assert answer.status_code == 401, header
        assert (
            await http.request("PROPFIND", "/dav/", headers=basic("1", calendar.upper()))
        ).status_code == 403  # no depth
        for token in (calendar, feed):
            assert (await http.get("/api/1/tasks", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_an_account_signs_in_with_its_address(server: Served) -> None:
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=server.base_url) as http:
        account = {"email": "ann@example.com", "password": "correct horse battery"}
        made = (await http.post("/api/auth/signup", json=account)).json()
        headers = {"Authorization": f"Bearer {made['access_token']}"}
        place = f"/api/{made['user']['id']}/tokens"
        password = (await http.post(place, json={"name": "phone", "scope": "calendar"}, headers=headers)).json()[
            "token"
        ]
        for name in ("ann@example.com", "Ann@Example.com", made["user"]["id"]):
            answer = await http.request("PROPFIND", "/dav/", headers={**basic(name, password), **ZERO})
            assert answer.status_code == 207, name
        for name in ("bob@example.com", "ann"):
            assert (
                await http.request("PROPFIND", "/dav/", headers={**basic(name, password), **ZERO})
            ).status_code == 401
        refused = await http.request(
            "PROPFIND", "/dav/", headers={**basic("ann@example.com", account["password"]), **ZERO}
        )
        assert refused.status_code == 401


METHODS: Final = ("GET", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MOVE", "POST")


async def test_nobody_reads_or_changes_what_is_anothers(server: Served, phone: CalendarClient) -> None:
    await phone.put("a.ics", todo("one", summary="Secret"))
    before = await phone.get("a.ics")
    async with signed_in(server, "thief", user_id="2") as thief:
        for method in METHODS:
            for path in (phone.home, phone.calendar, f"{phone.calendar}a.ics", f"{phone.calendar}kirotodo-1.ics"):
                answer = await thief.ask(method, path, todo("one"), {"Depth": "1", "Destination": thief.calendar})
                assert (answer.status_code, "Secret" in answer.text) == (403, False), (method, path)
        inside = f"{PROPERTIES}<D:href>{phone.calendar}a.ics</D:href>"
        multiget = await thief.report("C:calendar-multiget", inside)
        assert Sync(multiget.content).found == {}
        assert "Secret" not in multiget.text
        assert (await thief.put("a.ics", todo("one", "RELATED-TO:one", summary="Own"))).status_code == 201
        assert list((await thief.sync()).found) == ["a.ics"]
    assert await phone.get("a.ics") == before


async def test_a_revoked_app_password_opens_nothing_at_once(server: Served, phone: CalendarClient) -> None:
    assert (await phone.ask("PROPFIND", "", "", ZERO)).status_code == 207
    async with server.client("1") as person:
        listed = (await person.get("/tokens")).json()["items"]
        assert [(each["name"], each["scope"]) for each in listed] == [("phone", "calendar")]
        assert (await person.delete("/tokens/phone")).status_code == 204
    assert (await phone.ask("PROPFIND", "", "", ZERO)).status_code == 401


async def test_titles_are_data(server: Served, phone: CalendarClient) -> None:
    hostile = "]]> </D:prop>&amp;<script> \\n BEGIN:VTODO\\nUID:x \x1b[31m \u202e"
    await server.core.of("1").add_task({"title": hostile.replace("\\n", " ")})
    await phone.put("a.ics", todo("one", summary=hostile.replace("\x1b", "")))
    found = await phone.sync()
    assert len(found.found) == 2
    for text in found.found.values():
        assert text.count("BEGIN:VTODO") - text.count("\\nBEGIN:VTODO") - text.count(" BEGIN:VTODO") == 1
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    listed = await phone.propfind("", "<D:displayname/>", depth="1")
    assert len(list(listed.iter(f"{DAV}response"))) == 3
