"""The state of the warehouse: what it was last built from, which decides whether a run adds to it or rebuilds it.

Stored outside the warehouse: it is written before dbt starts and after it ends.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from caw.feeds.keys import LONGEST_ID
from caw.host import atomic
from caw.publication.place import last_publication
from caw.raw_store.longest_id import FEW_LINES, LONGEST_OF_FEW
from caw.settings import Settings

UNKNOWN_ORIGIN = "nothing says what the warehouse was built from"
SEEDS_CHANGED = "a seed that parsing uses, or the code of a table that is added to, has changed since the last build"
IDS_SHORTENED = (
    f"the raw store has over {FEW_LINES:,} lines, so that ids of over {LONGEST_ID:,} characters are shortened"
)
ROWS_GAVE_WAY = "a CSV file that ended within a row goes on, and the row that was taken from it gives way"
UNFINISHED_REBUILD = "the last rebuild did not finish"


@dataclass(frozen=True)
class Built:
    """The state of warehouse.duckdb: what it was built from, and whether the build and its tests ended well."""

    parsing_fingerprint: str | None  # None during a rebuild
    complete: bool  # the whole project was built, and every test passed
    run_id: str
    as_of: str  # ISO 8601, UTC
    project_key: str | None = None  # the dbt project's content that a whole build was made of
    batch_id: str | None = None  # the raw store's last batch in a whole build
    by_clock: bool = False  # as_of is the clock's: none was given
    given_way: int = 0  # how many rows of the raw store had given way to later versions of their files
    unreadable: bool = True  # the ledger may have files that could not be read then
    longest_id: int = LONGEST_OF_FEW  # characters beyond which its ids were shortened

    @property
    def instant(self) -> datetime:
        """`as_of` as an instant."""
        return datetime.fromisoformat(self.as_of)


def read_built(state_dir: Path) -> Built | None:
    """Read the state that the last build left; None if there was none."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        fields: dict[str, Any] = json.loads(_path(state_dir).read_text(encoding="utf-8"))
        return Built(**fields)
    return None


def write_built(state_dir: Path, built: Built) -> None:
    """Save the state, by one rename; the caller holds the data dir's lock."""
    atomic.write(_path(state_dir), json.dumps(asdict(built)))


def was_published(before: Built, settings: Settings) -> bool:
    """Whether the last build was published, which it was not where a check that blocks failed, or its run died."""
    last = last_publication(settings)
    return last is not None and last.run_id == before.run_id


def reason_to_rebuild(
    warehouse: Path,
    before: Built | None,
    parsing_fingerprint: str,
    given_way: Sequence[str] = (),
    longest_id: int | None = None,
) -> str | None:
    """The reason to rebuild the warehouse from the raw store, as the run shows it; None if it can be added to.

    Args:
        warehouse: its file.
        before: what the last build left.
        parsing_fingerprint: of the project as this run builds it.
        given_way: the batch of each row that gave way, from the first on.
        longest_id: of the raw store; None where nothing has come to it.
    """
    if not warehouse.exists():
        return None  # everything is built from nothing anyway
    if before is None:
        return UNKNOWN_ORIGIN
    if before.parsing_fingerprint is None:
        return UNFINISHED_REBUILD
    if before.parsing_fingerprint != parsing_fingerprint:
        return SEEDS_CHANGED
    if longest_id not in (None, before.longest_id):
        return IDS_SHORTENED
    is_staged = any(before.batch_id is None or batch <= before.batch_id for batch in given_way[before.given_way :])
    return ROWS_GAVE_WAY if is_staged else None


def fingerprint_during(warehouse: Path, before: Built | None, parsing_fingerprint: str, rebuild: bool) -> str | None:
    """The fingerprint to save during a build, in case it dies: whether the next run can add to what it leaves."""
    if not warehouse.exists():
        return parsing_fingerprint  # whatever this build leaves is of this fingerprint
    return None if rebuild or before is None else before.parsing_fingerprint


def _path(state_dir: Path) -> Path:
    return state_dir / "warehouse.json"
