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


def understanding() -> Iterator[Figure]:
    from kirotodo.core.language.understand import understand

    now: datetime = NOW.astimezone(ZoneInfo("Europe/Vienna"))

    def spent() -> float:
        before = time.process_time()
        for sentence in SENTENCES:
            understand(sentence, now=now)
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
