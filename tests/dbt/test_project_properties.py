"""What the dbt project declares: contracts, words, access and consumers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from caw.feeds.declared import declarations, retargeting_gates
from caw_dagster.dbt.project import linked
from tests.dbt.contract_tables import SCHEMAS, TABLES
from tests.support.project import ProjectCopy


@pytest.fixture(scope="module")
def nodes(project: ProjectCopy) -> list[Any]:
    """The project's models."""
    return [node for node in project.manifest().nodes.values() if node.resource_type == "model"]


@pytest.fixture(scope="module")
def published(nodes: Sequence[Any]) -> dict[str, Any]:
    """Those that people read, by schema and name."""
    return {f"{node.schema}.{node.alias}": node for node in nodes if node.schema in SCHEMAS}


def test_the_published_tables_are_those_of_the_specification(published: Mapping[str, Any]) -> None:
    """Prevents a table or a column that the specification does not name, one that is missing, and another order."""
    assert {name: " ".join(node.columns) for name, node in published.items()} == TABLES


def test_contracts_are_enforced_and_every_column_has_a_type(published: Mapping[str, Any]) -> None:
    """Prevents a table that changes its columns or types without anybody having decided it."""
    for name, node in published.items():
        assert node.config.contract.enforced, name
        assert all(column.data_type for column in node.columns.values()), name


def test_every_model_says_its_grain_and_every_published_column_what_it_is(
    nodes: Sequence[Any], published: Mapping[str, Any]
) -> None:
    """Prevents a table that nobody but its author can read."""
    assert [node.name for node in nodes if not node.description.startswith("One row per ")] == []
    for name, node in published.items():
        assert "ource" in node.description and "specification, §" in node.description, name
        assert [column.name for column in node.columns.values() if not column.description] == [], name
    assert "Not additive over skills" in published["performance.skill_performance_daily"].description


def test_staging_and_intermediate_models_are_private_and_marts_public(nodes: Sequence[Any]) -> None:
    """Prevents others from building on what may change any day."""
    expected = {node.name: "public" if node.schema in SCHEMAS else "private" for node in nodes}
    assert {node.name: str(node.config.access.value) for node in nodes} == expected
    assert {node.config.group for node in nodes} == {"data_team"}


def test_the_folder_of_views_holds_gates_alone(nodes: Sequence[Any]) -> None:
    """Prevents a table that ten gates read from becoming a view by lying next to them, and being made ten times."""
    gates = {node.name for node in nodes if "/gates/" in node.original_file_path}
    assert gates == {f"int_gate_{gate}" for gate in retargeting_gates()}


def test_the_build_log_is_made_after_all_that_is_rebuilt(project: ProjectCopy, nodes: Sequence[Any]) -> None:
    """Prevents a conversation from counting as built while a table still lacks it, as that one failed or its run died."""
    incremental = [node for node in nodes if node.config.materialized == "incremental"]
    rebuilt = {node.name: node.unique_id for node in incremental if "rebuilds" in node.config.meta}
    parents = project.as_run.manifest["parent_map"]
    before = linked([rebuilt.pop("int_conversation_build_log")], parents)
    assert {name for name, key in rebuilt.items() if key not in before} == set()
    # int_orders_to_attribute compares the orders with this one
    assert rebuilt["int_touched_conversations"] in linked([rebuilt["attributed_orders"]], parents)


def test_consumers_and_their_owners_are_declared(project: ProjectCopy) -> None:
    """Prevents a mart from being changed without a thought for who reads it."""
    manifest = project.manifest()
    exposures = {one.name: one for one in manifest.exposures.values()}
    assert set(exposures) == {
        "retargeting_flow",
        "promotion_exclusion_list",
        "performance_dashboard",
        "sales_dashboard",
    }
    assert {one.name for one in manifest.groups.values()} == {"data_team", "marketing", "customer_experience"}
    for exposure in exposures.values():
        assert exposure.owner.name and exposure.depends_on.nodes


def test_no_field_of_a_feed_has_the_name_of_a_line_s_own_column() -> None:
    """Prevents a field from being lost behind a column of staging's: a suppression has a `reason` of its own."""
    feeds = declarations()
    own = {"batch_id", "file_path", "line_number", "source", "ingested_at", "verdict", "raw_text"}
    own |= {"refusal_reason", "refusal_field", "document", "problem", "given", "refusal"}
    assert {name: own & {field["name"] for field in feed["fields"]} for name, feed in feeds.items()} == {
        name: set() for name in feeds
    }
