"""What the code location holds, as a snapshot: an asset, check, dependency or pool that comes or goes shows in review.

After an intended change: CAW_UPDATE_SNAPSHOTS=1 python -m pytest tests/orchestration/test_definitions.py
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from caw.feeds.declared import feeds
from caw.publication import SCHEMAS
from caw.settings import read_settings
from caw_dagster import definitions as definitions_module
from caw_dagster.assets.warehouse import EVENT_TABLES
from caw_dagster.clock_runs import clock_job
from caw_dagster.commands.ui import EVENT_TABLES_PAGE
from caw_dagster.dbt.project import load_project
from caw_dagster.definitions import definitions
from caw_dagster.instance.runs import JOB_NAME
from caw_dagster.web.services import WORKSPACE

SNAPSHOT = Path(__file__).with_name("definitions_snapshot.txt")
MOST_LINES_OF_DEFINITIONS = 60


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    """The real code location."""
    before = dict(os.environ)
    os.environ["CAW_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))
    yield definitions()
    os.environ.clear()
    os.environ.update(before)


def snapshot(loaded: dg.Definitions) -> str:
    """Everything about the code location that a reviewer should see change."""
    graph, repository = loaded.resolve_asset_graph(), loaded.get_repository_def()
    steps = loaded.resolve_job_def(JOB_NAME).graph.nodes
    lines = [f"job {JOB_NAME}: {loaded.resolve_job_def(JOB_NAME).description}"]
    lines += sorted(f"step {step.name}, pool {step.definition.pool}" for step in steps)
    lines += [
        f"schedule {one.name}: {one.cron_schedule}, {one.default_status.value}: {one.description}"
        for one in repository.schedule_defs
    ]
    lines += [
        f"sensor {one.name}: every {one.minimum_interval_seconds} s, {one.default_status.value}: {one.description}"
        for one in repository.sensor_defs
    ]
    lines += [f"resource {name}" for name in sorted(repository.get_top_level_resources())]
    for node in sorted(graph.asset_nodes, key=lambda node: node.key):
        lines += ["", *asset(graph, node)]
    return "\n".join([*lines, ""])


def asset(graph: Any, node: Any) -> Iterator[str]:
    """One asset of the snapshot; checks that block are marked."""
    fresh = ["kept fresh"] if node.freshness_policy_or_from_metadata else []
    yield ", ".join([node.key.to_user_string(), f"group {node.group_name}", *sorted(node.kinds), *node.owners, *fresh])
    yield from (f"  from {parent.to_user_string()}" for parent in sorted(node.parent_keys))
    for check in sorted((graph.get_check_spec(key) for key in node.check_keys), key=lambda check: check.name):
        yield f"  check {check.name}{', blocks' if check.blocking else ''}: {check.description}"


def test_the_code_location_is_what_it_was(loaded: dg.Definitions) -> None:
    now = snapshot(loaded)
    if os.environ.get("CAW_UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now.splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_everything_that_the_ui_names_is_described(loaded: dg.Definitions) -> None:
    """A name alone does not say to the team that gets the alert what is wrong with its data."""
    graph, repository = loaded.resolve_asset_graph(), loaded.get_repository_def()
    checks = [graph.get_check_spec(key) for node in graph.asset_nodes for key in node.check_keys]
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]  # Dagster's own have none
    named = [*checks, *jobs, *repository.schedule_defs, *repository.sensor_defs]
    assert len(checks) > len(feeds()) and len(jobs) == 1  # or nothing is asked
    assert [one.name for one in named if not (one.description or "").strip()] == []
    assert [node.key for node in graph.asset_nodes if not (node.description or "").strip()] == []


@pytest.mark.parametrize("feed", list(feeds()))
def test_a_raw_asset_shows_the_fields_of_its_feed(loaded: dg.Definitions, feed: str) -> None:
    """Whoever delivers a feed sees in Dagster what is expected of a line."""
    metadata = loaded.resolve_asset_graph().get(dg.AssetKey(["raw", feed])).metadata
    columns = {column.name: column for column in metadata["dagster/column_schema"].columns}
    assert {name: columns[name].type for name in feeds()[feed].kinds} == dict(feeds()[feed].kinds)
    assert {name for name, column in columns.items() if not column.constraints.nullable} == set(feeds()[feed].required)
    assert metadata["docs/feeds.md"].value.lstrip("#").startswith(f" {feed}\n")


def test_conditions_of_required_fields_and_members_of_a_profile_are_shown(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    log, erasures = (
        {
            column.name: column
            for column in graph.get(dg.AssetKey(["raw", feed])).metadata["dagster/column_schema"].columns
        }
        for feed in ("conversation_log", "erasures")
    )
    assert log["status"].constraints.other == ["required in status_changed"]  # spec §2.0.6
    assert log["profile.email"].type == "text"
    assert erasures["email"].constraints.other == ["required: one of profile_id, email, phone_number, phone"]  # §2.0.8


def test_an_asset_carries_the_sections_of_the_specification_that_its_description_cites(loaded: dg.Definitions) -> None:
    node = loaded.resolve_asset_graph().get(dg.AssetKey(["retargeting", "retargeting_eligibility"]))
    assert "§4.13" in node.description
    section = node.metadata["docs/specification.md, §4.13"].value
    assert section.startswith("### 4.13 ") and "1. `expired`: as_of ≥ expires_at." in section
    assert "](#" not in section and "\n### " not in section  # links that lead nowhere, the next section


def test_the_link_that_caw_ui_prints_leads_to_the_group_of_the_event_tables(loaded: dg.Definitions) -> None:
    _, _, location, _, group, _ = EVENT_TABLES_PAGE.split("/")
    assert f"location_name: {location}}}" in WORKSPACE.format(socket="")
    shown = {node.key.path[-1] for node in loaded.resolve_asset_graph().asset_nodes if node.group_name == group}
    assert shown >= set(EVENT_TABLES)


PROPERTIES = dg.AssetKey(["intermediate", "int_feed_fields"])  # made of the base models' property files


def test_every_feed_is_an_asset(loaded: dg.Definitions) -> None:
    keys = loaded.resolve_asset_graph().get_all_asset_keys()
    assert {dg.AssetKey(["raw", feed]) for feed in feeds()} <= keys


def test_no_asset_is_an_orphan_and_none_is_in_the_group_default(loaded: dg.Definitions) -> None:
    """All that is not raw or a seed comes from something; all that is raw goes somewhere."""
    graph = loaded.resolve_asset_graph()
    for node in graph.asset_nodes:
        root = node.group_name in ("raw", "seeds") or node.key == PROPERTIES
        assert node.parent_keys or root, f"{node.key} comes from nothing"
        assert node.child_keys or node.group_name != "raw", f"{node.key} goes nowhere"
        assert node.group_name != "default", node.key
        assert not node.is_external, f"{node.key} is read, but no asset here makes it"


def test_publication_waits_for_everything_that_it_publishes(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    published = {key for key in graph.get_all_asset_keys() if key.path[0] in SCHEMAS}
    assert graph.get(dg.AssetKey(["published", "marts"])).parent_keys == published


def test_every_step_that_opens_the_warehouse_is_in_the_pool(loaded: dg.Definitions) -> None:
    """Two runs must never meet in the warehouse."""
    steps = loaded.resolve_job_def(JOB_NAME).graph.nodes
    assert {step.definition.pool for step in steps} == {"warehouse"}


def test_a_run_for_the_clock_alone_gives_the_checks_of_each_table_that_it_selects(loaded: dg.Definitions) -> None:
    """The event tables show their checks as never evaluated: they are materialized again, and their results are not."""
    job = clock_job(loaded, load_project(read_settings()).manifest)
    keys, checks = job.asset_selection, job.asset_check_selection
    assert keys is not None and checks is not None
    of_tables = {
        spec.key for key in keys for spec in loaded.resolve_assets_def(key).check_specs if spec.asset_key == key
    }
    assert {dg.AssetKey(["events", "conversation_escalated"])} < {key.asset_key for key in of_tables} <= set(keys)
    assert of_tables <= checks


def test_definitions_stay_short() -> None:
    source = Path(definitions_module.__file__ or "").read_text(encoding="utf-8")
    assert source.count("\n") < MOST_LINES_OF_DEFINITIONS
