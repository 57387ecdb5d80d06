"""dbt-duckdb's plugin for dbt that people run by hand: what must be done before the database is opened.

dbt-duckdb loads a plugin before it connects; SQL in the project would come too late. The plugin holds the lock of the
database's folder as long as dbt works, or stops dbt with a sentence if a run has it. `profiles.yml` gives it one of two
tasks: target `dev` keeps a raw store next to its database and takes in what has landed in a folder, so that every
source has rows; target `warehouse` only looks, because caw remembers what its own builds have made and would not know
of another. caw's own builds take target `run`, without this plugin: they hold the lock already.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from caw.as_of import parse_as_of
from caw.feeds.declared import SEEDS_DIR
from caw.host import clock
from caw.host.locks import LOCK, Holder, exclusive
from caw.ingest.ingestion import ingest
from caw.raw_store.store import RawStore

WRITING = frozenset({"build", "run", "seed", "snapshot", "clone", "retry", "run-operation"})
WHO = "by hand"  # in the words of a lock: "run by hand (process …) holds …"


class Plugin(BasePlugin):
    """dbt-duckdb's plugin as the profile names it.

    `landing`: a folder in the form of a landing zone, to be taken in. `as_of`: the models' instant, ISO 8601; now if it
    is absent. `reads_only`: whether the database is opened read-only.
    """

    def initialize(self, plugin_config: Mapping[str, Any]) -> None:
        """Take the lock and see to the raw store; raises DbtRuntimeError with a sentence."""
        if self.creds is None:
            _stop("This plugin works on the database of a profile.")
        self.reads_only = bool(plugin_config.get("reads_only"))
        self.held = ExitStack()  # as long as dbt keeps this plugin
        database = Path(self.creds.path).resolve()
        if self.reads_only:
            _check_reading(database, get_flags().WHICH)
        _take(self.held, database.parent)
        if "landing" in plugin_config:
            take_in(database.parent, Path(plugin_config["landing"]), plugin_config.get("as_of"))

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Open the database as the profile says."""
        if self.reads_only:
            config["access_mode"] = "read_only"


def take_in(data_dir: Path, landing: Path, as_of: str | None) -> None:
    """Bring the raw store next to a database up to date with a folder of landed files, and say which instant it is.

    Args:
        data_dir: the folder of the database.
        landing: has the form of a landing zone; may be missing, which gives empty tables.
        as_of: the instant, ISO 8601; now where it is None.
    """
    store, now = RawStore(data_dir), clock.now()
    if landing.is_dir():
        ingest(landing, data_dir, ingested_at=now, seeds=SEEDS_DIR)
    else:
        store.prepare()
    store.write_run_context(WHO, parse_as_of(as_of, now), "-")


def _check_reading(database: Path, command: str) -> None:
    if command in WRITING:
        _stop(
            f"Only caw writes {database}: run `caw run`, or leave out --target warehouse, "
            f"and `dbt {command}` builds a warehouse of its own under target/."
        )
    if not database.is_file():
        _stop(f"There is no warehouse at {database}: run `caw run` first, or set CAW_DATA_DIR.")


def _take(held: ExitStack, data_dir: Path) -> None:
    """Hold the lock of a data dir, without waiting for it."""
    lock = data_dir / "state" / LOCK
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = Holder.now(WHO)

    def stop(other: str) -> NoReturn:
        _stop(f"{other} holds {data_dir}: try again when it has ended.")

    held.enter_context(exclusive(lock, holder, stop))


def _stop(sentence: str) -> NoReturn:
    raise DbtRuntimeError(sentence)
