"""The clock by which a user's words are read."""

from datetime import datetime
from zoneinfo import ZoneInfo

from kirotodo.core.language.preferences import Preferences
from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class UserClock:
    """The clock by which words are read: `now` is aware, in `zone`, which is the user's."""

    now: datetime
    zone: ZoneInfo
    preferences: Preferences
