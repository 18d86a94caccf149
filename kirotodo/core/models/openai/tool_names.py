"""Match a tool name as a model writes it: `functions.add_task:0`, `add_task<|channel|>commentary`, `addTask`."""

import re
from collections.abc import Collection
from typing import Final

NAME_MAX: Final = 64
_MARK: Final = re.compile(r"<[|｜].*", re.DOTALL)
_PARTS: Final = re.compile(r"[^\w-]+")
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]+")


def known_name(name: str, tools: Collection[str]) -> str | None:
    """Return the one of `tools` that `name` means, None where it is none of them."""
    name = _MARK.sub("", name).strip()
    if name in tools:
        return name
    parts = [part for part in _PARTS.split(name) if part]
    for part in reversed(parts):
        if part in tools:
            return part
    plain = {_plain(tool): tool for tool in tools}
    return plain.get(_plain(parts[-1])) if parts else None


def called_name(name: str, tools: Collection[str]) -> str:
    """Return the tool that `name` means, else a name that a provider takes back."""
    known = known_name(name, tools)
    return known or _NO_NAME.sub("_", _MARK.sub("", name))[:NAME_MAX].strip("_") or "unknown"


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
