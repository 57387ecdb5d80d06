"""A dbt project of a few small models, so that what is tested here is the orchestration and each run takes seconds."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.settings import Settings, check_folders, read_settings
from caw_dagster.dbt.project import Project, load_project
from caw_dagster.definitions import definitions_of
from caw_dagster.instance.folders import prepare_instance
from caw_dagster.instance.runs import JOB_NAME
from tests.support.sample_run import SampleRun, refreshed_sample, sample_in
from tests.support.shared import copy_of_shared
from tests.support.warm_caw import keep_parsed, lay_parsed

EVENTS = (
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
)
FILES: dict[str, str] = {
    "dbt_project/dbt_project.yml": """
name: caw
version: "0.1.0"
profile: caw
seed-paths: ["../seeds"]
models:
  caw:
    staging: {+schema: staging}
    intermediate: {+schema: intermediate, +materialized: table}
    events: {+schema: events, +materialized: table}
    health: {+schema: health, +materialized: table}
seeds:
  caw: {+schema: seeds}
vars: {feeds: []} # none of the small models is made of a declaration
""",
    "seeds/words.csv": "word,meaning\nhi,hello\n",
    "seeds/words.yml": """
version: 2
seeds:
  - name: words
    columns:
      - name: word
        data_tests:
          - not_null: {name: words_are_filled, description: Each row has a word.}
      - name: meaning
        data_tests:
          - accepted_values:
              name: meanings_are_polite
              arguments: {values: [good day], quote: true}
              config: {severity: warn}
""",
    "dbt_project/macros/generate_schema_name.sql": """
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
""",
    "dbt_project/models/sources.yml": """
version: 2
sources:
  - name: raw
    tables: [{name: conversation_log}, {name: files}, {name: run}]
""",
    "dbt_project/models/staging/stg_conversation_log.sql": """
{{ config(materialized="incremental", incremental_strategy="append") }}
{%- do source("raw", "conversation_log") -%}
select
    batch_id, file_path, line_number, source, raw_text, meaning,
    case when raw_text like '%unheard%' then raw_text end as channel_text,
    case when problem is null then 'accepted' else 'rejected' end as verdict,
    coalesce(problem, '') as reason
from read_parquet('{{ env_var("CAW_DATA_DIR") }}/raw/conversation_log/*/*.parquet', hive_partitioning = false)
left join {{ ref("words") }} on raw_text like '%' || word || '%'
{% if is_incremental() %}
where batch_id > (select coalesce(max(batch_id), '') from {{ this }})
{% endif %}
""",
    "dbt_project/models/intermediate/int_run.sql": """
{%- do source("raw", "run") -%}
select run_id, as_of from read_parquet('{{ env_var("CAW_DATA_DIR") }}/state/run.parquet')
""",
    "dbt_project/models/health/ingestion_ledger.sql": """
{%- do source("raw", "files") -%}
select
    files.* exclude (lines),
    files.lines + case when files.file_path like '%miscounted%' then 1 else 0 end as lines,
    count(*) filter (where verdict = 'accepted') as accepted,
    cast(0 as bigint) as duplicates,
    count(*) filter (where verdict = 'rejected') as rejected
from read_parquet('{{ env_var("CAW_DATA_DIR") }}/raw/batches/*.parquet') as files
left join {{ ref("stg_conversation_log") }} as lines
    on files.batch_id = lines.batch_id and files.file_path = lines.file_path
group by all
""",
    "dbt_project/models/health/rejected_records.sql": """
select file_path, line_number, source, 'conversation_log' as feed, raw_text, reason, '' as field, batch_id
from {{ ref("stg_conversation_log") }}
where verdict = 'rejected'
""",
    "dbt_project/models/intermediate/int_needs_a_person.sql": """
select 'refused_requests' as need, source, 'erasures' as feed, batch_id, file_path, line_number
from {{ ref("stg_conversation_log") }}
where raw_text like '%unforgotten%'
union all
select 'nameless_permissions' as need, source, 'consents' as feed, batch_id, file_path, line_number
from {{ ref("stg_conversation_log") }}
where raw_text like '%nameless%'
""",
    "dbt_project/models/health/unknown_words.sql": """
select source, 'consents' as feed, 'status' as field, raw_text as word, 1 as lines
from {{ ref("stg_conversation_log") }}
where raw_text like '%unworded%'
""",
    "dbt_project/models/events/activity_feed.sql": """
{{ config(materialized="view") }}
select 'conversation_started' as event_name, source from {{ ref("conversation_started") }}
""",
    "dbt_project/models/events/events.yml": """
