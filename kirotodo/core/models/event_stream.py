"""Bytes of a `text/event-stream` cut into JSON objects (WHATWG HTML, 9.2).

Kind about form: any line ends, events without the empty line after them, objects over several lines, a last line
without an end, `error:` lines. Lines are cut as bytes: Unicode has line separators that are no line ends here.
"""

import json
from typing import Any, Final

from kirotodo.core.models import faults

DONE: Final = b"[DONE]"
BOM: Final = b"\xef\xbb\xbf"
LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one line; no honest event comes near."""


class EventStream:
    """Feeds on bytes as they come, gives whole payloads. `ended` is True once the sender said so."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""
        self._part = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The payloads that are whole now. Raises `ProviderFault` on what is no JSON object."""
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        if len(self._rest) + len(self._part) > LONGEST:
            raise faults.garbled()
        return self._payloads(lines)

    def close(self) -> list[dict[str, Any]]:
        """What the last line holds, if nothing ended it. A part of an object is nothing: the stream broke off."""
        last, self._rest = self._rest, b""
        return [] if self.ended else self._payloads([last])

    def _payloads(self, lines: list[bytes]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for line in lines:
            line = line.strip().removeprefix(BOM)
            if not line:
                if self._part:
                    raise faults.garbled()
                continue
            data = _data(line)
            if data is None:
                continue
            if data == DONE:
                self.ended = True
                break
            payload = self._payload(data)
            if payload is not None:
                found.append(payload)
        return found

    def _payload(self, data: bytes) -> dict[str, Any] | None:
        """The object in `data`; None while it may go on in the next line."""
        self._part = self._part + b"\n" + data if self._part else data
        try:
            value = _loads(self._part)
        except (ValueError, RecursionError):
            return None
        self._part = b""
        return value if isinstance(value, dict) else _no_object()


def _loads(data: bytes) -> Any:
    """Read JSON; bytes that are no UTF-8 become replacement characters."""
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        return json.loads(data.decode("utf-8", "replace"))


def _data(line: bytes) -> bytes | None:
    if line.startswith(b"data:"):
        return line[5:].strip()
    if line.startswith(b"{"):
        return line
    if line.startswith(b"error:"):
        return b'{"error":' + line[6:] + b"}"
    return None


def _no_object() -> dict[str, Any]:
    raise faults.garbled()


def whole_body(data: bytes) -> dict[str, Any]:
    """The object of an answer that came in one piece. Raises `ProviderFault` where it is none."""
    try:
        value = _loads(data)
    except (ValueError, RecursionError):
        raise faults.garbled() from None
    return value if isinstance(value, dict) else _no_object()
