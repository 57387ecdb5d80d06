"""The dashboard for Superset as it is declared, and the zip that `caw dashboard superset` writes of it."""

import re
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from caw.export.superset import DASHBOARD, is_marts_uri, uri_of
from caw.report.charts import COLOURS
from caw_dagster.cli import main
from tests.support.superset_queries import assets

URI = "duckdb:////srv/caw/data/published/marts.duckdb"
DATASETS, CHARTS = assets("datasets"), assets("charts")
(BOARD,) = assets("dashboards").values()
PLACED = [one["meta"] for one in BOARD["position"].values() if isinstance(one, dict) and one["type"] == "CHART"]


def written(folder: Path, *arguments: str) -> Path:
    """The zip that the command writes."""
    file = folder / "dashboard.zip"
    assert main(["dashboard", "superset", *arguments, "--out", str(file)]) == 0
    return file


def test_every_asset_has_a_uuid_of_its_own_and_all_hang_together() -> None:
    """Superset takes assets by their uuids; one that is there twice, or not at all, is left out without a word."""
    (database,) = assets("databases").values()
    everything = [database, BOARD, *DATASETS.values(), *CHARTS.values()]
    assert len({one["uuid"] for one in everything}) == len(everything)
    assert {one["database_uuid"] for one in DATASETS.values()} == {database["uuid"]}
    assert sorted(one["uuid"] for one in PLACED) == sorted(one["uuid"] for one in CHARTS.values())
    assert {one["sliceName"] for one in PLACED} == {one["slice_name"] for one in CHARTS.values()}
    unused = {one["uuid"] for one in DATASETS.values()} - {one["dataset_uuid"] for one in CHARTS.values()}
    assert unused == {DATASETS["sources"]["uuid"]}


def test_every_row_of_the_grid_fits_and_has_its_charts() -> None:
    position = {key: one for key, one in BOARD["position"].items() if isinstance(one, dict)}
    rows = [position[name] for name in position["GRID_ID"]["children"]]
    assert sorted(child for row in rows for child in row["children"]) == sorted(
        key for key, one in position.items() if one["type"] == "CHART"
    )
    assert all(sum(position[child]["meta"]["width"] for child in row["children"]) <= 12 for row in rows)


def test_the_database_is_opened_read_only_and_nothing_is_written_there() -> None:
    """A writer stops every run, and a kept answer hides the next publication."""
    (database,) = assets("databases").values()
    assert database["extra"]["engine_params"]["connect_args"] == {"read_only": True}
    assert not any(database[one] for one in ("allow_ctas", "allow_cvas", "allow_dml", "allow_file_upload"))
    assert 0 < database["cache_timeout"] <= 300


def test_source_filters_every_chart_and_dates_those_with_days() -> None:
    source, dates = BOARD["metadata"]["native_filter_configuration"]
    assert source["targets"] == [{"datasetUuid": DATASETS["sources"]["uuid"], "column": {"name": "source"}}]
    assert source["controlValues"]["defaultToFirstItem"] and source["requiredFirst"] and not source["scope"]["excluded"]
    dated = {one["uuid"] for one in DATASETS.values() if "main_dttm_col" in one}
    charts = {one["uuid"]: one for one in CHARTS.values()}
    undated = {one["chartId"] for one in PLACED if charts[one["uuid"]]["dataset_uuid"] not in dated}
    assert (dates["filterType"], set(dates["scope"]["excluded"])) == ("filter_time", undated)
    for chart in charts.values():
        filters = [one for one in chart["params"]["adhoc_filters"] if one.get("operator") == "TEMPORAL_RANGE"]
        assert bool(filters) == (chart["dataset_uuid"] in dated), chart["slice_name"]


def test_an_outcome_has_the_report_s_colour() -> None:
    given = BOARD["metadata"]["label_colors"]
    for outcome in CHARTS["outcomes_by_day"]["params"]["metrics"]:
        assert given[outcome] == given[outcome.capitalize()] == COLOURS[outcome]