version: 2
models:
  - name: conversation_started
    description: One row per line that says hi.
    columns:
      - name: source
        description: The account.
        data_tests: [not_null]
      - name: raw_text
        data_tests:
          - accepted_values:
              arguments: {values: ["{}"], quote: true}
              config: {severity: warn}
""",
    "dbt_project/tests/ledger_and_rejects_agree.sql": """
select file_path, sum(rejected) from {{ ref("ingestion_ledger") }} group by file_path
except
select file_path, count(*) from {{ ref("rejected_records") }} group by file_path
limit 0
""",
    "dbt_project/tests/no_forbidden_words.sql": """
select * from {{ ref("conversation_started") }} where raw_text like '%forbidden%'
""",
    **{
        f"dbt_project/models/events/{name}.sql": """
select lines.source, lines.raw_text, run.as_of
from {{ ref("stg_conversation_log") }} as lines
cross join {{ ref("int_run") }} as run
where verdict = 'accepted'
"""
        for name in EVENTS
    },
}


@dataclass(frozen=True)
class Warehouse:
    """One landing zone and data dir with the small project; runs the job like `caw run` does."""

    settings: Settings
    project_dir: Path

    def land(self, name: str, *lines: str) -> None:
        """Land a file of the log."""
        path = self.settings.landing_dir / "acme" / "conversation_log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def project(self) -> Project:
        """The small project as it lies there."""
        return load_project(self.settings, self.project_dir)

    def run(self, instance: dg.DagsterInstance, **config: Any) -> dg.ExecuteInProcessResult:
        """The whole job in this process."""
        job = definitions_of(self.project()).resolve_job_def(JOB_NAME)
        run_config = {"resources": {"run_context": {"config": config}}}
        return job.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)


@dataclass
class FirstRuns:
    """A first run that tests go on from: its result, and where the data dir is kept as it left it."""

    kept: Path
    result: dg.ExecuteInProcessResult | None = None

    def result_in(self, warehouse: Warehouse) -> dg.ExecuteInProcessResult:
        """Put the data dir where that run left it; the first time, run."""
        data_dir = warehouse.settings.data_dir
        if self.result is None:
            with dg.DagsterInstance.get() as instance:
                self.result = warehouse.run(instance)
            assert self.result.success
            shutil.copytree(data_dir, self.kept, symlinks=True)
        else:
            shutil.rmtree(data_dir)
            shutil.copytree(self.kept, data_dir, symlinks=True)
        return self.result


@pytest.fixture
def clean_environment() -> Iterator[None]:
    """No setting from outside, and none that stays."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("CAW_", "DAGSTER_", "DBT_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def place_of_warehouses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One path for all, so that the small project is parsed once and not by each test."""
    return tmp_path_factory.mktemp("warehouse") / "a folder"


@pytest.fixture
def warehouse(place_of_warehouses: Path, clean_environment: None) -> Iterator[Warehouse]:
    """A warehouse in a folder with a space in its name, with one good line landed."""
    root = place_of_warehouses
    shutil.rmtree(root, ignore_errors=True)
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    (root / "dbt_project" / "profiles.yml").write_bytes((DBT_PROJECT_DIR / "profiles.yml").read_bytes())
    (root / "landing").mkdir()
    settings = read_settings(landing=str(root / "landing"), data_dir=str(root / "data"))
    check_folders(settings)
    prepare_instance(settings)
    made = Warehouse(settings, root / "dbt_project")
    made.land("first.jsonl", '{"text": "hi"}')
    lay_parsed(settings.data_dir, "small")
    yield made
    keep_parsed(settings.data_dir, "small")


@pytest.fixture
def instance(warehouse: Warehouse, request: pytest.FixtureRequest) -> Iterator[dg.DagsterInstance]:
    """The data dir's own instance, opened after the first run where a test goes on from it."""
    if "first" in request.fixturenames:
        request.getfixturevalue("first")
    with dg.DagsterInstance.get() as opened:
        yield opened


@pytest.fixture(scope="session")
def first_runs(tmp_path_factory: pytest.TempPathFactory) -> FirstRuns:
    """The first run of the small project as it stands, made when a test first asks for it."""
    return FirstRuns(tmp_path_factory.mktemp("first_run") / "data")


@pytest.fixture
def first(warehouse: Warehouse, first_runs: FirstRuns) -> dg.ExecuteInProcessResult:
    """The first run of a test that goes on from it; the data dir is as it left it, at the same path."""
    return first_runs.result_in(warehouse)


@pytest.fixture(scope="session")
def sample_run() -> SampleRun:
    """The sample logs, refreshed as `make run` does it; not to be changed."""
    return sample_in(copy_of_shared("sample_run", refreshed_sample))
