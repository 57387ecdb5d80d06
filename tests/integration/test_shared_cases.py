"""The cases from public reports, where they are at hand next to the repository: each folder with its right value.

What each is about is in its `expected.md`; small inputs of the same kinds, our own, are in the `test_case_*.py` files.
"""

import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.case_runs import AS_OF, by, errors, gates, ledger, refused, utc
from tests.support.forgetting import ForgettingPipeline, found_in
from tests.support.pipeline import Row
from tests.support.project import SEEDS_DIR, ProjectCopy

pytestmark = pytest.mark.soak

OTHER_CLOCKS = (
    "c18_clock_ahead",
    "s1_hot_shapes",
)  # those whose clock is another one's; those that are no landing tree
TAKING_IN = """
import sys
from datetime import datetime
from pathlib import Path
from caw.ingest.ingestion import ingest
landing, data, seeds, instant = sys.argv[1:]
ingest(Path(landing), Path(data), ingested_at=datetime.fromisoformat(instant), seeds=Path(seeds))
"""


@pytest.fixture(scope="module")
def shared_cases() -> Path:
    """The folder of cases; the tests are skipped where it is not."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "cases"
    folder = Path(os.environ.get("CAW_SHARED_CASES", beside))
    if not folder.is_dir():
        pytest.skip(f"no cases in {folder}")
    return folder


def below(folder: Path) -> dict[str, bytes]:
    """The files under a landing tree."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def runs(
    shared_cases: Path, project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ForgettingPipeline, dict[str, list[Row]]]:
    """All cases in two runs, and what the events of c29 and c30 were after the first."""
    folder = tmp_path_factory.mktemp("shared")
    pipeline = ForgettingPipeline(folder, project)
    first: dict[str, bytes] = {}
    second: dict[str, bytes] = {}
    for case in sorted(path for path in shared_cases.iterdir() if path.is_dir() and path.name not in OTHER_CLOCKS):
        for name in ("landing", "landing_1"):
            first |= below(case / name)
        for name in ("landing_2", "landing_2_added"):
            second |= below(case / name)
    links = shared_cases / "l1_folder_links"
    for source in ("c10", "c10c"):
        (pipeline.landing / source).mkdir()
    for name, target in {
        "c10/conversation_log": links / "outside" / "conversation_log",
        "c10b": links / "outside_src",
        "c10c/conversation_log": pipeline.landing / "c10c" / "store",
    }.items():
        (pipeline.landing / name).symlink_to(target)
    pipeline.refresh(first, at=AS_OF)
    before = {source: of_others(pipeline, source) for source in ("c29", "c30")}
    pipeline.refresh(second, at=AS_OF)
    return pipeline, before


@pytest.fixture(scope="module")
def done(runs: tuple[ForgettingPipeline, dict[str, list[Row]]]) -> ForgettingPipeline:
    return runs[0]


def of_others(pipeline: ForgettingPipeline, source: str) -> list[Row]:
    """The events of all conversations but A, without the time at which they were taken in."""
    query = f"select * exclude (ingested_at) from events.activity_feed where source = '{source}' and occurred_at > '2026-06-30 08:00:30Z' order by event_id"
    return pipeline.query(query)


def conversations(pipeline: ForgettingPipeline, source: str, *columns: str) -> dict[Any, Any]:
    return by(pipeline, source, "performance.conversations", "conversation_id", *columns)


def test_c01_instants_without_seconds(done: ForgettingPipeline) -> None:
    assert refused(done, "c01") == {}
    assert gates(done, "c01") == {"p1": ["escalated_recently"]}
    assert conversations(done, "c01", "started_at")["c2"] == utc("2026-06-30 08:10")


def test_c03_epochs(done: ForgettingPipeline) -> None:
    assert refused(done, "c03") == {}
    assert gates(done, "c03") == {"p1": ["no_consent"]}
    # 1782809400 is 08:50 of that day, 1782810000 is 09:00
    assert conversations(done, "c03", "first_record_at") == {
        "c1": utc("2026-06-30 08:50"), "c2": utc("2026-06-30 07:00"), "c3": utc("2026-06-30 09:00"),
        "c4": utc("2026-06-30 09:00"), "c5": utc("2026-06-30 09:00"), "c6": utc("2026-06-30 09:00:00.123"),
    }  # fmt: skip


