"""`dbt build` in this process: no process start, no second parse, and the warehouse's lock dies with the run.

dbt itself logs nothing; what Dagster needs comes back as dbt's structured events.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_dict

from caw.host.leaving import is_of_interrupt
from caw.settings import Settings, values_are_shown
from caw_dagster.dbt.parsing import locations
from caw_dagster.dbt.project import Project, relation
from caw_dagster.dbt.selection import selection_of
from caw_dagster.errors import of_dbt

RESULT_EVENTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})
GOOD_STATUSES = frozenset({"success", "pass", "warn", "no-op"})


@dataclass(frozen=True)
class NodeDone:
    """A node that dbt has finished, as the progress display shows it."""

    name: str
    status: str
    done: int
    total: int


@dataclass(frozen=True)
class Build:
    """The outcome of a build: dbt's result events in their order, and why it failed, if it did."""

    events: Sequence[dict[str, Any]]
    failures: Sequence[str]  # one line per failed node, without values of the data
    error: BaseException | None  # what stopped dbt as a whole
    target: Path  # compiled SQL

    @property
    def succeeded(self) -> bool:
        """Whether all was built and every test passed."""
        return not self.failures and self.error is None


def dbt_build(
    project: Project,
    settings: Settings,
    full_refresh: bool,
    selection: Sequence[str] | Set[str],
    on_node: Callable[[NodeDone], None],
) -> Build:
    """Run seeds, models, snapshots and data tests; unit tests belong to `make test`.

    Args:
        project: the parsed project.
        settings: whose data dir. Compiled SQL goes there; where values are shown, run results and dbt's log as well.
        full_refresh: rebuild incremental models from the raw store.
        selection: dbt's selection arguments, or the ids of nodes; empty for the whole project.
        on_node: called for every node that ends.

    Returns:
        The build, failed or not; only an interrupt raises.
    """
    events: list[dict[str, Any]] = []
    target = settings.data_dir / "target" / "run"

    def listen(message: EventMsg) -> None:
        if message.info.name in RESULT_EVENTS:
            event = msg_to_dict(message)
            events.append(event)
            on_node(_node_done(event["data"]))

    # dbt's log and run_results.json quote the values that the database failed on
    quiet = ["--log-level-file", "info"] if values_are_shown() else ["--log-level-file", "none", "--no-write-json"]
    arguments = ["--log-level", "none", *quiet, "build", *locations(project.directory, target, project.engine)]
    parsed = project.parsed()
    chosen = selection_of(selection, parsed) if isinstance(selection, Set) and selection else selection
    arguments += ["--exclude-resource-type", "unit_test", *chosen]
    if full_refresh:
        arguments.append("--full-refresh")
    # dbt changes the folder and does not return
    with contextlib.chdir(Path.cwd()), project.engine.building(settings, built_relations(project)):
        outcome = dbtRunner(manifest=parsed, callbacks=[listen]).invoke(arguments)
        if outcome.exception is not None and not isinstance(outcome.exception, Exception):
            raise outcome.exception
        if is_interrupted(outcome):
            raise KeyboardInterrupt
    return Build(events, _failures(outcome), outcome.exception, target)


def built_relations(project: Project) -> set[tuple[str, str]]:
    """Schema and name of all that dbt may build."""
    kinds = ("model", "seed", "snapshot")
    return {relation(node) for node in project.manifest["nodes"].values() if node["resource_type"] in kinds}


def is_interrupted(outcome: dbtRunnerResult) -> bool:
    """Whether Ctrl-C came in a query of dbt's own thread, as before the first node: dbt calls it a failure."""
    return any(is_of_interrupt(result.message or "") for result in _failed(outcome))


def _failures(outcome: dbtRunnerResult) -> list[str]:
    return [
        f"{result.node.name}: {of_dbt(result.message or str(result.status), _is_about_seed(result.node))}"
        for result in _failed(outcome)
    ]


def _failed(outcome: dbtRunnerResult) -> list[Any]:
    results = getattr(outcome.result, "results", None) or []
    return [result for result in results if str(result.status) not in GOOD_STATUSES | {"skipped"}]


def _is_about_seed(node: Any) -> bool:
    """Whether the node is a seed, or tests seeds alone."""
    parents = getattr(node.depends_on, "nodes", []) if hasattr(node, "depends_on") else []
    is_test = str(node.resource_type) == "test"
    return str(node.resource_type) == "seed" or (is_test and all(name.startswith("seed.") for name in parents))


def _node_done(data: Mapping[str, Any]) -> NodeDone:
    total = data.get("total") or data.get("num_models") or 0  # dbt names it by the kind of node
    status = str(data.get("status") or data["node_info"]["node_status"]).lower()
    return NodeDone(data["node_info"]["node_name"], status, int(data.get("index") or 0), int(total))
