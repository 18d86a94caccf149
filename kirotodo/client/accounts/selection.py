"""Which list was asked for in so many words. A module of its own, so that a command can tell without loading more."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SERVER: Final = "KIROTODO_SERVER"
KNOWN_SERVERS: Final = "servers.json"
"""In the state folder: which servers one has signed in at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSelection:
    """The local list, or that of a server; neither where nothing was said."""

    local: bool = False
    server: str | None = None


def is_local(asked: ServerSelection, state_folder: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether no further look is needed to know that the list is the one of this computer."""
    if asked.local:
        return True
    return asked.server is None and not environment.get(SERVER) and not (state_folder / KNOWN_SERVERS).exists()
