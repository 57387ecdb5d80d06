"""The harness of `make bench`: what it measures with, what it makes of it, and that the sides do the same work."""

import json
import sys
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.__main__ import _command, _forget_parts, _parsed, times
from bench.crowd import Crowd
from bench.deliveries import RECORDS, land, remove_deliveries
from bench.erasures import Erasure
from bench.expansions import Expanded
from bench.hot import Runs, above, exponent
from bench.hot_shapes import SHAPES
from bench.hot_shapes import land as land_shape
from bench.kept import add_kept
from bench.measured import measure
from bench.page import as_markdown
from bench.report import SIDES, Bench, as_json, same_events
from bench.sides import analyst, floor
from bench.split import PARTS, seconds_by_folder, split
from bench.ticks import Tick
from generator.logs import generate
from tests.support.bench_results import NOW, measured


def result(name: str, begin: float, end: float) -> dict[str, Any]:
    texts = [datetime.fromtimestamp(at, UTC).isoformat() for at in (begin, end)]
    return {"unique_id": name, "timing": [{"started_at": texts[0], "completed_at": texts[1]}]}


def test_parts_of_a_tick_add_up_to_the_whole() -> None:
    """A part counted twice, or left out, would blame the wrong place for a slow tick."""
    parts = split(
        100.0,
        127.5,
        130.0,
        {"ingest": 104.0, "warehouse": 106.0, "published__marts": 125.0},
        {"ingest": 105.5, "warehouse": 124.0, "published__marts": 128.0},
        [result("seed.caw.a", 109, 110), result("model.caw.b", 110, 114), result("test.caw.c", 115, 117)],
    )
    expected = [4.0, 1.5, 3.0, 5.0, 2.0, 7.0, 2.5, 0.5, 4.5]
    assert list(parts) == list(PARTS)
    assert list(parts.values()) == pytest.approx(expected)
    assert sum(parts.values()) == pytest.approx(30.0)


def test_a_folder_s_models_are_added_up_and_nothing_else() -> None:
    """A test, a seed or a model of the user's own counted there would say that the marts cost what they do not."""
    results: list[dict[str, Any]] = [
        result("seed.caw.sources", 100, 107),
        result("model.caw.conversation_started", 107, 110),
        result("model.caw.activity_feed", 110, 111.5),
        result("model.caw.orders", 112, 114),
        result("model.my_warehouse.vip_shoppers", 114, 119),
        result("test.caw.rule.abc", 119, 125),
        {"unique_id": "model.caw.headlines", "timing": []},
    ]
    spent = seconds_by_folder(results)
    assert {name: seconds for name, seconds in spent.items() if seconds} == {"events": 4.5, "performance": 2.0}
    assert set(spent) >= {"staging", "intermediate", "health", "retargeting", "segments"}


