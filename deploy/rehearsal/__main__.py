"""`python -m deploy.rehearsal [STEP …]`: walk the deployment guide on this machine, and print how each step went.

With words, only steps whose names hold one of them are walked; those that start the stack are always.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import deploy.rehearsal.walk  # noqa: F401  (puts the steps in order)
from deploy.rehearsal import browser
from deploy.rehearsal.local_stack import LocalStack, running_stack
from deploy.rehearsal.steps import STEPS, Outcome, take

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "-"}
FIRST = ("first start of the database", "health")
NEEDED = {"caddy": "caddy", "curl": "curl", "bash": "bash"}
"""Programs that no package of Python brings, and Debian's packages of them."""


def walk(made: LocalStack, words: list[str]) -> list[Outcome]:
    outcomes = []
    for one in STEPS:
        if words and one.name not in FIRST and not any(word in one.name for word in words):
            continue
        outcome = take(one, made)
        outcomes.append(outcome)
        print(f"{SIGNS[outcome.state]} {one.name:<58} {outcome.seconds:6.1f} s  {outcome.note}", flush=True)
        for shown in one.shows:
            print(f"    {shown}", flush=True)
        if outcome.state == "failed" and one.name in FIRST:
            print("  Nothing can be walked without it.")
            break
    return outcomes


def missing() -> str:
    """Return what this machine lacks for any rehearsal, with how to get it; empty where nothing."""
    lacking = [name for name in NEEDED if not shutil.which(name)]
    packages = " ".join(NEEDED[name] for name in lacking)
    return f"{', '.join(lacking)} missing: apt-get install {packages}" if lacking else ""


def main(words: list[str]) -> int:
    if why := missing():
        print(f"Nothing can be rehearsed here. {why}")
        return 1
    if why := browser.missing():
        print(f"Without a browser, one step is skipped. {why}")
    folder = Path(tempfile.mkdtemp(prefix="kirotodo-rehearsal-"))
    with running_stack(folder / "stack") as made:
        outcomes = walk(made, words)
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    skipped = sum(outcome.state == "skipped" for outcome in outcomes)
    for outcome in failed:
        print(f"\n{outcome.step.name}\n{outcome.trace}")
    print(f"\n{len(outcomes) - len(failed) - skipped} passed, {len(failed)} failed, {skipped} skipped")
    print(f"Logs and picture: {folder}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
