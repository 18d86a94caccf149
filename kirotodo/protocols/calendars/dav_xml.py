"""The XML of WebDAV (RFC 4918): requests are read without entities and document types, answers are written as text."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from kirotodo.core.errors import InvalidInput
from kirotodo.protocols.calendars.content_lines import ILLEGAL

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DAV: Final = "{DAV:}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
CALENDAR_SERVER: Final = "{http://calendarserver.org/ns/}"
APPLE: Final = "{http://apple.com/ns/ical/}"
_PREFIXES: Final[Mapping[str, str]] = {DAV: "D", CALDAV: "C", CALENDAR_SERVER: "CS", APPLE: "A"}
_DECLARED: Final = "".join(f' xmlns:{prefix}="{name.strip("{}")}"' for name, prefix in _PREFIXES.items())
HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
STATUS: Final = {200: "OK", 403: "Forbidden", 404: "Not Found", 507: "Insufficient Storage"}


def read_xml(body: bytes) -> "Element | None":
    """Return the root of a request's body; None where there is no body. Raises `InvalidInput`."""
    if not body.strip():
        return None
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise InvalidInput("The body of this request isn't XML, or has a document type, which is refused.") from None
    return root


def text(value: str) -> str:
    """Return a text as the content of an element."""
    return escape(ILLEGAL.sub("", value))


def element(tag: str, content: str = "", **attributes: str) -> str:
    """Return an element of a name such as `{DAV:}href`. `content` is XML already."""
    space, _, local = tag.rpartition("}")
    prefix = _PREFIXES.get(f"{space}}}")
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    if prefix is None:
        prefix, given = "x", f" xmlns:x={quoteattr(space.removeprefix('{'))}{given}"
        if not space:
            return f'<{local} xmlns=""/>' if not content else f'<{local} xmlns="">{content}</{local}>'
    name = f"{prefix}:{local}"
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def href(path: str) -> str:
    """Return a reference to a path."""
    return element(f"{DAV}href", text(path))


def status(code: int) -> str:
    """Return the status of a part of an answer."""
    return element(f"{DAV}status", f"HTTP/1.1 {code} {STATUS[code]}")


def response(path: str, properties: Mapping[int, Iterable[str]]) -> str:
    """Return what is said of one resource: its properties, by their status."""
    parts = (
        element(f"{DAV}propstat", element(f"{DAV}prop", "".join(some)) + status(code))
        for code, some in properties.items()
        if some or code == 200
    )
    return element(f"{DAV}response", href(path) + "".join(parts))


def response_without(path: str, code: int, error: str = "") -> str:
    """Return that there is nothing to be said of a resource but a status."""
    return element(f"{DAV}response", href(path) + status(code) + (element(f"{DAV}error", error) if error else ""))


def multistatus(responses: Iterable[str], *, token: str | None = None) -> bytes:
    """Return a whole answer about several resources."""
    last = "" if token is None else element(f"{DAV}sync-token", text(token))
    return f"{HEAD}<D:multistatus{_DECLARED}>{''.join(responses)}{last}</D:multistatus>".encode()


def error_body(condition: str, sentence: str) -> bytes:
    """Return why a request was refused: the condition that failed, and a sentence for people."""
    told = element(f"{DAV}responsedescription", text(sentence))
    return f"{HEAD}<D:error{_DECLARED}>{element(condition) if condition else ''}{told}</D:error>".encode()
