"""What a turn costs: CPU time of each container, and bytes in the database. The load is that of the other steps."""

import json
from collections import Counter
from typing import Any, Final

from deploy.rehearsal.docker.site import Site

CPU: Final = (
    "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null"
    " || sed -n 's/^usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat"
)
"""Nanoseconds of a container; of the first or the second version of cgroups."""
MEMORY: Final = "cat /sys/fs/cgroup/memory/memory.usage_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.current"
BYTES: Final = "SELECT sum(pg_total_relation_size(relid)) FROM pg_catalog.pg_statio_user_tables"
SERVICES: Final = ("backend", "postgres", "gateway", "valkey", "frontend")


def read(site: Site, what: str) -> Counter[str]:
    """Return a figure of each service, its containers added up."""
    found: Counter[str] = Counter()
    for container in site.compose("ps", "--format", "{{.Name}}").split():
        service = container.removeprefix("kirotodo-").rpartition("-")[0]
        if service in SERVICES:
            found[service] += int(site.daemon.docker("exec", container, "sh", "-c", what))
    return found


def size(site: Site) -> int:
    """Return the bytes of all tables and their indexes."""
    return int(site.psql(BYTES))


def of_a_turn(before: Counter[str], after: Counter[str], stored: int, counted: dict[str, Any]) -> str:
    """Return what a turn took."""
    turns = counted["confirmed"]
    spent = {name: round((after[name] - before[name]) / turns / 1e6, 1) for name in SERVICES}
    return json.dumps({"turns": turns, "CPU ms": spent, "all": round(sum(spent.values()), 1), "bytes": stored // turns})
