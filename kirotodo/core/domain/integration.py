"""What is connected to a list: programs that may use it, and places that are sent its changes or reminders."""

from datetime import datetime
from typing import Literal

from kirotodo.core.lazy_dataclasses import dataclass

IntegrationKind = Literal["agent", "program", "webhook", "reminders", "events"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Integration:
    """Something that is connected to a list.

    | kind      | what                                             | `name`               | `access`                  |
    |-----------|--------------------------------------------------|----------------------|---------------------------|
    | agent     | a program with a token of its own                | of its token         | its scope                 |
    | program   | one that changed the list without such a token   | what it calls itself | all                       |
    | webhook   | an address that is sent changes                  | its number           | the kinds of changes      |
    | reminders | where a server rings                             | webhook or ntfy      | reminders                 |
    | events    | the stream to which the operator has all changes | redis or kafka       | the kinds of changes      |
    |           | published                                        |                      |                           |

    `place` is an address that something is sent to. `last_used_at` is when it was last used, or last changed something;
    None where it never was, or that is not known. `problem` says what is wrong with it.
    """

    kind: IntegrationKind
    name: str
    access: tuple[str, ...]
    place: str | None = None
    connected_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    problem: str | None = None
