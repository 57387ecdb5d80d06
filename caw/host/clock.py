"""The clock of a run. Every instant that a run records is taken here, so that tests can set the clock wrong."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def shown(instant: datetime) -> str:
    """An instant for people, to the second."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
