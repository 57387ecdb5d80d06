"""`caw` commands in processes of their own, without the ten seconds that each would take to import its libraries.

One process imports everything and then forks a child for each command, as `python -m caw_dagster.cli` would run it.
A child may be given a point at which it ends suddenly (sudden_ends.py).
"""

import atexit
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn

from caw.feeds.declared import SEEDS_DIR
from tests.support.kept_templates import keep_templates
from tests.support.shared import Place, shared
from tests.support.sudden_ends import Point

ROOT = SEEDS_DIR.parent
FOREIGN_SETTINGS = ("CAW_", "DAGSTER_", "DBT_")
WARMED_UP = ("caw_dagster.execution", "caw_dagster.commands.run", "caw.summary.page", "dagster_dbt", "pandas")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that ended it, and what it said."""

    code: int
    out: str
    err: str


class Started:
    """A command at work."""

    def __init__(self, caw: "WarmCaw", pid: int, folder: Path) -> None:
        self.caw = caw
        self.pid = pid
        self.folder = folder

    def said(self) -> str:
        """What it has written to stderr so far."""
        return self.folder.joinpath("err").read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        """Send it a signal; its process is there until `wait` has returned."""
        os.kill(self.pid, number)

    def is_halted(self) -> bool:
        """Whether it has stopped at its point."""
        state = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return state == "T"

    def has_ended(self) -> bool:
        """Whether it has ended, one way or another."""
        state = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return state == "Z"

    def wait(self) -> Ended:
        """Wait for its end."""
        code = self.caw.ask({"wait": self.pid})["code"]
        words = (self.folder.joinpath(name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        return Ended(code, *words)


class WarmCaw:
    """The process that forks; use it in a `with` block."""

    def __init__(self, folder: Path, lays_parsed: bool = True) -> None:
        self.folder = folder
        self.lays_parsed = lays_parsed  # what other runs have parsed, where a data dir has nothing parsed
        self.commands = 0
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "WarmCaw":
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_caw", str(Place.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "orchestration")]), "PYTHONUTF8": "1"},
            cwd=ROOT,
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One request and its answer."""
        assert self.process is not None and self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process that forks has ended"
        found: dict[str, Any] = json.loads(answer)
        return found

    def start(
        self,
        landing: Path,
        data_dir: Path,
        *options: str,
        point: Point | None = None,
        census: Path | None = None,
        environment: Mapping[str, str] | None = None,
        user: int | None = None,
        command: str = "run",
    ) -> Started:
        """Start `caw run`, or another command, on these folders.

        Args:
            landing: the landing zone.
            data_dir: the data dir.
            options: what else stands on the command line.
            point: where something happens to it.
            census: a file for the names of the points that it passes.
            environment: settings in addition to the command line's.
            user: the user to run it as, by number; this process's own where it is None.
            command: the command's name.
        """
        if self.lays_parsed:
            lay_parsed(data_dir)
        return self._start(
            [command, "--landing", str(landing), "--data-dir", str(data_dir), *options],
            landing=str(landing),
            data_dir=str(data_dir),
            point=point,
            census=census,
            environment=dict(environment or {}),
            user=user,
        )

    def run(self, landing: Path, data_dir: Path, *options: str, **named: Any) -> Ended:
        """`start`, and wait for the end."""
        ended = self.start(landing, data_dir, *options, **named).wait()
        keep_parsed(data_dir)
        return ended

    def command(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Ended:
        """Any command line, with these settings, in this folder."""
        return self._start(arguments, environment=dict(environment), working_folder=str(folder)).wait()

    def call(self, function: str, *arguments: str, **named: Any) -> Ended:
        """`begin`, and wait for the end."""
        return self.begin(function, *arguments, **named).wait()

    def begin(
        self,
        function: str,
        *arguments: str,
        point: Point | None = None,
        census: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Started:
        """Start a function of the tests instead of a command.

        Args:
            function: as `module:name`; what it returns is the exit code.
            arguments: its arguments; the first two are the landing zone and the data dir.
            point: where something happens to it.
            census: a file for the names of the points that it passes.
            environment: settings of its own.
        """
        landing, data_dir = arguments[:2]
        return self._start(
            arguments,
            function=function,
            landing=landing,
            data_dir=data_dir,
            point=point,
            census=census,
            environment=dict(environment or {}),
        )

    def _start(
        self, arguments: Sequence[str], point: Point | None = None, census: Path | None = None, **request: Any
    ) -> Started:
        self.commands += 1
        folder = self.folder / f"command-{self.commands}"
        folder.mkdir()
        for name in ("out", "err"):
            folder.joinpath(name).touch()
        request |= {"arguments": list(arguments), "folder": str(folder), "point": asdict(point) if point else None}
        request |= {"census": str(census) if census else None}
        return Started(self, self.ask(request)["pid"], folder)


@cache
def warm_caw() -> WarmCaw:
    """The one of this test process, which ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="warm-caw-"))
    caw = WarmCaw(folder).__enter__()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(caw.__exit__)
    return caw


def _parsed(kind: str) -> Path:
    """What runs have parsed, for the runs of other data dirs."""
    return shared(f"parsed_{kind}", lambda empty: None)


def keep_parsed(data_dir: Path, kind: str = "shipped") -> None:
    """Keep what a run has parsed; `load_project` knows by its name whether it may be used."""
    kept = _parsed(kind)
    for project in data_dir.glob("target/project-*"):
        if not (kept / project.name).exists():
            draft = kept / f".{project.name}-{os.getpid()}"
            shutil.copytree(project, draft)
            with suppress(OSError):  # another process kept the same
                draft.rename(kept / project.name)


def lay_parsed(data_dir: Path, kind: str = "shipped") -> None:
    """Give a data dir that has no parsed project those that other runs have parsed: ten seconds less for its first run."""
    if not (data_dir / "target").exists():
        for project in _parsed(kind).glob("project-*"):
            shutil.copytree(project, data_dir / "target" / project.name)


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Fork a child for each command that is asked for, until there are no more requests."""
    gc.disable()
    for name in WARMED_UP:
        __import__(name)
    gc.freeze()  # else each command looks through all of it, which one that imports what it needs does not have
    atexit.register(gc.unfreeze)  # else libraries complain at the end that their objects were never given back
    gc.enable()
    children: set[int] = set()
    while line := requests.readline():
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            children.discard(request["wait"])
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                _become(request)
            children.add(pid)
            answer = {"pid": pid}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _become(request: Mapping[str, Any]) -> NoReturn:
    """Be the command, to its end."""
    from caw.host.leaving import ending_at_once
    from caw_dagster.cli import main
    from tests.support.sudden_ends import install, point_of

    for number, name in ((0, os.devnull), (1, "out"), (2, "err")):
        path = os.path.join(request["folder"], name)  # noqa: PTH118 - an absolute name stays as it is
        os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT), number)
    os.environ.update(request["environment"])
    if request.get("user") is not None:
        os.setgroups([])
        os.setgid(request["user"])
        os.setuid(request["user"])
    if "working_folder" in request:
        os.chdir(request["working_folder"])
    else:
        census = Path(request["census"]) if request["census"] else None
        install(point_of(request["point"]), Path(request["landing"]), Path(request["data_dir"]), census)
    if "function" in request:
        module, _, name = request["function"].partition(":")
        sys.exit(getattr(import_module(module), name)(*request["arguments"]))
    sys.exit(ending_at_once(lambda: main(request["arguments"])))


if __name__ == "__main__":
    from tests.support.node_macros import find_macros_quickly

    keep_templates(Path(sys.argv[1]))
    find_macros_quickly()
    serve(sys.stdin, sys.stdout)
