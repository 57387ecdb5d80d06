"""No process that caw starts imports what lies in the folder that it was started in: the landing zone may be that."""

import os
import re
import shlex
import signal
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench.measured import Measured
from bench.report import Bench
from bench.ticks import History, caw
from caw.settings import read_settings
from caw_dagster import child
from caw_dagster.commands.command_lines import look_closer
from caw_dagster.instance.folders import environment
from caw_dagster.web import services

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "import pathlib; pathlib.Path({mark!r}).touch()\nraise SystemExit('it ran')\n"
NAMES = (
    "json",
    "argparse",
    "selectors",
    "logging",
    "yaml",
    "duckdb",
    "pyarrow",
    "dagster",
    "caw",
    "caw_dagster",
    "generator",
    "bench",
)
# As a process that Dagster starts may do: a server is forked, which imports what it is asked to.
FORKS = """
import multiprocessing, os
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["json", "yaml"])
worker = forks.Process(target=os.getcwd)
worker.start()
worker.join()
"""


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing zone in which modules were delivered, as the working directory."""
    folder = tmp_path / "landing"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(HOSTILE.format(mark=str(tmp_path / "ran")))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


def starts(command: list[str], folder: Path, more: dict[str, str] | None = None) -> None:
    """See that a command comes to its end in a folder, and that no module of it was run."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(more or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (folder.parent / "ran").exists()


def test_the_folder_is_hostile(landing: Path) -> None:
    """Without a guard a delivered module is run: otherwise the tests below would show nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "caw_dagster.cli", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 and (landing.parent / "ran").exists()


@pytest.mark.parametrize(
    "command",
    [
        child.module("caw_dagster.cli", "--version"),
        child.module("generator.sample_seeds", "seeds"),
        child.python("-c", "import json, yaml"),
    ],
)
def test_a_child_imports_nothing_of_the_working_directory(landing: Path, command: list[str]) -> None:
    """Whoever may land a file may run code."""
    starts(command, landing)


def test_a_process_that_others_start_imports_nothing_of_it_either(landing: Path) -> None:
    """Dagster starts processes of its own: they know of it by the environment."""
    settings = read_settings({}, landing=str(landing), data_dir=str(landing.parent / "data"))
    starts([sys.executable, "-m", "caw_dagster.cli", "--version"], landing, environment(settings))


@pytest.mark.skipif(sys.platform != "linux", reason="runs are forks on Linux only")
@pytest.mark.parametrize("options", [child.python(), [sys.executable]])
def test_the_server_that_runs_are_forks_of_imports_nothing_of_it(landing: Path, options: list[str]) -> None:
    """It is started by the daemon, with the daemon's options and environment."""
    settings = read_settings({}, landing=str(landing), data_dir=str(landing.parent / "data"))
    script = landing.parent / "forks.py"
    script.write_text(FORKS)
    starts([*options, str(script)], landing, {} if "-P" in options else environment(settings))


def test_the_processes_of_the_ui_run_in_an_empty_folder(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster puts the folder that it runs in before all others when it imports definitions, and reads its `.env`."""
    started: list[tuple[list[str], Path, list[str]]] = []

    class Process:
        """Started, and asked to end."""

        returncode = 0
        pid = 0

        def __init__(self, command: list[str], cwd: Path, start_new_session: bool) -> None:
            started.append((command, Path(cwd), [path.name for path in Path(cwd).iterdir()]))
            (Path(cwd) / "code.sock").touch()

        def poll(self) -> int | None:
            return None if len(started) < 3 else 1

        def wait(self, *_: Any) -> int:
            return 0

    monkeypatch.setattr(services.subprocess, "Popen", Process)
    monkeypatch.setattr(services.os, "killpg", lambda *_: None)
    handlers = {number: signal.getsignal(number) for number in services.STOPPING}
    assert services.serve(["--", "--port", "1"]) == 1
    assert {number: signal.getsignal(number) for number in services.STOPPING} == handlers
    assert len(started) == 3
    for command, folder, files in started:
        assert command[:2] == child.python()
        assert folder != landing and set(files) <= {"workspace.yaml", "code.sock"}


def test_the_command_that_a_run_shows_imports_nothing_of_it(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is copied into a shell that is started in the landing zone."""
    python = landing.parent / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    monkeypatch.setattr("sys.executable", str(python))
    monkeypatch.setenv("PATH", "/nowhere")
    settings = read_settings({}, landing=str(landing), data_dir=str(landing.parent / "data"))
    shown = shlex.split(look_closer(settings, {}))
    assert shown[:2] == [str(python), "-P"]
    assert shown[2:] == [
        "-m",
        "caw_dagster.cli",
        "ui",
        "--landing",
        str(landing),
        "--data-dir",
        str(settings.data_dir),
    ]


def test_what_is_measured_imports_nothing_of_it(landing: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`python -m bench` may be started anywhere."""
    ran: list[tuple[list[str], Any]] = []

    def measure(command: list[str], _log: Path, environment: Any = None) -> Measured:
        ran.append((command, environment))
        return Measured(1.0, 1.0, 1, "ok", 0.0)

    monkeypatch.setattr(bench, "measure", measure)
    options = Namespace(
        work=tmp_path, out=tmp_path / "out", repeats=1, once_from=9, sides=[*bench.MODULES, "dlt"], dlt_python="dlt"
    )
    report = Bench({}, "1GB", "2026-06-30", lines={1: 1})
    bench._run_sides(report, options, 1, landing)
    assert len(ran) == 5
    for command, more in ran:
        assert command[1] == "-P"
        if command[0] != "dlt":
            found = f"importlib.util.find_spec({command[3]!r}).origin.startswith({str(ROOT)!r})"
            starts([*command[:2], "-c", f"import importlib.util; assert {found}"], landing, more)
    history = History(0, landing, landing.parent / "data")
    assert caw(history, "run")[:4] == child.module("caw_dagster.cli")


def test_nothing_else_starts_a_python_of_its_own() -> None:
    """A new way of starting a child would forget the guard."""
    sources = [*(ROOT / "caw").rglob("*.py"), *(ROOT / "orchestration").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    own = {path.relative_to(ROOT).as_posix() for path in sources if "sys.executable" in path.read_text("utf-8")}
    assert own == {
        "orchestration/caw_dagster/child.py",
        "orchestration/caw_dagster/commands/command_lines.py",  # where the script `caw` lies
        "orchestration/caw_dagster/web/services.py",  # where the script `dagster-daemon` lies
    }
    made = (ROOT / "Makefile").read_text("utf-8")
    assert re.findall(r"python (?!-P )-\S+ \"?(?:caw_dagster|generator|from pathlib)\S*", made) == []
