"""A warehouse in which nothing needs anybody, for the tests of `caw doctor`."""

from datetime import UTC, datetime

from caw.doctor.health import Health, Metric
from caw.doctor.runs import Finished, Runs

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
FLOWING = Metric("acme", "conversation_started", 5, "2026-06-30 11:00:00", "flowing", "Flowing: fine.")
RARE = Metric("acme", "conversation_escalated", 1, "2026-06-01 11:00:00", "stale", "Stale: rare.")
HEALTHY = Health(NOW, NOW, [FLOWING, RARE], {"acme": 5}, [])
GOOD_RUN = Runs(None, Finished("0123456789", NOW, "success", None))
