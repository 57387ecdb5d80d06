"""A standalone cluster and a server of Spark Connect on this machine's loopback, each of processes that end with a block."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE = 120  # seconds until a process listens
TO_END = 10  # seconds that it has until it is killed
FOR_FEW_ROWS = {"spark.sql.shuffle.partitions": "2", "spark.driver.memory": "3g", "spark.ui.enabled": "false"}
STACK = {f"spark.{side}.extraJavaOptions": "-Xss32m -XX:+UseSerialGC" for side in ("driver", "executor")}


@dataclass(frozen=True)
class Cluster:
    """A master, and workers of one core each."""

    address: str
    workers: Sequence["subprocess.Popen[bytes]"]


@contextmanager
def cluster(folder: Path, workers: int, memory: str = "2g") -> Iterator[Cluster]:
    """A standalone cluster whose workers have one core and so much memory each; its processes write into the folder."""
    port = free_port()
    address = f"spark://{LOOPBACK}:{port}"
    deploy, here = "org.apache.spark.deploy", ("--host", LOOPBACK)
    with ExitStack() as stack:
        master = _of_spark(
            "bin/spark-class", f"{deploy}.master.Master", *here, "--port", str(port), "--webui-port", "0"
        )
        stack.enter_context(_running(master, folder / "master", port))
        started = []
        for number in range(workers):
            place, own = folder / f"worker-{number}", free_port()
            worker = _of_spark("bin/spark-class", f"{deploy}.worker.Worker", *here, "--port", str(own), "--cores", "1")
            worker += ["--memory", memory, "--webui-port", "0", "--work-dir", str(place / "work"), address]
            started.append(stack.enter_context(_running(worker, place, own)))
        yield Cluster(address, started)


@contextmanager
def connect_server(folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """A server of Spark Connect, started as the documentation says; its address.

    Args:
        folder: for what its process writes.
        settings: given to it besides those for few rows.
    """
    port = free_port()
    given = {**FOR_FEW_ROWS, "spark.master": "local[2]", "spark.connect.grpc.binding.port": str(port), **settings}
    options = [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
    server = _of_spark("sbin/start-connect-server.sh", "--wait", *options)
    with _running(server, folder, port):
        yield f"sc://{LOOPBACK}:{port}"


def metastore(folder: Path) -> dict[str, str]:
    """Settings of a server whose catalog outlasts it: Hive's, embedded, with all that it has in the folder."""
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }


def spark_defaults(folder: Path, settings: Mapping[str, str] = FOR_FEW_ROWS) -> dict[str, str]:
    """The environment in which a session takes the settings, those for few rows or others, as a spark-defaults.conf."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (f"{name} {value}\n" for name, value in {**settings, "spark.driver.host": LOOPBACK}.items())
    (folder / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    return {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": LOOPBACK}


def killed(process: "subprocess.Popen[bytes]") -> None:
    """A process and those that it has started, dead without a word."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ended(process: "subprocess.Popen[bytes]") -> None:
    """A process that has ended those that it has started, or else all of them killed."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(TO_END)
    with suppress(ProcessLookupError):
        killed(process)


def free_port() -> int:
    """A port of the loopback on which nothing listens."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        port: int = one.getsockname()[1]
    return port


def _of_spark(*words: str) -> list[str]:
    home = Path(import_module("pyspark").__file__ or "").parent
    return ["bash", str(home / words[0]), *words[1:]]


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own, from when it listens until the block ends."""
    folder.mkdir(parents=True)
    own = {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_LOG_DIR": str(folder), "SPARK_PID_DIR": str(folder)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **own}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_it_listens(process, port, folder / "output")
        yield process
    finally:
        if process.poll() is None:
            ended(process)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, output: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(output.read_text(encoding="utf-8", errors="replace")[-3000:])
