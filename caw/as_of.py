"""The instant that a run is as of, or another one, as it is given on the command line."""

from datetime import UTC, datetime

from caw.settings import SettingsError


def parse_as_of(text: str | None, now: datetime, option: str = "--as-of") -> datetime:
    """The run's instant (spec §4.1), or another one that `option` gives: UTC, microseconds; `now` where none is given.

    Raises:
        SettingsError: no ISO 8601 instant, or one in the future.
    """
    if text is None:
        return now
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError as unparsed:
        raise SettingsError(
            f"{option} {text!r} is not an instant: write it like 2025-08-01T00:00:00Z (without an offset it is UTC)."
        ) from unparsed
    instant = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    if instant > now:
        raise SettingsError(f"{option} {text} is in the future: give an instant not later than now, or leave it out.")
    return instant
