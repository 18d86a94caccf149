"""`python -m deploy.rehearsal.docker [STEP …]`: walk the deployment guide on real containers, without any registry.

Prints, per operation under load, how many requests were sent, failed, lost and doubled. With words, only the operations
whose names hold one of them.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.rehearsal.docker import alerts, capacity, elsewhere, images, operations, runbooks
from deploy.rehearsal.docker.daemon import HERE, NAMESPACE, alone, missing, running_daemon
from deploy.rehearsal.docker.site import API, Site

USERS: Final = 6
LEAST: Final = 500
"""Requests that each operation has to stand."""


def under_load(site: Site, name: str, operation: Callable[[], object]) -> dict[str, Any]:
    """Carry out an operation under load; return what became of the requests."""
    tokens = {f"{name}-{number}": site.token(f"{name}-{number}") for number in range(USERS)}
    load = subprocess.Popen(
        ["ip", "netns", "exec", NAMESPACE, sys.executable, str(HERE / "load.py"),
         "--url", API, "--insecure", "--least", str(LEAST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    load.stdin.write(json.dumps(tokens))
    load.stdin.close()
    load.stdin = None
    time.sleep(5)
    try:
        operation()
    finally:
        time.sleep(5)
        load.send_signal(2)
        out, err = load.communicate(timeout=600)
    assert out, err[-1500:]
    counted: dict[str, Any] = json.loads(out)
    return counted


def capacity_of_a_turn(site: Site) -> str:
    """What a turn costs: docs/scaling.md."""
    before, stored = capacity.read(site, capacity.CPU), capacity.size(site)
    counted = under_load(site, "capacity", lambda: None)
    after, memory = capacity.read(site, capacity.CPU), capacity.read(site, capacity.MEMORY)
    taken = {name: f"{value / 1e6:.0f} MB" for name, value in memory.items()}
    return f"{capacity.of_a_turn(before, after, capacity.size(site) - stored, counted)} memory {taken}"


STEPS: Final[tuple[Callable[[Site], str | None], ...]] = (
    operations.first_start,
    operations.guide,
    operations.https,
    capacity_of_a_turn,
    operations.update,
    operations.rollback,
    operations.rotate_secret,
    operations.rotate_password,
    operations.backend_stops,
    operations.valkey_stops,
    operations.backup_and_restore,
    operations.backup_fails,
    operations.off_machine,
    operations.point_in_time,
    runbooks.runbooks,
    operations.logs,
    alerts.alerts,
    elsewhere.elsewhere,
)
LOADED: Final = {
    operations.update,
    operations.rollback,
    operations.rotate_secret,
    operations.rotate_password,
    operations.backend_stops,
    operations.valkey_stops,
}
"""Those during which users go on, without any retry."""


def name_of(one: Callable[..., object]) -> str:
    return one.__name__.replace("_", " ")


def take(site: Site, one: Callable[[Site], str | None], kept: Path) -> bool:
    """Take a step, and print how it went; return whether it went well. A 500 is a fault of any step."""
    began, name, log = time.monotonic(), name_of(one), kept / f"{one.__name__}.log"
    try:
        with site.following_logs(log):
            told, well = done(site, one)
        faults = site.faults(log)
    except Exception as error:
        print(f"{name:<22} FAILED: {type(error).__name__}: {error}", flush=True)
        traceback.print_exc(limit=3)
        return False
    print(f"{name:<22} {told}  ({time.monotonic() - began:.0f} s)", flush=True)
    for fault in faults[:10]:
        print(f"  a server failed inside: {fault[:800]}", flush=True)
    return well and not faults


def done(site: Site, one: Callable[[Site], str | None]) -> tuple[str, bool]:
    """Return what a step tells of itself, and whether all is well."""
    if one not in LOADED:
        return str(one(site)), True
    counted = under_load(site, one.__name__.replace("_", "-"), lambda: one(site))
    bad = sum(counted["failed"].values()), counted["lost"], counted["doubled"]
    told = f"{counted['sent']:>8} {bad[0]:>7} {bad[1]:>5} {bad[2]:>7}"
    return "\n  ".join([told, *counted["examples"]]), not any(bad)


def walk(site: Site, words: list[str], kept: Path) -> int:
    """Walk everything; return how many steps failed."""
    failed = 0
    print(f"{'operation':<22} {'requests':>8} {'failed':>7} {'lost':>5} {'doubled':>7}  seconds", flush=True)
    for one in STEPS:
        if words and one is not operations.first_start and not any(word in name_of(one) for word in words):
            continue
        if not take(site, one, kept):
            failed += 1
            if one is operations.first_start:
                break
    return failed


def main(words: list[str]) -> int:
    """Walk, and clean up."""
    if why := missing():
        print(f"Skipped: {why}.")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # what was started is ended in either case
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kirotodo-rehearsal"
    (cache / "context").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="kirotodo-docker-"))
    (folder / "site").mkdir()
    with alone(cache), running_daemon(cache, folder, [folder]) as daemon:
        images.make_stand_ins(daemon)
        site = Site(daemon, folder / "site")
        try:
            failed = walk(site, words, folder)
        finally:
            site.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
    if failed:
        print(f"{failed} failed; the logs are in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
        print("all passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