def test_the_zip_has_every_file_with_the_address_and_the_marts_words(tmp_path: Path) -> None:
    first = written(tmp_path / "one", "--uri", URI)
    with ZipFile(first) as bundle:
        found = {name.split("/", 1)[1]: yaml.safe_load(bundle.read(name)) for name in bundle.namelist()}
    assert found.keys() == {path.relative_to(DASHBOARD).as_posix() for path in DASHBOARD.rglob("*.yaml")}
    (database,) = (one for name, one in found.items() if name.startswith("databases/"))
    assert database["sqlalchemy_uri"] == URI
    daily = found["datasets/customer_agent_warehouse/agent_performance_daily.yaml"]
    assert [one["description"] for one in daily["columns"] if one["column_name"] == "channel"] == [
        "The conversations' channel."
    ]
    assert written(tmp_path / "two", "--uri", URI).read_bytes() == first.read_bytes()


def test_without_an_address_it_is_that_of_what_is_published(tmp_path: Path) -> None:
    (tmp_path / "data" / "published").mkdir(parents=True)
    (tmp_path / "data" / "published" / "marts.duckdb").touch()
    with ZipFile(written(tmp_path, "--data-dir", str(tmp_path / "data"))) as bundle:
        (name,) = (one for one in bundle.namelist() if "/databases/" in one)
        uri = yaml.safe_load(bundle.read(name))["sqlalchemy_uri"]
    assert uri == f"duckdb:///{tmp_path.resolve()}/data/published/marts.duckdb"
    assert is_marts_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "marts.duckdb",
        "/srv/marts.duckdb",
        "duckdb://",
        "duckdb:///marts.duckdb",
        "duckdb:///:memory:",
        "duckdb:///md:marts",
        "duckdb://host/srv/marts.duckdb",
        "duckdb://host:port/marts.duckdb",
        "postgresql://caw:secret@db/warehouse",
        "duckdb:////srv/caw%20data/marts.duckdb",
        "duckdb:///%2Fsrv/marts.duckdb",
        "duckdb:////srv/what?/marts.duckdb",
    ],
)
def test_another_address_is_refused_in_one_line_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], uri: str
) -> None:
    """Superset would take it, and fail at every chart; an address may carry a password."""
    out = tmp_path / "dashboard.zip"
    assert main(["dashboard", "superset", "--uri", uri, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "--uri is no address of a DuckDB file" in said.err and "secret" not in said.err
    assert (said.err.count("\n"), said.out, out.exists()) == (1, "", False)


@pytest.mark.parametrize("name", ["caw data", "100%", "a#b&c=d", "a@b:c"])
def test_other_signs_of_a_path_stand_in_the_address_as_they_are(tmp_path: Path, name: str) -> None:
    """The SQLAlchemy of Superset decodes nothing in a path (tests/orchestration/test_bi_clients.py)."""
    assert uri_of(tmp_path / name) == f"duckdb:///{tmp_path.resolve()}/{name}"


@pytest.mark.parametrize("name", ["what?", "a?b=c", "a%20b"])
def test_a_path_that_no_address_names_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Superset would open another file, and fail at every chart."""
    published, out = tmp_path / name / "published", tmp_path / "dashboard.zip"
    published.mkdir(parents=True)
    (published / "marts.duckdb").touch()
    command = ["dashboard", "superset", "--data-dir", str(tmp_path / name), "--out", str(out)]
    assert main(command) == 2
    said = capsys.readouterr()
    assert f"The path {published}/marts.duckdb has a ? or a %" in said.err and "--uri" in said.err
    assert (said.err.count("\n"), said.out, out.exists()) == (1, "", False)
    assert main([*command, "--uri", f"{URI}?access_mode=read_only"]) == 0


def test_nothing_published_and_a_file_that_is_there_are_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dashboard.zip"
    assert main(["dashboard", "superset", "--data-dir", str(tmp_path / "none"), "--out", str(out)]) == 2
    assert re.fullmatch(r"caw: Nothing is published in .*\n", capsys.readouterr().err)
    out.write_text("mine", encoding="utf-8")
    assert main(["dashboard", "superset", "--uri", URI, "--out", str(out)]) == 2
    assert re.fullmatch(r"caw: --out: .* is there already; .*\n", capsys.readouterr().err)
    assert [one.name for one in tmp_path.iterdir()] == ["dashboard.zip"]
    assert out.read_text(encoding="utf-8") == "mine"
