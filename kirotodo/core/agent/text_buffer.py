"""Text on its way from the model to the viewers: gathered for a tenth of a second, written as one event."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from kirotodo.core.agent.turn_log import TurnLog, TurnTransaction
from kirotodo.core.events import TextDelta
from kirotodo.core.text.well_formed import SurrogateJoiner

FLUSH_SECONDS: Final = 0.1
"""How long text is gathered before it becomes an event, unless writing takes longer; the first goes out at once."""


class TextFlow:
    """Feeds a step's text to the log while the model still speaks.

    An `asyncio.Task` of its own writes, so that stopping the model never cuts a transaction. `text` is all the text of
    this attempt, begun with `lead` (what parts it from the step before); `rest` is what is not written yet and is for
    the caller to write together with what ends the step (`emit_rest`). `on_error` is called where writing failed: see
    `error`.
    """

    def __init__(self, log: TurnLog, *, step: int, attempt: int, lead: str, on_error: Callable[[], None]) -> None:
        self.step = step
        self.attempt = attempt
        self.text = ""
        self.rest = ""
        self.error: BaseException | None = None
        self._lead = lead
        self._joiner = SurrogateJoiner()
        self._shown_attempt = attempt - 1
        self._log = log
        self._on_error = on_error
        self._fed = asyncio.Event()
        self._closing = asyncio.Event()

    def feed(self, text: str) -> None:
        """Take more text of the model."""
        self._add(self._joiner.feed(text))

    def _add(self, text: str) -> None:
        if not text:
            return
        if not self.text:
            text = self._lead + text
        self.text += text
        self.rest += text
        self._fed.set()

    def restart(self) -> None:
        """Start over: the model begins its step anew."""
        self.attempt += 1
        self._joiner = SurrogateJoiner()
        self.text = ""
        self.rest = ""

    @property
    def is_stale(self) -> bool:
        """Return whether viewers still hold the text of an attempt that was given up."""
        return 0 <= self._shown_attempt < self.attempt

    def emit_rest(self, entry: TurnTransaction) -> None:
        """Emit what is not written yet, with what ends the step."""
        if self.rest or self.is_stale:
            entry.emit(TextDelta, step=self.step, attempt=self.attempt, text=self.rest)

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name=f"text of {self._log.turn_id}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._add(self._joiner.finish())
        self._closing.set()
        self._fed.set()
        await self._writer

    async def _write(self) -> None:
        try:
            while not self._closing.is_set():
                await self._fed.wait()
                self._fed.clear()
                if self._closing.is_set():
                    return
                began = time.monotonic()
                if self.rest:
                    await self._flush()
                pause = max(FLUSH_SECONDS, time.monotonic() - began)
                try:
                    async with asyncio.timeout(pause):
                        await self._closing.wait()
                except TimeoutError:
                    continue
        except Exception as error:
            self.error = error
            self._on_error()

    async def _flush(self) -> None:
        attempt, text = self.attempt, self.rest
        self.rest = ""
        try:
            await self._log.append(TextDelta, step=self.step, attempt=attempt, text=text)
        except BaseException:
            self.rest = text + self.rest
            raise
        self._shown_attempt = attempt
