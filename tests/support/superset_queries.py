"""The queries that Superset makes of a chart's declaration: of the parts of it that dashboards/superset/ uses."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from caw.export.superset import DASHBOARD

Asset = Mapping[str, Any]


def assets(kind: str, folder: Path = DASHBOARD) -> dict[str, Asset]:
    """The declared datasets, charts or dashboards, by the names of their files."""
    files = sorted((folder / kind).rglob("*.yaml"))
    assert files, kind
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def relation(dataset: Asset) -> str:
    """What a dataset selects from: a table, or its own SQL."""
    return f"({dataset['sql']})" if "sql" in dataset else f"{dataset['schema']}.{dataset['table_name']}"


def columns(chart: Asset) -> list[str]:
    """The columns that a chart names."""
    params = chart["params"]
    axis = [params["x_axis"]] if "x_axis" in params else []
    return [*axis, *params.get("groupby", []), *params.get("all_columns", [])]


def metrics(chart: Asset) -> list[str]:
    """The saved metrics that a chart shows."""
    params = chart["params"]
    return [params["metric"]] if "metric" in params else list(params.get("metrics", []))


def query(chart: Asset, dataset: Asset, source: str | None = None, days: tuple[date, date] | None = None) -> str:
    """A chart's SELECT, of one source and of local dates (both included) where they are given, and without its limit."""
    names, expressions = columns(chart), {one["metric_name"]: one["expression"] for one in dataset["metrics"]}
    selected = names + [f"{expressions[one]} as {one}" for one in metrics(chart)]
    kept = {"where": [f"source = '{source}'"] if source else [], "having": list[str]()}
    for clause, condition in _conditions(chart, days):
        kept[clause].append(condition)
    select = f"select {', '.join(selected)} from {relation(dataset)} as shown"
    select += f" where {' and '.join(kept['where'])}" if kept["where"] else ""
    select += f" group by {', '.join(names)}" if names and metrics(chart) else ""
    return select + (f" having {' and '.join(kept['having'])}" if kept["having"] else "")


def _conditions(chart: Asset, days: tuple[date, date] | None) -> Iterator[tuple[str, str]]:
    for one in chart["params"]["adhoc_filters"]:
        clause = one["clause"].lower()
        if one["expressionType"] == "SQL":
            yield clause, one["sqlExpression"]
        elif one["operator"] == "TEMPORAL_RANGE":
            if days:
                yield clause, f"{one['subject']} between '{days[0]}' and '{days[1]}'"
        else:
            assert one["operator"] == "=="
            yield clause, f"{one['subject']} = '{one['comparator']}'"
