"""How long a server of Spark Connect that stops answering is asked again."""

from caw_dagster.engines.spark_outage import CALM_SECONDS, PATIENCE_SECONDS, Outage


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
    assert outage(ConnectionError())
    clock.seconds += PATIENCE_SECONDS - 1
    assert outage(ConnectionError())
    assert not outage.is_over
    clock.seconds += 1
    for _ in range(3):
        assert not outage(ConnectionError())
        clock.seconds += CALM_SECONDS - 1  # the next statements
    assert outage.is_over


def test_an_outage_long_after_another_has_its_own_time() -> None:
    """A run of hours that ends at its second hiccup."""
    clock = Clock()
    outage = Outage(is_silence, clock)
    for _ in range(3):
        assert outage(ConnectionError())
        clock.seconds += max(CALM_SECONDS, PATIENCE_SECONDS)
    assert not outage.is_over


def test_what_a_server_refuses_is_no_outage() -> None:
    """A statement that fails by its own fault, said to be a dead server."""
    outage = Outage(is_silence, Clock())
    assert not outage(ValueError())
    assert not outage.is_over
