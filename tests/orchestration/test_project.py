"""The parsed project: never out of date, parsed once per content, and what of it makes old rows wrong."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from caw.engine import SPARK
from caw.feeds.declared import DBT_PROJECT_DIR
from caw.host.locks import Holder, exclusive
from caw_dagster.dbt import parsing, project
from caw_dagster.dbt.parsing import ProjectError, parse_ahead
from caw_dagster.dbt.project import Project, load_project
from caw_dagster.engines import engine_named
from tests.orchestration.conftest import Warehouse
from tests.support.project import shipped

MODEL = "models/events/conversation_started.sql"
INCREMENTAL = "models/staging/stg_conversation_log.sql"


@pytest.fixture
def warehouse(warehouse: Warehouse) -> Warehouse:
    """One that nothing was parsed in."""
    shutil.rmtree(warehouse.settings.data_dir / "target", ignore_errors=True)
    return warehouse


def edit(warehouse: Warehouse, file: str, added: str) -> None:
    path = warehouse.project_dir / file
    path.write_text(path.read_text(encoding="utf-8") + added, encoding="utf-8")


def test_the_same_content_is_parsed_once(warehouse: Warehouse) -> None:
    first = warehouse.project()
    manifest = (first.folder / "manifest.json").stat().st_mtime_ns
    assert warehouse.project() == first
    assert (first.folder / "manifest.json").stat().st_mtime_ns == manifest


CHANGES = (
    (MODEL, "-- changed"),
    ("models/events/new_model.sql", "select 1 as one"),
    ("../seeds/words.csv", "bye,farewell\n"),
    ("dbt_project.yml", "# changed"),
    ("macros/new_macro.sql", "{% macro nothing() %}{% endmacro %}"),
)


def test_a_change_of_any_file_or_of_a_setting_that_is_read_is_another_project(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest that is out of date runs yesterday's models without a word."""
    monkeypatch.setattr(project, "parse", lambda _, folder, engine: folder.mkdir(parents=True))
    keys = [warehouse.project().key]
    for file, added in CHANGES:
        path = warehouse.project_dir / file
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + added, encoding="utf-8")
        keys.append(warehouse.project().key)
    os.environ["CAW_MEMORY_LIMIT"] = "3GB"
    keys.append(warehouse.project().key)
    assert len(set(keys)) == len(CHANGES) + 2
    os.environ["CAW_DATA_DIR"] = "/elsewhere"  # which only runs read
    assert warehouse.project().key == keys[-1]


def test_a_project_that_does_not_parse_says_why_and_leaves_nothing(warehouse: Warehouse) -> None:
    edit(warehouse, MODEL, "{{ ref('nowhere') }}")
    with pytest.raises(ProjectError, match="nowhere"):
        warehouse.project()
    assert list((warehouse.settings.data_dir / "target").iterdir()) == []


def test_dbt_writes_nothing_next_to_the_project(warehouse: Warehouse) -> None:
    """An installed package may lie in a folder that nobody may write."""
    before = set(warehouse.project_dir.rglob("*"))
    warehouse.project()
    assert set(warehouse.project_dir.rglob("*")) == before


