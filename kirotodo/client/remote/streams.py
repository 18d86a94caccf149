"""Streams of events that outlast their connections: they resume where a connection was cut, until they are over."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import httpx2
from pydantic import ValidationError

from kirotodo.client.remote import errors
from kirotodo.client.remote.http import Http, read_as
from kirotodo.client.remote.requests import Requests
from kirotodo.core.backend import LinkChanged, ListChanged
from kirotodo.core.errors import KirotodoError, RateLimited, StorageError, Unreachable
from kirotodo.core.events import FINAL_EVENTS, TurnEvent, decode_event

LIST_CHANGED: Final = "list_changed"
RECONNECT: Final = "reconnect"
"""The server is about to stop: connect again to get the rest from it or from another one."""
PROBLEM: Final = "problem"
"""The server cannot continue this stream."""
OUTAGE_SECONDS: Final = 60.0
"""How long to keep watching a turn while the server's database is down, without `insist`."""
KINDS: Final = frozenset(kind.__dataclass_fields__["kind"].default for kind in TurnEvent.__args__)


async def turn_events(requests: Requests, turn_id: str, *, after: int, insist: bool) -> AsyncGenerator[TurnEvent, None]:
    """Yield the events of a turn after `after`, up to its final one, over as many connections as it takes. While the
    server's database is down the turn waits for it, and so does this, for a while even without `insist`."""
    seq, failures, last_event = after, 0, time.monotonic()
    while True:
        try:
            async with requests.stream(f"/turns/{turn_id}/events", {"after": seq}) as stream:
                requests.link.good()
                async for one in stream:
                    if one.event == RECONNECT:
                        # The server restarts in good order, which is no failure: connect again at once.
                        failures = 0
                        break
                    event = _turn_event(one, requests.http)
                    if event is None or event.seq <= seq:  # a new connection may repeat events
                        continue
                    seq, failures, last_event = event.seq, 0, time.monotonic()
                    yield event
                    if isinstance(event, FINAL_EVENTS):
                        return
                else:
                    # A stream that ends without a final event was cut: only that event means that the turn is over.
                    raise errors.broke_off(requests.host)
        except (Unreachable, RateLimited) as error:
            failures += 1
            await requests.before_another_try(error, failures, insist=insist)
        except StorageError as error:
            failures += 1
            patient = insist or time.monotonic() - last_event < OUTAGE_SECONDS
            await requests.before_another_try(error, failures, insist=patient)


def _turn_event(one: httpx2.ServerSentEvent, http: Http) -> TurnEvent | None:
    """Return the event; None for a kind that only a newer server knows."""
    if one.event == PROBLEM:
        raise http.problem_of(one.data)
    try:
        return decode_event(one.data)
    except ValidationError:
        if _kind(one.data) in KINDS:
            raise errors.not_understood(http.address.host, http.version) from None
        return None


def _kind(data: str) -> object:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value.get("kind") if isinstance(value, dict) else None


class ListFollower:
    """Merges the changes of the list and the changes of the link into one stream."""

    def __init__(self, requests: Requests, *, after: int | None) -> None:
        self._requests = requests
        self._revision = after
        self._news: asyncio.Queue[ListChanged | LinkChanged | KirotodoError] = asyncio.Queue()

    async def follow(self) -> AsyncGenerator[ListChanged | LinkChanged, None]:
        """Yield changes until closed. Raises errors that retrying would not fix."""
        link = self._requests.link
        with link.listening(self._news.put_nowait):
            reading = asyncio.create_task(self._read())
            try:
                while True:
                    news = await self._news.get()
                    if isinstance(news, KirotodoError):
                        raise news
                    yield news
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        failures = 0
        while True:
            try:
                async with aclosing(self._connection()) as changes:
                    async for change in changes:
                        failures = 0
                        # Resume after the newest revision: the server then sends what changed while the link was down.
                        self._revision = change.revision or self._revision
                        self._news.put_nowait(change)
            except (Unreachable, RateLimited, StorageError) as error:
                failures += 1
                await self._requests.before_another_try(error, failures, insist=True)
            except KirotodoError as error:
                self._news.put_nowait(error)
                return

    async def _connection(self) -> AsyncGenerator[ListChanged, None]:
        """Yield the changes of one connection; return where the server asks for another one."""
        link = self._requests.link
        params = {} if self._revision is None else {"after": self._revision}
        async with self._requests.stream("/events", params) as stream:
            # A first connection reports its state; later ones do so through `good`, where it has changed.
            if link.link == "online":
                self._news.put_nowait(link.now())
            link.good()
            async for one in stream:
                if one.event == RECONNECT:
                    return
                if one.event == PROBLEM:
                    raise self._requests.http.problem_of(one.data)
                if one.event == LIST_CHANGED:
                    yield self._change(one)
        raise errors.broke_off(self._requests.host)

    def _change(self, one: httpx2.ServerSentEvent) -> ListChanged:
        try:
            return read_as(ListChanged, one.data)
        except ValidationError:
            http = self._requests.http
            raise errors.not_understood(http.address.host, http.version) from None


def changes(requests: Requests, *, after: int | None) -> AsyncGenerator[ListChanged | LinkChanged, None]:
    """Yield the changes of the list after revision `after`, and those of the link."""
    return ListFollower(requests, after=after).follow()
