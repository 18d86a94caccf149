"""Coroutines without an event loop, for a command that waits for nothing but its own list."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, which may give way (`asyncio.sleep(0)`) but wait for nothing.

    To import asyncio takes longer than most commands take with the list, and there is nobody to give way to.
    """
    try:
        while True:
            waits_for = work.send(None)
            if waits_for is not None:
                work.close()
                raise RuntimeError(f"without an event loop nothing can wait for {waits_for!r}")
    except StopIteration as done:
        result: T = done.value
        return result
