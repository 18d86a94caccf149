"""How many examples hypothesis tries of each rule: few in `make test-fast`, many in `make test-exhaustive`."""

import os
from typing import Final

from hypothesis import settings

PROFILE: Final = "KIROTODO_TEST_PROFILE"
USUAL: Final = 60


def load_profile() -> None:
    """Load the profile that the environment names. No machine is too slow for an example.

    Where `CI` is set, each run tries the same examples, as Hypothesis's own profile for CI does: what fails there
    failed because of the change. New examples are looked for on the machines of those who can do something about them.
    """
    for name, count in {"usual": USUAL, "fast": USUAL // 3, "exhaustive": 4 * USUAL}.items():
        settings.register_profile(name, deadline=None, max_examples=count, derandomize="CI" in os.environ)
    settings.load_profile(os.environ.get(PROFILE, "usual"))


def examples(count: int) -> int:
    """Return how many examples to try of a rule whose examples are slow: `count` of them usually."""
    return max(1, count * settings().max_examples // USUAL)
