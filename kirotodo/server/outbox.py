"""The loop of those who send from an outbox: again at once while there is something, else after a moment."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

from kirotodo.core.errors import KirotodoError
from kirotodo.core.retry import Backoff

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 1.0


async def keep_sending(send_due: Callable[[], Awaitable[int]], *, what: str, longest: float = EVERY_SECONDS) -> None:
    """Call `send_due`, which returns how many it sent, until cancelled. After failures it is called less and less
    often, at most `longest` seconds apart."""
    backoff = Backoff(first=EVERY_SECONDS, longest=longest, jitter=lambda most: random.uniform(most / 2, most))
    failures = 0
    while True:
        sent = 0
        try:
            sent = await send_due()
            failures = 0
        except KirotodoError as error:
            failures += 1
            log.warning("%s could not be sent: %s", what, error.message)
        except Exception:
            failures += 1
            log.exception("%s could not be sent", what)
        if not sent:
            await asyncio.sleep(backoff.after(failures))
