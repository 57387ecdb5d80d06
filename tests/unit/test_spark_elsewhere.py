"""What a run asks of a Spark that is elsewhere before it builds there, and the error about each that falls short."""

import os
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from traceback import format_exception
from typing import Any

import grpc
import jinja2
import pytest
import yaml

from caw.engine import SPARK
from caw.feeds.declared import DBT_PROJECT_DIR
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.dbt.project import load_project
from caw_dagster.engines import engine_named, spark_remote
from caw_dagster.engines.spark_remote import REMOTE, addressed, check_answer, check_reach, check_session
from caw_dagster.engines.spark_session import options_of, spark_session

STACKS = {f"spark.{side}.extraJavaOptions": "-ea -Xss32m" for side in ("driver", "executor")}
ANSI = {"spark.sql.ansi.enabled": "true"}


class Server:
    """A session's version and settings; it is its own `conf`."""

    def __init__(self, settings: Mapping[str, str], version: str = "4.3.0") -> None:
        self.conf, self.settings, self.version = self, settings, version

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.settings.get(name, default)


class Files:
    """A Spark that does one thing with the file that it is asked to copy; it is its own `read` and `write`."""

    def __init__(self, answer: Any) -> None:
        self.read, self.write, self.answer, self.asked = self, self, answer, ""

    def text(self, place: str) -> "Files":
        if self.asked:
            self.answer(Path(self.asked.removeprefix("file://")), Path(place.removeprefix("file://")))
        self.asked = place
        return self


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    given = {"CAW_LANDING_DIR": str(tmp_path / "landing"), "CAW_DATA_DIR": str(tmp_path / "data")}
    return read_settings(given, engine=SPARK)


def test_a_place_of_another_kind_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A master of another kind that runs where nobody has looked; and an address whose token is said."""
    monkeypatch.setattr("caw_dagster.engines.on_spark.shutil.which", lambda name: name)
    monkeypatch.setattr("caw_dagster.engines.on_spark.find_spec", lambda name: name)
    for place in ("sc://server:15002/;token=secret", "spark://master:7077"):
        monkeypatch.setenv(REMOTE, place)
        engine_named(SPARK).check(settings)
    monkeypatch.setenv(REMOTE, "k8s://secret")
    with pytest.raises(SettingsError, match=f"{REMOTE} is neither sc://") as refused:
        engine_named(SPARK).check(settings)
    assert "secret" not in str(refused.value)


def test_each_kind_of_place_needs_its_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java that is asked for where a server has it, or packages of Spark Connect that are missed amid a run."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("caw_dagster.engines.on_spark.shutil.which", lambda name: None)
    there = {"pyspark", "dbt.adapters.spark", "grpc_status"}
    monkeypatch.setattr("caw_dagster.engines.on_spark.find_spec", lambda name: name if name in there else None)
    monkeypatch.setenv(REMOTE, "sc://server")
    engine_named(SPARK).check(settings)
    monkeypatch.setenv(REMOTE, "spark://master:7077")
    with pytest.raises(SettingsError, match="Java 17"):
        engine_named(SPARK).check(settings)
    there.remove("grpc_status")
    monkeypatch.setenv(REMOTE, "sc://server")
    with pytest.raises(SettingsError, match="Spark Connect is not installed"):
        engine_named(SPARK).check(settings)


def test_what_a_driver_alone_can_have_is_given_to_no_server(settings: Settings) -> None:
    """A server's memory or catalog that a session seems to set; a cluster whose master is this machine."""
    connect = options_of(settings, Path("tables"), "sc://server")
    assert {name for name in connect if not name.startswith("spark.sql.")} == set()
    assert "spark.sql.catalogImplementation" not in connect
    cluster = options_of(settings, Path("tables"), "spark://master:7077")
    assert cluster["spark.master"] == "spark://master:7077"
    assert "-Xss32m" in cluster["spark.executor.extraJavaOptions"]
    assert cluster["spark.sql.ansi.enabled"] == connect["spark.sql.ansi.enabled"] == "true"


def test_a_cluster_has_its_own_number_of_parts_unless_rows_are_few(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark's 200 tasks a stage over some rows, or a large cluster on which two tasks do everything."""
    parts = "spark.sql.shuffle.partitions"
    assert options_of(settings, Path("tables"), "spark://master:7077")[parts] == "2"
    monkeypatch.setattr("caw_dagster.engines.spark_session.FEW", -1)
    assert parts not in options_of(settings, Path("tables"), "spark://master:7077")


@pytest.mark.parametrize(
    ("given", "threads"),
    [
        ({}, "2"),
        ({"CAW_THREADS": "8", REMOTE: "spark://master:7077"}, "2"),
        ({"CAW_THREADS": "1"}, "1"),
        ({REMOTE: "sc://server"}, "1"),
    ],
)
def test_two_statements_run_at_a_time_where_that_was_tried(given: Mapping[str, str], threads: str) -> None:
    """A driver that plans as many statements as there are cores, and a server's session that two threads share."""
    profiles = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    templates = jinja2.Environment(autoescape=True)
    templates.filters["as_number"] = int
    template = templates.from_string(profiles["caw"]["outputs"]["spark"]["threads"])
    assert template.render(env_var=given.get) == threads


def test_a_server_is_taken_that_has_what_statements_need() -> None:
    """A refusal of the server that docs/engines.md tells to start."""
    check_session(Server(ANSI | STACKS | {"spark.master": "spark://master:7077"}), ANSI)
    check_session(Server(ANSI | STACKS | {"spark.master": "local[*]", "spark.executor.extraJavaOptions": ""}), ANSI)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (Server(ANSI | STACKS, "3.5.9"), "3.5.9: 4.3 or later"),
        (Server({"spark.sql.ansi.enabled": "false"} | STACKS), "set spark.sql.ansi.enabled"),
        (Server(ANSI | {"spark.master": "local[2]"}), "spark.driver.extraJavaOptions=-Xss32m"),
        (Server(ANSI | STACKS | {"spark.driver.extraJavaOptions": "-Xss31m"}), "spark.driver.extraJavaOptions"),
        (Server(ANSI | STACKS | {"spark.executor.extraJavaOptions": "-Xmx8g"}), "spark.executor.extraJavaOptions"),
    ],
    ids=["version", "setting", "no stack", "small stack", "executors"],
)
def test_a_server_that_lacks_something_is_named_with_it(server: Server, says: str) -> None:
    """Numbers without ANSI that overflow in silence, and a stack that ends amid a statement."""
    with pytest.raises(SettingsError, match=says):
        check_session(server, ANSI)


