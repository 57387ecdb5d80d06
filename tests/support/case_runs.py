"""Small landing trees, each a source of its own, taken in and built together: what the tests of cases share.

Sources are told apart by their names, so that one run serves many cases. Instants lie around `AS_OF`.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.forgetting import ForgettingPipeline, lines
from tests.support.pipeline import Row
from tests.support.project import ProjectCopy

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
"""The clock of all cases: lines are taken in at it, and marts are built as of it."""

AT = "2026-06-30T08:00:00Z"
JANUARY = "2026-01-01T00:00:00Z"
JUNE = "2026-06-01T00:00:00Z"
POLICY = "recommendation_follow_up_email"  # shipped: needs consent, waits 2 hours and for 16 after a message

MARTS = (
    "activity_feed", "recommended_products", "conversations", "attributed_orders", "conversation_tags", "shoppers",
    "retargeting_eligibility", "promotion_exclusions", "segment_membership", "int_products", "rejected_records",
    "ingestion_ledger", "unknown_fields", "unknown_words", "int_needs_a_person", "orders", "order_items",
    "recommendation_funnel",
)  # fmt: skip
"""What the cases look at."""

WAREHOUSE = "warehouse.duckdb"

Files = Mapping[str, bytes]


def utc(text: str) -> datetime:
    """An expected instant, as the cases write it: `2026-06-30 09:00:00.5`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(source: str, files: Mapping[str, bytes | str]) -> dict[str, bytes]:
    """A source's files: path below the source -> content."""
    return {
        f"{source}/{path}": content.encode() if isinstance(content, str) else content for path, content in files.items()
    }


def taken_in(folder: Path, project: ProjectCopy, *deliveries: Files) -> ForgettingPipeline:
    """A landing zone to which this was delivered, with one run after each delivery."""
    pipeline = ForgettingPipeline(folder, project, MARTS)
    for files in deliveries:
        pipeline.refresh(files, at=AS_OF)
    return pipeline


class ThreeRuns:
    """What `in_three_runs` made in a folder.

    Attributes:
        pipeline: after the last run.
        first: its warehouse after the first run.
    """

    def __init__(self, folder: Path, project: ProjectCopy) -> None:
        self.pipeline = ForgettingPipeline(folder, project, MARTS)
        self.first = ForgettingPipeline(folder / "first", project, MARTS)


def in_three_runs(folder: Path, project: ProjectCopy, deliveries: Sequence[Files]) -> None:
    """As `taken_in`, and a copy of the warehouse is kept after the first run."""
    made = ThreeRuns(folder, project)
    for number, files in enumerate(deliveries):
        made.pipeline.refresh(files, at=AS_OF)
        if number == 0:
            shutil.copy(made.pipeline.data_dir / WAREHOUSE, made.first.data_dir / WAREHOUSE)


def message(conversation_id: str, record_id: str = "1", **more: Any) -> dict[str, Any]:
    """A customer's message at `AT`."""
    record = {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": AT}
    return {**record, "record_type": "message", "actor": "customer", "channel": "web_chat", **more}


def recommended(conversation_id: str, profile_id: str, record_id: str = "1", **more: Any) -> dict[str, Any]:
    """A recommendation to a profile at `AT`: by `AS_OF` it is due, unless a gate says otherwise."""
    record = {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": AT}
    return {
        **record,
        "record_type": "products_recommended",
        "products": ["lamp"],
        "profile": {"profile_id": profile_id},
        **more,
    }


def asked(profiles: Iterable[str]) -> dict[str, bytes]:
    """Profiles with an address each, and a recommendation to each of them."""
    names = list(profiles)
    return {
        "profiles/people.jsonl": lines(
            *({"profile_id": one, "updated_at": JANUARY, "email": f"{one}@people.example"} for one in names)
        ),
        "conversation_log/log.jsonl": lines(*(recommended(f"of {one}", one) for one in names)),
    }


def subscribed(profiles: Iterable[str], channel: str = "email") -> bytes:
    """Consents of January."""
    return lines(
        *({"profile_id": one, "channel": channel, "status": "subscribed", "occurred_at": JANUARY} for one in profiles)
    )


def by(
    pipeline: ForgettingPipeline, source: str, table: str, key: str, *values: str, where: str = "true"
) -> dict[Any, Any]:
    """One source's rows of a table: key -> value, or a tuple of several values. A key that comes twice fails."""
    found: list[Row] = pipeline.query(
        f"select {key} as key, {', '.join(values)} from {table} where source = '{source}' and {where}"
    )
    rows = {row["key"]: tuple(row.values())[1:] for row in found}
    assert len(rows) == len(found), f"{key} is not unique in {found}"
    return {name: value[0] if len(values) == 1 else value for name, value in rows.items()}


def ledger(pipeline: ForgettingPipeline, source: str) -> dict[str, tuple[str, int, int, int]]:
    """Path below the source -> status, lines, accepted, rejected; each sum must be right (spec §2.1.5)."""
    found = pipeline.query(f"select * from health.ingestion_ledger where starts_with(file_path, '{source}/')")
    for row in found:
        assert row["lines"] == row["blank"] + row["accepted"] + row["duplicates"] + row["rejected"], row
    return {
        row["file_path"].removeprefix(f"{source}/"): (row["status"], row["lines"], row["accepted"], row["rejected"])
        for row in found
    }


def errors(pipeline: ForgettingPipeline, source: str) -> dict[str, str]:
    """Path below the source -> why it was not loaded."""
    found = pipeline.query(
        f"select file_path, error from health.ingestion_ledger where starts_with(file_path, '{source}/')"
    )
    return {row["file_path"].removeprefix(f"{source}/"): row["error"] or "" for row in found}


def refused(pipeline: ForgettingPipeline, source: str) -> dict[tuple[str, int], tuple[str, str]]:
    """(path below the source, line) -> reason and field of the rejected lines."""
    found = pipeline.query(
        f"select * from health.rejected_records where source = '{source}' order by file_path, line_number"
    )
    return {
        (row["file_path"].removeprefix(f"{source}/"), row["line_number"]): (row["reason"], row["field"] or "")
        for row in found
    }


def gates(pipeline: ForgettingPipeline, source: str, policy: str = POLICY) -> dict[str, list[str]]:
    """Profile -> the gates that its recommendation fails under the policy; an empty list may be written to."""
    found = by(
        pipeline,
        source,
        "retargeting.retargeting_eligibility",
        "profile_id",
        "failed_gates",
        "status",
        where=f"policy_id = '{policy}'",
    )
    for failed, status in found.values():
        assert status == ("blocked" if failed else "eligible")
    return {profile: list(failed) for profile, (failed, _) in found.items()}


def numbered(kind: str, values: Iterable[Any]) -> dict[str, Any]:
    """A name for each value, so that a test says which one it was: `kind 03 "value"`."""
    return {f"{kind} {number:02d} {json.dumps(value)}": value for number, value in enumerate(values)}
