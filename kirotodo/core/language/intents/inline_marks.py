"""Marks within a text: `#tag`, `+project`, `!priority`; and the plain form of an addition, `kirotodo add TEXT`."""

import datetime as dt

from kirotodo.core.domain.task import NAME_MAX, TITLE_MAX
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.intents.marks import find_marks
from kirotodo.core.language.intents.prepared_text import Reading
from kirotodo.core.language.intents.title_and_fields import content
from kirotodo.core.language.types import Add, Preferences


def parse_inline(text: str, *, now: dt.datetime, preferences: Preferences) -> Add:
    """The task that a text without a verb stands for: marks anywhere, dates and rules at its edges, a title."""
    whole = Reading(text, now=now, preferences=preferences).whole()
    marks = find_marks(whole)
    found = content(whole, marks=marks, polite=False)
    if not found.title:
        raise InvalidInput("A task needs a title. Write what is to be done, for example: buy milk tomorrow #home.")
    check_title(found.title)
    for name, what in [(found.project, "A project name"), *((tag, "A tag") for tag in found.tags)]:
        if name and len(name) > NAME_MAX:
            raise InvalidInput(f"{what} may have {NAME_MAX} characters; this one has {len(name)}.")
    return Add(
        title=found.title,
        when=found.when,
        recurrence=found.recurrence,
        priority=found.priority,
        project=found.project,
        tags=found.tags,
    )


def check_title(title: str) -> None:
    if len(title) > TITLE_MAX:
        raise InvalidInput(
            f"A title has at most {TITLE_MAX} characters; this one has {len(title)}. "
            f"Shorten “{title[:40].rstrip()}…”, or put the rest into the notes."
        )
