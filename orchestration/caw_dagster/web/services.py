"""The processes behind `caw ui`: a code server, the web server and the daemon; all of them end when one does.

What belongs here: starting and ending them. What does not: what they serve (`caw_dagster.definitions`), and who may ask
(`same_origin.py`).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from caw_dagster.child import python

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.2
ENDING_SECONDS = 20.0  # a working run gets a signal to stop and records that; what takes longer is killed
WORKSPACE = """\
load_from:
  - grpc_server: {{socket: "{socket}", location_name: caw}}
"""


class Stopped(Exception):
    """Ctrl-C, or a signal of the service manager, asked for the end."""


def serve(web: Sequence[str]) -> int:
    """Run the three until a signal or until one of them ends; the exit code: 0 after a signal, else 1.

    They run in an empty folder of their own: Dagster imports from the folder that it runs in, and reads its `.env`.

    Args:
        web: arguments of `caw_dagster.web`, without the workspace.
    """
    with _stopped_by_signals(), tempfile.TemporaryDirectory(prefix="caw-ui-") as folder:
        socket, workspace = Path(folder, "code.sock"), Path(folder, "workspace.yaml")
        workspace.write_text(WORKSPACE.format(socket=socket), encoding="utf-8")
        quiet = ["--log-level", "warning"]
        run, daemon = python("-W", "ignore", "-m"), Path(sys.executable).with_name("dagster-daemon")
        code = [*run, "dagster", "code-server", "start", "-m", "caw_dagster.definitions", "-s", str(socket), *quiet]
        others = {
            "web server": [*run, "caw_dagster.web", *web, "-w", str(workspace), "--dagster-log-level", "warning"],
            "daemon": [*python(), str(daemon), "run", "-w", str(workspace), *quiet],
        }
        return _watch(code, socket, others)


def _watch(code: Sequence[str], socket: Path, others: Mapping[str, Sequence[str]]) -> int:
    """Start the code server, once it listens the others, and wait for a signal or the first that ends."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    folder = socket.parent
    try:
        running["code server"] = subprocess.Popen(code, start_new_session=True, cwd=folder)
        while (ended := _ended(running)) is None:
            if len(running) == 1 and socket.exists():
                for name, one in others.items():
                    running[name] = subprocess.Popen(one, start_new_session=True, cwd=folder)
            time.sleep(POLL_SECONDS)
        print(f"caw: the {ended} ended (exit {running[ended].returncode}), so the others do", file=sys.stderr)
        return 1
    except Stopped:
        return 0
    finally:
        _end(list(running.values()))


def _ended(running: Mapping[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, process in running.items() if process.poll() is not None), None)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Interrupt all, the last started first; kill whatever of them is left after a while."""
    for process in reversed(processes):
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Raise `Stopped` at the first signal, also where whoever started this had it ignored; later ones are ignored."""

    def stop(_number: int, _frame: object) -> None:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
