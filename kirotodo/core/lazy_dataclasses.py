"""Dataclasses whose methods are written with their first instance.

A program defines hundreds of dataclasses and uses some of them; to write the methods of each took a quarter of the time
of a command. `dataclass` here is `dataclasses.dataclass`, only later: when a class gets its first instance, or
somebody (pydantic, `dataclasses.fields`) looks at its fields. See decision 0035.
"""

import dataclasses
import inspect
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_origin

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        kind: type | None = None, /, *, frozen: bool = False, kw_only: bool = False, slots: bool = False
    ) -> type | Callable[[type], type]:
        """Make a dataclass of a class, or return a decorator that does; see `dataclasses.dataclass`."""

        def decorate(plain: type) -> type:
            if frozen != slots or "__init__" in vars(plain):
                return dataclasses.dataclass(plain, frozen=frozen, kw_only=kw_only, slots=slots)
            return _with_slots(plain, kw_only=kw_only) if slots else _in_place(plain, kw_only=kw_only)

        return decorate if kind is None else decorate(kind)


_LOOKED_AT: Final = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
_WRITTEN: Final = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", *_LOOKED_AT)
_writing: Final = RLock()


class _Later:
    """An attribute that is looked at before it is there: has it written, and returns it."""

    def __init__(self, name: str, write: Callable[[], None]) -> None:
        self._name = name
        self._write = write

    def __get__(self, instance: object, owner: type) -> Any:
        self._write()
        return getattr(owner, self._name)


def _with_slots(plain: type, *, kw_only: bool) -> type:
    """Return the class with slots for its fields, whose methods are written once they are needed."""
    names = [name for name, kind in inspect.get_annotations(plain).items() if not _is_shared(kind)]
    inherited = {slot for base in plain.__mro__[1:] for slot in _slots_of(base)}
    kept = {name: value for name, value in vars(plain).items() if name not in {*names, "__dict__", "__weakref__"}}
    kept["__slots__"] = tuple(name for name in names if name not in inherited)
    kept.setdefault("__getstate__", _state)
    kept.setdefault("__setstate__", _restore)
    made = type(plain)(plain.__name__, plain.__bases__, kept)
    made.__qualname__ = plain.__qualname__
    return _later(made, lambda: dataclasses.dataclass(plain, frozen=True, kw_only=kw_only))


def _in_place(made: type, *, kw_only: bool) -> type:
    """Return the class itself, whose methods are written on a copy once they are needed."""
    shared = {*_LOOKED_AT, "__init__", "__dict__", "__weakref__"}

    def written() -> type:
        copy = type(made)(made.__name__, made.__bases__, {k: v for k, v in vars(made).items() if k not in shared})
        copy.__qualname__ = made.__qualname__
        dataclasses.dataclass(copy, kw_only=kw_only)
        for name in inspect.get_annotations(made):
            if name in vars(copy):
                setattr(made, name, vars(copy)[name])
            elif name in vars(made):
                delattr(made, name)
        return copy

    return _later(made, written)


def _later(made: type, write: Callable[[], type]) -> type:
    """Return the class, which takes its methods from the one that `write` returns, once they are needed."""
    is_written = False

    def finish() -> None:
        nonlocal is_written
        with _writing:
            if is_written:
                return
            written = vars(write())
            for name in _WRITTEN:
                if name in written and written[name] is not vars(made).get(name, made):
                    setattr(made, name, written[name])
            is_written = True

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        finish()
        vars(made)["__init__"](self, *args, **kwargs)

    for name, at_first in ("__init__", first), *((name, _Later(name, finish)) for name in _LOOKED_AT):
        setattr(made, name, at_first)
    return made


def _is_shared(kind: Any) -> bool:
    return kind is ClassVar or get_origin(kind) is ClassVar


def _slots_of(base: type) -> tuple[str, ...]:
    slots = base.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _state(instance: Any) -> list[Any]:
    """Return what a pickle holds: frozen instances with slots have nothing that pickle knows by itself."""
    return [getattr(instance, field.name) for field in dataclasses.fields(instance)]


def _restore(instance: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(instance), state, strict=True):
        object.__setattr__(instance, field.name, value)
