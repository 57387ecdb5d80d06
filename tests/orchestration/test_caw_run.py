"""`caw ui` as a person starts it, and a `caw run` that fails, on the real dbt project; test_first_hour.py has the others."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import duckdb
import pytest

from caw.feeds.declared import SEEDS_DIR
from tests.support.cold_caw import CAW, environment
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.sample_run import SampleRun
from tests.support.warm_caw import lay_parsed

DELIVERED = ("json", "numpy", "pyarrow", "duckdb", "orchestration")  # modules that lie where `caw ui` is started
LOG = [
    {"record_id": "1", "record_type": "message", "actor": "customer", "text": "hello"},
    {"record_id": "2", "record_type": "status_changed", "status": "resolved", "actor": "agent"},
    {"record_id": "3", "record_type": "message"},
]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A folder, with a space in its name, that holds a landing zone."""
    root = tmp_path / "a folder"
    (root / "landing").mkdir(parents=True)
    lay_parsed(root / "data")
    return root


def land(root: Path, conversation_id: str) -> None:
    path = root / "landing" / "acme_us" / "conversation_log" / f"{conversation_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    shared = {"conversation_id": conversation_id, "occurred_at": "2025-07-01T00:00:00Z"}
    path.write_text("".join(json.dumps({**shared, **record}) + "\n" for record in LOG), encoding="utf-8")


def arguments(root: Path) -> list[str]:
    return ["--landing", str(root / "landing"), "--data-dir", str(root / "data")]


def test_a_failed_run_is_one_line_with_the_step_and_the_log(folders: Path) -> None:
    land(folders, "c1")
    (folders / "data" / "raw").mkdir(parents=True)
    (folders / "data" / "raw" / "batches").write_text("a file where a folder belongs")
    failed = SampleRun(folders / "landing", folders / "data", SEEDS_DIR).caw("run")
    assert failed.returncode == 1
    last = failed.stderr.strip().splitlines()[-1]
    assert last.startswith("caw: the run failed in step ingest: ")
    assert "caw.log" in last
    assert "Traceback" not in failed.stderr


@pytest.fixture
def ui(folders: Path) -> Iterator[str]:
    """`caw ui` on a free port, in a session of its own, ended at the end; started among modules that nobody may run."""
    for name in DELIVERED:
        (folders / f"{name}.py").write_text(
            f"import pathlib; pathlib.Path({str(folders / 'ran')!r}).touch(); exit(1)\n"
        )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [*CAW, "ui", *arguments(folders), "--port", str(port)]
    process = subprocess.Popen(command, env=environment(), cwd=folders, start_new_session=True)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/server_info"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever of it is left
        process.wait()


def wait_for(condition: Any) -> None:
    wait_until(condition, look_every=0.5)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def query(ui: str, graphql: str) -> dict[str, Any]:
    body = json.dumps({"query": graphql}).encode()
    request = urllib.request.Request(f"{ui}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)["data"]
    return found


def test_the_ui_takes_in_what_lands_and_binds_to_loopback_only(folders: Path, ui: str) -> None:
    """The daemon behind the UI is what keeps the warehouse fresh: a landed file is published without a command."""
    foreign = urllib.request.Request(f"{ui}/server_info", headers={"Origin": "https://evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(foreign, timeout=30)
    land(folders, "c1")
    runs = "{runsOrError{... on Runs{results{jobName status}}}}"
    wait_for(lambda: query(ui, runs)["runsOrError"]["results"])
    wait_for(lambda: {run["status"] for run in query(ui, runs)["runsOrError"]["results"]} == {"SUCCESS"})
    with duckdb.connect(str(folders / "data" / "published" / "marts.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from events.conversation_started").fetchall() == [(1,)]
    port = int(ui.rpartition(":")[2])
    listening = listening_sockets(port)
    assert ("127.0.0.1", port) in listening
    assert {address for address, _ in listening} <= {"127.0.0.1", "::1"}
    assert not (folders / "ran").exists()  # a delivered module


def listening_sockets(port: int) -> set[tuple[str, int]]:
    """The addresses and ports that the session of whoever listens on this port listens on: web server, daemon, code."""
    found: dict[int, set[tuple[str, int]]] = {}
    for process in (path for path in Path("/proc").iterdir() if path.name.isdigit()):
        with suppress(OSError):
            inodes = {str(link.readlink()) for link in (process / "fd").iterdir()}
            tables = [(process / "net" / name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
            for line in (line.split() for table in tables for line in table):
                if line[3] == "0A" and f"socket:[{line[9]}]" in inodes:
                    found.setdefault(os.getsid(int(process.name)), set()).add(readable(line[1]))
    return next(sockets for sockets in found.values() if port in {number for _, number in sockets})


def readable(entry: str) -> tuple[str, int]:
    """An address of /proc/net/tcp: 32-bit words in this machine's byte order, a colon, the port."""
    words, _, port = entry.partition(":")
    packed = b"".join(int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8))
    return str(ip_address(packed)), int(port, 16)
