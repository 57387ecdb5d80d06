"""A data dir that the version before wrote is brought up to date by the first run, without a hand on it.

`older_data_dir.tar.zst` is one: `caw run --as-of 2026-05-02T12:00:00Z` of the commit e0c2f5a on the small landing zone
below, with its raw store, warehouse, state and published file. Its raw store has the lines of that version's columns, a
history of segments, and somebody who was forgotten.
"""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from caw.publication import FILE_NAME
from caw.raw_store.format import FORMAT
from tests.support.forgetting import found_in
from tests.support.warm_caw import warm_caw

OLDER = Path(__file__).with_name("older_data_dir.tar.zst")
AT = "2026-05-01T08:00:00Z"
# As it was landed then, but for the lines of the person who was forgotten: the user has cleaned them up since.
LANDED = {
    "shop/orders/o.csv": "order_id,placed_at,total,status\no1,2026-05-01T09:00:00Z,12.50,placed\no2,2026-05-01T09:00:00Z,5,paid\n",
    "shop/products/p.jsonl": json.dumps({"product_id": "lamp", "updated_at": AT, "title": "Lamp"}) + "\n",
}
NEW = {
    "record_id": "5",
    "conversation_id": "one",
    "occurred_at": "2026-05-02T08:00:00Z",
    "record_type": "message",
    "actor": "customer",
    "text": "and now?",
}


def rows(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "published" / FILE_NAME), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


EVENTS = "select event_name, event_id, conversation_id, profile_id, occurred_at, ingested_at from events.activity_feed"
HISTORY = "select segment_id, profile_id, entered_at from segments.segment_membership_history"


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was published before, and after a plain `caw run` of this version, with a line that has landed since."""
    root = tmp_path_factory.mktemp("older")
    data_dir = root / "data"
    with (
        zstandard.ZstdDecompressor().stream_reader(io.BytesIO(OLDER.read_bytes())) as packed,
        tarfile.open(fileobj=packed, mode="r|") as files,
    ):
        files.extractall(data_dir, filter="data")
    for name, text in LANDED.items():
        path = root / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    log = root / "landing" / "shop" / "conversation_log" / "new.jsonl"
    log.parent.mkdir()
    log.write_text(json.dumps(NEW) + "\n", encoding="utf-8")
    before = {"events": rows(data_dir, EVENTS), "history": rows(data_dir, HISTORY)}
    ran = warm_caw().run(root / "landing", data_dir, "--as-of", "2026-05-03T12:00:00Z")
    assert ran.code == 0, ran.err
    return {"data_dir": data_dir, "before": before}


def test_everything_that_was_taken_in_is_there(upgraded: dict[str, Any]) -> None:
    """A column that the old lines lack ends the run, or their lines are read no more."""
    assert set(upgraded["before"]["events"]) <= set(rows(upgraded["data_dir"], EVENTS))
    said = rows(
        upgraded["data_dir"], "select customer_messages from performance.conversations where conversation_id = 'one'"
    )
    assert said == [(2,)], "the line that has landed since is the conversation's"
    assert (upgraded["data_dir"] / "raw" / "format").read_text(encoding="ascii").strip() == str(FORMAT)


def test_the_history_that_no_log_can_give_back_is_kept(upgraded: dict[str, Any]) -> None:
    """Members of May are entered again by the version that reads them."""
    assert upgraded["before"]["history"]
    assert set(upgraded["before"]["history"]) <= set(rows(upgraded["data_dir"], HISTORY))


def test_who_was_forgotten_stays_so(upgraded: dict[str, Any]) -> None:
    """Another rule of words or keys finds a person again, or no longer knows who it has forgotten."""
    assert found_in(upgraded["data_dir"], ["zed@older.example", "zed-forgotten", "who am i"]) == {}


def test_lines_are_checked_by_the_rules_of_today(upgraded: dict[str, Any]) -> None:
    """`paid`, `opted_out` and an instant without seconds were refused then (spec §2.0.3): the warehouse is rebuilt
    from the raw store, as the rules are others (spec §3.11), and who had opted out is not written to (gate 4)."""
    assert rows(upgraded["data_dir"], "select count(*)::int from health.rejected_records") == [(0,)]
    orders = "select accepted::int from health.ingestion_ledger where file_path = 'shop/orders/o.csv'"
    assert rows(upgraded["data_dir"], orders) == [(2,)], "`paid` is a placed order"
    gates = "select failed_gates from retargeting.retargeting_eligibility where policy_id = 'recommendation_follow_up_email'"
    ((failed,),) = rows(upgraded["data_dir"], gates)
    assert "no_consent" in failed