def test_c04_whole_floats(done: ForgettingPipeline) -> None:
    found = by(done, "c04", "intermediate.int_orders", "order_id", "items[1].product_id", "items[1].quantity")
    assert found == {
        "1001": ("77", Decimal(2)), "1002": ("78", Decimal(1)), "2001": (None, None), "2002": (None, None),
        "2003": (None, Decimal(2)), "2004": (None, Decimal(2)),
    }  # fmt: skip
    assert refused(done, "c04") == {("orders/json.jsonl", 5): ("bad_value", "order_id")}  # an exponent


def test_c06_concatenated_json(done: ForgettingPipeline) -> None:
    found = {path.removeprefix("conversation_log/"): row for path, row in ledger(done, "c06").items()}
    nothing = ("unknown_feed", 0, 0, 0)
    assert found == {
        "UPPER.JSONL": ("loaded", 1, 1, 0), "one_named.json": ("loaded", 1, 1, 0), "ndjson_named.json": ("loaded", 2, 2, 0),
        "packed.json.gz": ("loaded", 1, 1, 0), "packed.csv.gz": ("failed", 0, 0, 0), "array_named.jsonl": ("failed", 0, 0, 0),
        "firehose.jsonl": ("loaded", 1, 0, 1), "comma_lines.jsonl": ("loaded", 2, 1, 1), "rs.jsonl": ("loaded", 2, 0, 2),
        "part-0000": nothing, "x.jsonl.bz2": nothing, "x.txt": nothing, "x.xlsx": nothing,
    }  # fmt: skip
    assert "name it .json" in errors(done, "c06")["conversation_log/array_named.jsonl"]


def test_c07_a_shop_s_export(done: ForgettingPipeline) -> None:
    assert ledger(done, "c07")["orders/orders_export_1.csv"] == ("loaded", 2, 2, 0)
    assert refused(done, "c07") == {("orders/renamed.csv", 2): ("missing_field", "placed_at")}
    found = by(done, "c07", "intermediate.int_orders", "order_id", "status", "profile_id")
    assert found.pop("555") == found.pop("#2050") == ("placed", "b1")  # as exported, and with columns renamed
    items = by(done, "c07", "intermediate.int_orders", "order_id", "len(items)")
    assert (items["555"], items["#2050"]) == (2, 0)
    statuses = (
        "placed",
        "cancelled",
        "cancelled",
        "placed",
        "placed",
        "placed",
        "cancelled",
        "refunded",
        "placed",
        "placed",
    )
    assert found == {f"s{number}": (status, None) for number, status in enumerate(statuses)}


def test_c08_flattened_profiles(done: ForgettingPipeline) -> None:
    assert conversations(done, "c08", "profile_id") == {"f1": "ana", "f2": "ana"}
    assert by(done, "c08", "intermediate.int_orders", "order_id", "profile_id") == {"f1": "ana"}


def test_c12_words_of_consents(done: ForgettingPipeline) -> None:
    consent = {f"p{number}": ["no_consent"] for number in range(11)}
    suppression = {f"p{number}": ["suppressed"] for number in range(11, 18)}
    assert gates(done, "c12") == {**consent, **suppression, "p18": [], "p19": []}
    assert refused(done, "c12") == {}


def test_c16_parquet(done: ForgettingPipeline) -> None:
    # 08:00 as it stands: local in New York is 12:00 UTC; 1782806400 is 08:00 UTC
    at_eight, at_noon = utc("2026-06-30 08:00"), utc("2026-06-30 12:00")
    found = conversations(done, "acme_us", "first_record_at")
    assert found == {
        "bin": at_eight, "msint": at_eight, "int96": at_eight, "int96utc": at_eight, "msnaive": at_noon, "nstz": at_eight, "usutc": at_eight,
    }  # fmt: skip
    orders = by(done, "acme_us", "intermediate.int_orders", "order_id", "total::text")
    assert orders["n0"] == "19.99"
    assert orders["dcsv"] == orders["djson"] == "12.50"
    assert ledger(done, "acme_us")["orders/date32.parquet"] == ("loaded", 1, 0, 1)


def test_c17_growing_files(done: ForgettingPipeline) -> None:
    found = by(done, "c17", "events.conversation_started", "conversation_id", "first_message")
    assert found == {"g1": "Do you have this in blue?", "g2": "hi"}
    assert by(done, "c17", "intermediate.int_orders", "order_id", "total") == {"o1": Decimal("120.50")}
    assert refused(done, "c17") == {("conversation_log/grow.jsonl", 2): ("not_json", "")}


