"""What dashboards/superset/ names, on the published marts of the sample, and that it shows what the report page shows."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from caw.publication import FILE_NAME
from caw.report import DAYS
from caw.report.rows import HIDDEN, Subject, open_marts, shown_tiles, subjects
from caw.report.tiles import read_tiles
from tests.support.sample_run import SampleRun
from tests.support.superset_queries import Asset, assets, columns, metrics, query, relation

Row = tuple[Any, ...]
DATASETS, CHARTS = assets("datasets"), assets("charts")
BY_UUID = {one["uuid"]: one for one in DATASETS.values()}
POLICY = "recommendation_follow_up_email"  # of the sample's experiment; the report leaves it out
HEADLINES = {  # the report's label: the chart
    "Conversations": "conversations",
    "Resolved by agent": "resolution_rate",
    "Escalated": "escalation_rate",
    "Attributed revenue": "attributed_revenue",
    "Attributed orders": "attributed_orders",
    "Recommendations": "recommendations",
    "Link clicks": "link_clicks",
    "Added to cart": "add_to_carts",
}
OF_REPORT: dict[str, Callable[[Row], Row]] = {  # a row of the report's tile, as the chart has it
    "outcomes_by_day": lambda row: row,
    "resolution_by_channel": lambda row: row[:2],
    "resolution_by_skill": lambda row: row[:2],
    "escalations_by_category": lambda row: row,
    "lift": lambda row: (row[0], POLICY, *row[1:]),
    "events": lambda row: row,
    "intake": lambda row: (None if row[0] == "no feed: unknown folder" else row[0], *row[1:]),
}


@pytest.fixture(scope="module")
def marts(sample_run: SampleRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_marts(sample_run.data_dir / "published" / FILE_NAME) as connection:
        yield connection


@pytest.fixture(params=["acme_us", "acme_eu"])
def subject(request: pytest.FixtureRequest, marts: duckdb.DuckDBPyConnection) -> Subject:
    return next(one for one in subjects(marts, DAYS) if one.source == request.param)


def rows(
    marts: duckdb.DuckDBPyConnection, name: str, source: str | None = None, days: tuple[date, date] | None = None
) -> list[Row]:
    """A chart's rows."""
    return marts.execute(query(CHARTS[name], dataset_of(CHARTS[name]), source, days)).fetchall()


def dataset_of(chart: Asset) -> Asset:
    return BY_UUID[chart["dataset_uuid"]]


def tile(marts: duckdb.DuckDBPyConnection, subject: Subject, name: str) -> list[Row]:
    """The rows of the report's tile."""
    shown = shown_tiles(marts, [one for one in read_tiles() if one.id == name], subject)[0]
    assert shown.fault is None and shown.rows
    return list(shown.rows)


def plain(found: list[Row]) -> set[Row]:
    """Rows in any order, with decimals as the numbers that they are."""
    return {tuple(float(one) if isinstance(one, Decimal) else one for one in row) for row in found}


@pytest.mark.parametrize("name", DATASETS)
def test_every_column_is_published_with_its_type(marts: duckdb.DuckDBPyConnection, name: str) -> None:
    """Prevents a column that was renamed in a mart, and a chart that Superset cannot draw."""
    dataset = DATASETS[name]
    published = {row[0]: row[1] for row in marts.execute(f"describe from {relation(dataset)}").fetchall()}
    declared = {one["column_name"]: one["type"] for one in dataset["columns"]}
    assert declared == {one: published.get(one) for one in declared}
    assert [one["column_name"] for one in dataset["columns"] if one["is_dttm"]] == (
        [dataset["main_dttm_col"]] if "main_dttm_col" in dataset else []
    )
    assert dataset.get("currency_code_column", "source") in declared
    assert "source" in declared, "the dashboard's filter leaves it alone"
    assert not HIDDEN.intersection(declared)


@pytest.mark.parametrize("name", DATASETS)
def test_every_metric_runs_and_none_adds_currencies(marts: duckdb.DuckDBPyConnection, name: str) -> None:
    """Prevents euros and dollars in one sum; the sample has a source of each."""
    dataset = DATASETS[name]
    for metric in dataset["metrics"]:
        total = f"select {metric['expression']} from {relation(dataset)}"
        of_all, of_one = (marts.execute(sql).fetchone() for sql in (total, f"{total} where source = 'acme_eu'"))
        assert of_one != (None,), metric["metric_name"]
        assert (of_all == (None,)) == ("currency" in metric), metric["metric_name"]


def test_money_is_no_column_that_a_reader_could_add_up() -> None:
    """But of headlines, whose periods overlap anyway."""
    money = {name for name, one in DATASETS.items() if any("DECIMAL" in column["type"] for column in one["columns"])}
    assert money == {"headlines"}
    assert {one["metric_name"] for dataset in DATASETS.values() for one in dataset["metrics"] if "currency" in one} == {
        "attributed_revenue",
        "average_order_value",
        "revenue",
    }


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_names_what_its_dataset_has_and_has_rows(marts: duckdb.DuckDBPyConnection, name: str) -> None:
    chart = CHARTS[name]
    dataset = dataset_of(chart)
    assert set(columns(chart)) <= {one["column_name"] for one in dataset["columns"]}
    assert set(metrics(chart)) <= {one["metric_name"] for one in dataset["metrics"]}
    assert columns(chart) or metrics(chart)
    assert rows(marts, name)


def test_its_numbers_are_the_report_s(marts: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    """Two dashboards of one account that say different things."""
    days = (subject.from_date, subject.to_date)
    said = {row[0]: float(row[1]) for row in tile(marts, subject, "headlines")}
    assert said == {label: float(rows(marts, name, subject.source, days)[0][0]) for label, name in HEADLINES.items()}


@pytest.mark.parametrize("name", OF_REPORT)
def test_its_charts_have_the_report_s_rows(marts: duckdb.DuckDBPyConnection, subject: Subject, name: str) -> None:
    of_report = [OF_REPORT[name](row) for row in tile(marts, subject, name)]
    assert plain(rows(marts, name, subject.source, (subject.from_date, subject.to_date))) == plain(of_report)


def test_its_funnel_and_products_are_the_report_s(marts: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    days = (subject.from_date, subject.to_date)
    steps = {step[2:]: products for step, products in rows(marts, "recommendation_funnel", subject.source, days)}
    assert steps == {label: value for label, value, _ in tile(marts, subject, "recommendation_funnel")}
    products = [
        (title or product, recommended, clicked, purchased, revenue, currency)
        for title, product, currency, recommended, clicked, purchased, revenue in rows(
            marts, "top_products", subject.source, days
        )
    ]
    assert set(tile(marts, subject, "top_products")) <= set(products)


def test_its_waterfall_is_the_report_s_over_all_policies(marts: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    of_report: Counter[str] = Counter()
    for _, label, change, _ in tile(marts, subject, "retargeting_waterfall"):
        of_report[label] += int(change)
    changes = {stage[3:]: int(change) for stage, change in rows(marts, "retargeting_waterfall", subject.source)}
    assert len(changes) > 5
    assert {**changes, "Eligible": sum(changes.values())} == of_report
