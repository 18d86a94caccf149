"""Recurrences in a text, as RFC 5545 rules."""

import datetime as dt

from kirotodo.core.language.intent import Preferences, Recurrence
from kirotodo.core.language.spans import Found


def find_recurrence(text: str, *, now: dt.datetime, preferences: Preferences) -> list[Found[Recurrence]]:
    """Every recurrence in a text, left to right."""
    return []
