"""Folders and environment of Dagster and dbt: an instance of Dagster under the data dir, without telemetry.

The instance's dagster.yaml is written here. Whoever wants another one (Postgres, another run queue) deletes its first
line and edits the rest: a file without that line is left alone.
"""

import os
from pathlib import Path

from caw.host import atomic
from caw.settings import Settings
from caw_dagster.child import SAFE_PATH

MARK = "# Written by caw; delete this line to keep your own version of this file.\n"
DAGSTER_YAML = (
    MARK
    + """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1 # one run at a time in the warehouse
    granularity: run
run_queue:
  dequeue_interval_seconds: 1 # what waits for a landed file waits for the queue, too
run_monitoring:
  enabled: true # runs that never start or never finish cancelling; dead ones are found by their lock (runs.py)
  start_timeout_seconds: 900 # a busy machine may be slow to start a run
  cancel_timeout_seconds: 180
  poll_interval_seconds: 60
code_servers:
  local_startup_timeout: 900 # a new data dir has its project parsed first
run_retries:
  enabled: false # a step asks for its own retry, for named errors only (retries.py)
freshness:
  enabled: true
python_logs:
  python_log_level: WARNING # what a console shows of a run; its events are kept whatever their level
retention: # days; runs themselves are forgotten by history.py
  schedule:
    purge_after_days: 7
  sensor:
    purge_after_days: {skipped: 1, started: 7, success: 7, failure: 7}
"""
)


def dagster_home(settings: Settings) -> Path:
    """DAGSTER_HOME of this data dir."""
    return settings.data_dir / "dagster"


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which dbt, and the processes that Dagster starts, see these settings."""
    own = {"CAW_SEEDS_DIR": settings.seeds_dir, "CAW_DBT_PROJECT_DIR": settings.dbt_project_dir}
    return {
        **{name: str(folder) for name, folder in own.items() if folder is not None},
        **({} if settings.raw_store is None else {"CAW_RAW_STORE": settings.raw_store}),
        **SAFE_PATH,
        "CAW_LANDING_DIR": str(settings.landing_dir),
        "CAW_DATA_DIR": str(settings.data_dir),
        "CAW_ENGINE": settings.engine,
        "CAW_MEMORY_LIMIT": settings.memory_limit,
        "CAW_THREADS": str(settings.threads),
        "CAW_MAX_UNPACKED_BYTES": str(settings.max_unpacked),
        "CAW_MAX_REFUSED_LINES": str(settings.max_bad_lines),
        "CAW_READERS": settings.readers,
        "DAGSTER_DISABLE_TELEMETRY": "1",  # nothing is sent, whatever an instance's own file says
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def prepare_instance(settings: Settings) -> None:
    """Set this process's environment and write the instance's dagster.yaml where it is missing or out of date."""
    home = dagster_home(settings)
    os.environ.update(environment(settings), DAGSTER_HOME=str(home))
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    before = config.read_text(encoding="utf-8") if config.exists() else MARK
    if before != DAGSTER_YAML and before.startswith(MARK):
        atomic.write(config, DAGSTER_YAML, by_several=True)
