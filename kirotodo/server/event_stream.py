"""The operator's stream of events: what is published of a change, and how Redis, Valkey and Kafka are given it.

Each message is a CloudEvent in JSON, as Dapr publishes and expects it: in the field `data` of an entry of a Redis
stream, or as the value of a record in Kafka whose key is the user.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import asyncio
import importlib.util
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

import msgspec

from kirotodo.core.addresses import redis_address
from kirotodo.core.domain.history import HistoryEntry
from kirotodo.core.domain.task import Task
from kirotodo.core.domain.webhook import STREAM, WebhookEvent
from kirotodo.core.errors import ConfigError, Unreachable
from kirotodo.core.store.webhooks import message_id

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

TASK_EVENTS: Final = "task-events"
REMINDERS: Final = "reminders"
SOURCE: Final = "/kirotodo"
TIMEOUT_SECONDS: Final = 15.0
"""How long a batch may take. Shorter than the lease under which it is published."""
ENTRIES_MAX: Final = 1_000_000
"""About how many entries a Redis stream keeps."""
KAFKA: Final = "kafka://"
CONTENT_TYPE: Final = b"application/cloudevents+json"
MISSING: Final = (
    "EVENTS_URL is a kafka:// address, which needs aiokafka. Install it with: pip install 'kirotodo[kafka]'"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMessage:
    """A message of a topic. Those with the same key stay in order; one that comes again has the id that it had."""

    topic: str
    key: str
    id: str
    body: bytes


class Publisher(Protocol):
    """Publishes messages."""

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Publish messages in this order. Raises `Unreachable` unless all of them were accepted."""

    async def aclose(self) -> None:
        """Close every connection."""


def messages_of(user_id: str, event: WebhookEvent, change: HistoryEntry) -> tuple[EventMessage, ...]:
    """Return what is published of a change: an event of its task, and one of its reminder where that changed."""
    id = message_id(user_id, STREAM, change.id)
    about = _Event(user_id=user_id, change=change)
    events = [about.message(TASK_EVENTS, id, event, {"user_id": user_id, "change": change})]
    before, after = _reminder(change.before), _reminder(change.after)
    if before != after:
        kind = "reminder.scheduled" if after is not None else "reminder.cancelled"
        events.append(about.message(REMINDERS, f"{id}_reminder", kind, {"user_id": user_id, **(after or before or {})}))
    return tuple(events)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    user_id: str
    change: HistoryEntry

    def message(self, topic: str, id: str, kind: str, data: dict[str, Any]) -> EventMessage:
        event = {
            "specversion": "1.0",
            "id": id,
            "source": SOURCE,
            "type": kind,
            "subject": f"users/{quote(self.user_id, safe='')}/tasks/{self.change.task_id}",
            "time": self.change.at,
            "datacontenttype": "application/json",
            "partitionkey": self.user_id,
            "data": data,
        }
        return EventMessage(topic=topic, key=self.user_id, id=id, body=msgspec.json.encode(event))


def _reminder(task: Task | None) -> dict[str, Any] | None:
    """Return the reminder that waits for a task, as it is published; None without one."""
    if task is None or task.completed or task.remind_at is None:
        return None
    return {
        "task_id": task.id,
        "title": task.title,
        "remind_at": task.remind_at,
        "due_date": task.due_date,
        "due_time": task.due_time,
    }


def require_library(url: str) -> None:
    """Raise `ConfigError` where the library for an address of `EVENTS_URL` is missing."""
    if url.startswith(KAFKA) and importlib.util.find_spec("aiokafka") is None:
        raise ConfigError(MISSING)


def publisher_at(url: str) -> Publisher:
    """Return a publisher for an address of `EVENTS_URL`. Raises `ConfigError` where its library is missing."""
    require_library(url)
    return KafkaPublisher(url.removeprefix(KAFKA).rstrip("/")) if url.startswith(KAFKA) else RedisPublisher(url)


class RedisPublisher:
    """Publishes to streams of Redis or Valkey, a batch in one transaction."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._timeout = timeout
        self._client = Redis.from_url(redis_address(url), retry=Retry(NoBackoff(), 0))

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Implement `Publisher.publish`."""
        from redis.exceptions import RedisError

        try:
            async with asyncio.timeout(self._timeout), self._client.pipeline(transaction=True) as batch:
                for each in messages:
                    batch.xadd(each.topic, {"data": each.body}, maxlen=ENTRIES_MAX, approximate=True)
                await batch.execute()
        except (RedisError, OSError, TimeoutError) as error:
            raise _unreachable("Redis", error) from error

    async def aclose(self) -> None:
        """Implement `Publisher.aclose`."""
        await self._client.aclose()


class KafkaPublisher:
    """Publishes to Kafka, each message under the key of its user. Connects with the first batch, and anew after a
    failure."""

    def __init__(self, servers: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._servers = servers
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def publish(self, messages: Sequence[EventMessage]) -> None:
        """Implement `Publisher.publish`."""
        from aiokafka.errors import KafkaError

        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._started()
                headers = [("content-type", CONTENT_TYPE)]
                sent = [
                    await producer.send(each.topic, each.body, key=each.key.encode(), headers=headers)
                    for each in messages
                ]
                for each in sent:
                    await each
        except (KafkaError, OSError, TimeoutError) as error:
            await self.aclose()  # what it still holds is sent again, by the next one
            raise _unreachable("Kafka", error) from error

    async def _started(self) -> "AIOKafkaProducer":
        from aiokafka import AIOKafkaProducer

        async with self._lock:
            if self._producer is None:
                # One batch of a partition is on its way at a time, so messages keep their order without idempotence,
                # which not every broker has; what comes twice has the same id.
                producer = AIOKafkaProducer(bootstrap_servers=self._servers.split(","), acks="all")
                try:
                    await producer.start()
                except BaseException:
                    await _stopped(producer)
                    raise
                self._producer = producer
            return self._producer

    async def aclose(self) -> None:
        """Implement `Publisher.aclose`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)


async def _stopped(producer: "AIOKafkaProducer") -> None:
    with suppress(Exception):
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await producer.stop()


def _unreachable(name: str, error: BaseException) -> Unreachable:
    return Unreachable(f"{name} did not accept the events ({type(error).__name__}).")
