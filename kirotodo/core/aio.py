"""Work that a cancellation must not cut half way."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. A cancellation waits until it is done: a query that a viewer who left asked for is seen
    through, so that its connection is whole for the next one."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of `work`, whether a loop runs in this thread already or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
