"""Passwords: argon2id in a few threads of its own, so that however many sign in, the server goes on answering.

The cost is the one that OWASP names for argon2id with one lane: 19 MiB and two passes. A hash of another cost is
renewed at the next sign-in.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from kirotodo.core.errors import RateLimited
from kirotodo.server.auth.password_rules import spelled

T = TypeVar("T")

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
THREADS: Final = 2
WAITING_MAX: Final = 32
"""How many may wait for a thread; more are asked to come back."""


def argon2id(*, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> PasswordHash:
    """Return the hasher with the cost that new hashes get."""
    return PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=1),))


class Passwords:
    """Hashes and checks. Made once for a server, let go of by `close`."""

    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or argon2id()
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return await self._run(lambda: self._hasher.hash(spelled(password)))

    async def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Return whether it is the password of the hash `kept`, and that hash anew where its cost is out of date.

        Without `kept` the answer is no, and takes as long as any other.
        """
        return await self._run(lambda: self._check(spelled(password), kept))

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        decoy = self._decoy
        try:
            right, renewed = self._hasher.verify_and_update(password, kept or decoy)
        except UnknownHashError:
            self._hasher.verify(password, decoy)
            return False, None
        return (right, renewed) if kept else (False, None)

    @cached_property
    def _decoy(self) -> str:
        """What the password of nobody is checked against; made with the first check, whoever's it is."""
        return self._hasher.hash("")

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise RateLimited("Too many people are signing in at once: try again in a few seconds.", retry_after=3)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
