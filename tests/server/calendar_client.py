"""A bare CalDAV client for tests: requests as phones send them, and answers taken apart."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from xml.etree import ElementTree

import httpx2

from tests.server.serving import NO_TLS, Served

DAV: Final = "{DAV:}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
PROPERTIES: Final = '<D:prop xmlns:C="urn:ietf:params:xml:ns:caldav"><D:getetag/><C:calendar-data/></D:prop>'


def todo(uid: str = "one", *lines: str, summary: str = "Milk") -> str:
    """A calendar object with these lines in its VTODO."""
    return "\r\n".join(
        (
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VTODO"),
            *(f"UID:{uid}", "DTSTAMP:20261128T120000Z", f"SUMMARY:{summary}", *lines),
            *("END:VTODO", "END:VCALENDAR", ""),
        )
    )


def basic(user_name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user_name}:{password}".encode()).decode()}


async def app_password(server: Served, name: str = "phone", *, user_id: str = "1", scope: str = "calendar") -> str:
    async with server.client(user_id) as person:
        made = await person.post("/tokens", json={"name": name, "scope": scope})
    assert made.status_code == 201, made.text
    token: str = made.json()["token"]
    return token


class CalendarClient:
    """A program that is signed in with an app password."""

    def __init__(self, http: httpx2.AsyncClient, user_id: str) -> None:
        self.http = http
        self.home = f"/dav/{user_id}/"
        self.calendar = f"{self.home}tasks/"

    async def ask(
        self, method: str, path: str = "", body: str | bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Send a request; a path without a slash at its beginning is below the calendar."""
        content = body.encode() if isinstance(body, str) else body
        return await self.http.request(
            method, path if path.startswith("/") else self.calendar + path, content=content, headers=headers
        )

    async def put(self, name: str, text: str, **headers: str) -> httpx2.Response:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.ask("PUT", name, text, {"Content-Type": "text/calendar; charset=utf-8", **given})

    async def get(self, name: str) -> str:
        found = await self.ask("GET", name)
        assert found.status_code == 200, found.text
        return found.content.decode()

    async def propfind(self, path: str = "", properties: str = "", *, depth: str = "0") -> ElementTree.Element:
        body = f'<D:propfind xmlns:D="DAV:" {SPACES}><D:prop>{properties}</D:prop></D:propfind>' if properties else ""
        answer = await self.ask("PROPFIND", path, body, {"Depth": depth})
        assert answer.status_code == 207, answer.text
        return ElementTree.fromstring(answer.content)

    async def report(self, kind: str, inside: str, *, path: str = "") -> httpx2.Response:
        return await self.ask("REPORT", path, f'<{kind} xmlns:D="DAV:" {SPACES}>{inside}</{kind}>', {"Depth": "1"})

    async def sync(self, token: str = "", more: str = "") -> "Sync":
        inside = f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>{more}{PROPERTIES}"
        answer = await self.report("D:sync-collection", inside)
        assert answer.status_code == 207, answer.text
        return Sync(answer.content)

    async def query(self, filters: str) -> list[str]:
        """The names of the tasks that pass a filter."""
        todos = f'<C:comp-filter name="VTODO">{filters}</C:comp-filter>'
        inside = f'{PROPERTIES}<C:filter><C:comp-filter name="VCALENDAR">{todos}</C:comp-filter></C:filter>'
        answer = await self.report("C:calendar-query", inside)
        assert answer.status_code == 207, answer.text
        return sorted(Sync(answer.content).found)


SPACES: Final = (
    'xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" '
    'xmlns:A="http://apple.com/ns/ical/"'
)


class Sync:
    """What an answer says: the text of each task there is, by name, the names of those that are gone, and the token."""

    def __init__(self, content: bytes) -> None:
        root = ElementTree.fromstring(content)
        self.found: dict[str, str] = {}
        self.gone: list[str] = []
        self.is_cut = False
        for each in root.iter(f"{DAV}response"):
            name = (each.findtext(f"{DAV}href") or "").rpartition("/")[2]
            status = each.findtext(f"{DAV}status") or ""
            if " 404 " in status:
                self.gone.append(name)
            elif " 507 " in status:
                self.is_cut = True
            else:
                self.found[name] = each.findtext(f".//{CALDAV}calendar-data") or ""
        self.token = root.findtext(f"{DAV}sync-token") or ""


def value_of(root: ElementTree.Element, name: str) -> Any:
    """The element of a property in an answer."""
    return root.find(f".//{name}")


@asynccontextmanager
async def signed_in(server: Served, name: str = "phone", *, user_id: str = "1") -> AsyncIterator[CalendarClient]:
    password = await app_password(server, name, user_id=user_id)
    async with httpx2.AsyncClient(
        verify=NO_TLS, base_url=server.base_url, headers=basic(user_id, password), timeout=60
    ) as http:
        yield CalendarClient(http, user_id)
