"""Plans a run's build of the warehouse before dbt starts, and saves its state for the next run.

What does not belong here: running dbt (build.py), which nodes have changed (selection.py), and the state (state.py).
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from caw.adapters.expansion import expand_pending
from caw.erasure.run import finish_erasure, forget_people
from caw.feeds.declared import SEEDS_DIR
from caw.host import progress
from caw.host.clock import shown
from caw.ingest.given_way import batches_given_way
from caw.raw_store.segment_history import keep_history
from caw.raw_store.store import RawStore
from caw.settings import Settings
from caw_dagster.dbt.build import Build
from caw_dagster.dbt.project import Project
from caw_dagster.dbt.selection import changed_nodes
from caw_dagster.dbt.state import Built, fingerprint_during, read_built, reason_to_rebuild, write_built
from caw_dagster.resources import RunContext

# Its conversations count as built in all tables, so that only a run of the whole project may build it.
BUILT_CONVERSATIONS = "int_conversation_build_log"


@dataclass(frozen=True)
class RunPlan:
    """One run's build of the warehouse.

    Attributes:
        project: the parsed dbt project.
        run: the run's id, instant and settings.
        store: the raw store.
        selection: dbt's arguments for a part of the project; empty for all of it.
        before: what the last build left; None if nothing is known of it.
        rebuild: whether every table is rebuilt from the raw store.
        during: the state that is saved during the build, in case it dies.
    """

    project: Project
    run: RunContext
    store: RawStore
    selection: Sequence[str]
    before: Built | None
    rebuild: bool
    during: Built

    @property
    def settings(self) -> Settings:
        """The run's."""
        return self.run.settings

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole project's run."""
        return not self.selection


def finish_ingestion(settings: Settings) -> None:
    """Finish what an ingestion that died left, in case this run is of the warehouse alone."""
    store = settings.store()
    finish_erasure(settings)
    store.prepare()
    expand_pending(store, settings.seeds_dir or SEEDS_DIR)


def begin(project: Project, run: RunContext, selection: Sequence[str]) -> RunPlan:
    """Decide whether to add to the warehouse or to rebuild it, and save that a build is running."""
    settings, store = run.settings, run.settings.store()
    before, given_way, longest_id = read_built(settings.state_dir), batches_given_way(store), store.longest_id()
    why = reason_to_rebuild(settings.warehouse, before, project.parsing_fingerprint, given_way, longest_id)
    if why is not None:
        progress.say("Rebuild", f"{why}: every table is rebuilt from the raw store")
    rebuild = run.full_refresh or why is not None
    during = Built(
        parsing_fingerprint=fingerprint_during(settings.warehouse, before, project.parsing_fingerprint, rebuild),
        complete=False,
        run_id=run.run_id,
        as_of=run.as_of.isoformat(),
        by_clock=run.by_clock,
        given_way=len(given_way),
        longest_id=longest_id,
    )
    write_built(settings.state_dir, during)
    run.write_run_context(project.parsing_fingerprint, longest_id)
    part = [*selection, "--exclude", BUILT_CONVERSATIONS] if selection else []
    return RunPlan(project, run, store, part, before, rebuild, during)


def forget(plan: RunPlan, build: Callable[[Sequence[str]], Build]) -> Build | None:
    """Carry out new requests to be forgotten; the build of the identities if it failed, else None."""
    return forget_people(plan.settings, plan.rebuild, build) if plan.is_whole else None


def restore_history(plan: RunPlan) -> None:
    """Restore the segments' history in a new warehouse, set back what a clock that was ahead wrote, and thin sizes."""
    if not plan.settings.warehouse.exists():
        write_built(plan.settings.state_dir, replace(plan.during, parsing_fingerprint=plan.project.parsing_fingerprint))
    latest = plan.project.engine.prepare_history(plan.settings, plan.run.as_of, plan.run.by_clock)
    if latest is not None:
        progress.say(
            "Clock",
            f"it was ahead: segment history and sizes went up to {shown(latest)}; "
            f"what is later than this run is now of {shown(plan.run.as_of)}",
        )


def nodes_to_build(plan: RunPlan) -> Sequence[str] | Set[str]:
    """dbt's selection, or the ids of the nodes that are outdated; empty for the whole project."""
    if not plan.is_whole or plan.rebuild:
        return plan.selection
    return changed_nodes(plan.project, plan.store, plan.settings.warehouse, plan.before)


def remember(plan: RunPlan) -> None:
    """Save that the whole project was built and tested."""
    if not plan.is_whole:
        return
    keep_history(plan.store, plan.settings.warehouse)
    after = replace(
        plan.during,
        parsing_fingerprint=plan.project.parsing_fingerprint,
        complete=True,
        project_key=plan.project.key,
        batch_id=plan.store.last_batch_id(),
        unreadable=plan.store.has_unreadable(),
    )
    write_built(plan.settings.state_dir, after)
