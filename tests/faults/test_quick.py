"""A few faults of every kind; `make faults COUNT=200` tries many.

One server on SQLite has its clients and its model service cut off, its file held and its disk filled, and is killed; a
PostgreSQL is restarted, loses its connections, stands still and takes no writes; a local `ask` is killed; a model goes
wrong in every way there is. Servers on PostgreSQL, one or two, are killed by `make faults` alone.
"""

import random
from functools import partial
from pathlib import Path

import pytest

from tests.faults.matrices import kill_ask, mixed, model, postgres_away

FEW = {
    "mixed: SQLite": partial(mixed, count=1),
    "database: PostgreSQL": partial(postgres_away, count=4, users=2),
    "kill: ask": partial(kill_ask, count=1),
    "model": partial(model, count=1, calls=60),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
async def test_nothing_is_lost_doubled_orphaned_or_stuck(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("faults")
    tally = await FEW[name](folder, random.Random(name))
    assert tally.sound, tally
    assert tally.faults
    assert tally.turns
