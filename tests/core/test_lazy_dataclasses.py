"""A dataclass that is written late is the same as one of the standard library."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

from kirotodo.core import lazy_dataclasses
from kirotodo.core.domain.task import TaskDraft

T = TypeVar("T")
Decorator = Callable[..., Any]


def shapes(dataclass: Decorator) -> tuple[Any, Any, Any, Any]:
    """Return classes that have what ours have: defaults, factories, checks, bases, and methods of their own."""

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Base:
        """A base."""

        number: int
        word: str = "a"
        parts: tuple[str, ...] = dataclasses.field(default_factory=tuple, repr=False)
        SHARED: ClassVar[int] = 3

        @property
        def both(self) -> tuple[int, str]:
            return self.number, self.word

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Derived(Base):
        """Derived."""

        weight: float = 1.0

        def __post_init__(self) -> None:
            if self.number < 0:
                raise ValueError("negative")

    @dataclass(frozen=True, slots=True)
    class Pair(Generic[T]):
        """A pair that compares by its first."""

        first: T
        second: int = 2

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Pair) and self.first == other.first

        def __hash__(self) -> int:
            return 5

    @dataclass
    class Open:
        """One that can be changed."""

        number: int
        words: list[str] = dataclasses.field(default_factory=list)
        weight: float = dataclasses.field(default=1.0, kw_only=True)

    return Base, Derived, Pair, Open


def _raised(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        act()
    return type(caught.value).__name__, str(caught.value)


def _matched(pair: Any, kind: Any) -> tuple[Any, Any]:
    match pair:
        case kind(first, second):
            return first, second
    raise AssertionError("it has no positions")


def behaviour(dataclass: Decorator) -> Iterator[tuple[str, Any]]:
    """Yield what can be seen of the classes, each time of classes that nothing was done with yet."""
    _, kind, _, _ = shapes(dataclass)
    yield "fields", [(field.name, field.default, field.kw_only) for field in dataclasses.fields(kind)]
    base, kind, pair, free = shapes(dataclass)
    yield "frozen", kind.__dataclass_params__.frozen
    yield "match", (base.__match_args__, pair.__match_args__, free.__match_args__)
    base, kind, pair, free = shapes(dataclass)
    one = kind(number=1)
    yield "text", (repr(one), repr(base(number=1)), repr(pair(3)))
    yield "equality", (one == kind(number=1), one == kind(number=2), one == base(number=1), pair(3) == pair(3, 4))
    yield "hash", (hash(one) == hash(kind(number=1)), hash(pair(3)))
    yield "members", (one.both, kind.SHARED, one.parts, hasattr(one, "__dict__"))
    yield "copies", (copy.copy(one) == one, copy.deepcopy(one) == one, dataclasses.replace(one, weight=2.0).weight)
    yield "as dict", dataclasses.asdict(one)
    yield "positions", _matched(pair(3), pair)
    yield "open", (repr(free(1)), free(1) == free(1, []), free(1) == free(2), free.__hash__, vars(free(1, weight=2.0)))
    yield "defaults", (free.weight, hasattr(free, "words"), free(1).words is free(2).words)
    for name, act in {
        "check": lambda: kind(number=-1),
        "assignment": lambda: setattr(one, "number", 2),
        "deletion": lambda: delattr(one, "number"),
        "positional": lambda: kind(1),
        "missing": lambda: kind(),
        "unknown": lambda: kind(number=1, colour="red"),
        "missing in an open one": lambda: free(),
    }.items():
        yield name, _raised(act)
    _, kind, _, _ = shapes(dataclass)
    adapter = TypeAdapter(kind)
    yield "read by pydantic", repr(adapter.validate_python({"number": "4"}))
    with pytest.raises(ValidationError, match="negative"):
        adapter.validate_python({"number": -4})
    _, kind, _, _ = shapes(dataclass)
    yield "schema of pydantic", TypeAdapter(list[kind]).json_schema()  # type: ignore[valid-type]
    _, kind, _, _ = shapes(dataclass)
    yield "written by pydantic", TypeAdapter(kind).dump_json(kind(number=1))
    _, kind, _, _ = shapes(dataclass)
    yield "written by msgspec", msgspec.json.encode(kind(number=1))
    _, kind, _, _ = shapes(dataclass)
    yield "read by msgspec", repr(msgspec.convert({"number": 4}, kind))


def test_it_behaves_as_one_of_the_standard_library() -> None:
    ours, theirs = dict(behaviour(lazy_dataclasses.dataclass)), dict(behaviour(dataclasses.dataclass))
    assert ours == theirs


def test_nothing_is_written_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    original = dataclasses.dataclass

    def noticed(kind: type, **options: Any) -> type:
        written.append(kind.__name__)
        return original(kind, **options)

    monkeypatch.setattr(dataclasses, "dataclass", noticed)
    base, kind, _, free = shapes(lazy_dataclasses.dataclass)
    assert written == []
    kind(number=1)
    kind(number=2)
    base(number=1)
    free(1)
    free(2)
    assert sorted(written) == ["Base", "Derived", "Open"]


def test_instances_go_to_another_process_that_had_none() -> None:
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).title)"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(TaskDraft(title="milk")), capture_output=True, timeout=60
    )
    assert done.stdout.decode().strip() == "milk", done.stderr


def test_many_threads_may_need_it_first() -> None:
    count = 8
    for _ in range(20):
        _, kind, _, _ = shapes(lazy_dataclasses.dataclass)
        barrier = Barrier(count)

        def make(number: int, kind: Any = kind, barrier: Barrier = barrier) -> Any:
            barrier.wait()
            return kind(number=number)

        with ThreadPoolExecutor(count) as threads:
            assert [made.number for made in threads.map(make, range(count))] == [*range(count)]
