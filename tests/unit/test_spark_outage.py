"""How long a server of Spark Connect that stops answering is asked again."""

from types import SimpleNamespace
from typing import Any

import pytest

from caw.settings import SettingsError
from caw_dagster.engines import spark_outage
from caw_dagster.engines.spark_outage import CONNECTING_SECONDS, PATIENCE_SECONDS, Outage, given_up_soon


class Clock:
    """A clock that stands still until it is moved; in seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def is_silence(error: BaseException) -> bool:
    """Whether a server said nothing, or else why it refuses."""
    return isinstance(error, ConnectionError)


def test_a_server_is_asked_again_until_patience_ends_and_then_no_more() -> None:
    """Half a minute at each of a run's hundreds of statements, where the server is dead."""
    clock = Clock()
    outage = Outage(is_silence, clock)
    assert outage.may_retry(ConnectionError())
    clock.seconds += CONNECTING_SECONDS
    assert outage.may_retry(ConnectionError())
    assert not outage.is_over
    clock.seconds += PATIENCE_SECONDS - CONNECTING_SECONDS
    for _ in range(3):
        assert not outage.may_retry(ConnectionError())
        outage.call_begins()  # the next statement
        clock.seconds += 3600
    assert outage.is_over


def test_each_call_that_is_answered_ends_an_outage() -> None:
    """A statement of hours, given up since a proxy cuts its stream again and again."""
    clock = Clock()
    outage = Outage(is_silence, clock)
    for _ in range(9):
        outage.call_begins()
        assert outage.may_retry(ConnectionError())
        clock.seconds += PATIENCE_SECONDS / 2
    assert not outage.is_over


def test_a_call_whose_stream_is_cut_again_and_again_is_no_outage() -> None:
    """A statement of minutes before a proxy that cuts idle streams after 60 s, given up at the second cut."""
    clock = Clock()
    outage = Outage(is_silence, clock)
    outage.call_begins()
    for _ in range(3):
        clock.seconds += 60
        assert outage.may_retry(ConnectionError())
    clock.seconds += PATIENCE_SECONDS / 2
    assert outage.may_retry(ConnectionError())
    clock.seconds += PATIENCE_SECONDS / 2  # from the last answer on
    assert not outage.may_retry(ConnectionError())


def test_what_a_server_refuses_is_no_outage() -> None:
    """A statement that fails by its own fault, said to be a dead server."""
    outage = Outage(is_silence, Clock())
    assert not outage.may_retry(ValueError())
    assert not outage.is_over


class Policy(SimpleNamespace):
    """pyspark's policy of retries, as far as it is asked for."""

    def can_retry(self, error: BaseException) -> bool:
        return is_silence(error)

    def to_state(self) -> "Policy":
        return self


def test_a_block_that_a_silent_server_ends_says_so_and_any_other_error_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address in a run's log, which the library quotes; or a mistake in the data said to be a dead server."""
    policies: list[Any] = []
    session = SimpleNamespace(client=SimpleNamespace(set_retry_policies=policies.extend))
    monkeypatch.setattr(spark_outage, "import_module", lambda _: SimpleNamespace(DefaultPolicy=Policy))
    monkeypatch.setattr(spark_outage, "PATIENCE_SECONDS", 0)
    with pytest.raises(ValueError, match="overflow"), given_up_soon(session):
        assert not policies[-1].to_state().can_retry(ValueError())
        raise ValueError("overflow")
    with pytest.raises(SettingsError, match="stopped answering") as refusal, given_up_soon(session):
        assert not policies[-1].to_state().can_retry(ConnectionError())
        raise ConnectionError("sc://secret")
    assert "secret" not in str(refusal.value)
