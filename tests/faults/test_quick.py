"""A few faults of every kind; `make faults COUNT=200` tries many."""

import random
from pathlib import Path

import pytest

from tests.faults.matrices import MATRICES

FEW = {
    "kill: serve, SQLite": 2,
    "kill: ask": 2,
    "cut: client and server": 6,
    "cut: server and model": 6,
    "database: PostgreSQL": 3,
    "database: SQLite, disk full": 2,
    "model": 21,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
async def test_nothing_is_lost_doubled_orphaned_or_stuck(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("faults")
    tally = await MATRICES[name](folder, random.Random(name), FEW[name])
    assert tally.sound, tally
    assert tally.turns
