"""How a turn is told without a screen: as text and narration, as lines of JSON, or not at all until it is over."""

import re
import sys
from collections.abc import Mapping
from typing import Any, Final, Protocol, assert_never

from kirotodo.client.commands.output import mark, put, put_chunk, put_json_line, say
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
    encode_event,
)
from kirotodo.core.text.sanitize import sanitize, sanitize_line
from kirotodo.core.text.width import fit

_PART: Final = re.compile(r"(?P<ticks>`+)|\\(?P<sign>[!-/:-@\[-`{-~])")


class Unescaper:
    """Removes Markdown backslashes from an answer that arrives in pieces; an escape may be cut in two. Code is kept."""

    def __init__(self) -> None:
        self._held = ""
        self._code: str | None = None

    def feed(self, piece: str) -> str:
        """Return the text that is complete with this piece."""
        text = self._held + piece
        kept = len(text.rstrip("\\`"))
        self._held, text = text[kept:], text[:kept]
        return _PART.sub(self._replace, text)

    def rest(self) -> str:
        """Return the text that was held back, at the end."""
        held, self._held = self._held, ""
        return _PART.sub(self._replace, held)

    def _replace(self, match: re.Match[str]) -> str:
        ticks = match["ticks"]
        if ticks is None:
            return match[0] if self._code else match["sign"]
        if self._code is None:
            self._code = ticks
        elif self._code == ticks:
            self._code = None
        return ticks


def unescaped(text: str) -> str:
    """Return a whole answer without its Markdown backslashes."""
    unescaper = Unescaper()
    return unescaper.feed(text) + unescaper.rest()


BRIEF: Final = 100


class TurnPrinter(Protocol):
    """Prints the events of a turn. `failure_code` is set where the turn failed."""

    failure_code: str | None

    def print(self, event: TurnEvent) -> None:
        """Print an event."""

    def finish(self) -> None:
        """End a line that was begun."""


class QuietPrinter:
    """Prints why a turn failed, and nothing else."""

    def __init__(self) -> None:
        self.failure_code: str | None = None

    def print(self, event: TurnEvent) -> None:
        """Print the message of a failed turn; ignore every other event."""
        if isinstance(event, TurnFailed):
            self.failure_code = event.code
            say(event.message)

    def finish(self) -> None:
        """Do nothing: no line is open."""
        pass


class JsonLines(QuietPrinter):
    """Prints each event as one line of JSON."""

    def print(self, event: TurnEvent) -> None:
        """Print the event as one line of JSON."""
        super().print(event)
        put_json_line(encode_event(event).decode())


class TextPrinter(QuietPrinter):
    """Prints the answer on stdout, and what was done on stderr.

    A terminal gets the answer as it comes. A pipe gets it whole, because a model may restart a step and piped text
    cannot be taken back.
    """

    def __init__(self) -> None:
        super().__init__()
        self._live = sys.stdout.isatty()
        self._open_line = False
        self._step = self._attempt = 0
        self._unescaper = Unescaper()

    def print(self, event: TurnEvent) -> None:
        """Print the text of the event, or a line about it."""
        match event:
            case TextDelta():
                self._text(event)
            case ToolCallFinished():
                self.finish()
                say(_call_line(event))
            case ApprovalRequested():
                self.finish()
            case ApprovalAnswered():
                say(f"  answered: {event.decision}")
            case TurnFinished():
                self._whole(event.response)
            case TurnCancelled():
                self._whole(event.response)
                say("Stopped.")
            case TurnFailed():
                self.finish()
                super().print(event)
            case TurnStarted() | ToolCallStarted() | TasksChanged():
                pass
            case _:
                assert_never(event)

    def finish(self) -> None:
        """End the line of text that is open."""
        self._write(self._unescaper.rest())
        if self._open_line:
            put()
            self._open_line = False

    def _text(self, event: TextDelta) -> None:
        if not self._live:
            return
        if event.step == self._step and event.attempt > self._attempt:
            self.finish()
            say("  the model starts this answer again:")
            self._unescaper = Unescaper()
        self._step, self._attempt = event.step, event.attempt
        self._write(self._unescaper.feed(event.text))

    def _write(self, piece: str) -> None:
        text = put_chunk(piece)
        if text:
            self._open_line = not text.endswith("\n")

    def _whole(self, response: str) -> None:
        if self._live:
            self.finish()
        elif response:
            put(unescaped(sanitize(response)).rstrip())


def _call_line(event: ToolCallFinished) -> str:
    good = event.status == "succeeded"
    glyph = mark("✓", "+") if good else mark("✗", "x")
    result = fit(sanitize_line(brief(event.result)), BRIEF)
    return f"  {glyph} {sanitize_line(event.tool)}  {result}  {event.duration_ms} ms"


def brief(result: Mapping[str, Any]) -> str:
    """Return a short summary of a tool's result."""
    for name in ("error", "message"):
        if isinstance(result.get(name), str):
            return str(result[name])
    words = [str(result["status"])] if isinstance(result.get("status"), str) else []
    if isinstance(result.get("task_id"), int):
        words.append(f"#{result['task_id']}")
    if isinstance(result.get("title"), str):
        words.append(result["title"])
    if not words[1:] and isinstance(result.get("total"), int):
        words.append(f"{result['total']} found")
    elif not words[1:] and isinstance(result.get("count"), int):
        words.append("1 task" if result["count"] == 1 else f"{result['count']} tasks")
    return " ".join(words)
