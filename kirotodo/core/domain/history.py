"""Who changed what and when: the values of the list's history."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

ActorKind = Literal["you", "built-in", "model", "api", "import", "reminder", "unknown"]
ACTOR_KINDS: Final[tuple[ActorKind, ...]] = get_args(ActorKind)
ACTOR_NAME_MAX: Final = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who made a change.

    | kind     | who                                   | `name`                     | `version`                 |
    |----------|---------------------------------------|----------------------------|---------------------------|
    | you      | a person, without a model             | command, screen or browser | of the client             |
    | built-in | the built-in model                    | built-in                   | of kirotodo               |
    | model    | another model                         | by which users choose it   | what its service calls it |
    | api      | another program, over HTTP or MCP     | what it calls itself       | which it names            |
    | import   | an import                             | as of who ran it           | as of who ran it          |
    | reminder | a reminder that rang                  |                            |                           |
    | unknown  | whoever it was in an earlier release  |                            |                           |
    """

    kind: ActorKind
    name: str | None = None
    version: str | None = None


UNKNOWN: Final = Actor(kind="unknown")
