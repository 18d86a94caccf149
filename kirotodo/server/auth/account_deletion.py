"""Deletes a user with everything of theirs, after a grace time in which they can take it back.

This works whoever keeps the accounts: a user with a password here gives it once more, one who comes with a token from
elsewhere has none to give. Until it is taken back nothing of the user can be read or written.
"""

import asyncio
import logging
import random
from datetime import datetime, timedelta
from typing import Final

from kirotodo.core.errors import Conflict, InvalidInput, KirotodoError, NotFound
from kirotodo.core.store.database import Database
from kirotodo.server.auth.accounts import NOT_CURRENT, SessionStatusCache
from kirotodo.server.auth.email_addresses import spellings_of
from kirotodo.server.auth.passwords import Passwords

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3600.0
FIRST_SECONDS: Final = 60.0
"""When a server looks for the first time: a server that restarts often has to look at all."""


class Deletions:
    """The users who are to be deleted, and how they are."""

    def __init__(
        self, *, database: Database, passwords: Passwords, session_statuses: SessionStatusCache, grace: timedelta
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._session_statuses = session_statuses
        self._grace = grace

    async def request(self, user_id: str, *, email: str | None, confirm: str, password: str | None) -> datetime:
        """Have a user deleted once the grace time is over, and end every session now; that moment.

        `confirm` repeats the address or the id, so that nobody does this by mistake. Raises `InvalidInput` where it
        does not, or where a user with a password did not give it.
        """
        if not {user_id, *spellings_of(email or user_id)}.intersection((confirm.strip(), *spellings_of(confirm))):
            raise InvalidInput(f"To confirm, send {email or user_id} in `confirm`.")
        async with self._database.read(user_id) as store:
            account = await store.accounts.get()
        kept = account.password_hash if account is not None else None
        if kept is not None and not (await self._passwords.check(password or "", kept))[0]:
            raise InvalidInput(NOT_CURRENT)
        async with self._database.begin(user_id) as store:
            at = (account.deletion_at if account is not None else None) or store.now + self._grace
            await store.accounts.set_deletion(at)
            if kept is not None:  # whoever has no password could not come back without the token of now
                await store.accounts.revoke_all()
        self._session_statuses.forget(user_id)
        return at

    async def take_back(self, user_id: str) -> None:
        """Keep a user who was to be deleted. Raises `NotFound` where nobody asked for that, `Conflict` if too late."""
        async with self._database.begin(user_id) as store:
            account = await store.accounts.get()
            if account is None or account.deletion_at is None:
                raise NotFound("This account isn't due to be deleted.")
            if account.deletion_at <= store.now:
                raise Conflict("The account is being deleted: it's too late to keep it.")
            await store.accounts.set_deletion(None)
        self._session_statuses.forget(user_id)

    async def keep_deleting(self, *, first: float = FIRST_SECONDS, every: float = EVERY_SECONDS) -> None:
        """Delete, now and then, the users whose grace time is over, until cancelled. Every server may do this."""
        wait = random.uniform(0, first)
        while True:
            await asyncio.sleep(wait)
            wait = random.uniform(every / 2, every)  # apart from the other servers
            try:
                count = await self._database.delete_users()
            except KirotodoError as error:
                log.warning("users due for deletion could not be deleted: %s", error.message)
            else:
                if count:
                    log.info("%d users were deleted with all their data", count)
