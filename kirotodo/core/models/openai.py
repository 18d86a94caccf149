"""Any OpenAI-compatible model behind the model port.

The SDK makes the requests, signs them and reads error responses; its retries are off, since the one retry loop is ours.
The stream is read line by line: the SDK's chunk objects cost more CPU than everything else a turn does.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from kirotodo.core.models import faults
from kirotodo.core.models.breaker import CircuitBreaker
from kirotodo.core.models.chat_completions import ChatCompletions
from kirotodo.core.models.faults import ProviderFault, Refusal
from kirotodo.core.models.model import ModelEvent, ModelRequest, Restarted, TextDelta
from kirotodo.core.models.responses import Responses
from kirotodo.core.models.wire import DONE, Api, data_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_URL: Final = "https://api.openai.com/v1"
ATTEMPTS: Final = 4
BASE_DELAY: Final = 0.4
MAX_DELAY: Final = 8.0
CONNECT_SECONDS: Final = 5.0
STALL_SECONDS: Final = 20.0
"""Without a byte for this long a stream counts as stalled."""

_APIS: Final[dict[str, Api]] = {"chat": ChatCompletions(), "responses": Responses()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a model is to be had. `name` is what the user calls it; `strict` whether it honours strict schemas."""

    model: str
    api_key: str = field(repr=False)
    base_url: str = OPENAI_URL
    name: str = ""
    api: Literal["chat", "responses"] = "chat"
    effort: str | None = None
    strict: bool | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc.rpartition("@")[2] or self.base_url

    @property
    def is_strict(self) -> bool:
        return self.host == urlsplit(OPENAI_URL).netloc if self.strict is None else self.strict


class OpenAIModel:
    """A model at an endpoint. `sleep` and `jitter` are the retry loop's, for tests."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        breaker: CircuitBreaker | None = None,
        sleep: Callable[[float], Any] = asyncio.sleep,
        jitter: Callable[[float], float] = lambda most: random.uniform(0, most),
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name or endpoint.model
        self._api = _APIS[endpoint.api]
        self._breaker = breaker
        self._sleep = sleep
        self._jitter = jitter
        self._stall = stall_seconds
        self._client: AsyncOpenAI | None = None
        self._left_out: set[str] = set()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """See `Model.stream`. A step that broke off after text had come is begun anew, and says so (`Restarted`)."""
        loop = asyncio.get_running_loop()
        breaker = self._breaker = self._breaker or CircuitBreaker(clock=loop.time)
        said = False
        for attempt in range(ATTEMPTS):
            if not breaker.allow():
                raise faults.circuit_open(self.endpoint.host)
            stale, said = said, False
            try:
                async with aclosing(self._attempt(request)) as events:
                    async for event in events:
                        if stale:
                            stale = False
                            yield Restarted()
                        yield event
                        said = said or isinstance(event, TextDelta)
                breaker.succeeded()
                return
            except ProviderFault as fault:
                said = said or stale
                breaker.failed() if fault.kind == "down" else breaker.succeeded()
                delay = self._delay(fault, attempt, remaining=request.deadline - loop.time())
                if delay is None:
                    raise
                await self._sleep(delay)
            except BaseException:
                breaker.abandoned()
                raise

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _delay(self, fault: ProviderFault, attempt: int, *, remaining: float) -> float | None:
        """How long to wait before the next attempt: what the provider asked for, else full jitter (AWS Architecture
        Blog, "Exponential Backoff And Jitter"). None where there is to be none."""
        if fault.kind == "refused" or attempt + 1 >= ATTEMPTS:
            return None
        delay = self._jitter(min(MAX_DELAY, BASE_DELAY * 2**attempt))
        if fault.wait is not None:
            delay = fault.wait + self._jitter(BASE_DELAY)
        return delay if delay < remaining else None

    async def _attempt(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """One request. Every fault of the provider comes out as a `ProviderFault`."""
        import httpx2
        import openai

        decoder = self._api.decoder(request, strict=self.endpoint.is_strict)
        try:
            async with aclosing(self._payloads(request)) as payloads:
                async for payload in payloads:
                    for event in decoder.feed(payload):
                        yield event
        except ProviderFault:
            raise
        except (openai.APITimeoutError, httpx2.TimeoutException):
            raise faults.stalled(self.endpoint.host) from None
        except (openai.APIConnectionError, httpx2.TransportError):
            raise faults.disconnected(self.endpoint.host) from None
        except json.JSONDecodeError:
            raise faults.garbled() from None
        if not decoder.whole:
            raise faults.truncated()
        for event in decoder.finish():
            yield event

    async def _payloads(self, request: ModelRequest) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of the event stream."""
        async with aclosing(self._lines(request)) as lines:
            async for line in lines:
                data = data_of(line)
                if data is None:
                    if line.startswith("{"):
                        yield _object(line)
                    continue
                if data == DONE:
                    return
                yield _object(data)

    async def _lines(self, request: ModelRequest) -> AsyncGenerator[str, None]:
        import openai

        client = await self._connected()
        body = self._api.body(
            request, model=self.endpoint.model, strict=self.endpoint.is_strict, effort=self.endpoint.effort
        )
        for key in self._left_out:
            body.pop(key, None)
        try:
            async with self._opened(client, body) as response:
                async for line in response.iter_lines():
                    yield line
        except openai.APIStatusError as error:
            code, message = faults.error_of_body(error.body)
            if error.status_code in (400, 422) and self._leave_out(message, body):
                raise ProviderFault("The model service did not know a setting.", kind="down", wait=0.0) from None
            refusal = Refusal(status=error.status_code, code=code, message=message, headers=error.response.headers)
            raise faults.of_response(refusal, model=self.endpoint.model) from None

    def _leave_out(self, message: str, body: dict[str, Any]) -> bool:
        """Whether the provider complained of a setting that we can do without; it is left out from then on."""
        for key in ("stream_options", "reasoning_effort", "reasoning", "store"):
            if key in body and key in message:
                self._left_out.add(key)
                return True
        return False

    def _opened(self, client: "AsyncOpenAI", body: dict[str, Any]) -> Any:
        if self.endpoint.api == "responses":
            return client.responses.with_streaming_response.create(**body)
        return client.chat.completions.with_streaming_response.create(**body)

    async def _connected(self) -> "AsyncOpenAI":
        if self._client is None:
            await asyncio.to_thread(_import_sdk)
            import httpx2
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            timeout = httpx2.Timeout(self._stall, connect=CONNECT_SECONDS, pool=None)
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
            self._client = AsyncOpenAI(
                api_key=self.endpoint.api_key,
                base_url=self.endpoint.base_url,
                max_retries=0,
                timeout=timeout,
                http_client=DefaultAsyncHttpxClient(timeout=timeout, limits=limits),
            )
        return self._client


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise faults.garbled()
    return value


def _import_sdk() -> None:
    """Importing the SDK takes most of a second; a thread keeps the event loop alive meanwhile."""
    import openai  # noqa: F401
