"""What a model service offers: the names that its `/models` route lists."""

import asyncio
import json
from typing import Any, Final

from kirotodo.core.errors import ModelError, Unreachable
from kirotodo.core.models.openai import Endpoint, client_of

LISTING_SECONDS: Final = 5.0
"""How long the service may take."""


async def offered(endpoint: Endpoint, *, seconds: float = LISTING_SECONDS) -> tuple[str, ...]:
    """The models' names, sorted. Raises `Unreachable`, or `ModelError` if the key is refused or nothing is listed."""
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
    except (TimeoutError, openai.APITimeoutError):
        raise Unreachable(f"The model service at {host} did not answer within {seconds:g} seconds.") from None
    except (openai.APIConnectionError, httpx2.HTTPError):
        raise Unreachable(
            f"The model service at {host} cannot be reached: check the network and its address."
        ) from None
    names = _names(body)
    if names is None:
        raise ModelError(f"The model service at {host} does not say which models it has.", retryable=False)
    return tuple(sorted(names))


def _refused(host: str, status: int) -> Exception:
    if status in (401, 403):
        return ModelError(f"The model service at {host} refused the key.", retryable=False)
    if status == 429 or status >= 500:
        return Unreachable(f"The model service at {host} is not to be had just now ({status}): try again later.")
    return ModelError(
        f"The model service at {host} does not say which models it has ({status}): check its address.", retryable=False
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
