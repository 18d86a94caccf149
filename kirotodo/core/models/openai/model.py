"""The model adapter for any OpenAI-compatible service.

The SDK signs and sends the requests and reads error responses; its retries are off, since the one retry loop is here.
Bodies and streams bypass the SDK's types: converting dictionaries and chunks into them costs more CPU than all else
in a turn.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from kirotodo.core.addresses import mounts_for
from kirotodo.core.aio import TimedReader, Turnstile
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.models.model import ModelEvent, ModelRequest, Opaque, Restarted, TextDelta
from kirotodo.core.models.openai import errors
from kirotodo.core.models.openai.chat_completions import ChatCompletions
from kirotodo.core.models.openai.circuit_breaker import CircuitBreaker
from kirotodo.core.models.openai.errors import ProviderFault, Refusal, Source
from kirotodo.core.models.openai.reasoning import WANTED, given_back
from kirotodo.core.models.openai.responses import Responses
from kirotodo.core.models.openai.wire import Api, Decoder
from kirotodo.core.retry import Backoff

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI


DONE: Final = b"[DONE]"
BOM: Final = b"\xef\xbb\xbf"
LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one line; no honest event comes near."""


class EventStream:
    """Splits a body into its JSON payloads as bytes arrive.

    `begun` is True after the first payload, `ended` once the sender has sent `[DONE]`.
    """

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self._rest = b""
        self._part = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the payloads that are complete now. Raise `ProviderFault` where one is not a JSON object.

        What came before the fault is yielded first, however much arrived at once.
        """
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        yield from self._payloads(lines)
        if len(self._rest) + len(self._part) > LONGEST:
            raise errors.garbled()

    def close(self) -> Iterator[dict[str, Any]]:
        """Yield the payload of a last line without a line end.

        A partial object is dropped, since the stream broke off in it.
        """
        last, self._rest = self._rest, b""
        if not self.ended:
            yield from self._payloads([last])

    def _payloads(self, lines: list[bytes]) -> Iterator[dict[str, Any]]:
        for line in lines:
            line = line.strip().removeprefix(BOM)
            if not line:
                if self._part:
                    raise errors.garbled()
                continue
            data = _data(line)
            if data is None:
                continue
            if data == DONE:
                self.ended = True
                break
            payload = self._payload(data)
            if payload is not None:
                self.begun = True
                yield payload

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
    """Read JSON; bytes that are not UTF-8 become replacement characters."""
    try:
        return msgspec.json.decode(data)  # a fifth of the CPU of `json`
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # `json` takes more: NaN, a byte order mark, half a surrogate pair
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
    raise errors.garbled()


def whole_body(data: bytes) -> dict[str, Any]:
    """Return the object of an answer that came in one piece. Raise `ProviderFault` where it is not an object."""
    try:
        value = _loads(data)
    except (ValueError, RecursionError):
        raise errors.garbled() from None
    return value if isinstance(value, dict) else _no_object()


OPENAI_URL: Final = "https://api.openai.com/v1"
ATTEMPTS: Final = 4
BASE_DELAY: Final = 0.4
MAX_DELAY: Final = 8.0
CONNECT_SECONDS: Final = 5.0
STALL_SECONDS: Final = 20.0
"""Without a byte for this long a stream that has begun counts as stalled. The first word may take the whole deadline: a
local model is loaded first, and to ask again would load it again."""
GATHER_SECONDS: Final = 0.05
"""How long what follows the first text is left to gather before it is read. It is shown every tenth of a second, and to
read each token by itself would cost more than all else that is done with it."""
STREAM_MAX: Final = 32 * 1024 * 1024
"""Bytes of one answer, thoughts and all; one that is longer never ends."""
ANSWER_MAX: Final = 200_000
"""Characters of one answer's text."""
RESERVE: Final = 1.0
"""Seconds before the deadline that no wait for the provider takes, so that another model can still answer."""
AFTER_ANSWER: Final = 2.0
AFTER_END: Final = 0.1
"""How long a whole answer waits for its usage; and an ended stream for its connection to end, which is then kept."""

API_KINDS = Literal["chat", "responses"]
_APIS: Final[dict[str, Api]] = {"chat": ChatCompletions(), "responses": Responses()}
_OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "include": ("encrypted_content", "encrypted content", "'include'", "include["),
    "extra_content": ("extra_content",),
    "reasoning_content": ("reasoning_content",),
    "reasoning_details": ("reasoning_details",),
    "stream_options": ("stream_options",),
    "reasoning_effort": ("reasoning_effort",),
    "reasoning": ("reasoning",),
    "store": ("store",),
    "strict": ("strict",),
}
"""What we can do without where a provider does not know it, and the words by which it says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """The address of a model. `name` is what the user calls it; `strict` whether it honours strict schemas."""

    model: str
    api_key: str = field(repr=False)
    base_url: str = OPENAI_URL
    name: str = ""
    api: API_KINDS = "chat"
    effort: str | None = None
    strict: bool | None = None
    source: Source | None = None
    """What a fault says to check, where that is not the environment."""

    @property
    def host(self) -> str:
        """Return host and port of the address, for messages."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2] or self.base_url

    @property
    def is_strict(self) -> bool:
        """Return whether schemas are sent as strict: by `strict` if set, else to OpenAI only."""
        return self.host == urlsplit(OPENAI_URL).netloc if self.strict is None else self.strict


