"""What the dialect's macros make of texts and times is the same on both engines, and by Python's rule (spec §14.1).

Each is asked for all that may matter: every character, and the hours around each clock change of twenty zones.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.feeds.keys import email_key, phone_key
from tests.dbt.test_keys import folding_texts, phone_texts
from tests.support.both_engines import needs_spark, run
from tests.support.clock_changes import ZONES, instants, local_times
from tests.support.macros import expressions
from tests.support.project import locations, shipped
from tests.support.unit_tests import empty_data_dir

pytestmark = needs_spark
Answers = Mapping[str, Sequence[str | None]]

CALLS = {
    "texts": {
        **{name: f"{name}('one')" for name in ("email_key", "case_folded", "lowered", "uppered", "trimmed")},
        "word_form": "word_form('one')",
        "code_points": "code_points('one')",
        "kept_id": "kept_id('one', 1)",
    },
    "phones": {"phone_key": "phone_key('one')"},
    "local_times": {"local_to_instant": "utc_text(local_to_instant('one', 'zone'))"},
    "values": {"shown_value": "shown_value(first_element(json_members('one', ['given'])))"},
    "instants": {name: f"{name}('one', 'zone')" for name in ("local_date", "local_hour")},
}

SHOWN = {  # a value of a record, and what a sentence shows of it
    '["12.50", 12.5, 9999999.5, 12345678901234567890]': '["12.50",12.5,9999999.5,12345678901234567890]',
    "[1741600000.999999, -12345678.0, 1e300]": "[…,…,…]",
    '{"b": 0.0005, "a": [0.001, 2e-9]}': '{"b":…,"a":[0.001,…]}',
    '["5e8c2b10-9b1e-4c3d", "0.0001"]': '["5e8c2b10-9b1e-4c3d","0.0001"]',
    '{"version": "0.0001", "sku": "3E5", "at": -3E9}': '{"version":"0.0001","sku":"3E5","at":…}',
    "1741600000.999999": "1741600000.999999",
    "-7999999999.999999": "-7999999999.999999",
    "8000000000.999999": "…",
    "12345678901234.565": "…",
    "9007199254740993.0": "…",
    "1e300": "…",
    "12345678901234567890": "12345678901234567890",
    "0.000010": "0.00001",
    "-1.50": "-1.5",
    r'["😀\ud83d\ude00 \\ud83d \"é\" \n"]': r'["😀😀 \\ud83d \"é\" \n"]',
    '"12345678.5"': "'12345678.5'",
}  # fmt: skip


def given() -> Mapping[str, pa.Table]:
    """The rows that each group of macros is asked for."""
    return {
        "texts": _rows(one=folding_texts()),
        "phones": _rows(one=phone_texts()),
        "values": _rows(one=[f'{{"given": {value}}}' for value in SHOWN]),
        "local_times": _rows(*zip(*local_times(), strict=True)),
        "instants": _rows(*zip(*instants(), strict=True)),
    }


def _rows(zone: Sequence[str] = (), one: Sequence[object] = ()) -> pa.Table:
    columns = {"place": range(len(one)), "one": list(one), **({"zone": list(zone)} if zone else {})}
    return pa.table(columns)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rows, each group's in a file."""
    place = tmp_path_factory.mktemp("macros")
    for name, rows in given().items():
        pq.write_table(rows, place / f"{name}.parquet")
    return place


@pytest.fixture(scope="module")
def on_spark(folder: Path) -> Answers:
    """What Spark answers, by macro."""
    asked = [{"given": str(folder / f"{name}.parquet"), "calls": calls} for name, calls in CALLS.items()]
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    data_dir = empty_data_dir(folder / "data")
    run("-m", "tests.support.spark_macros", str(data_dir), str(folder / "asked.json"), str(folder / "found.json"))
    found: Answers = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def on_duckdb(folder: Path) -> Answers:
    """What DuckDB answers, by macro."""
    found, project = {}, shipped()
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAW_DATA_DIR", str(folder))
        connection.execute("set TimeZone = 'UTC'")
        for name, calls in CALLS.items():
            compiled = expressions(calls, project.manifest(), locations(project.directory, folder / "target"))
            for macro, sql in compiled.items():
                query = f"select cast({sql} as varchar) from '{folder / name}.parquet' order by place"
                found[macro] = [answer for (answer,) in connection.execute(query).fetchall()]
    return found


def unlike(ours: Sequence[object], theirs: Sequence[object], rows: Sequence[object]) -> list[tuple[object, ...]]:
    """The first rows for which two answers differ, with these."""
    found = zip(rows, ours, theirs, strict=True)
    return [(row, our, their) for row, our, their in found if our != their][:10]


@pytest.mark.parametrize("macro", CALLS["texts"])
def test_every_character_is_read_alike(on_duckdb: Answers, on_spark: Answers, macro: str) -> None:
    """A letter that one engine lowers, folds, trims or counts otherwise: another person, skill or word."""
    assert unlike(on_duckdb[macro], on_spark[macro], folding_texts()) == []


@pytest.mark.parametrize(("macro", "rule"), [("case_folded", str.casefold), ("email_key", email_key)])
def test_every_character_is_folded_as_in_python(
    on_spark: Answers, macro: str, rule: Callable[[str], str | None]
) -> None:
    """An erasure, which Python does, that finds other people than Spark's models."""
    assert unlike([rule(text) for text in folding_texts()], on_spark[macro], folding_texts()) == []


def test_a_number_has_one_form(on_spark: Answers) -> None:
    """As above, of phones."""
    assert unlike([phone_key(text) for text in phone_texts()], on_spark["phone_key"], phone_texts()) == []


def test_a_value_that_is_refused_is_shown_alike(on_duckdb: Answers, on_spark: Answers) -> None:
    """A number, a list's fraction or a rare character that an engine writes in its own way (spec §2.1.2)."""
    for found in (on_duckdb, on_spark):
        assert unlike(list(SHOWN.values()), found["shown_value"], list(SHOWN)) == []


def test_local_times_around_every_clock_change_are_the_same_instants(on_duckdb: Answers, on_spark: Answers) -> None:
    """An hour that is repeated or skipped, which an engine reads by the other offset (spec §2.0.3)."""
    rows = local_times()
    assert {zone for zone, _ in rows} == set(ZONES)
    expected = [one.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC) for zone, one in rows]
    for found in (on_duckdb, on_spark):
        assert unlike(expected, [_instant(answer) for answer in found["local_to_instant"]], rows) == []


@pytest.mark.parametrize("macro", ["local_date", "local_hour"])
def test_instants_around_every_clock_change_have_the_same_local_day_and_hour(
    on_duckdb: Answers, on_spark: Answers, macro: str
) -> None:
    """A conversation that is counted on another day."""
    rows = instants()
    local = [one.astimezone(ZoneInfo(zone)) for zone, one in rows]
    expected = [str(one.date() if macro == "local_date" else one.hour) for one in local]
    for found in (on_duckdb, on_spark):
        assert unlike(expected, found[macro], rows) == []


def _instant(answer: str | None) -> datetime:
    assert answer is not None
    return datetime.fromisoformat(answer.removesuffix("+00")).replace(tzinfo=UTC)
