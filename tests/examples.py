"""How many examples hypothesis tries of each rule: few in `make test-fast`, many in `make test-exhaustive`."""

import os
from typing import Final

from hypothesis import settings

PROFILE: Final = "KIROTODO_TEST_PROFILE"
USUAL: Final = 60


def load_profile() -> None:
    """Load the profile that the environment names. No machine is too slow for an example."""
    settings.register_profile("usual", deadline=None, max_examples=USUAL)
    settings.register_profile("fast", deadline=None, max_examples=USUAL // 3)
    settings.register_profile("exhaustive", deadline=None, max_examples=4 * USUAL)
    settings.load_profile(os.environ.get(PROFILE, "usual"))


def examples(count: int) -> int:
    """Return how many examples to try of a rule whose examples are slow: `count` of them usually."""
    return max(1, count * settings().max_examples // USUAL)
