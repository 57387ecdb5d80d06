"""The metrics of the semantic models, computed from their definitions."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dbt.contracts.graph.semantic_manifest import SemanticManifest

from tests.support.built_sample import warehouse
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy


def test_metrics_are_what_the_conversations_say(sample: Pipeline) -> None:
    """Prevents a metric whose definition does not measure what its name says."""
    with warehouse(sample.data_dir) as connection:
        found = {name: connection.execute(sql).fetchone() for name, sql in metric_queries(sample.project).items()}
        expected = connection.execute(
            """
            select
                count(*) as conversations,
                count(*) as handled_conversations,
                count(*) filter (where resolution_stood) as standing_resolutions,
                count(resolution_stood) as decided_resolutions,
                count(*) filter (where resolution_stood) / count(resolution_stood) as resolution_stood_rate,
                count(*) filter (where outcome = 'resolved') as resolved_conversations,
                count(*) filter (where outcome = 'escalated') as escalated_conversations,
                count(*) filter (where outcome = 'resolved') / count(*) as resolution_rate,
                count(*) filter (where outcome = 'escalated') / count(*) as escalation_rate,
                (select sum(revenue) from performance.attributed_orders) as attributed_revenue,
                (select count(distinct (source, profile_id)) from retargeting.retargeting_eligibility
                    where status = 'eligible') as eligible_profiles
            from performance.conversations
            where started_at is not null
            """
        )
        names = [column[0] for column in expected.description or []]
        values = expected.fetchone()
    assert values is not None
    assert {name: float(row[0]) for name, row in found.items() if row} == pytest.approx(
        {name: float(value) for name, value in zip(names, values, strict=True)}
    )
    assert float(values[names.index("eligible_profiles")]) > 0


def metric_queries(project: ProjectCopy) -> dict[str, str]:
    """A query for every metric, from its definition and nothing else."""
    manifest = project.manifest()
    measures = {
        measure.name: (model.node_relation.relation_name, measure)
        for model in manifest.semantic_models.values()
        for measure in model.measures
    }
    metrics = {metric.name: metric for metric in manifest.metrics.values()}

    def query(name: str) -> str:
        parameters = metrics[name].type_params
        if metrics[name].type.value == "ratio":
            return f"select ({query(parameters.numerator.name)}) / ({query(parameters.denominator.name)})"
        relation, measure = measures[parameters.measure.name]
        table = ".".join(relation.replace('"', "").split(".")[-2:])
        function = {"sum": "sum({})", "count_distinct": "count(distinct {})"}[measure.agg.value]
        return f"select {function.format(measure.expr)} from {table}"

    return {name: query(name) for name in metrics}


def test_metricflow_answers_with_the_same_numbers(sample: Pipeline, tmp_path: Path) -> None:
    """Prevents definitions that parse and that the semantic layer cannot query; runs where MetricFlow is installed."""
    pytest.importorskip("dbt_metricflow")
    command = Path(sys.executable).with_name("mf")
    places = {"CAW_DATA_DIR": str(sample.data_dir), "DBT_PROFILES_DIR": str(sample.project.directory)}
    places |= {"DBT_TARGET": "run"}
    environment = {**os.environ, **places, "DBT_PROJECT_DIR": str(sample.project.directory)}
    written = SemanticManifest(sample.project.manifest())  # as `dbt parse` would leave it there
    written.write_json_to_file(str(sample.project.directory / "target" / "semantic_manifest.json"))
    with warehouse(sample.data_dir) as connection:
        queries = metric_queries(sample.project)
        expected = {name: float(connection.execute(sql).fetchall()[0][0]) for name, sql in queries.items()}
    answer = tmp_path / "answer.csv"
    query = [command, "query", "--metrics", ",".join(expected), "--csv", str(answer), "--decimals", "9"]
    subprocess.run(query, cwd=sample.project.directory, env=environment, check=True, capture_output=True)
    row = next(csv.DictReader(answer.read_text(encoding="utf-8").splitlines()))
    assert {name: float(value) for name, value in row.items()} == pytest.approx(expected)
