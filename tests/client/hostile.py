"""A server that puts into every text of every value what could script, hide in or crash a terminal.

Values are made from the type hints of the port and of the values themselves: a new field, event or method is hostile
from its first day.
"""

import asyncio
import dataclasses
import datetime as dt
import importlib
import pkgutil
import types
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from kirotodo.core import domain
from kirotodo.core.backend import Backend
from kirotodo.core.domain import history
from kirotodo.core.domain.conversation import Transcript
from kirotodo.core.domain.task import Page
from kirotodo.core.events import TurnEvent

SCRIPTS: Final = (
    "\x1b]0;TITLE\x07\x1b]52;c;cHduZWQ=\x1b\\\x9d0;TITLE\x9c\x1b]8;;http://evil.example\x1b\\x\x1bPq#0\x1b\\\x1b_Gx\x1b\\"
    "\x1b[35;7m\x9b35;7m\x1bc\x1b[2J\x07\x08\x00\x7f\r\x85\u2028\u202e\u2066\u200b\u200f\ufeff\U000e0041\u00ad\u3164"
)
POISONS: Final = {
    "scripts": f"a{SCRIPTS}\nb",
    "an unfinished command": "a\x1b]0;TITLE",
    "markup": "a [/] [x] [bold]b[/bold [@click=app.quit]c[/] **d** `e` | f |",
    "a flood": "Z" + "\u0301" * 5_000 + "\u200d" * 500,
    "halves": "a \ud800 \udfff b",
    "much": "m" * 200_000,
}
_DOMAIN: Final = [
    importlib.import_module(f"{domain.__name__}.{module.name}") for module in pkgutil.iter_modules(domain.__path__)
]
NOW: Final = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
_VALUES: Final[Mapping[Any, Any]] = {
    int: 1,
    float: 1.0,
    bool: True,
    dt.datetime: NOW,
    dt.date: NOW.date(),
    dt.time: dt.time(9, 30),
    type(None): None,
}


def build(kind: Any, poison: str, *, pick: int = 0, of: Mapping[Any, Any] | None = None) -> Any:
    """A value of a type with `poison` for every text; `pick` says which of the words of a `Literal`."""
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, TypeVar):
        return build((of or {})[kind], poison, pick=pick)
    if kind in _VALUES:
        return _VALUES[kind]
    if origin is Literal:
        return args[pick % len(args)]
    if origin in (Union, types.UnionType):
        return build(next(arg for arg in args if arg is not type(None)), poison, pick=pick, of=of)
    if origin in (tuple, list, Sequence):
        return (build(args[0], poison, pick=pick, of=of),)
    if kind is str or kind is Any:
        return poison
    plain = origin or kind
    if plain in (dict, Mapping):
        return _mapping(poison)
    assert isinstance(plain, type), kind
    assert dataclasses.is_dataclass(plain), f"nobody knows how to poison {kind}"
    known = dict(zip(getattr(plain, "__parameters__", ()), args, strict=False))
    hints = get_type_hints(plain)
    return plain(
        **{field.name: build(hints[field.name], poison, pick=pick, of=known) for field in dataclasses.fields(plain)}
    )


def _mapping(poison: str) -> dict[str, Any]:
    names = ("title", "task_id", "id", "status", "error", "due", "message", "project", "recurrence", poison)
    task = dict.fromkeys(names, poison)
    after = {**task, "title": "b"}
    return {**task, "task_ids": [poison, 2], "tasks": [task], "before": task, "after": after, "total": 1}


def events(poison: str, *, final: str, pick: int = 0) -> list[TurnEvent]:
    """A turn with every kind of event, that of `final` at its end."""
    made = []
    for kind in get_args(TurnEvent):
        if kind.kind not in ("turn_finished", "turn_failed", "turn_cancelled") or kind.kind == final:
            made.append(build(kind, poison, pick=pick))
    return [dataclasses.replace(event, seq=seq) for seq, event in enumerate(made, 1)]


class HostileBackend:
    """Answers whatever the port promises with poison, or raises `error`.

    `endless` says that there is more after every page.
    """

    def __init__(
        self,
        poison: str,
        *,
        pick: int = 0,
        error: Exception | None = None,
        final: str = "turn_finished",
        endless: bool = False,
    ) -> None:
        self._poison = poison
        self._pick = pick
        self._error = error
        self._final = final
        self._endless = endless

    def __getattr__(self, name: str) -> Any:
        # the port imports some names for type checkers alone
        names = {name: value for module in _DOMAIN for name, value in vars(module).items()} | {"TurnEvent": TurnEvent}
        returns = get_type_hints(getattr(Backend, name), localns=names)["return"]
        if get_origin(returns) is AsyncIterator:
            return lambda *args, **kwargs: self._stream(name, get_args(returns)[0])

        async def answer(*args: Any, **kwargs: Any) -> Any:
            if self._error is not None and name != "aclose":
                raise self._error
            answered = build(returns, self._poison, pick=self._pick)
            if not self._endless and isinstance(answered, Page | history.PastPage):
                return dataclasses.replace(answered, next=None)
            if not self._endless and isinstance(answered, Transcript):
                return dataclasses.replace(answered, before=None)
            return answered

        return answer

    async def _stream(self, name: str, kind: Any) -> AsyncIterator[Any]:
        if self._error is not None:
            raise self._error
        if name == "watch":
            for event in events(self._poison, final=self._final, pick=self._pick):
                yield event
            return
        for one in get_args(kind) or (kind,):
            yield build(one, self._poison, pick=self._pick)
        await asyncio.Event().wait()  # `changes` never ends by itself


def hostile(poison: str, **more: Any) -> Backend:
    return cast(Backend, HostileBackend(poison, **more))
