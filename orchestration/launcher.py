"""Runs of the daemon in processes that know Dagster and dbt from the start.

A new process reads these libraries for more than two seconds before it can work. Here a server beside the daemon reads
them once, and each run is a fork of it. What a run needs of caw, of the dbt project and of the settings, it reads anew:
an edit counts from the next run on, as ever. Where forks of loaded libraries are not safe, which is anywhere but on
Linux, runs are launched in Dagster's own way.
"""

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from dagster import DefaultRunLauncher
from dagster._core.launcher import LaunchRunContext
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import serialize_value

COMMANDS = "dagster._cli.api"
# What takes long to read and never belongs to caw: nothing in here may read the data dir or start a thread.
KNOWN = [COMMANDS, "dagster_dbt", "dbt.cli.main", "dbt.adapters.duckdb.connections"]
WORKER = "caw/worker_pid"  # the tag that tells other processes, such as the web server, whom to interrupt
SERVER = b"multiprocessing.forkserver"  # in the command line of the server and its forks


class WarmRunLauncher(DefaultRunLauncher):
    """Launches runs as forks of a process that has read the libraries."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's worker; returns as soon as it exists."""
        run = context.dagster_run
        if sys.platform != "linux" or run.job_code_origin is None:
            super().launch_run(context)
            return
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(KNOWN)
        arguments = ExecuteRunArgs(run.job_code_origin, run.run_id, self._instance.get_ref())
        worker = forks.Process(target=be_worker, args=[serialize_value(arguments)], name=f"run {run.run_id}")
        worker.start()
        self._instance.add_run_tags(run.run_id, {WORKER: str(worker.pid)})

    def terminate(self, run_id: str) -> bool:
        """Interrupt the run's worker, in whichever process this is asked; False where there is none."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if WORKER not in run.tags:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        worker = int(run.tags[WORKER])
        if not _is_worker(worker):
            return False
        self._instance.report_run_canceling(run)
        with suppress(ProcessLookupError):  # it ended in this very moment
            os.kill(worker, signal.SIGINT)
        return True


def be_worker(arguments: str) -> None:
    """Work one run off, as `dagster api execute_run` does."""
    command = import_module(COMMANDS).execute_run_command  # whoever only opens the instance does not read it
    command.main([arguments], standalone_mode=False)


def _is_worker(pid: int) -> bool:
    """Whether the process of this number is a fork of such a server: it may be another one, or none, by now."""
    try:
        return SERVER in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