class OpenAIModel:
    """A model at an endpoint. `sleep` and `jitter` are those of the retry loop, for tests."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        breaker: CircuitBreaker | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
        jitter: Callable[[float], float] = lambda most: random.uniform(0, most),
        stall_seconds: float = STALL_SECONDS,
        linger_seconds: float = AFTER_ANSWER,
    ) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name or endpoint.model
        self._api = _APIS[endpoint.api]
        self._breaker = breaker
        self._sleep = sleep
        self._jitter = jitter
        self._stall = stall_seconds
        self._linger = linger_seconds
        self._client: AsyncOpenAI | None = None
        self._source = endpoint.source or Source(model=endpoint.model)
        self._origin = f"{endpoint.api} {endpoint.host} {endpoint.model}"
        self._turnstile = Turnstile()
        self._left_out: set[str] = set()
        self._wanted: set[str] = set()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one step. See `Model.stream`.

        A step that breaks off after text has come is retried from its beginning, and says so (`Restarted`).
        """
        loop = asyncio.get_running_loop()
        breaker = self._breaker = self._breaker or CircuitBreaker(clock=loop.time)
        stale = False
        for attempt in range(ATTEMPTS):
            if not breaker.allow():
                raise errors.circuit_open(self.endpoint.host)
            has_text = False
            try:
                async with aclosing(self._attempt(request)) as events:
                    async for event in events:
                        if stale:
                            stale = False
                            yield Restarted()
                        has_text = has_text or isinstance(event, TextDelta)
                        yield event
                breaker.succeeded()
                return
            except ProviderFault as fault:
                stale = stale or has_text
                _record(fault, breaker)
                delay = self._delay(fault, attempt, remaining=request.deadline - loop.time())
                if delay is None:
                    raise
            except BaseException:
                # A cancelled probe must free its slot, or a half-open circuit would never be tried again.
                breaker.abandoned()
                raise
            await self._sleep(delay)

    async def aclose(self) -> None:
        """Close the HTTP client."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _delay(self, fault: ProviderFault, attempt: int, *, remaining: float) -> float | None:
        """How long to wait before the next attempt: what the provider asked for, else what `Backoff` says.
        None where there is to be none."""
        if fault.kind == "refused" or attempt + 1 >= ATTEMPTS:
            return None
        delay = Backoff(first=BASE_DELAY, longest=MAX_DELAY, jitter=self._jitter).after(attempt + 1)
        if fault.wait is not None:
            # With jitter on top: everyone the provider turned away at once was given the same delay.
            delay = fault.wait + self._jitter(BASE_DELAY)
        return delay if delay < remaining - RESERVE else None

    async def _attempt(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """One request. Every fault of the provider comes out as a `ProviderFault`."""
        client = await self._connected()
        await self._turnstile.wait()
        import httpx2
        import openai

        try:
            response = await self._opened(client, request)
            decoder = self._api.decoder(request, source=self._source, strict=self._is_strict)
            try:
                async with aclosing(self._events(response, decoder)) as events:
                    async for event in events:
                        yield event
            finally:
                await response.aclose()
        except (openai.APITimeoutError, httpx2.TimeoutException) as error:
            unreachable = isinstance(error.__cause__, httpx2.ConnectTimeout)
            if unreachable:
                raise errors.disconnected(self.endpoint.host, source=self._source) from None
            raise errors.slow(self.endpoint.host) from None
        except (openai.APIConnectionError, httpx2.TransportError):
            raise errors.disconnected(self.endpoint.host, source=self._source) from None
        except httpx2.DecodingError:
            raise errors.garbled() from None
        if not decoder.whole:
            raise errors.truncated()
        for event in decoder.finish():
            yield replace(event, origin=self._origin) if isinstance(event, Opaque) else event

    async def _events(self, response: "httpx2.Response", decoder: Decoder) -> AsyncGenerator[ModelEvent, None]:
        """Yield the events of a body as it arrives. An answer that does not end is cut off."""
        form = response.headers.get("content-type", "")
        if form.startswith("text/html"):
            raise errors.no_api(self.endpoint.host, source=self._source)
        # Bytes that need no decoding skip the layers of `aiter_bytes`.
        plain = response.headers.get("content-encoding", "identity") == "identity"
        data = response.aiter_raw() if plain else response.aiter_bytes()
        if "application/json" in form:
            for event in decoder.feed(whole_body(await _bounded(data))):
                yield event
            return
        stream = EventStream()
        size, space = 0, ANSWER_MAX
        with closing(TimedReader(data)) as reader:
            while (received := await self._received(reader, stream, decoder)) is not None:
                for payload in stream.feed(received):
                    for event in decoder.feed(payload):
                        yield event
                        space -= len(event.text) if isinstance(event, TextDelta) else 0
                size += len(received)
                if size > STREAM_MAX or space < 0:
                    decoder.cut = decoder.cut or "size"
                    decoder.whole = True
                    return
                decoder.whole |= stream.ended
                if space < ANSWER_MAX and not decoder.whole:
                    await asyncio.sleep(GATHER_SECONDS)
        for payload in stream.close():
            for event in decoder.feed(payload):
                yield event

    async def _received(self, reader: TimedReader[bytes], stream: EventStream, decoder: Decoder) -> bytes | None:
        """Return the next bytes, None at the end. Once the answer is whole, no error can harm it any more."""
        import httpx2

        limit = self._stall if stream.begun else None
        if decoder.whole:
            limit = AFTER_END if stream.ended else self._linger
        try:
            return await reader.read(limit)
        except (TimeoutError, httpx2.TransportError) as error:
            if decoder.whole:
                stream.ended = True
                return None
            if stream.begun and isinstance(error, TimeoutError | httpx2.ReadTimeout):
                raise errors.stalled(self.endpoint.host) from None
            raise

    async def _opened(self, client: "AsyncOpenAI", request: ModelRequest) -> "httpx2.Response":
        """The response, its body unread. What the provider does not know is left out, what it insists on is put in, and
        it is asked anew."""
        import httpx2
        import openai

        while True:
            body = self._body(request)
            remaining = request.deadline - asyncio.get_running_loop().time()
            wait = max(0.05, remaining - RESERVE, remaining / 2)
            timeout = httpx2.Timeout(wait, connect=min(wait, CONNECT_SECONDS), pool=None)
            try:
                return await client.post(
                    self._api.path,
                    content=msgspec.json.encode(body),  # the SDK's `json` takes longer than all else about a request
                    cast_to=httpx2.Response,
                    options={"timeout": timeout},
                    stream=True,
                    stream_cls=None,
                )
            except openai.APIStatusError as error:
                code, message = errors.error_of_body(error.body)
                if error.status_code in (400, 422) and self._adapts(message or str(error.body)):
                    continue
                refusal = Refusal(status=error.status_code, code=code, message=message, headers=error.response.headers)
                raise errors.of_response(refusal, source=self._source) from None

    @property
    def _is_strict(self) -> bool:
        return self.endpoint.is_strict and "strict" not in self._left_out

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        request = given_back(request, origin=self._origin, without=self._left_out, wanted=self._wanted)
        body = self._api.body(request, model=self.endpoint.model, strict=self._is_strict, effort=self.endpoint.effort)
        return {key: value for key, value in body.items() if key not in self._left_out}

    def _adapts(self, message: str) -> bool:
        """Whether the provider complained of something that we can do without, or misses what we can give; from then on
        it is left out, or put in."""
        text = message.lower()
        if any(word in text for word in ("missing", "must be passed", "required")):
            for key in WANTED:
                if key in text:
                    known = key in self._wanted
                    self._wanted.add(key)
                    return not known
        for key, words in _OPTIONAL.items():
            if key not in self._left_out and any(word in text for word in words):
                self._left_out.add(key)
                return True
        return False

    async def _connected(self) -> "AsyncOpenAI":
        """The client. Importing the SDK takes about a second: a thread keeps the event loop alive meanwhile."""
        if self._client is None:
            client = await asyncio.to_thread(client_of, self.endpoint)
            self._client = self._client or client
        return self._client


def _record(fault: ProviderFault, breaker: CircuitBreaker) -> None:
    """Record what a fault says about its provider."""
    if isinstance(fault, errors.TooSlow):
        breaker.abandoned()  # it was our deadline that ended the request
    elif fault.kind == "down":
        breaker.failed()
    else:
        breaker.succeeded()


async def _bounded(data: AsyncIterator[bytes]) -> bytes:
    """An answer in one piece, as far as one may be long."""
    received = bytearray()
    async for more in data:
        received += more
        if len(received) > STREAM_MAX:
            raise errors.garbled()
    return bytes(received)


def client_of(endpoint: Endpoint) -> "AsyncOpenAI":
    """Return the SDK's client for an endpoint. Importing the SDK takes about a second."""
    import ssl

    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    # The SDK's own choice for many streams: aiohttp parses them in C, at half the CPU of the usual transport. It takes
    # 0 for "as many as there are", where None would be its default of 100.
    limits = httpx2.Limits(max_connections=0)
    # No certificates to read for a link without TLS, as to a model on this machine.
    plain = endpoint.base_url.lower().startswith("http://")
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True
    return AsyncOpenAI(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url,
        max_retries=0,
        http_client=DefaultAioHttpClient(limits=limits, mounts=mounts_for(endpoint.base_url), verify=verify),
    )