def copied(asked: Path, answered: Path) -> None:
    """As Spark does it: a part in a folder."""
    answered.mkdir()
    (answered / "part-0.txt").write_bytes((asked / "token.txt").read_bytes() + b"\n")


def kept_elsewhere(asked: Path, answered: Path) -> None:
    """A worker whose disk is its own: the driver finds no part."""
    answered.mkdir()


def failed(asked: Path, answered: Path) -> None:
    """A driver that finds no such file."""
    raise RuntimeError("PATH_NOT_FOUND")


def test_a_data_dir_that_workers_reach_is_taken_and_left_as_it_was(tmp_path: Path) -> None:
    """A token that stays among the tables."""
    check_reach(Files(copied), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", [kept_elsewhere, failed])
def test_a_data_dir_that_workers_do_not_reach_is_refused(tmp_path: Path, answer: Any) -> None:
    """Tables of which each worker keeps its own part."""
    with pytest.raises(SettingsError, match="all have under that path"):
        check_reach(Files(answer), tmp_path)
    assert list(tmp_path.iterdir()) == []


class Pyspark:
    """A pyspark that gives no session; it is each of its own parts."""

    def __getattr__(self, _: str) -> "Pyspark":
        return self

    def __call__(self, *_: str) -> "Pyspark":
        return self

    def getOrCreate(self) -> None:  # noqa: N802 - pyspark's name
        raise ValueError("Parameter 'token=secret==' should be provided as a key-value pair")


def test_a_server_that_gives_no_session_is_reported_without_its_address(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token in the run's log: pyspark quotes an address that it cannot read."""
    monkeypatch.setattr("caw_dagster.engines.spark_session.import_module", lambda _: Pyspark())
    monkeypatch.setattr("caw_dagster.engines.spark_session.check_answer", lambda _: None)
    with (
        pytest.raises(SettingsError, match="gives no session") as refused,
        spark_session(settings, tmp_path, [], "sc://server/;token=secret=="),
    ):
        pass
    assert "secret" not in "".join(format_exception(refused.value))


class Channels:
    """pyspark's client, whose channels lead where the address says."""

    def DefaultChannelBuilder(self, place: str) -> "Channels":  # noqa: N802 - pyspark's name
        self.toChannel = lambda: grpc.insecure_channel(place.removeprefix("sc://"))
        return self


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library of Spark Connect, without pyspark; and a second to answer."""
    modules = {"grpc": grpc, "pyspark.sql.connect.client": Channels()}
    monkeypatch.setattr(spark_remote, "import_module", modules.__getitem__)
    monkeypatch.setattr(spark_remote, "ANSWER_SECONDS", 1)


def test_a_server_or_a_master_that_runs_is_asked_for_a_session(channels: None) -> None:
    """A refusal of what runs: a server; a master; the second of two, while the first stands still."""
    server = grpc.server(ThreadPoolExecutor())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        for place in (f"sc://127.0.0.1:{port}", f"spark://127.0.0.1:{port}", f"spark://127.0.0.1:1,127.0.0.1:{port}"):
            check_answer(place)
    finally:
        server.stop(None)
    check_answer(None)


@pytest.mark.parametrize(
    "address", ["sc://127.0.0.1:{}", "spark://127.0.0.1:{}", "spark://127.0.0.1:{},[::1]:{}", "spark://localhost"]
)
def test_a_place_at_which_nothing_answers_is_reported_in_a_sentence(channels: None, address: str) -> None:
    """A run that holds its lock for the ten minutes in which pyspark tries again."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(SettingsError, match=f"Nothing answers at {REMOTE}") as refused:
            check_answer(address.replace("{}", str(bound.getsockname()[1])))
    assert "127.0.0.1" not in str(refused.value)


def test_pysparks_own_address_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local run that builds on a server of somebody's shell, or a second session that is the first one's."""
    monkeypatch.setenv("SPARK_REMOTE", "sc://somebody")
    monkeypatch.delenv("SPARK_CONNECT_MODE_ENABLED", raising=False)
    with addressed(None):
        assert "SPARK_REMOTE" not in os.environ
    with addressed("sc://server"):
        assert os.environ["SPARK_REMOTE"] == "sc://server"
        os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"  # pyspark's
    assert os.environ["SPARK_REMOTE"] == "sc://somebody"
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ


def test_spark_reads_seeds_in_the_data_dir(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that do not have the folder in which caw is installed."""
    monkeypatch.setattr("caw_dagster.dbt.project.parse", lambda directory, folder, engine: folder.mkdir())
    monkeypatch.setattr("caw_dagster.dbt.parsing.metadata.version", lambda name: "1")
    project = load_project(settings, DBT_PROJECT_DIR)
    assert project.directory.is_relative_to(settings.data_dir)
    assert (project.directory.parent / "seeds" / "word_aliases.csv").is_file()
