"""What time it is for a run. Everything that a run dates asks here, so that tests can set the clock wrong."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def shown(instant: datetime) -> str:
    """An instant as people are told of it, to the second."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
