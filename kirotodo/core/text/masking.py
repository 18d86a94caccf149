"""Mask secrets in an address, so that it may be shown: passwords before the host, keys in the query."""

import re
from typing import Final
from urllib.parse import unquote

from kirotodo.core.text.patterns import pattern

MASK: Final = "********"
_SECRET_NAME: Final = pattern(r"pass|pwd|secret|token|key|auth|sig|cred|session", re.IGNORECASE)
_PAIR: Final = pattern(r"([^?&;#\s=]+)=('[^']*'|[^&;#\s]*)")
_USER: Final = pattern(r"(?<=://).*(?=@)", re.DOTALL)


def hide_secrets(text: str) -> str:
    """Return `text` with a mask in the place of each password and key.

    Everything before the last @ counts as user and password, as people do not always write %40 in one. In a web
    address a user alone is masked too, since there it is a key.
    """
    web = text.lower().startswith(("http://", "https://"))
    hidden = _USER.sub(lambda match: _user(match[0], web), text)
    return _PAIR.sub(_pair, hidden)


def _user(before_host: str, web: bool) -> str:
    user, colon, _ = before_host.partition(":")
    if not colon:
        return MASK if web else user
    return f"{user}:{MASK}"


def _pair(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    return f"{name}={MASK}" if value and _SECRET_NAME.search(unquote(name)) else match[0]
