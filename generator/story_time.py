"""The sample's clock, and how the two accounts of the story write instants. The story's verdicts depend on both."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SAMPLE_AS_OF = datetime(2026, 6, 30, 12, 0, 0, tzinfo=UTC)
"""The instant of a run on the sample logs: no record of theirs is later."""

PARIS = ZoneInfo("Europe/Paris")


def before(hours: float) -> datetime:
    """The instant so many hours before SAMPLE_AS_OF."""
    return SAMPLE_AS_OF - timedelta(hours=hours)


def written(source: str, instant: datetime) -> str:
    """An instant as the account's tools write it: acme_eu in local time, without saying so (spec §2.0.3 allows it)."""
    if source == "acme_eu":
        return instant.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch_seconds(instant: datetime) -> int:
    """An instant as the sending tool writes it."""
    return int(instant.timestamp())
