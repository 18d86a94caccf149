"""CalDAV (RFC 4791) over one user's list: what each method of HTTP does to which address.

There is one calendar, and each task is an object in it (decision 0057). Addresses below the base path are

    /USER/                     the user, and the home of their calendars
    /USER/tasks/               the calendar
    /USER/tasks/NAME.ics       a task
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.calendar import (
    NAME_MAX,
    OBJECT_MAX,
    CalendarChanges,
    CalendarItem,
    CalendarObject,
    SyncToken,
)
from kirotodo.core.domain.task import PAGE_MAX, Page, TaskFilter
from kirotodo.core.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, TooLarge
from kirotodo.protocols.calendars.content_lines import legal
from kirotodo.protocols.calendars.dav_xml import (
    APPLE,
    CALDAV,
    CALENDAR_SERVER,
    DAV,
    element,
    error_body,
    href,
    multistatus,
    read_xml,
    response,
    response_without,
    text,
)
from kirotodo.protocols.calendars.filters import CalendarFilter
from kirotodo.protocols.calendars.vtodo import NotTodo, Todo, read, written

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TASKS: Final = "tasks"
CALENDAR_TYPE: Final = "text/calendar; charset=utf-8"
XML_TYPE: Final = "application/xml; charset=utf-8"
FEATURES: Final = "1, 3, calendar-access"
OBJECT_METHODS: Final = ("OPTIONS", "GET", "HEAD", "PUT", "DELETE", "PROPFIND", "REPORT")
COLLECTION_METHODS: Final = ("OPTIONS", "GET", "HEAD", "PROPFIND", "PROPPATCH", "REPORT")
HREFS_MAX: Final = 5_000
TOKEN: Final = "urn:kirotodo:sync:"
ATTEMPTS: Final = 3
EVERYTHING: Final = TaskFilter(status="all", steps="show", scheduled="show", sort="created-asc")
DESCRIPTION: Final = "Your tasks in kirotodo."
NOT_A_PAGE: Final = "This is a CalDAV calendar. Add it to a program that keeps tasks or reminders.\n"


class CalendarBackend(Protocol):
    """What of a user's backend calendars are made of."""

    @property
    def zone(self) -> ZoneInfo: ...

    async def calendar_page(
        self, where: TaskFilter = ..., *, limit: int = 50, cursor: str | None = None
    ) -> Page[CalendarObject]: ...

    async def calendar_objects(self, names: Sequence[str]) -> tuple[CalendarObject, ...]: ...

    async def calendar_token(self) -> SyncToken: ...

    async def calendar_changes(
        self, after: SyncToken | None = None, *, limit: int | None = None
    ) -> CalendarChanges: ...

    async def save_calendar_object(
        self,
        item: CalendarItem,
        fields: TaskFields,
        *,
        seen: CalendarObject | None,
        done: bool | None = None,
        done_at: datetime | None = None,
        new_parent: bool = False,
    ) -> CalendarObject: ...

    async def delete_calendar_object(self, seen: CalendarObject) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DavRequest:
    """A request below the base path. `place` holds the parts of its path, whose user the caller is. A tag of `*` stands
    for any; None where a header was not sent."""

    method: str
    place: tuple[str, ...]
    body: bytes = b""
    depth: str = "infinity"
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DavAnswer:
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class DavError(Exception):
    """A refusal, with the condition of WebDAV or CalDAV that failed."""

    def __init__(self, status: int, sentence: str, condition: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.condition = condition


Properties = Mapping[str, Callable[[], str]]


class CalendarService:
    """The calendar of one user. `base` is the path that addresses begin with, and `email` an address of theirs."""

    def __init__(self, backend: CalendarBackend, *, user_id: str, base: str, email: str | None = None) -> None:
        self._backend = backend
        self._email = email
        self._root = f"{base}/"
        self._home = f"{base}/{quote(user_id, safe='')}/"
        self._calendar = f"{self._home}{TASKS}/"

    async def answer(self, request: DavRequest) -> DavAnswer:
        """Answer a request. Raises errors of the core that are about the caller or this machine."""
        try:
            return await self._answer(request)
        except DavError as error:
            body = error_body(error.condition, error.sentence)
            return DavAnswer(status=error.status, body=body, headers={"Content-Type": XML_TYPE})

    async def _answer(self, request: DavRequest) -> DavAnswer:
        is_object = len(request.place) == 3
        allowed = OBJECT_METHODS if is_object else COLLECTION_METHODS
        if len(request.place) > 1 and request.place[1] != TASKS:
            raise DavError(404, "There is nothing at this address.")
        match request.method:
            case "OPTIONS":
                return DavAnswer(status=200, headers={"Allow": ", ".join(allowed), "DAV": FEATURES})
            case "PROPFIND":
                return await self._propfind(request)
            case "REPORT":
                return await self._report(request)
            case "PROPPATCH" if not is_object:
                return self._proppatch(request)
            case "GET" if is_object:
                return await self._get(request)
            case "GET":
                return DavAnswer(status=200, body=NOT_A_PAGE.encode(), headers={"Content-Type": "text/plain"})
            case "PUT" if is_object:
                return await self._put(request)
            case "DELETE" if is_object:
                return await self._delete(request)
            case "DELETE":
                raise DavError(403, "The calendar can't be deleted. Delete its tasks, or revoke the app password.")
            case "MKCALENDAR" | "MKCOL":
                sentence = "There is one calendar, and others can't be made. Projects are categories with a plus sign."
                raise DavError(403, sentence, f"{CALDAV}calendar-collection-location-ok")
            case _:
                body = error_body("", f"{request.method[:20]} can't be done here.")
                headers = {"Allow": ", ".join(allowed), "Content-Type": XML_TYPE}
                return DavAnswer(status=405, body=body, headers=headers)

    # --- properties ---

    async def _propfind(self, request: DavRequest) -> DavAnswer:
        asked = self._xml(request)
        if asked is not None and asked.tag != f"{DAV}propfind":
            raise DavError(400, "The body of a PROPFIND is a propfind element.")
        if request.depth not in ("0", "1"):
            raise DavError(403, "Ask with Depth 0 or 1.", f"{DAV}propfind-finite-depth")
        wanted = _Wanted.of(asked)
        deep = request.depth == "1"
        responses: list[str] = []
        match len(request.place):
            case 0:
                responses.append(wanted.answer(self._root, self._of_root()))
            case 1:
                responses.append(wanted.answer(self._home, self._of_home()))
                if deep:
                    responses.append(wanted.answer(self._calendar, await self._of_calendar()))
            case 2:
                responses.append(wanted.answer(self._calendar, await self._of_calendar()))
                if deep:
                    responses += await self._all(wanted, CalendarFilter(None, self._backend.zone))
            case _:
                found = await self._object(request.place[2])
                responses.append(wanted.answer(self._path(found), self._of_object(found)))
        return _multistatus(multistatus(responses))

    def _of_root(self) -> Properties:
        return {
            f"{DAV}resourcetype": lambda: element(f"{DAV}collection"),
            f"{DAV}displayname": lambda: "kirotodo",
            **self._of_anything(),
        }

    def _of_home(self) -> Properties:
        return {
            f"{DAV}resourcetype": lambda: element(f"{DAV}collection") + element(f"{DAV}principal"),
            f"{DAV}displayname": lambda: text(self._email or unquote(self._home.rstrip("/").rpartition("/")[2])),
            f"{DAV}principal-URL": lambda: href(self._home),
            f"{CALDAV}calendar-home-set": lambda: href(self._home),
            f"{CALDAV}calendar-user-address-set": lambda: (
                (href(f"mailto:{self._email}") if self._email else "") + href(self._home)
            ),
            **self._of_anything(),
        }

    async def _of_calendar(self) -> Properties:
        token = _written_token(await self._backend.calendar_token(), self._backend.zone)
        return {
            f"{DAV}resourcetype": lambda: element(f"{DAV}collection") + element(f"{CALDAV}calendar"),
            f"{DAV}displayname": lambda: "kirotodo",
            f"{CALDAV}calendar-description": lambda: DESCRIPTION,
            f"{CALDAV}supported-calendar-component-set": lambda: element(f"{CALDAV}comp", name="VTODO"),
            f"{CALDAV}supported-calendar-data": lambda: element(
                f"{CALDAV}calendar-data", **{"content-type": "text/calendar", "version": "2.0"}
            ),
            f"{CALDAV}max-resource-size": lambda: str(OBJECT_MAX),
            f"{DAV}sync-token": lambda: text(token),
            f"{CALENDAR_SERVER}getctag": lambda: text(token),
            f"{APPLE}calendar-color": lambda: "#3B82F6FF",
            **self._of_anything(),
        }

    def _of_object(self, found: CalendarObject) -> Properties:
        return {
            f"{DAV}getetag": lambda: text(_tag(found)),
            f"{DAV}getcontenttype": lambda: f"{CALENDAR_TYPE}; component=VTODO",
            f"{DAV}getlastmodified": lambda: format_datetime(found.task.updated_at, usegmt=True),
            f"{DAV}creationdate": lambda: f"{found.task.created_at:%Y-%m-%dT%H:%M:%SZ}",
            f"{DAV}getcontentlength": lambda: str(len(written(found).encode())),
            f"{DAV}resourcetype": lambda: "",
            f"{DAV}displayname": lambda: text(found.task.title),
            f"{CALDAV}calendar-data": lambda: text(written(found)),
            **self._of_anything(),
        }

    def _of_anything(self) -> Properties:
        reports = (f"{CALDAV}calendar-multiget", f"{CALDAV}calendar-query", f"{DAV}sync-collection")
        rights = ("read", "write", "write-content", "bind", "unbind", "read-current-user-privilege-set")
        return {
            f"{DAV}current-user-principal": lambda: href(self._home),
            f"{DAV}owner": lambda: href(self._home),
            f"{DAV}principal-collection-set": lambda: href(self._root),
            f"{DAV}supported-report-set": lambda: "".join(
                element(f"{DAV}supported-report", element(f"{DAV}report", element(name))) for name in reports
            ),
            f"{DAV}current-user-privilege-set": lambda: "".join(
                element(f"{DAV}privilege", element(f"{DAV}{name}")) for name in rights
            ),
        }

    def _proppatch(self, request: DavRequest) -> DavAnswer:
        """Refuse every change of a property: names and colours are those of each program."""
        asked = self._xml(request)
        properties = [] if asked is None else [each.tag for part in asked.iter(f"{DAV}prop") for each in part]
        path = (self._root, self._home, self._calendar)[len(request.place)]
        return _multistatus(multistatus([response(path, {403: [element(name) for name in properties]})]))

    # --- reports ---

    async def _report(self, request: DavRequest) -> DavAnswer:
        asked = self._xml(request)
        name = "" if asked is None else asked.tag
        if asked is None or len(request.place) < 2:
            raise DavError(403, "This report can't be made here.", f"{DAV}supported-report")
        match name.rpartition("}")[2], name.rpartition("}")[0] + "}":
            case "sync-collection", space if space == DAV and len(request.place) == 2:
                return await self._sync(asked)
            case "calendar-multiget", space if space == CALDAV:
                return await self._multiget(asked)
            case "calendar-query", space if space == CALDAV and len(request.place) == 2:
                return await self._query(asked)
            case _:
                raise DavError(403, "This report can't be made here.", f"{DAV}supported-report")

    async def _query(self, asked: "Element") -> DavAnswer:
        try:
            where = CalendarFilter(asked.find(f"{CALDAV}filter"), self._backend.zone)
        except InvalidInput as error:
            raise DavError(403, error.message, f"{CALDAV}valid-filter") from None
        return _multistatus(multistatus(await self._all(_Wanted.of(asked), where)))

    async def _all(self, wanted: "_Wanted", where: CalendarFilter) -> list[str]:
        """Return what is asked of every task that passes a filter, page by page."""
        responses: list[str] = []
        cursor: str | None = None
        while True:
            page = await self._backend.calendar_page(EVERYTHING, limit=PAGE_MAX, cursor=cursor)
            passed: Sequence[CalendarObject] = page.items
            if not where.is_everything:
                passed = await asyncio.to_thread(_passing, passed, where)
            responses += await self._told(wanted, passed)
            cursor = page.next
            if cursor is None:
                return responses

    async def _told(self, wanted: "_Wanted", objects: Sequence[CalendarObject]) -> list[str]:
        """Return what is asked of these, away from the event loop where that takes long."""

        def tell() -> list[str]:
            return [wanted.answer(self._path(found), self._of_object(found)) for found in objects]

        return await asyncio.to_thread(tell) if wanted.takes_long else tell()

    async def _multiget(self, asked: "Element") -> DavAnswer:
        given = [(each.text or "").strip() for each in asked.iter(f"{DAV}href")]
        if len(given) > HREFS_MAX:
            sentence = f"Ask for at most {HREFS_MAX:,} at a time."
            raise DavError(403, sentence, f"{DAV}number-of-matches-within-limits")
        names = {path: self._name_in(path) for path in dict.fromkeys(given)}
        found = {
            each.name: each
            for each in await self._backend.calendar_objects([name for name in names.values() if name is not None])
        }
        wanted = _Wanted.of(asked)
        there = [found[name] for name in dict.fromkeys(names.values()) if name in found]
        responses = await self._told(wanted, there)
        responses += [response_without(path, 404) for path, name in names.items() if name not in found]
        return _multistatus(multistatus(responses))

    def _name_in(self, path: str) -> str | None:
        """Return the name of the task that an address is of; None where it is of something else."""
        try:
            found = urlsplit(path).path
        except ValueError:
            return None
        head, _, name = unquote(found).rpartition("/")
        return name if name and f"{head}/" == unquote(self._calendar) else None

    async def _sync(self, asked: "Element") -> DavAnswer:
        """Answer what changed after a token (RFC 6578)."""
        level = (asked.findtext(f"{DAV}sync-level") or "1").strip()
        if level not in ("1", "infinite"):
            raise DavError(400, "The sync-level is 1.")
        zone = self._backend.zone
        after = _read_token((asked.findtext(f"{DAV}sync-token") or "").strip(), zone)
        limit = asked.findtext(f"{DAV}limit/{DAV}nresults")
        most = int(limit) if limit and limit.strip().isdecimal() and len(limit.strip()) < 8 else None
        try:
            changes = await self._backend.calendar_changes(after, limit=max(most, 1) if most is not None else None)
        except NotFound as error:
            raise _stale(error.message) from None
        responses: list[str] = []
        wanted = _Wanted.of(asked)
        for start in range(0, len(changes.objects), PAGE_MAX):
            responses += await self._told(wanted, changes.objects[start : start + PAGE_MAX])
        responses += [response_without(self._calendar + quote(name, safe=""), 404) for name in changes.removed]
        if changes.more:
            responses.append(response_without(self._calendar, 507, element(f"{DAV}number-of-matches-within-limits")))
        return _multistatus(multistatus(responses, token=_written_token(changes.token, zone)))

    # --- tasks ---

    async def _get(self, request: DavRequest) -> DavAnswer:
        found = await self._object(request.place[2])
        headers = {"ETag": _tag(found)}
        if request.if_none_match is not None and {"*", _tag(found)} & {
            tag.removeprefix("W/") for tag in request.if_none_match
        }:
            return DavAnswer(status=304, headers=headers)
        _check(request, found)
        headers["Last-Modified"] = format_datetime(found.task.updated_at, usegmt=True)
        return DavAnswer(status=200, body=written(found).encode(), headers={**headers, "Content-Type": CALENDAR_TYPE})

    async def _put(self, request: DavRequest) -> DavAnswer:
        name = request.place[2]
        if not name or len(name) > NAME_MAX or not name.isprintable():
            raise DavError(403, f"A name has 1 to {NAME_MAX} characters.")
        source, now = self._todo(request.body)
        for attempt in range(ATTEMPTS):
            seen = next(iter(await self._backend.calendar_objects([name])), None)
            _check(request, seen)
            try:
                saved = await self._save(name, source, now, seen)
            except PreconditionFailed:  # changed meanwhile: what was sent is compared with what is there by now
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            # A tag may be answered only where what is stored is what was sent, byte for byte.
            same = written(saved).encode() == request.body
            return DavAnswer(status=201 if seen is None else 204, headers={"ETag": _tag(saved)} if same else {})
        raise AssertionError

    def _todo(self, body: bytes) -> tuple[str, Todo]:
        """Return the text of a task that was sent, and what it says."""
        if len(body) > OBJECT_MAX:
            sentence = f"A task may hold at most {OBJECT_MAX // 1024} KiB."
            raise DavError(403, sentence, f"{CALDAV}max-resource-size")
        try:
            source = legal(body.decode())
            now = read(source, self._backend.zone)
        except UnicodeDecodeError:
            raise DavError(403, "A task has to be UTF-8.", f"{CALDAV}valid-calendar-data") from None
        except NotTodo as error:
            raise DavError(403, error.message, f"{CALDAV}supported-calendar-component") from None
        except InvalidInput as error:
            raise DavError(403, error.message, f"{CALDAV}valid-calendar-data") from None
        if len(now.uid) > NAME_MAX:
            raise DavError(403, f"A UID has 1 to {NAME_MAX} characters.", f"{CALDAV}valid-calendar-object-resource")
        return source, now

    async def _save(self, name: str, source: str, now: Todo, seen: CalendarObject | None) -> CalendarObject:
        was = None if seen is None else read(written(seen), self._backend.zone)
        if was is not None and was.uid != now.uid:
            raise DavError(403, "The UID of a task can't be changed.", f"{CALDAV}no-uid-conflict")
        parent_uid = now.parent_uid if now.parent_uid is None or len(now.parent_uid) <= NAME_MAX else None
        item = CalendarItem(name=name, uid=now.uid, parent_uid=parent_uid, source=source)
        given: dict[str, Any] = {
            "seen": seen,
            "done": None if now.completed == (was is not None and was.completed) else now.completed,
            "done_at": now.completed_at,
            "new_parent": parent_uid != (None if was is None else was.parent_uid),
        }
        fields = changed_fields(now, was)
        try:
            try:
                return await self._backend.save_calendar_object(item, fields, **given)
            except InvalidInput:
                if "recurrence" not in fields:
                    raise
            # A rule that can't be kept here stays in the text of the program, which goes by it.
            plain = cast(TaskFields, {key: value for key, value in fields.items() if key != "recurrence"})
            return await self._backend.save_calendar_object(item, plain, **given)
        except Conflict as error:
            raise DavError(403, error.message, f"{CALDAV}no-uid-conflict") from None
        except TooLarge as error:
            raise DavError(507, error.message, f"{DAV}quota-not-exceeded") from None
        except InvalidInput as error:
            raise DavError(403, error.message, f"{CALDAV}valid-calendar-object-resource") from None

    async def _delete(self, request: DavRequest) -> DavAnswer:
        for attempt in range(ATTEMPTS):
            found = await self._object(request.place[2])
            _check(request, found)
            try:
                await self._backend.delete_calendar_object(found)
            except PreconditionFailed:
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            return DavAnswer(status=204)
        raise AssertionError

    async def _object(self, name: str) -> CalendarObject:
        found = await self._backend.calendar_objects([name])
        if not found:
            raise DavError(404, "There is no such task.")
        return found[0]

    def _path(self, found: CalendarObject) -> str:
        return self._calendar + quote(found.name, safe="")

    def _xml(self, request: DavRequest) -> "Element | None":
        try:
            return read_xml(request.body)
        except InvalidInput as error:
            raise DavError(400, error.message) from None


_SIMPLE: Final = ("title", "notes", "priority", "start_date", "duration", "recurrence", "project", "tags")


def changed_fields(now: Todo, was: Todo | None) -> TaskFields:
    """Return the fields of a task that a program changed, by what it was given and what it sent; all of a new one."""
    names = [name for name in _SIMPLE if was is None or getattr(now, name) != getattr(was, name)]
    if was is None or (now.due_date, now.due_time) != (was.due_date, was.due_time):
        names += ["due_date", "due_time"]
    if was is None or (now.remind_at, now.remind_before) != (was.remind_at, was.remind_before):
        # One or the other; a moment that is None takes both away, and keeps a default from being set.
        names.append("remind_at" if now.remind_before is None or now.due_date is None else "remind_before")
    return cast(TaskFields, {name: getattr(now, name) for name in names})


def _passing(objects: Sequence[CalendarObject], where: CalendarFilter) -> list[CalendarObject]:
    return [found for found in objects if where.passes(written(found))]


class _Wanted:
    """The properties that a request asks for."""

    def __init__(self, names: Sequence[str] | None, *, names_only: bool = False) -> None:
        self._names = names
        self._names_only = names_only
        self.takes_long = bool({f"{CALDAV}calendar-data", f"{DAV}getcontentlength"} & {*(names or ())})

    @classmethod
    def of(cls, asked: "Element | None") -> "_Wanted":
        """Return what a body asks for: everything usual, where it names nothing."""
        part = None if asked is None else asked.find(f"{DAV}prop")
        if part is not None:
            return cls([each.tag for each in part])
        return cls(None, names_only=asked is not None and asked.find(f"{DAV}propname") is not None)

    def answer(self, path: str, properties: Properties) -> str:
        """Return what is asked of a resource that has these properties."""
        if self._names_only:
            return response(path, {200: [element(name) for name in properties]})
        names: Iterable[str] = self._names if self._names is not None else _usual(properties)
        there = [element(name, properties[name]()) for name in names if name in properties]
        missing = [element(name) for name in names if name not in properties]
        return response(path, {200: there, 404: missing} if there or not missing else {404: missing})


def _usual(properties: Properties) -> list[str]:
    """Return the properties for `allprop`: those of WebDAV itself (RFC 4791, 5.2)."""
    return [name for name in properties if name.startswith(DAV) and not name.endswith("getcontentlength")]


def _multistatus(body: bytes) -> DavAnswer:
    return DavAnswer(status=207, body=body, headers={"Content-Type": XML_TYPE})


def _tag(found: CalendarObject) -> str:
    return f'"{found.etag}"'


def _check(request: DavRequest, found: CalendarObject | None) -> None:
    """Refuse what is not for the task as it is now."""
    tag = None if found is None else _tag(found)
    if request.if_match is not None and (tag is None or not {"*", tag} & {*request.if_match}):
        raise DavError(412, "The task has changed since you read it. Read it again, then retry.")
    not_these = {*(request.if_none_match or ())} if request.method != "GET" else set()
    if tag is not None and {"*", tag} & not_these:
        raise DavError(412, "There is a task at this address already.")


def _written_token(token: SyncToken, zone: ZoneInfo) -> str:
    rest = "" if token.task_id is None else f".{token.task_id}"
    return f"{TOKEN}{token.revision}{rest}:{quote(zone.key, safe='')}"


def _read_token(value: str, zone: ZoneInfo) -> SyncToken | None:
    """Return a token; None for none. Another time zone makes every time another one, so that it ends a token."""
    if not value:
        return None
    numbers, _, name = value.removeprefix(TOKEN).partition(":")
    revision, _, task_id = numbers.partition(".")
    if not value.startswith(TOKEN) or unquote(name) != zone.key or not _is_number(revision):
        raise _stale("This sync token isn't one of this calendar. Read everything once more.")
    return SyncToken(revision=int(revision), task_id=int(task_id) if _is_number(task_id) else None)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _stale(sentence: str) -> DavError:
    return DavError(403, sentence, f"{DAV}valid-sync-token")
