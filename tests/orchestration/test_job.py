"""The job `refresh` end to end, on a small dbt project: what Dagster records, what is published, and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import dagster as dg
import duckdb
import pytest

from caw.publication import FILE_NAME
from caw.raw_store.store import RawStore
from caw_dagster.checks import LEDGER, NOT_BUILT, RULES
from caw_dagster.dbt.run_plan import BUILT_CONVERSATIONS
from caw_dagster.dbt.state import read_built
from caw_dagster.definitions import definitions_of
from tests.orchestration.conftest import EVENTS, Warehouse

STARTED = dg.AssetKey(["events", "conversation_started"])
PUBLISHED = dg.AssetKey(["published", "marts"])
SEED_CHECKS = ("words_are_filled", "meanings_are_polite")
STAGED = dg.AssetKey(["staging", "stg_conversation_log"])


def sudden_end(*_: object) -> None:
    raise OSError("the machine stopped")


def materializations(result: dg.ExecuteInProcessResult) -> dict[dg.AssetKey, dict[str, object]]:
    return {
        event.asset_key: {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def run_of(
    assets: Sequence[dg.AssetKey], warehouse: Warehouse, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """A run of these assets alone, as the UI starts one."""
    job = definitions_of(warehouse.project()).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, asset_selection=list(assets), raise_on_error=False)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}


def published(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse.settings.published / FILE_NAME), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@dataclass
class Idle:
    """Two runs after the first, with nothing new; and how many conversations were published after each of the three."""

    results: list[dg.ExecuteInProcessResult] = field(default_factory=list)
    conversations: list[object] = field(default_factory=list)


@pytest.fixture(scope="module")
def idle_runs() -> Idle:
    """Filled when a test first asks for them."""
    return Idle()


@pytest.fixture
def idle(warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance, idle_runs: Idle) -> Idle:
    """The two runs."""
    if not idle_runs.results:
        counted = "select count(*) from events.conversation_started"
        idle_runs.conversations.append(published(warehouse, counted)[0][0])
        for _ in range(2):
            idle_runs.results.append(warehouse.run(instance))
            idle_runs.conversations.append(published(warehouse, counted)[0][0])
    return idle_runs


def test_every_asset_of_the_code_location_is_materialized(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult
) -> None:
    """dbt integrations are known to build nothing, silently: no key may be left out."""
    assert first.success
    assert (
        set(materializations(first)) == definitions_of(warehouse.project()).resolve_asset_graph().get_all_asset_keys()
    )


def test_materializations_carry_counts_columns_and_lineage(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    warehouse.land("bad.jsonl", "{bad", "", '{"text": "hi again"}')
    found = materializations(warehouse.run(instance))
    raw = found[dg.AssetKey(["raw", "conversation_log"])]
    assert (raw["files"], raw["lines"], raw["blank"], raw["failed files"]) == (2, 4, 1, 0)
    started = found[STARTED]
    assert started["dagster/row_count"] == 2
    columns = {column.name: column for column in started["dagster/column_schema"].columns}
    assert columns["source"].type == "VARCHAR"
    lineage = started["dagster/column_lineage"].deps_by_column
    assert [(dep.asset_key.path, dep.column_name) for dep in lineage["as_of"]] == [
        (["intermediate", "int_run"], "as_of")
    ]
    assert found[dg.AssetKey(["health", "rejected_records"])]["refused: not_json"] == 1


def test_tests_of_the_dbt_project_are_asset_checks(first: dg.ExecuteInProcessResult) -> None:
    found = checks(first)
    assert found["not_null_conversation_started_source"].passed
    assert found["ledger_and_rejects_agree"].asset_key == LEDGER  # a test of two models: the first one's
    warned = next(evaluation for name, evaluation in found.items() if name.startswith("accepted_values"))
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_test_s_description_in_the_yml_is_its_check_s(warehouse: Warehouse) -> None:
    graph = definitions_of(warehouse.project()).resolve_asset_graph()
    words = dg.AssetKey(["seeds", "words"])
    described = {name: graph.get_check_spec(dg.AssetCheckKey(words, name)) for name in SEED_CHECKS}
    assert described["words_are_filled"].description == "Each row has a word."
    assert (described["words_are_filled"].blocking, described["meanings_are_polite"].blocking) == (True, False)
    assert described["meanings_are_polite"].description is None


def test_a_check_that_a_run_leaves_out_keeps_its_last_result_and_names_its_run(
    first: dg.ExecuteInProcessResult, idle: Idle
) -> None:
    """Dagster shows a check that it has planned, and that gives no result, as skipped: alerts would go quiet."""
    assert all("result of run" not in checks(first)[name].metadata for name in SEED_CHECKS)
    for later in idle.results:  # the second of them finds what the first one carried over
        found = checks(later)
        assert dg.AssetKey(["seeds", "words"]) not in materializations(later)  # nor was it tested
        assert {name: found[name].metadata["result of run"].value for name in SEED_CHECKS} == dict.fromkeys(
            SEED_CHECKS, first.run_id
        )
        assert found["words_are_filled"].passed
        polite = found["meanings_are_polite"]
        assert (polite.passed, polite.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert "result of run" not in found["not_null_conversation_started_source"].metadata  # which ran


def test_a_published_table_that_a_run_leaves_as_it_is_names_the_run_that_made_it(
    first: dg.ExecuteInProcessResult, idle: Idle
) -> None:
    """Dagster would skip the publication, which waits for it, and count it as stale."""
    rejects = dg.AssetKey(["health", "rejected_records"])
    made = materializations(first)[rejects]
    for later in map(materializations, idle.results):  # the second of them finds what the first one carried over
        assert later[rejects] == {"unchanged since run": first.run_id, **made}
        assert "unchanged since run" not in later[STARTED]  # which looks at the clock
        assert dg.AssetKey(["published", "marts"]) in later


def test_a_check_that_is_left_out_and_has_no_known_result_gets_none(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    instance.wipe()  # another DAGSTER_HOME on the same data dir
    found = checks(warehouse.run(instance))
    assert not set(SEED_CHECKS) & found.keys()
    assert found["not_null_conversation_started_source"].passed


def test_refused_lines_of_the_latest_batch_are_counted_by_feed_and_reason(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """Spec §2.1.1; the words of a line never reach Dagster's history."""
    assert checks(first)["no_refused_lines"].passed
    warehouse.land("bad.jsonl", "{secret", "{secret, too", '{"text": "hi"}')
    for _ in range(2):  # until the next batch: a tick that finds nothing new hides nothing
        refused = checks(warehouse.run(instance))["no_refused_lines"]
        assert (refused.passed, refused.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert refused.metadata["first"].value == "- 2 lines of acme/conversation_log: not_json"
    warehouse.land("good.jsonl", '{"text": "hi again"}')
    assert checks(warehouse.run(instance))["no_refused_lines"].passed


def test_the_published_file_names_the_run_that_wrote_it(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    result = warehouse.run(instance, as_of="2025-08-01T00:00:00Z")
    shown = published(warehouse, "select run_id, cast(as_of at time zone 'UTC' as varchar) from health.last_run")
    assert shown == [(result.run_id, "2025-08-01 00:00:00")]
    assert published(warehouse, "select count(*) from events.activity_feed") == [(1,)]
    warehouse_json = read_built(warehouse.settings.state_dir)
    assert warehouse_json is not None and warehouse_json.complete


def test_a_run_that_finds_nothing_new_adds_nothing(idle: Idle) -> None:
    for result in idle.results:
        assert materializations(result)[dg.AssetKey(["raw", "conversation_log"])]["batch_id"] == "none"
    assert idle.conversations == [1, 1, 1]


def test_a_failed_dbt_test_keeps_the_published_file(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """Write, audit, publish: what failed a test must not reach BI."""
    warehouse.land("forbidden.jsonl", '{"text": "forbidden"}')
    second = warehouse.run(instance)
    assert not second.success
    assert PUBLISHED not in materializations(second)
    assert published(warehouse, "select run_id from health.last_run") == [(first.run_id,)]
    failed = [event for event in second.all_events if event.is_step_failure]
    assert "no_forbidden_words" in failed[0].step_failure_data.user_failure_data.description


def test_a_ledger_that_does_not_add_up_blocks_publication(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    warehouse.land("miscounted.jsonl", "{}")
    result = warehouse.run(instance)
    assert not result.success
    assert not checks(result)["ledger_adds_up"].passed
    assert PUBLISHED not in materializations(result)


def test_what_needs_a_person_warns_and_does_not_stop_the_run(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    (warehouse.settings.landing_dir / "stray.txt").write_text("?")
    broken = warehouse.settings.landing_dir / "acme" / "conversation_log" / "broken.jsonl.gz"
    broken.write_bytes(b"\x1f\x8b\x08 no gzip")
    warehouse.land("words.jsonl", '{"channel": "unheard"}', '{"status": "unworded"}')
    result = warehouse.run(instance)
    assert result.success
    found = {name: evaluation for name, evaluation in checks(result).items() if evaluation.asset_key == LEDGER}
    passed = {name: evaluation.passed for name, evaluation in found.items() if name in {rule.name for rule in RULES}}
    assert passed == {
        "ledger_adds_up": True,
        "no_refused_erasure_requests": True,
        "no_unread_consents_or_suppressions": True,
        "no_failed_files": False,
        "no_refused_lines": True,
        "no_files_of_unknown_feeds": False,
        "no_carried_texts_are_cut": False,  # the small project has no such tables
        "no_unknown_channels": False,
        "no_unknown_words": False,
    }


def test_a_refused_request_and_a_consent_of_nobody_are_errors_and_do_not_stop_the_run(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """What forgets nobody, or may have been a no, must be seen by whoever watches the checks; the data goes on."""
    warehouse.land("requests of ana@example.com.jsonl", '{"text": "unforgotten"}', '{"text": "unforgotten"}')
    warehouse.land("consents.jsonl", '{"text": "nameless"}')
    result = warehouse.run(instance)
    assert result.success
    assert PUBLISHED in materializations(result)
    found = checks(result)
    for name, words in (
        (
            "no_refused_erasure_requests",
            "- refused lines: 2 of acme/erasures: `caw doctor` names them and says what to do",
        ),
        (
            "no_unread_consents_or_suppressions",
            "- refused lines: 1 of acme/consents: `caw doctor` names them and says what to do",
        ),
    ):
        assert (found[name].passed, found[name].severity) == (False, dg.AssetCheckSeverity.ERROR)
        assert found[name].metadata["first"].value == words


def test_a_check_whose_table_is_not_built_yet_fails(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """After an upgrade, a run of some assets alone meets a warehouse without the new tables: not known is not fine."""
    with duckdb.connect(str(warehouse.settings.warehouse)) as connection:
        connection.execute("drop table intermediate.int_needs_a_person")
    found = checks(run_of([LEDGER], warehouse, instance))
    assert not found["no_refused_erasure_requests"].passed
    assert found["no_refused_erasure_requests"].metadata["first"].value == f"- {NOT_BUILT}"


def test_a_run_at_an_earlier_instant_publishes_beside_the_latest(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    earlier = warehouse.run(instance, as_of="2025-08-01 00:00:00.25")
    path = warehouse.settings.published / "as_of" / "2025-08-01T000000.250000Z" / FILE_NAME
    assert materializations(earlier)[PUBLISHED]["path"] == str(path)
    assert path.exists()
    assert published(warehouse, "select run_id from health.last_run") == [(first.run_id,)]


def test_an_instant_in_the_future_is_refused(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    result = warehouse.run(instance, as_of="2999-01-01T00:00:00Z")
    assert not result.success
    assert not warehouse.settings.warehouse.exists()


def test_a_changed_seed_rebuilds_what_was_parsed_with_it(
    warehouse: Warehouse,
    first: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Rows that were parsed before a seed changed would stay wrong for ever: incremental models do not look back."""
    seed = warehouse.project_dir.parent / "seeds" / "words.csv"
    seed.write_text("word,meaning\nhi,good day\n")
    assert warehouse.run(instance).success
    with duckdb.connect(str(warehouse.settings.warehouse), read_only=True) as connection:
        assert connection.execute("select meaning from staging.stg_conversation_log").fetchall() == [("good day",)]


def test_a_full_refresh_gives_the_same_tables(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    warehouse.land("second.jsonl", '{"text": "later"}')
    warehouse.run(instance, as_of="2025-08-01")
    rows = "select raw_text from events.conversation_started order by all"
    before = published(warehouse, rows)
    assert warehouse.run(instance, full_refresh=True).success
    assert published(warehouse, rows) == [('{"text": "hi"}',), ('{"text": "later"}',)]
    assert before == [('{"text": "hi"}',)]


def test_publication_alone_refuses_a_warehouse_that_was_built_in_part(
    warehouse: Warehouse, first: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """Someone materializes one table in the UI: the mixture of two instants must not be published."""
    part = run_of([STARTED], warehouse, instance)
    assert part.success
    assert set(materializations(part)) == {STARTED}
    alone = run_of([PUBLISHED], warehouse, instance)
    assert not alone.success
    assert warehouse.run(instance).success


def test_a_run_of_a_part_counts_no_conversation_as_built(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    """Someone materializes a group in the UI: what it left out would never be built for those conversations."""
    builds = dg.AssetKey(["intermediate", BUILT_CONVERSATIONS])
    model = warehouse.project_dir / "models" / "intermediate" / f"{BUILT_CONVERSATIONS}.sql"
    model.write_text("select source from {{ ref('conversation_started') }}", encoding="utf-8")
    assert builds in materializations(warehouse.run(instance))
    part = run_of([STARTED, builds], warehouse, instance)
    assert part.success
    assert set(materializations(part)) == {STARTED}


def test_a_run_of_the_warehouse_alone_takes_nothing_of_an_ingestion_that_died(
    warehouse: Warehouse,
    first: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half a batch would be staged under the number that the whole one gets later, and keep the rest of it out."""
    warehouse.land("half.jsonl", '{"text": "written"}')
    with monkeypatch.context() as killed:
        killed.setattr(RawStore, "commit", sudden_end)
        assert not warehouse.run(instance).success
    assert list(warehouse.settings.data_dir.glob("raw/conversation_log/batch=00000002/*.parquet"))
    part = run_of([STAGED], warehouse, instance)
    assert part.success
    warehouse.land("other.jsonl", '{"text": "not yet written"}')
    assert warehouse.run(instance).success
    rows = published(warehouse, "select raw_text from events.conversation_started order by all")
    assert rows == [('{"text": "hi"}',), ('{"text": "not yet written"}',), ('{"text": "written"}',)]


def test_a_run_of_the_warehouse_alone_expands_what_was_only_committed(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    """The run that died in between had delivered transcripts; a build without them would count their batch as built."""
    landed = warehouse.settings.landing_dir / "acme" / "chat_transcripts" / "first.jsonl"
    landed.parent.mkdir(parents=True)
    landed.write_text('{"id": "t1", "messages": [{"role": "user", "content": "hi"}]}')
    warehouse.run(instance)
    expanded = warehouse.settings.data_dir / "expanded" / "lines" / "chat_transcripts" / "00000001.parquet"
    expanded.unlink()
    assert run_of([STAGED], warehouse, instance).success
    assert expanded.exists()


def test_every_event_table_is_there_when_nothing_has_landed(warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
    for path in warehouse.settings.landing_dir.rglob("*.jsonl"):
        path.unlink()
    assert warehouse.run(instance).success
    assert [published(warehouse, f"select count(*) from events.{name}") for name in EVENTS] == [[(0,)]] * 4
