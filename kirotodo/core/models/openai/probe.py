"""Check what a model service offers: its models, and whether one can stream an answer and call tools."""

import asyncio
import json
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.errors import ModelError, Unreachable
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.models.model import (
    Facts,
    Model,
    ModelRequest,
    Restarted,
    TextDelta,
    ToolCall,
    UsageReport,
    UserText,
)
from kirotodo.core.models.openai.model import Endpoint, client_of
from kirotodo.core.tools.base import ToolSchema

TOOL: Final = ToolSchema(
    name="ready",
    description="Says that you are ready.",
    parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
)
QUESTION: Final = "Count from one to ten in words. Then call the tool `ready`, once."
SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeResult:
    """The result of a probe: in how many pieces the text came, whether the tool was called, after how many seconds
    the answer began and ended, and the tokens it used.
    """

    pieces: int
    called: bool
    began: float
    ended: float
    usage: Usage


async def probe(model: Model, *, zone: ZoneInfo, seconds: float = SECONDS) -> ProbeResult:
    """Send the model one tiny question. Raise `ModelError` where no answer came."""
    clock = asyncio.get_running_loop().time
    start = clock()
    request = ModelRequest(
        instructions="This is a test of the connection. Do as you are told, briefly.",
        tools=(TOOL,),
        history=(UserText(text=QUESTION),),
        facts=Facts(now=datetime.now(zone), zone=zone, open_tasks=0),
        deadline=start + seconds,
    )
    pieces, called, began, usage = 0, False, 0.0, Usage()
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            began = began or clock() - start
            match event:
                case TextDelta():
                    pieces += 1
                case ToolCall(tool=tool):
                    called = called or tool == TOOL.name
                case UsageReport(usage=more):
                    usage += more
                case Restarted():
                    pieces, called = 0, False
    return ProbeResult(pieces=pieces, called=called, began=began, ended=clock() - start, usage=usage)


LISTING_SECONDS: Final = 5.0
"""How long the service may take."""


async def offered(endpoint: Endpoint, *, seconds: float = LISTING_SECONDS) -> tuple[str, ...]:
    """Return the names of the models that a service offers, sorted.

    Raise `Unreachable`, or `ModelError` if the key is refused or nothing is listed.
    """
    import httpx2
    import openai

    host = endpoint.host
    try:
        async with (
            asyncio.timeout(seconds),
            client_of(endpoint) as client,
        ):
            response = await client.get("/models", cast_to=httpx2.Response, options={"timeout": seconds})
            body = await response.aread()
    except openai.APIStatusError as error:
        raise _refused(host, error.status_code) from None
    except (openai.APIConnectionError, httpx2.HTTPError, TimeoutError) as error:
        # The SDK's transport takes a connection that was refused for one that timed out.
        connecting = isinstance(error.__cause__, httpx2.ConnectTimeout)
        if isinstance(error, TimeoutError | openai.APITimeoutError) and not connecting:
            raise Unreachable(f"The model service at {host} didn't answer within {seconds:g} seconds.") from None
        raise Unreachable(f"The model service at {host} can't be reached. Check the network and the address.") from None
    names = _names(body)
    if names is None:
        raise ModelError(f"The model service at {host} doesn't list its models.", retryable=False)
    return tuple(sorted(names))


def _refused(host: str, status: int) -> Exception:
    if status in (401, 403):
        return ModelError(f"The model service at {host} refused the key.", retryable=False)
    if status == 429 or status >= 500:
        return Unreachable(f"The model service at {host} is unavailable ({status}). Try again later.")
    return ModelError(
        f"The model service at {host} doesn't list its models ({status}). Check its address.", retryable=False
    )


def _names(body: bytes) -> set[str] | None:
    """The names in a list of models, in the forms that servers use: `{"data": [{"id"}]}`, `{"models": [{"name"}]}`."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        return None
    listed = found.get("data", found.get("models")) if isinstance(found, dict) else found
    if not isinstance(listed, list):
        return None
    named = (item.get("id") or item.get("name") if isinstance(item, dict) else item for item in listed)
    return {name for name in named if isinstance(name, str) and name}
