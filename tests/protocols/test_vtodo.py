"""What a program stores as a VTODO comes back as it was, whatever is in it; and a task is read from it, or it is
refused with a sentence."""

import datetime as dt
import random
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirotodo.core.domain.calendar import CalendarObject
from kirotodo.core.domain.task import NOTES_MAX, TITLE_MAX, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.protocols.calendars.content_lines import legal, parse
from kirotodo.protocols.calendars.service import changed_fields
from kirotodo.protocols.calendars.vtodo import Todo, read, written
from tests.examples import examples
from tests.server.calendar_client import todo

VIENNA: Final = ZoneInfo("Europe/Vienna")
NOW: Final = dt.datetime(2026, 11, 29, 9, tzinfo=dt.UTC)
CUSTOM_ZONE: Final = (
    "BEGIN:VTIMEZONE\r\nTZID:My own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\n"
    "TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
BY_HAND: Final[dict[str, tuple[str, ...]]] = {
    "a date that is none": ("DUE:garbage",),
    "a date that never was": ("DUE;VALUE=DATE:20260230",),
    "a year before the calendar": ("DUE:00000101T000000Z",),
    "the last moment of all": ("DUE:99991231T235959Z", "RRULE:FREQ=DAILY"),
    "a leap second": ("DUE:20261231T235960Z",),
    "a zone that nobody knows": ("DUE;TZID=Middle-earth/Shire:20261204T170000",),
    "a zone of Windows": ("DUE;TZID=W. Europe Standard Time:20261204T170000",),
    "a zone with a vendor": ("DUE;TZID=/freeassociation.sourceforge.net/Europe/Vienna:20261204T170000",),
    "a zone in quotes": ('DUE;TZID="Europe/Vienna":20261204T170000',),
    "a path as a zone": ("DUE;TZID=../../../../etc/passwd:20261204T170000",),
    "an hour that the clocks skip": ("DUE;TZID=Europe/Vienna:20260329T023000",),
    "a rule of seconds": ("DUE:20261204T170000", "RRULE:FREQ=SECONDLY"),
    "a rule that nobody has": ("DUE:20261204T170000", "RRULE:FREQ=FORTNIGHTLY;X=1"),
    "a rule that never comes": ("DUE;VALUE=DATE:20261204", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    "a rule of many times": ("DUE:20261204T170000", "RRULE:FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30"),
    "two rules": ("DTSTART:20261204T170000", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
    "exceptions": ("DTSTART:20261204T170000", "RRULE:FREQ=DAILY", "EXDATE:20261205T170000", "RDATE:20261207T170000"),
    "no beginning of a rule": ("RRULE:FREQ=WEEKLY;BYDAY=FR",),
    "an end before the start": ("DTSTART:20261205T170000", "DUE:20261204T170000"),
    "a length and an end": ("DTSTART:20261204T170000", "DURATION:PT1H", "DUE:20261204T190000"),
    "a length that is none": ("DTSTART:20261204T170000", "DURATION:1 hour"),
    "a length of ages": ("DTSTART:20261204T170000", "DURATION:P99999999999D"),
    "a priority that is none": ("PRIORITY:urgent",),
    "a priority that is too high": ("PRIORITY:10",),
    "a foreign digit as a priority": ("PRIORITY:٣",),
    "done by percents": ("PERCENT-COMPLETE:100",),
    "cancelled": ("STATUS:CANCELLED",),
    "done in the future": ("STATUS:COMPLETED", "COMPLETED:29991231T235959Z"),
    "done and not": ("STATUS:IN-PROCESS", "COMPLETED:20261101T100000Z"),
    "a child of itself": ("RELATED-TO:one",),
    "a child of two": ("RELATED-TO;RELTYPE=CHILD:x", "RELATED-TO:y", "RELATED-TO;RELTYPE=PARENT:z"),
    "no parent": ("RELATED-TO:",),
    "many tags": ("CATEGORIES:" + ",".join(f"tag{number}" for number in range(60)),),
    "a tag with a comma": ("CATEGORIES:a\\,b,c", "CATEGORIES:d"),
    "empty tags": ("CATEGORIES:,,\\,, ,#,+",),
    "two projects": ("CATEGORIES:+One,+Two",),
    "a long project": ("CATEGORIES:+" + "p" * 80,),
    "a long title": ("SUMMARY:" + "word " * 100,),
    "long notes": ("DESCRIPTION:" + "line\\n" * 1_000,),
    "escapes": ("DESCRIPTION:\\\\n \\N \\; \\, \\x \\",),
    "markup": ("SUMMARY:[bold]x[/] <b>&amp;</b> ]]> %s {0}", "DESCRIPTION:=cmd|' /C calc'!A0"),
    "right to left": ("SUMMARY:\u202eabc\u2066 \u200f",),
    "a title of nothing": ("SUMMARY:\u200b\u200d",),
    "accents apart": ("SUMMARY:e\u0301e\u0301 Zoe\u0308",),
    "far planes": ("SUMMARY:👩‍👩‍👧‍👦 𝔐𝔦𝔩𝔨 🇦🇹",),
    "a line without a name": (":nothing", ";x=y:z", "no colon at all", "=:="),
    "odd parameters": ('X-A;B="c;d:e,f";G=h,i:j', "X-K;=:", "X-L;M", 'X-N;O="open:p'),
    "a picture": ("ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 5_000,),
    "lower case": ("due;value=date:20261204", "priority:1", "status:completed"),
    "alarms of all kinds": (
        *("BEGIN:VALARM", "ACTION:NONE", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z", "END:VALARM"),
        *("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:whenever", "END:VALARM"),
        *("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER;RELATED=END:-P1W", "ATTENDEE:mailto:a@b.c", "END:VALARM"),
    ),
    "an alarm after it is due": ("DUE:20261204T170000", "BEGIN:VALARM", "TRIGGER;RELATED=END:PT5M", "END:VALARM"),
    "an alarm of nothing": ("BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"),
    "an alarm within an alarm": ("BEGIN:VALARM", "BEGIN:VALARM", "END:VALARM", "END:VALARM"),
    "a component of its own": ("BEGIN:X-THING", "X-A:b", "BEGIN:X-PART", "END:X-PART", "END:X-THING"),
    "Apple's": ("X-APPLE-SORT-ORDER:681234567", "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Home:geo:48.2,16.3"),
    "Mozilla's": ("X-MOZ-LASTACK:20261128T100000Z", "X-MOZ-SNOOZE-TIME:20261128T100000Z", "X-MOZ-GENERATION:3"),
    "Nextcloud's": ("X-OC-HIDESUBTASKS:1", "X-PINNED:true", "PERCENT-COMPLETE:40", "LOCATION:x", "URL:https://x.y"),
}


def task_of(read_: Todo, **more: Any) -> Task:
    """A task as the list would have it of what was read."""
    names = (
        "title",
        "notes",
        "priority",
        "due_date",
        "due_time",
        "start_date",
        "duration",
        "recurrence",
        "project",
        "tags",
    )
    values = {name: getattr(read_, name) for name in names}
    done = NOW if read_.completed else None
    return Task(id=1, created_at=NOW, updated_at=NOW, completed_at=done, **{**values, **more})


def stored(source: str, task: Task, base: Task | None = None) -> CalendarObject:
    return CalendarObject(task=task, name="a.ics", uid="one", etag="x", source=source, base=base or task)


def survives(text: str) -> None:
    """Check that a text comes back as it was, and that a change of the task loses nothing but what it changes."""
    source = legal(text)
    now = read(source, VIENNA)
    assert 0 < len(now.title) <= TITLE_MAX
    assert len(now.notes) <= NOTES_MAX
    task = task_of(now)
    assert written(stored(source, task)) == source
    assert changed_fields(read(source, VIENNA), now) == {}
    renamed = written(stored(source, task_of(now, title="Another title"), base=task))
    assert read(renamed, VIENNA).title == "Another title"
    before, after = (sorted(_lines(each)) for each in (source, renamed))
    gone = [line for line in before if line not in after]
    assert {line.partition(":")[0].partition(";")[0].upper() for line in gone} <= {
        "SUMMARY",
        "DTSTAMP",
        "LAST-MODIFIED",
    }
    again = read(renamed, VIENNA)
    assert changed_fields(again, now) == ({} if now.title == "Another title" else {"title": "Another title"})


def _lines(text: str) -> list[str]:
    unfolded = text.replace("\r\n ", "").replace("\r\n\t", "")
    return [line for line in unfolded.split("\r\n") if line.strip()]


@pytest.mark.parametrize("what", BY_HAND)
def test_what_programs_are_known_to_send_survives(what: str) -> None:
    lines = BY_HAND[what]
    summary = [line for line in lines if line.upper().startswith("SUMMARY")]
    text = todo("one", *lines)
    survives(text.replace("SUMMARY:Milk\r\n", "") if summary else text)


def test_there_are_enough_of_them() -> None:
    assert len(BY_HAND) > 50


NAMES: Final = (
    *("DUE", "DTSTART", "DURATION", "RRULE", "PRIORITY", "STATUS", "COMPLETED", "CATEGORIES", "RELATED-TO", "EXDATE"),
    *("DESCRIPTION", "PERCENT-COMPLETE", "TRIGGER", "X-FOO", "LOCATION", "ESTIMATED-DURATION", "RECURRENCE-ID", "GEO"),
)
VALUES: Final = (
    *(
        "",
        "1",
        "20261204",
        "20261204T170000",
        "20261204T170000Z",
        "PT15M",
        "-P1D",
        "FREQ=DAILY",
        "COMPLETED",
        "a,b\\,c",
    ),
    *(
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270101T000000Z",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "99999999",
        "-1",
        "x" * 300,
        "ä\u200d\u202e",
    ),
)
PARAMETERS: Final = (
    "",
    ";VALUE=DATE",
    ";TZID=Europe/Vienna",
    ";TZID=Nowhere",
    ";RELATED=END",
    ';X="a:b;c"',
    ";=",
    ";RELTYPE=CHILD",
)
line = st.builds(
    lambda name, parameter, value: f"{name}{parameter}:{value}",
    st.sampled_from(NAMES),
    st.sampled_from(PARAMETERS),
    st.one_of(st.sampled_from(VALUES), st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)),
)
junk = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: text.partition(":")[0].strip().upper() not in ("BEGIN", "END", "UID")
)


@settings(max_examples=examples(150))
@given(st.lists(st.one_of(line, junk), max_size=12), st.lists(line, max_size=4))
def test_whatever_is_in_a_task_survives(lines: list[str], alarm: list[str]) -> None:
    lines = [each for each in lines if not each[:1].isspace()]  # that would be a folded line
    alarms = ("BEGIN:VALARM", *alarm, "END:VALARM") if alarm else ()
    survives(todo("one", *lines, *alarms))


@settings(max_examples=examples(60))
@given(st.text(max_size=200))
def test_what_is_no_task_is_refused_with_a_sentence(text: str) -> None:
    for each in (text, todo().replace("UID:one", text), todo()[: len(text)]):
        try:
            found = read(legal(each), VIENNA)
        except InvalidInput as error:
            sentence = error.message
        else:
            sentence = f"{found.uid}."
        assert sentence.endswith(".")


def test_a_mutated_task_is_read_or_refused() -> None:
    """500 objects, each with a few bytes changed."""
    dice = random.Random(4791)
    whole = todo("one", *(line for lines in BY_HAND.values() for line in lines)).encode()
    for _ in range(500):
        start = dice.randrange(len(whole) - 400)
        body = bytearray(todo("one").encode()[:-28] + whole[start : start + 400] + todo("one").encode()[-28:])
        for _ in range(dice.randrange(1, 8)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        text = legal(bytes(body).decode(errors="replace"))
        try:
            now = read(text, VIENNA)
        except InvalidInput:
            continue
        assert written(stored(text, task_of(now))) == text
        parse(written(stored(text, task_of(now, title="Another"), base=task_of(now))))


def test_a_zone_that_the_calendar_describes_is_read() -> None:
    text = todo("one", "DUE;TZID=My own:20261204T170000").replace("BEGIN:VTODO", f"{CUSTOM_ZONE}BEGIN:VTODO", 1)
    found = read(text, VIENNA)
    assert (found.due_date, found.due_time) == (dt.date(2026, 12, 4), dt.time(12, 30))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DUE;TZID=W. Europe Standard Time:20261204T170000",), dt.time(17)),
        (("DUE;TZID=/freeassociation.sourceforge.net/Europe/London:20261204T160000",), dt.time(17)),
        (("DUE:20261204T160000Z",), dt.time(17)),
        (("DUE:20261204T170000",), dt.time(17)),
        (("DUE;TZID=Nowhere:20261204T170000",), dt.time(17)),
        (("DUE;VALUE=DATE:20261204",), None),
        (("DTSTART:20261204T160000", "DURATION:PT1H"), dt.time(17)),
    ],
)
def test_a_time_is_read_on_the_clock_of_the_user(lines: tuple[str, ...], expected: dt.time | None) -> None:
    found = read(todo("one", *lines), VIENNA)
    assert (found.due_date, found.due_time, found.start_date) == (dt.date(2026, 12, 4), expected, None)


tasks = st.builds(
    Task,
    id=st.just(1),
    title=st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=200)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and text.isprintable()),
    notes=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300).map(lambda text: text.strip()),
    priority=st.sampled_from(("none", "low", "medium", "high")),
    due_date=st.dates(dt.date(1971, 1, 1), dt.date(2400, 1, 1)),
    due_time=st.one_of(st.none(), st.times().map(lambda time: time.replace(second=0, microsecond=0))),
    duration=st.one_of(st.none(), st.integers(1, 43_200)),
    recurrence=st.sampled_from(
        (None, "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=FR;UNTIL=24010101", "FREQ=MONTHLY;BYMONTHDAY=-1")
    ),
    project=st.sampled_from((None, "Work", "a, b; c", "+", "#x")),
    tags=st.lists(st.sampled_from(("a", "+b", "c,d", "Ärger", "x y")), unique=True, max_size=5).map(tuple),
    completed_at=st.one_of(st.none(), st.just(NOW)),
    created_at=st.just(NOW),
    updated_at=st.just(NOW),
)


@settings(max_examples=examples(100))
@given(tasks)
def test_a_task_that_is_written_is_read_as_it_is(task: Task) -> None:
    text = written(CalendarObject(task=task, name="a.ics", uid="one", etag="x"))
    found = read(text, VIENNA)
    for name in ("title", "notes", "priority", "due_date", "due_time", "duration", "project", "tags"):
        assert getattr(found, name) == getattr(task, name), name
    assert found.completed == task.completed
    assert found.recurrence == (None if task.completed else task.recurrence)
    assert all(len(each.encode()) <= 75 for each in text.split("\r\n"))
