"""Cases: a clock that once ran ahead freezes nothing (contract, section 4 on membership history, section 5 on publication).
The case c18 is of this kind.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publication import FILE_NAME
from tests.support.project import SEEDS_DIR

ROOT = SEEDS_DIR.parent
DAYS_AHEAD = 3
# `caw` with another clock: every module's `datetime.now`
CAW = """
import sys
from datetime import datetime, timedelta
ahead = timedelta(days=float(sys.argv[1]))
class Clock(datetime):
    @classmethod
    def now(cls, zone=None):
        return datetime.now(zone) + ahead
import orchestration.cli, orchestration.execution, orchestration.commands.run, orchestration.summary
import orchestration.refresh, orchestration.definitions
for name, module in list(sys.modules.items()):
    if name.startswith("orchestration.") and getattr(module, "datetime", None) is datetime:
        module.datetime = Clock
sys.exit(orchestration.cli.main(sys.argv[2:]))
"""


def caw(root: Path, days: float, *options: str) -> subprocess.CompletedProcess[str]:
    """`caw run` by a clock that is so many days ahead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAW_", "DAGSTER_", "DBT_"))}
    command = ["run", "--landing", str(root / "landing"), "--data-dir", str(root / "data"), *options]
    return subprocess.run(
        [sys.executable, "-c", CAW, str(days), *command], env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, cwd=root,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def query(root: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(root / "data" / "published" / FILE_NAME), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def published_as_of(root: Path) -> datetime:
    ((as_of,),) = query(root, "select as_of from health.last_run")
    found: datetime = as_of
    return found


def land(root: Path, conversation_id: str, at: datetime) -> None:
    record = {"record_id": "1", "conversation_id": conversation_id, "occurred_at": at.isoformat(), "record_type": "message",
              "actor": "customer", "profile": {"profile_id": f"of {conversation_id}"}}  # fmt: skip
    path = root / "landing" / "shop" / "conversation_log" / f"{conversation_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose clock was three days ahead, without --as-of, and then one with the right clock, after a new delivery."""
    root = tmp_path_factory.mktemp("a clock")
    land(root, "before", datetime.now(UTC) - timedelta(days=2))
    first = caw(root, DAYS_AHEAD)
    assert first.returncode == 0, first.stderr
    assert published_as_of(root) > datetime.now(UTC) + timedelta(days=DAYS_AHEAD - 1)
    land(root, "after", datetime.now(UTC) - timedelta(hours=1))
    second = caw(root, 0)
    assert second.returncode == 0, second.stderr
    (root / "said").write_text(second.stdout + second.stderr, encoding="utf-8")
    return root


def test_the_next_run_publishes_and_says_that_the_clock_was_ahead(root: Path) -> None:
    """Every run for three days goes to a folder of past instants, and BI shows the future."""
    assert published_as_of(root) <= datetime.now(UTC)
    assert not (root / "data" / "published" / "as_of").exists()
    assert query(root, "select conversation_id from events.conversation_started order by 1") == [
        ("after",),
        ("before",),
    ]
    said = (root / "said").read_text(encoding="utf-8").lower()
    assert "ahead" in said or "clock" in said


def test_history_and_sizes_have_no_instant_of_the_future(root: Path) -> None:
    """Section 4: the later instants are set to the run's own; who came in since is in."""
    as_of = published_as_of(root)
    history = query(
        root,
        "select profile_id, entered_at, exited_at from segments.segment_membership_history where segment_id = 'started_conversation_ever' order by 1",
    )
    assert history == [("of after", as_of, None), ("of before", as_of, None)]
    assert query(
        root,
        f"select count(*) from segments.segment_membership_history where entered_at > '{as_of}' or exited_at > '{as_of}'",
    ) == [(0,)]
    sizes = query(
        root, "select as_of, members from segments.segment_sizes where segment_id = 'started_conversation_ever'"
    )
    assert sizes == [(as_of, 2)]


def test_a_run_at_a_past_instant_still_disturbs_nothing(root: Path) -> None:
    """A run with an --as-of before the one that is published now goes beside it (section 5, settled readings, "Runs")."""
    as_of = published_as_of(root)
    history = query(root, "from segments.segment_membership_history order by all")
    past = (as_of - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ran = caw(root, 0, "--as-of", past)
    assert ran.returncode == 0, ran.stderr
    assert published_as_of(root) == as_of
    assert len(list((root / "data" / "published" / "as_of").iterdir())) == 1
    assert query(root, "from segments.segment_membership_history order by all") == history