def without_times(value: Any) -> Any:
    """A manifest without what differs between two parses of the same files."""
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in ("created_at", "metadata")}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def test_a_parse_made_ahead_serves_elsewhere_and_with_other_rows_of_seeds(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first run then parses nothing; what it takes over must be what dbt would have made of its own files."""
    moved = Path(shutil.copytree(warehouse.project_dir.parent, tmp_path / "moved")) / warehouse.project_dir.name
    monkeypatch.setattr(parsing, "AHEAD", parse_ahead(warehouse.project_dir).parent)
    (moved.parent / "seeds" / "words.csv").write_text("word,means\nso long,farewell\n", encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr(parsing, "_parse", lambda *_: pytest.fail("it was parsed"))
        taken_over = load_project(warehouse.settings, moved)
    monkeypatch.setattr(parsing, "AHEAD", tmp_path / "nothing")
    parsing.parse(moved, tmp_path / "by dbt" / "again")
    by_dbt = Project(moved, tmp_path / "by dbt" / "again", "again")
    assert without_times(taken_over.manifest["nodes"]) == without_times(by_dbt.manifest["nodes"])
    assert taken_over.manifest["child_map"] == by_dbt.manifest["child_map"]
    assert taken_over.parsing_fingerprint == by_dbt.parsing_fingerprint
    seeds = [
        {key: node.to_dict() for key, node in one.parsed().nodes.items() if key.startswith("seed.")}
        for one in (taken_over, by_dbt)
    ]
    assert without_times(seeds[0]) == without_times(seeds[1])
    assert seeds[0]


def test_a_parse_made_ahead_of_other_code_is_passed_over(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "AHEAD", parse_ahead(warehouse.project_dir).parent)
    edit(warehouse, MODEL, "-- changed")
    model = next(node for key, node in warehouse.project().manifest["nodes"].items() if key.endswith(Path(MODEL).stem))
    assert model["raw_code"].endswith("-- changed")


def test_only_what_makes_old_rows_wrong_changes_the_parsing_fingerprint(warehouse: Warehouse) -> None:
    """It costs a rebuild from the raw store: a mart is rebuilt by every run anyway."""
    before = warehouse.project().parsing_fingerprint
    edit(warehouse, MODEL, "-- changed")
    assert warehouse.project().parsing_fingerprint == before
    edit(warehouse, INCREMENTAL, "-- changed")
    after = warehouse.project().parsing_fingerprint
    assert after != before
    edit(warehouse, "../seeds/words.csv", "bye,farewell\n")
    assert warehouse.project().parsing_fingerprint not in (before, after)


def test_old_projects_make_room(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "parse", lambda _, folder, engine: folder.mkdir(parents=True))
    for number in range(5):
        edit(warehouse, MODEL, f"-- {number}\n")
        warehouse.project()
    kept: list[Path] = list((warehouse.settings.data_dir / "target").glob("project-*"))
    assert len(kept) == 3


def test_dbt_sends_no_usage_statistics(warehouse: Warehouse) -> None:
    """They are on by default, and go out at every parse and build."""
    assert warehouse.project().manifest["metadata"]["send_anonymous_usage_stats"] is False


def test_what_a_killed_parse_left_is_removed_and_a_living_ones_folder_is_not(warehouse: Warehouse) -> None:
    """Leavings pile up next to the parsed projects, or one run takes away what another one is writing."""
    kept = warehouse.settings.data_dir / "target"
    dead, alive, young = (kept / f".parse-{name}" for name in ("dead", "alive", "young"))
    for folder in (dead, alive, young):
        folder.mkdir(parents=True)
    (dead / "lock").touch()
    with exclusive(alive / "lock", Holder("a parse", os.getpid(), "now")):
        warehouse.project()
        assert sorted(path.name for path in kept.glob(".parse-*")) == [alive.name, young.name]
    warehouse.project()
    assert [path.name for path in kept.glob(".parse-*")] == [young.name], "it may be about to take its lock"


def materializations(project: Project) -> list[Mapping[str, str]]:
    """How each model is made, as Dagster reads the project and as dbt runs it."""
    nodes, parsed = project.manifest["nodes"], project.parsed().nodes
    names = [name for name, node in nodes.items() if node["resource_type"] == "model"]
    return [
        {name: nodes[name]["config"]["materialized"] for name in names},
        {name: parsed[name].config.materialized for name in names},
    ]


def test_where_an_engine_has_no_views_what_asks_for_one_is_a_table() -> None:
    """A team's view that is made on Spark and shown by nothing, or made once and never again."""
    project = shipped().as_run
    before, as_run = materializations(project)
    assert before == as_run
    assert "view" in before.values()
    expected = {name: "table" if kind == "view" else kind for name, kind in before.items()}
    assert materializations(replace(project, engine=engine_named(SPARK))) == [expected, expected]


def test_a_team_s_project_is_copied_with_what_only_a_root_project_can_say(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables that dbt's adapter makes by its own materialization; a file of a team's that a run writes into."""
    monkeypatch.setattr(project, "parse", lambda _, folder, engine: folder.mkdir(parents=True))
    found = []
    broken = ("name: [mine", "mine", "# caf\udce9")
    for number, said in enumerate(("name: mine", "name: mine\nmacro-paths: [ours]", *broken)):
        shared, own = tmp_path / f"{number}.yml", tmp_path / str(number)
        shared.write_text(said, encoding="utf-8", errors="surrogateescape")
        own.mkdir()
        (own / "dbt_project.yml").symlink_to(shared)
        copy = load_project(replace(warehouse.settings, dbt_project_dir=own)).directory
        found.append((copy / "dbt_project.yml").read_text(encoding="utf-8", errors="surrogateescape"))
        assert shared.read_text(encoding="utf-8", errors="surrogateescape") == said
        assert [path.name for path in own.iterdir()] == ["dbt_project.yml"]
    root = "../dbt_project/root"
    assert (copy / root / "spark.sql").read_bytes() == (DBT_PROJECT_DIR / "root" / "spark.sql").read_bytes()
    assert [yaml.safe_load(text) for text in found[:2]] == [
        {"name": "mine", "macro-paths": ["macros", root]}, {"name": "mine", "macro-paths": ["ours", root]}
    ]  # fmt: skip
    assert found[2:] == list(broken)  # of which dbt says what is wrong
