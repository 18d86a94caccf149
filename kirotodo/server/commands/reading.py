"""An understanding of a text, told as lines for people and as JSON."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kirotodo.core.text.dates import describe_rule
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.commands.loading import load_settings

if TYPE_CHECKING:
    from kirotodo.core.language.types import Understanding


def read(text: str) -> "Understanding":
    """What the built-in model makes of a text that is said now, where and as the settings say."""
    from kirotodo.core.language.types import Preferences
    from kirotodo.core.language.understand import understand

    settings = load_settings()
    chosen = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Preferences)}
    return understand(text, now=dt.datetime.now(settings.zone), preferences=Preferences(**chosen))


def as_json(understanding: "Understanding") -> dict[str, Any]:
    """`actions`, each with its `op` and what of it was said."""
    return {
        "actions": [{"op": _op(action), **_said(action)} for action in understanding.actions],
        "when": understanding.when,
        "recurrence": understanding.recurrence,
    }


def describe(understanding: "Understanding") -> Iterator[str]:
    """One line an action, and a line for each thing that was said of it."""
    for action in understanding.actions:
        yield _op(action)
        for name, value in _said(action).items():
            yield f"  {name:<11}{sanitize_line(_words(value))}"


def _op(action: object) -> str:
    name = type(action).__name__
    return "".join(f"_{char.lower()}" if char.isupper() and place else char.lower() for place, char in enumerate(name))


def _said(value: Any) -> dict[str, Any]:
    """The fields that differ from their defaults, or have none."""
    said: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if given != default:
            said[field.name] = sorted(given) if isinstance(given, frozenset) else given
    return said


def _words(value: Any) -> str:
    from kirotodo.core.language.types import Recurrence

    if isinstance(value, Recurrence):
        return describe_rule(value.rule, recurs_from=value.recurs_from)
    if dataclasses.is_dataclass(value):
        parts = _said(value).items()
        return ", ".join(_words(part) if name in {"date", "time"} else f"{name} {_words(part)}" for name, part in parts)
    match value:
        case tuple() | list():
            return ", ".join(_words(part) for part in value)
        case dt.date():
            return f"{value:%a} {value.isoformat()}"
        case dt.time():
            return f"{value:%H:%M}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
