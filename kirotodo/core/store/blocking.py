"""Asynchronous work for those who cannot wait asynchronously: commands, and whoever calls them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def seen_through(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of `work`, whether a loop runs in this thread already or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
