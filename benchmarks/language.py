"""How fast plain English is understood."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.figure import Figure, middle
from benchmarks.moment import NOW, settled
from benchmarks.sentences import SENTENCES

ROUNDS: Final = 15
TASKS: Final = 1_000
VERBS: Final = ("paint", "clean", "mend", "move", "sell", "photograph", "measure")
THINGS: Final = ("shelf", "lamp", "carpet", "desk", "door", "mirror", "radiator", "window", "chair", "clock", "plant")
ROOMS: Final = (
    "kitchen", "hall", "attic", "cellar", "study", "bathroom", "garage", "office", "nursery", "pantry", "porch",
    "library", "workshop",
)  # fmt: skip


def understanding() -> Iterator[Figure]:
    from kirotodo.core.language.context import Context, TaskView
    from kirotodo.core.language.understand import understand

    now: datetime = NOW.astimezone(ZoneInfo("Europe/Vienna"))

    def spent(context: Context = Context()) -> float:  # noqa: B008
        before = time.process_time()
        for sentence in SENTENCES:
            understand(sentence, now=now, context=context)
        return time.process_time() - before

    first = spent()
    settled()
    value = middle(len(SENTENCES) / spent() for _ in range(ROUNDS))
    yield Figure(
        what="understanding, texts a second of CPU",
        value=value,
        unit="/s",
        limit=500,
        at_least=True,
        detail=f"{len(SENTENCES)} sentences; the first round, cold: {len(SENTENCES) / first:,.0f}/s",
    )
    tasks = tuple(TaskView(id=place, title=_title(place)) for place in range(1, TASKS + 1))
    long = Context(tasks=tasks, projects=("work", "groceries"))
    spent(long)  # the titles are indexed once for each context
    with_list = middle(len(SENTENCES) / spent(long) for _ in range(ROUNDS))
    yield Figure(
        what=f"the same with {TASKS:,} tasks on the list",
        value=with_list,
        unit="/s",
        limit=500,
        at_least=True,
        detail=f"{with_list / value:.2f} of the speed without a list",
    )


def _title(place: int) -> str:
    """Return one of many different titles, whose words stand in many others too."""
    verb, thing, room = VERBS[place % 7], THINGS[place % 11], ROOMS[place % 13]
    return f"{verb} the {thing} in the {room} {place}"