def test_a_report_gives_medians_of_whole_runs_and_their_ratio_to_the_floor() -> None:
    """A failed run's short time, or a mean, would flatter a side."""
    bench = Bench({"cores": "2"}, "2GB", "2026-06-30")
    for size, factor in ((1000, 1), (5000, 6)):
        bench.lines[size] = 8 * size
        bench.runs[size] = {
            "floor": [measured(second * factor) for second in (1.0, 2.0, 9.0)],
            "pandas": [measured(5.0 * factor), measured(0.1, "failed (exit code 1)"), measured(7.0 * factor)],
        }
        bench.counts[size] = {"floor": {"conversation_started": 1}, "pandas": {"conversation_started": size // 1000}}
    bench.ticks[0] = {"cold": [Tick(measured(9.0), 7.0, dict.fromkeys(PARTS, 1.0), {"events": 0.25})], "daemon": []}
    bench.small = {"imports": [Tick(measured(2.0), 2.0, {})], "first run": [Tick(measured(9.0), 7.0, {})]}
    text = as_markdown(bench)
    assert "| pandas | 3.00 | 3.00 | 6.0 | 12.0 | 1,333 | 3.00 GiB | 3 | failed (exit code 1), ok |" in text
    assert text.count("all sides that make them: the same") == 1
    assert text.count("DIFFERENT") == 1
    assert "| 1,000 | 5,000 | 5.00 | 6.00 | - | - | - | - | 6.00 | - |" in text
    assert "| 0 | 7.0 | 1.00 | 9.0 | 1.00 | 18.0 | 3.00 GiB |" in text
    assert "| a process of its own | events |\n|---:|---:|\n| 0 | 0.25 |" in text
    assert "| `caw run` on the sample, from nothing | 7.0 | 3.50 | 9.0 | 4.50 | 18.0 | 4.50 | 1 |" in text
    assert json.loads(json.dumps(as_json(bench)))["sizes"][1]["sides"]["floor"]["median_seconds"] == 12.0


def test_a_hot_key_s_exponent_is_of_the_seconds_above_an_empty_landing_zone_s() -> None:
    """The fixed cost of a run would make pairs look linear; a failed run, or two that differ by chance, says nothing."""
    empty = measured(20.0)
    linear, pairs = (above(measured(seconds), empty) for seconds in (24.0, 36.0))
    assert exponent((1000, linear), (2000, above(measured(28.0), empty))) == pytest.approx(1.0)
    assert exponent((1000, linear), (2000, pairs)) == pytest.approx(2.0)
    assert exponent((1000, linear), (4000, pairs)) == pytest.approx(1.0)
    assert exponent((1000, above(measured(20.4), empty)), (2000, pairs)) is None
    assert exponent((1000, linear), (2000, above(measured(36.0, "failed (exit code 1)"), empty))) is None


def test_the_report_shows_each_shape_by_its_lines() -> None:
    bench = Bench({"cores": "2"}, "2GB", "2026-06-30")
    bench.hot[""] = {0: Runs(measured(20.0), measured(10.0))}
    bench.hot["sku"] = {1000: Runs(measured(24.0), measured(10.2)), 2000: Runs(measured(36.0), measured(12.0))}
    text = as_markdown(bench)
    assert "| sku | 1,000 | 48.0 | 8.0 | - | 3.00 GiB | ok | 20.4 | - | - | 3.00 GiB | ok |" in text
    assert "| sku | 2,000 | 72.0 | 32.0 | 2.00 | 3.00 GiB | ok | 24.0 | 4.0 | - | 3.00 GiB | ok |" in text
    shown = json.loads(json.dumps(as_json(bench)))["hot_keys"]
    assert [(one["shape"], one["lines"], one["first"]["median_seconds"]) for one in shown] == [
        ("no lines", 0, 20.0),
        ("sku", 1000, 24.0),
        ("sku", 2000, 36.0),
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_s_lines_share_a_key_and_one_more_of_each_feed_comes_on_top(tmp_path: Path, shape: str) -> None:
    """Lines that are spread over keys would measure something else."""
    for lines in (range(50), range(50, 51)):
        land_shape(tmp_path, shape, lines, NOW, size=51)
    for feed in SHAPES[shape].rows:
        first, more = (path.read_text().splitlines() for path in sorted((tmp_path / "shop" / feed).glob("*.jsonl")))
        assert (len(first), len(more)) == (50, 1)
        assert len({*first, *more}) == 51
        instants = [json.loads(line).get("occurred_at", "2026-06-30T11:59:00+00:00") for line in (*first, *more)]
        assert max(instants) < NOW.isoformat()


def test_a_process_is_measured_with_its_children_and_ended_beyond_the_limit(tmp_path: Path) -> None:
    """A side that takes the whole machine's memory must become a result, not a dead machine."""
    child = "block = bytearray(200 * 2**20)"
    parent = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {child!r}]))"
    fine = measure([sys.executable, "-c", parent], tmp_path / "log")
    assert fine.is_ok
    assert fine.peak_bytes > 200 * 2**20
    if Path("/proc/self/stat").exists():
        beyond = measure([sys.executable, "-c", parent], tmp_path / "log", limit=100 * 2**20)
        assert beyond.outcome.startswith("over ")
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    assert measure([sys.executable, "-c", busy], tmp_path / "log").cpu_seconds >= 0.3
    failed = measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log")
    assert failed.outcome == "failed (exit code 3)"


def test_a_delivery_is_a_thousand_new_records_and_can_be_taken_away(tmp_path: Path) -> None:
    """A tick that takes in what was there before, or leaves its records to the next side, measures something else."""
    landing = tmp_path / "landing"
    landing.mkdir()
    generate(landing, 20, 2, 1, NOW)
    before = sorted(landing.rglob("*.jsonl"))
    assert [land(landing, number, NOW + timedelta(hours=number)) for number in (1, 2)] == [RECORDS, RECORDS]
    new = [path for path in landing.rglob("*.jsonl") if path not in before]
    lines = [line for path in new for line in path.read_bytes().splitlines()]
    assert len(lines) == len(set(lines)) == 2 * RECORDS
    remove_deliveries(landing)
    assert sorted(landing.rglob("*.jsonl")) == before


