"""The list that the command line selects. A small module, so that local commands start without loading the rest."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kirotodo.core.lazy_dataclasses import dataclass

SERVER: Final = "KIROTODO_SERVER"
KNOWN_SERVERS: Final = "servers.json"
"""File in the state folder that lists the servers the user has signed in to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSelection:
    """The local list or that of a server, as the command line selects it; neither where it selects none."""

    local: bool = False
    server: str | None = None


def is_local(selection: ServerSelection, state_folder: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the list is certainly the local one, without reading any file."""
    if selection.local:
        return True
    return selection.server is None and not environment.get(SERVER) and not (state_folder / KNOWN_SERVERS).exists()
