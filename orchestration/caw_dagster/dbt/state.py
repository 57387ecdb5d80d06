"""What the warehouse was last built from, so that a run knows whether it may add to it or must rebuild it.

Kept beside the warehouse, not in it: it is written before dbt starts and after it ends.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from caw.host import atomic

UNKNOWN_ORIGIN = "nothing says what the warehouse was built from"
SEEDS_CHANGED = "a seed that parsing uses, or the code of a table that is added to, has changed since the last build"
ROWS_GAVE_WAY = "a CSV file that ended within a row goes on, and the row that was taken from it gives way"
UNFINISHED_REBUILD = "the last rebuild did not finish"


@dataclass(frozen=True)
class Built:
    """The state of warehouse.duckdb: what it was built from, and whether the build and its tests ended well."""

    parsing_fingerprint: str | None  # None while a rebuild is on
    complete: bool  # whole project built, every test passed
    run_id: str
    as_of: str  # ISO 8601, UTC
    project_key: str | None = None  # the dbt project's content that a whole build was made of
    batch_id: str | None = None  # the raw store's last batch that a whole build has taken in
    by_clock: bool = False  # as_of is the clock's: none was given
    given_way: int = 0  # how many rows of the raw store had given way to later versions of their files

    @property
    def instant(self) -> datetime:
        """`as_of` as an instant."""
        return datetime.fromisoformat(self.as_of)


def read_built(state_dir: Path) -> Built | None:
    """The state that the last build left; None if there was none."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        fields: dict[str, Any] = json.loads(_path(state_dir).read_text(encoding="utf-8"))
        return Built(**fields)
    return None


def write_built(state_dir: Path, built: Built) -> None:
    """Remember the state, by one rename; the caller holds the data dir's lock."""
    atomic.write(_path(state_dir), json.dumps(asdict(built)))


def reason_to_rebuild(
    warehouse: Path, before: Built | None, parsing_fingerprint: str, given_way: Sequence[str] = ()
) -> str | None:
    """Why the warehouse must be rebuilt from the raw store, as the run says it; None if it may be added to.

    Args:
        warehouse: its file.
        before: what the last build left.
        parsing_fingerprint: of the project as this run builds it.
        given_way: the batch of each row that gave way, in the order in which they did.
    """
    if not warehouse.exists():
        return None  # everything is built from nothing anyway
    if before is None:
        return UNKNOWN_ORIGIN
    if before.parsing_fingerprint is None:
        return UNFINISHED_REBUILD
    if before.parsing_fingerprint != parsing_fingerprint:
        return SEEDS_CHANGED
    is_staged = any(before.batch_id is None or batch <= before.batch_id for batch in given_way[before.given_way :])
    return ROWS_GAVE_WAY if is_staged else None


def fingerprint_during(warehouse: Path, before: Built | None, parsing_fingerprint: str, rebuild: bool) -> str | None:
    """What to remember while a build is on, in case it dies: whether the next run may go on from what lies there."""
    if not warehouse.exists():
        return parsing_fingerprint  # whatever this build leaves is of this fingerprint
    return None if rebuild or before is None else before.parsing_fingerprint


def _path(state_dir: Path) -> Path:
    return state_dir / "warehouse.json"
