"""A program with a copy of a list, killed at the moment at which it would show a note: run as a process of its own."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import StoredTokens
from kirotodo.client.remote.offline import OfflineBackend
from kirotodo.core.backend import PendingEdits
from kirotodo.core.kept_list import KeptList
from kirotodo.core.settings import Settings
from tests.client.remote.raw_server import in_memory


def show(edits: PendingEdits) -> None:
    if edits.notes:
        os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, token: str, copy: Path) -> None:
    kept = await KeptList.open(copy, Settings(kirotodo_home=copy.parent, timezone="Europe/Vienna"))
    tokens = StoredTokens.of_token(token)
    backend = OfflineBackend(Address.of(url), tokens, in_memory(), kept=kept, timezone="Europe/Vienna", insist=True)
    backend.on_pending(show)
    async for _ in backend.changes():
        pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
