"""`make faults`: try to make kirotodo lose, double, orphan or get stuck, and print the table.

python -m tests.faults [--count 20] [--seed NUMBER] [--only WORDS]
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests import postgres
from tests.faults.matrices import MATRICES, SHARES
from tests.faults.services import Tally

HEAD = ("matrix", "faults", "turns", "failed", "refused", "lost", "doubled", "orphaned", "stuck", "seconds")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20, help="how many faults each matrix tries")
    options.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="to try the same ones again")
    options.add_argument("--only", default="", help="only matrices whose name holds these words")
    given = options.parse_args()
    print(f"seed {given.seed}, count {given.count}")
    print(_row(HEAD))
    sound = True
    for name, matrix in MATRICES.items():
        if given.only not in name:
            continue
        count = max(1, round(given.count * SHARES.get(name, 1.0)))
        with tempfile.TemporaryDirectory(prefix="kirotodo-faults-") as folder:
            began = time.monotonic()
            tally = asyncio.run(matrix(Path(folder), random.Random(f"{given.seed} {name}"), count))
        _print(name, tally, time.monotonic() - began)
        sound = sound and tally.sound
    sys.exit(not sound)


def _print(name: str, tally: Tally, seconds: float) -> None:
    counts = (
        tally.faults,
        tally.turns,
        tally.failed,
        tally.refused,
        tally.lost,
        tally.doubled,
        tally.orphaned,
        tally.stuck,
    )
    print(_row((name, *map(str, counts), f"{seconds:.0f}")), flush=True)
    for note in dict.fromkeys(tally.notes):
        print(f"    {note}")


def _row(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    return f"{first:<30}" + "".join(f"{cell:>10}" for cell in rest)


if __name__ == "__main__":
    postgres.name_the_run()
    main()
