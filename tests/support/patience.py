"""How long a test waits: on a condition, and so long that only what hangs is given up, however busy the machine is.

A wait that is over when its condition holds costs nothing; a deadline that a busy machine misses fails whole groups of
tests in their fixtures. No test says how fast something is.
"""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 1800.0
"""Beyond this, it hangs: what is waited for takes seconds on an idle machine, and minutes on one that is ten times slower."""

LOOK_EVERY_SECONDS = 0.1


def wait_until(condition: Callable[[], object], look_every: float = LOOK_EVERY_SECONDS) -> None:
    """Return as soon as the condition holds; AssertionError after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen: it hangs"
        time.sleep(look_every)