def test_c21_bytes(done: ForgettingPipeline) -> None:
    found = {path.removeprefix("conversation_log/"): row for path, row in ledger(done, "c21").items()}
    assert found == {
        "case.jsonl": ("loaded", 2, 2, 0), "emoji.jsonl": ("loaded", 1, 1, 0), "nan.jsonl": ("loaded", 2, 0, 2),
        "nulpad.jsonl": ("loaded", 3, 1, 2), "pydict.jsonl": ("loaded", 1, 0, 1), "sep.jsonl": ("loaded", 2, 2, 0),
    }  # fmt: skip
    assert {"case", "Case", "u2028", "u0000", "nulpad2", "\U0001f44b\U0001f3fd"} == set(
        conversations(done, "c21", "channel")
    )


def test_e1_others_stay_as_they_were(runs: tuple[ForgettingPipeline, dict[str, list[Row]]]) -> None:
    done, before = runs
    for source in ("c29", "c30"):
        assert of_others(done, source) == before[source] != []
        assert refused(done, source) == {}
    assert conversations(done, "c29", "profile_id") == {"A": None, "B": "cust-10", "C": "cust-10", "D": "cust-12"}
    assert by(done, "c29", "performance.attributed_orders", "order_id", "conversation_id", "revenue") == {
        "o1": ("B", Decimal(80))
    }
    # (tent was recommended to cust-10 in B at 08:01:10, and bought at 08:01:30)
    bought = by(done, "c29", "events.recommended_products", "product_id", "purchased_at")
    assert bought["tent"] == utc("2026-06-30 08:01:30")
    found = conversations(done, "c30", "outcome", "resolved_at", "profile_id")
    assert found["B"] == ("resolved", utc("2026-06-30 08:01:20.100234"), "700001")
    assert found["A"][2] is None
    assert by(done, "c30", "events.product_recommendation_received", "conversation_id", "products") == {
        "B": ["100234", "200001"]
    }
    assert (
        sum(row[2] for path, row in ledger(done, "c30").items() if path.split("/")[0] in ("conversation_log", "orders"))
        == 5
    )


def test_e3_ids_that_are_words(done: ForgettingPipeline) -> None:
    assert by(done, "c35", "events.conversation_started", "conversation_id", "profile_id") == {"A": "p2"}
    assert by(done, "c36", "events.conversation_started", "conversation_id", "profile_id") == {"B": "p2"}
    assert refused(done, "c35") == refused(done, "c36") == {}


def test_e5_requests_as_ticket_systems_write_them(done: ForgettingPipeline) -> None:
    assert refused(done, "c25") == {}
    assert found_in(done.data_dir, ["dora@example.com", "555) 010-4477", "15550104477"]) == {}
    assert found_in(done.data_dir, ["νικος@example.gr"]) != {}, "nobody asked to forget this one"


def test_l1_links_to_folders(done: ForgettingPipeline) -> None:
    found = done.query("select file_path, status from health.ingestion_ledger where starts_with(file_path, 'c10')")
    assert {row["file_path"]: row["status"] for row in found} == {
        "c10/conversation_log": "failed", "c10b": "failed", "c10c/conversation_log": "failed", "c10c/store/a.jsonl": "unknown_feed",
    }  # fmt: skip


def test_p1_parquet(done: ForgettingPipeline) -> None:
    assert ledger(done, "p8") == {"conversation_log/us_utc.parquet": ("loaded", 4, 4, 0)}


@pytest.mark.parametrize("cores", [1, 2, 8, 32])
def test_p1_parquet_with_pretended_cores(shared_cases: Path, project: ProjectCopy, tmp_path: Path, cores: int) -> None:
    """Libraries take memory for each core when they are imported."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler to build the library that pretends the cores")
    case = shared_cases / "p1_parquet_many_cores"
    library = tmp_path / "ncpu.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(case / "ncpu.c"), "-ldl"], check=True)
    pipeline = ForgettingPipeline(tmp_path, project)
    pretended = {
        "LD_PRELOAD": str(library),
        "FAKE_NCPU": str(cores),
        "CAW_THREADS": "2",
        "PYTHONPATH": str(SEEDS_DIR.parent),
    }
    places = map(str, (case / "landing", pipeline.data_dir, project.seeds))
    subprocess.run(
        [sys.executable, "-c", TAKING_IN, *places, AS_OF.isoformat()],
        check=True,
        env={**os.environ, **pretended},
        cwd=SEEDS_DIR.parent,
    )
    pipeline.build(AS_OF)
    assert ledger(pipeline, "p8") == {"conversation_log/us_utc.parquet": ("loaded", 4, 4, 0)}
