"""Whatever long lines land, that run and the later ones go through: what has no room in memory waits (spec §2.1.4)."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.cold_caw import cold_caw

pytestmark = pytest.mark.soak  # a slice: tests/unit/test_room.py
MEMORY = "256MB"  # lines over 16,000 bytes are long, and have room for 8 MB or more
LINE, MEDIUM = 800_000, 12_000  # as lists of short words, a third more: below 1 MiB, and below 16,000
AT = "2026-06-01T10:00:00Z"


def message(number: int, text: str) -> dict[str, Any]:
    one = {"record_id": f"r{number}", "conversation_id": f"c{number}", "occurred_at": AT, "record_type": "message"}
    return {**one, "actor": "customer", "text": text}


def tags(number: int, text: str) -> dict[str, Any]:
    return {**message(number, ""), "record_type": "tags_applied", "tags": text.split("-")}


def products(number: int, text: str) -> dict[str, Any]:
    return {**message(number, ""), "record_type": "products_recommended", "products": text.split("-")}


def escalation(number: int, text: str) -> dict[str, Any]:
    one = {**message(number, ""), "record_type": "status_changed", "actor": "agent", "status": "escalated"}
    return {**one, "escalation_reason": text}


def order(number: int, text: str) -> dict[str, Any]:
    items = [{"sku": sku, "quantity": 1, "price": 2} for sku in text[: len(text) // 4].split("-")]
    return {"order_id": f"o{number}", "placed_at": AT, "profile": {"profile_id": "p"}, "items": items}


def profile(number: int, text: str) -> dict[str, Any]:
    return {"profile_id": f"p{number}", "updated_at": AT, "anonymous_ids": text.split("-")}


def transcript(number: int, text: str) -> dict[str, Any]:
    return {"id": f"t{number}", "start_time": AT, "messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize("length", [LINE, MEDIUM])
@pytest.mark.parametrize(
    ("feed", "line"),
    [
        ("conversation_log", message),
        ("conversation_log", tags),
        ("conversation_log", products),
        ("conversation_log", escalation),
        ("orders", order),
        ("profiles", profile),
        ("chat_transcripts", transcript),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_runs_go_through_whatever_long_lines_land(
    tmp_path: Path, feed: str, line: Callable[[int, str], Mapping[str, Any]], length: int
) -> None:
    """40 files of a line each, or 2,500 lines in each of two files: of the first as many as there is room for."""
    folder = tmp_path / "landing" / "acme" / feed
    folder.mkdir(parents=True)
    lines = [
        json.dumps(line(number, _text(number, length))) + "\n" for number in range(40 if length == LINE else 5_000)
    ]
    files = [[one] for one in lines] if length == LINE else [lines[:2_500], lines[2_500:]]
    for number, file in enumerate(files):
        (folder / f"{number:02}.jsonl").write_text("".join(file))
    arguments = ["run", "--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]
    (tmp_path / "pyproject.toml").write_text(f'[tool.caw]\nmemory_limit = "{MEMORY}"\n')
    for _ in range(2):
        ended = cold_caw(arguments, tmp_path)
        assert ended.returncode == 0, ended.stderr
    with duckdb.connect(str(tmp_path / "data" / "published" / "marts.duckdb"), read_only=True) as connection:
        found = dict(connection.execute("select status, count(*) from health.ingestion_ledger group by 1").fetchall())
    waiting = {"failed"} if length == LINE else set()
    assert set(found) == {"loaded", *waiting}, found


def _text(number: int, length: int) -> str:
    """Words between hyphens, other ones in each text."""
    return "-".join(f"{number:04}{place:06}" for place in range(length // 11))


EVENTS = 40_000  # of 0.9 MB each they would be 36 GB
CARRIED = "x" * 900_000


def tagged(carried: str) -> dict[str, Any]:
    return {**message(EVENTS, "hi"), "tags": [carried]}


def skilled(carried: str) -> dict[str, Any]:
    return {**message(EVENTS, "hi"), "skill": carried}


def titled(carried: str) -> dict[str, Any]:
    return {"product_id": "p", "updated_at": AT, "title": carried}


@pytest.mark.parametrize(
    ("feed", "line"),
    [
        ("conversation_log", tagged),
        ("conversation_log", skilled),
        ("products", titled),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_runs_go_through_whatever_rows_carry(
    tmp_path: Path, feed: str, line: Callable[[str], Mapping[str, Any]]
) -> None:
    """One line with it, and 40,000 events in its conversation: escalated, resolved and recommendations."""
    half = EVENTS // 2
    statuses = [
        {**escalation(number, "angry"), "status": ("escalated", "resolved")[number % 2]} for number in range(half)
    ]
    events = [*statuses, *({**products(number, "p"), "actor": "agent"} for number in range(half, EVENTS))]
    late = {**message(EVENTS + 1, "late"), "conversation_id": "c"}
    arguments = ["run", "--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]
    (tmp_path / "pyproject.toml").write_text(f'[tool.caw]\nmemory_limit = "{MEMORY}"\n')
    for landed in ({"conversation_log": events, f"{feed}/of_one": [line(CARRIED)]}, {"conversation_log": [late]}):
        for folder, lines in landed.items():
            path = tmp_path / "landing" / "acme" / folder / f"{len(lines)}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps({**one, "conversation_id": "c"}) + "\n" for one in lines))
        ended = cold_caw(arguments, tmp_path)
        assert ended.returncode == 0, ended.stderr
    with duckdb.connect(str(tmp_path / "data" / "published" / "marts.duckdb"), read_only=True) as connection:
        rejected = connection.execute("select count(*) from health.rejected_records").fetchone()
        found = connection.execute("select count(*) from events.activity_feed").fetchone()
    assert (rejected, found) == ((0,), (EVENTS + 1,))
