"""The harness of `make bench`, where it measures erasures and the expansion of vendors' lines."""

import json
from pathlib import Path

import pytest

from bench.__main__ import _parsed
from bench.crowd import Crowd, email, land_delivery, land_profiles, land_requests
from bench.erasures import STEPS, Erasure, redacted, sizes
from bench.expansions import SHAPES as EXPANDED_SHAPES
from bench.expansions import Expanded, all_expansions
from bench.page import as_markdown
from bench.report import Bench, as_json
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR
from caw.ingest.ingestion import ingest
from tests.support.bench_results import NOW, measured


def test_a_crowd_is_half_to_be_forgotten_and_the_same_each_time(tmp_path: Path) -> None:
    """Sizes are compared, so nothing but the numbers may differ; and lines must name people in every way there is."""
    crowd = Crowd(10, 4_100)
    for folder in ("one", "other"):
        land_profiles(tmp_path / folder, crowd)
        land_delivery(tmp_path / folder, crowd, 1)
        land_requests(tmp_path / folder, crowd)
    files = {path.relative_to(tmp_path / "one"): path.read_bytes() for path in (tmp_path / "one").rglob("*.jsonl")}
    assert all((tmp_path / "other" / name).read_bytes() == content for name, content in files.items())
    assert len(files) == 2 + crowd.files == 5
    log = [line for name, content in files.items() if "delivery-1" in name.parts for line in content.splitlines()]
    assert len(log) == 4_100
    assert sum(b"@" in line or b"+1555" in line for line in log) > 2_700
    assert sum(not line.endswith(b"}") for line in log) == 41
    assert sum(email(0) in name.name for name in files) == 1
    assert crowd.own_lines() == pytest.approx(2_050, abs=100)
    land_delivery(tmp_path / "one", crowd, 2)
    more = [line for path in (tmp_path / "one").rglob("delivery-2/*") for line in path.read_bytes().splitlines()]
    assert len(more) == 4_100 and not set(more) & set(log)


def test_lines_of_the_forgotten_are_counted_in_the_raw_store(tmp_path: Path) -> None:
    """A run that forgets nobody is quick, and would look well."""
    land_delivery(tmp_path / "landing", Crowd(2, 10), 1)
    ingest(tmp_path / "landing", tmp_path / "data", NOW)
    assert redacted(tmp_path / "data") == 0


def test_an_erasure_is_measured_unless_it_is_left_out() -> None:
    """An hour of benchmarks ends without it, and nobody notices."""
    assert _parsed([]).forget == [1_000, 1_000_000]
    assert _parsed(["--sizes", "--forget", "10", "2000"]).forget == [10, 2000]
    assert _parsed(["--no-forget"]).forget is None


def test_a_report_says_how_an_erasure_grows_with_people_and_with_lines() -> None:
    """A cost that grows with both at once hides in one size."""
    bench = Bench({"cores": "2"}, "2GB", "2026-06-30")
    for crowd, seconds, is_whole in zip(sizes(1_000, 1_000_000), (30.0, 20.0, 40.0), (True, False, True), strict=True):
        bench.erasures.append(Erasure(crowd, dict.fromkeys(STEPS, measured(seconds)), is_whole))
    text = as_markdown(bench)
    assert "| 500 | 1,000,000 | 500 | 30.0 (60.0) |" in text
    assert "| 1,000 | 500,000 | 250 | 20.0 (40.0) |" in text
    assert text.count("NOT AS IT SHOULD BE") == 1
    assert "| 2.00 | 1.00 | 1.33 |" in text and "| 1.00 | 2.00 | 2.00 |" in text
    assert json.loads(json.dumps(as_json(bench)))["erasures"][2]["steps"]["late"]["seconds"] == 40.0


def test_an_erasure_that_failed_is_shown_with_what_it_did_before() -> None:
    """The report breaks on the one figure that is missing."""
    steps = {"load": measured(1.0), "erase": measured(2.0, "failed (exit code 1)")}
    text = as_markdown(Bench({}, "2GB", "2026-06-30", erasures=[Erasure(Crowd(1, 8), steps, False)]))
    assert "| 1 | 8 | 1 | 1.0 (2.0) | failed (exit code 1) | - | - |" in text


def test_the_report_shows_what_a_vendor_s_line_costs_next_to_parsing_it() -> None:
    bench = Bench({}, "2GB", "2026-06-30", expansions={"klaviyo_events": Expanded(20_000, 1_000.4, 150.0, 20.0)})
    assert "| klaviyo_events | 20,000 | 1,000 | 150.0 | 20.0 | 7.50 |" in as_markdown(bench)
    assert json.loads(json.dumps(as_json(bench)))["expansions"][0]["expansion"] == 150.0


def test_every_line_whose_expansion_is_measured_is_accepted_and_as_long_as_said(tmp_path: Path) -> None:
    """Refused lines, or short ones, would cost less."""
    found = dict(all_expansions(16, tmp_path, lambda _: None))
    assert list(found) == list(EXPANDED_SHAPES)
    assert all(900 <= one.bytes_a_line <= 1_100 and one.lines == 16 for one in found.values())
    for feed, shape in EXPANDED_SHAPES.items():
        made = [expander(SEEDS_DIR)(feed, json.dumps(shape(number))) for number in range(16)]
        assert not any(one.reason for one in made)
        assert sum(bool(one.records) for one in made) >= 12  # of Klaviyo's eight metrics six make records
