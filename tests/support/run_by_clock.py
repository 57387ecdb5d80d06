"""The first `caw run` of a data dir, by the clock, for every test that goes on from one: each has sources of its own in it.

In acme_us are canaries, some of which ask to be forgotten; in acme and brand, who will ask, and others; in `CLOCKED`, a
conversation of two days ago.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from caw.feeds.declared import SEEDS_DIR
from tests.support.canaries import land_canaries
from tests.support.forgetting import others, planted, strangers
from tests.support.sample_run import SampleRun
from tests.support.shared import shared

CLOCKED = "clocked"
SAID = "said.json"


def logged(conversation_id: str, *records: Mapping[str, Any]) -> bytes:
    """A conversation of one shopper, as a file of its log."""
    fields = {"conversation_id": conversation_id, "profile": {"profile_id": f"of {conversation_id}"}}
    lines = [json.dumps({"record_id": str(place), **fields, **one}) for place, one in enumerate(records)]
    return "\n".join(lines).encode()


def spoken(at: datetime) -> dict[str, Any]:
    """A customer's message."""
    return {"occurred_at": at.isoformat(), "record_type": "message", "actor": "customer", "text": "hi"}


def _clocked() -> dict[str, bytes]:
    at = datetime.now(UTC) - timedelta(days=2)
    escalated = {"occurred_at": at.isoformat(), "record_type": "status_changed", "status": "escalated"}
    return {f"{CLOCKED}/conversation_log/a.jsonl": logged("first", spoken(at), escalated)}


def _make(folder: Path) -> None:
    made = SampleRun(folder / "landing", folder / "data", SEEDS_DIR)
    land_canaries(made.landing)
    for name, content in (planted() | others() | strangers() | _clocked()).items():
        path = made.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    ran = made.caw("run")
    assert ran.returncode == 0, ran.stderr
    (folder / SAID).write_text(json.dumps([ran.stdout, ran.stderr]), encoding="utf-8")


def first_run_by_clock() -> tuple[SampleRun, str]:
    """What it made, which nobody may change, with what it printed; and what it said next to that."""
    folder = shared("run_by_clock", _make)
    printed, said = json.loads((folder / SAID).read_text(encoding="utf-8"))
    return SampleRun(folder / "landing", folder / "data", SEEDS_DIR, printed), said
