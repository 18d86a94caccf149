"""`python -m benchmarks [NAME…]`: measure, and print one table. Nothing passes or fails by it."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Final

from benchmarks.figure import Figure, rows

BENCHMARKS: Final = {
    "commands": "programs:commands",
    "ask": "programs:ask",
    "paint": "programs:first_paint",
    "turn": "turns:builtin_turn",
    "prompt": "turns:prompt_tokens",
    "listing": "services:prompt_and_list",
    "service": "services:turn_over_its_streams",
    "served": "served:turns_over_http",
    "served-many": "served:many_turns_over_http",
    "streams": "services:many_streams",
    "turns": "services:many_turns",
    "understand": "language:understanding",
    "lists": "lists:pages",
    "lists-postgresql": "lists_postgres:pages_on_postgresql",
    "reminders": "reminders:due_in_one_minute",
    "stream": "screen:streamed_list",
    "open": "screen:long_conversation_opened",
    "much": "screen:long_list_used",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (all unless named)")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    for line in rows(measured(names)):
        print(line, flush=True)


def measured(names: Iterable[str]) -> Iterator[Figure]:
    """The figures of these benchmarks, each as soon as it is there."""
    for name in names:
        if sys.stderr.isatty():
            print(f"measuring {name} …", end="\r", file=sys.stderr, flush=True)
        module, _, function = BENCHMARKS[name].partition(":")
        benchmark: Callable[[], Iterable[Figure]] = getattr(import_module(f"benchmarks.{module}"), function)
        yield from benchmark()


if __name__ == "__main__":
    main()
