"""A server of Spark Connect that dies amid a run: how long it is asked again, and what is said then (spec §14.3).

pyspark asks for ten minutes, at each statement anew, of which a run has hundreds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from caw.settings import SettingsError
from caw_dagster.engines.spark_remote import REMOTE

PATIENCE_SECONDS = 30.0  # that an outage may take: a network's hiccup, or a proxy that is started again
CALM_SECONDS = 60.0  # without a failure: what fails then is another outage
LONGEST_WAIT = 5_000  # milliseconds from one try to the next


@dataclass
class Outage:
    """When a server began to fail, and when it last did, by a clock; in seconds."""

    may_retry: Callable[[BaseException], bool]  # whether an error says nothing against another try
    now: Callable[[], float] = time.monotonic
    began: float = 0.0
    last: float = -CALM_SECONDS
    is_over: bool = False  # it was given up

    def __call__(self, error: BaseException) -> bool:
        """Whether to try again; a statement that fails after the server was given up is not tried again."""
        if not self.may_retry(error):
            return False
        now = self.now()
        if now - self.last >= CALM_SECONDS:
            self.began = now
        self.last = now
        self.is_over = now - self.began >= PATIENCE_SECONDS
        return not self.is_over


@contextmanager
def given_up_soon(session: Any) -> Iterator[None]:
    """The block in which the server of a session is asked again for half a minute where it does not answer.

    Args:
        session: of Spark Connect.

    Raises:
        SettingsError: it did not answer, and the block could not go on.
    """
    policy = import_module("pyspark.sql.connect.client.retries").DefaultPolicy(
        max_retries=None, max_backoff=LONGEST_WAIT, max_server_retry_delay=LONGEST_WAIT
    )
    policy.can_retry = outage = Outage(policy.can_retry)
    session.client.set_retry_policies([policy])
    try:
        yield
    except Exception:
        if outage.is_over:
            raise SettingsError(
                f"The server of {REMOTE} stopped answering, and was asked again for {PATIENCE_SECONDS:.0f} seconds: see "
                "whether it runs, and run again. What the last run published is as it was."
            ) from None
        raise
