"""The last runs, as the doctor shows them. What does not belong here: reading Dagster's history."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Finished:
    """A run's end."""

    run_id: str
    ended_at: datetime  # UTC
    status: str  # Dagster's word, in lower case: success, failure, canceled
    why: str | None  # of a failed one

    @property
    def failed(self) -> bool:
        """Whether it failed; a canceled one was ended by a person, or a run of the whole job went on in its place."""
        return self.status == "failure"


@dataclass(frozen=True)
class Runs:
    """The runs that matter now."""

    working: str | None  # the id of one that works or waits
    finished: Finished | None  # the last


def latest(one: Runs | None, other: Runs) -> Runs:
    """Of two histories: the run that works in either, and the one that finished last."""
    if one is None:
        return other
    finished = [runs.finished for runs in (one, other) if runs.finished is not None]
    return Runs(one.working or other.working, max(finished, key=lambda run: run.ended_at, default=None))