def test_the_floor_and_pandas_make_the_same_event_tables(tmp_path: Path) -> None:
    """A side that does less work than the others is no measure of them."""
    landing = tmp_path / "landing"
    landing.mkdir()
    generate(landing, 300, 3, 1, NOW)
    made = {}
    for name, side in (("floor", floor), ("pandas", analyst)):
        work = tmp_path / name
        work.mkdir()
        side.main(landing, work)
        made[name] = json.loads((work / "counts.json").read_text())
    assert made["floor"]["conversation_started"] > 200
    assert same_events(made)
    with duckdb.connect(str(tmp_path / "floor" / "floor.duckdb")) as connection:
        for table, count in made["floor"].items():
            other = f"'{tmp_path}/pandas/{table}.parquet'"
            shared = f"select count(*) from {table} join {other} as other using (event_id, profile_id, channel)"
            assert connection.sql(shared).fetchall() == [(count - unknown(connection, table),)]


def unknown(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.sql(f"select count(*) from {table} where profile_id is null").fetchall()[0][0])


def test_a_part_is_measured_again_by_itself_and_the_others_are_kept(tmp_path: Path) -> None:
    """An hour's measuring would be lost for one part of it, or old figures would stand under a new day's name."""
    bench = Bench({"cores": "2"}, "2GB", "2026-06-29")
    bench.lines, bench.counts = {10: 80, 20: 160}, {10: {"floor": {"conversation_started": 1}}, 20: {}}
    bench.runs = {10: {"floor": [measured(1.0), measured(2.0)]}, 20: {"pandas": [measured(3.0, "over 16 GiB")]}}
    bench.runs[20]["floor"] = [measured(4.0)]
    tick = Tick(measured(9.0), 7.0, dict.fromkeys(PARTS, 1.0), {"events": 0.25})
    bench.ticks = {0: {"cold": [tick], "daemon": [Tick(measured(8.0), None, {})]}, 10: {"nothing new": [tick]}}
    bench.small = {"imports": [Tick(measured(2.0), 2.0, {})]}
    bench.erasures = [Erasure(Crowd(3, 100), {"load": measured(5.0)}, True)]
    bench.hot = {"": {0: Runs(measured(20.0), measured(10.0))}, "sku": {1000: Runs(measured(24.0), measured(10.2))}}
    bench.expansions = {"shopify_orders": Expanded(10, 800.0, 50.0, 5.0)}
    before = as_json(bench)
    (tmp_path / "benchmarks.json").write_text(json.dumps(before))
    again = Bench({"cores": "2"}, "2GB", "2026-06-30")
    add_kept(again, tmp_path / "benchmarks.json")
    assert as_json(again) == {**before, "started": "2026-06-29 and 2026-06-30"}
    _forget_parts(
        again,
        _parsed(
            ["--sizes", "20", "--sides", "pandas", "--no-ticks", "--no-forget", "--hot-sizes", "--expansion-lines", "9"]
        ),
    )
    assert {size: set(sides) for size, sides in again.runs.items()} == {10: {"floor"}, 20: {"floor"}}
    assert (set(again.ticks), again.small, again.expansions) == ({0, 10}, {}, {})
    assert (len(again.erasures), set(again.hot)) == (1, {"", "sku"})


def test_slow_sides_run_less_often_on_large_logs() -> None:
    """dlt would take hours over a million conversations."""
    options = Namespace(repeats=3, once_from=500_000)
    sizes = (20_000, 200_000, 1_000_000)
    assert [times("dlt", size, options) for size in sizes] == [3, 0, 0]
    assert [times("floor", size, options) for size in sizes] == [3, 3, 1]


def test_sides_of_other_environments_are_left_out_without_one() -> None:
    """A side that fails for want of its library would be in the report as slow."""
    bare, given = _parsed([]), _parsed(["--dlt-python", "its-python", "--spark-python", "the-other"])
    assert [_command(side, bare) for side in ("dlt", "spark_1", "spark_2")] == [None, None, None]
    started = [_command(side, given) or [] for side in SIDES]
    assert [(command[0], command[-1]) for command in started if "spark" in command[-2]] == [
        ("the-other", "1"),
        ("the-other", "2"),
    ]
    assert sum(command[0] == "its-python" for command in started) == 1
    assert all(started)
