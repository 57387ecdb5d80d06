"""A server of Spark Connect that dies amid a run: how long it is asked again, and what is said then (spec §14.3).

pyspark asks for ten minutes, again at each statement, of which a run has hundreds.
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
LONGEST_WAIT = 5_000  # milliseconds from one try to the next
CONNECTING_SECONDS = 26.0  # from failure to failure where nothing answers: that wait, and gRPC's 20 for a connection


@dataclass
class Outage:
    """Since when a server does not answer a call, by a clock in seconds; and whether it was given up, for good."""

    says_nothing: Callable[[BaseException], bool]  # whether an error leaves open what another try brings
    now: Callable[[], float] = time.monotonic
    began: float | None = None
    failed: float | None = None  # when the call last did
    is_over: bool = False

    def call_begins(self) -> None:
        """Another call: the one before was answered, unless the server was given up."""
        self.began = self.failed = None

    def may_retry(self, error: BaseException) -> bool:
        """Whether to try a call again that has failed; one that lasted longer than connecting takes was answered."""
        if self.is_over or not self.says_nothing(error):
            return False
        now = self.now()
        was_answered = self.failed is not None and now - self.failed > CONNECTING_SECONDS
        self.began = now if self.began is None or was_answered else self.began
        self.failed = now
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
    outage, state_of_a_call = Outage(policy.can_retry), policy.to_state

    def begin_call() -> Any:
        outage.call_begins()
        return state_of_a_call()

    policy.can_retry, policy.to_state = outage.may_retry, begin_call
    session.client.set_retry_policies([policy])
    try:
        yield
    except Exception:
        if outage.is_over:
            raise SettingsError(
                f"The server of {REMOTE} stopped answering, and was asked again for {PATIENCE_SECONDS:.0f} seconds: "
                "see whether it runs, and run again. What is published is whole."
            ) from None
        raise
