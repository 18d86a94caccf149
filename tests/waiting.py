"""Waiting in tests: for what another task or process does and nothing announces."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], bool | Awaitable[bool]], *, seconds: float = 60, pause: float = 0.001) -> None:
    """Wait until the predicate holds, and fail with `TimeoutError` after this many seconds."""
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if await found if inspect.isawaitable(found) else found:
                return
            await asyncio.sleep(pause)
            pause = min(1.2 * pause, max(pause, 0.02))
