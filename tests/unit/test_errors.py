"""What an error may say: its kind and place, and nothing that the database or the system quotes of the data."""

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from types import SimpleNamespace
from unittest.mock import Mock, patch

import dagster as dg
import duckdb
import pytest
from dbt.cli.main import dbtRunnerResult

from caw.formats.lines import UnreadableFile
from caw.settings import SettingsError, read_settings
from caw_dagster import cli
from caw_dagster.dbt.build import is_interrupted
from caw_dagster.errors import HINT, described, of_dbt, sanitized

DATA = Path("/data")
MINUTES = "select count(*) from range(10_000_000_000) where hash(range) = 0"  # in small steps
RUNTIME = "Runtime Error in model m (models/m.sql)\n  "


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (RUNTIME + "Conversion Error: Could not convert string 'Ann' to INT32\n\nLINE 1: ...", "Conversion Error"),
        (RUNTIME + 'Constraint Error: Duplicate key "email: a@b.c" violates', "Constraint Error"),
        (RUNTIME + "Invalid Input Error: Ann", "Invalid Input Error"),
        (RUNTIME + "something new about Ann", "it failed"),
        (RUNTIME + "something new about Ann Error: Ann", "it failed"),
        (RUNTIME + "Conversion Error: Could not convert string 'IO Error: Ann' to INT32", "Conversion Error"),
        ("Database Error in test t (t.yml)\n  Out of Range Error: Ann", "Out of Range Error"),
    ],
)
def test_of_a_database_error_only_the_kind_is_shown(message: str, shown: str) -> None:
    assert of_dbt(message) == f"{shown} ({HINT})"


@pytest.mark.parametrize(
    "message",
    [
        "Got 2 results, configured to fail if != 0",
        "Compilation Error in model m\n  a number of times is a whole number from 0, not x",
        RUNTIME + 'Binder Error: Referenced column "x" not found',
        RUNTIME + "Out of Memory Error: failed to allocate 1.0 GiB",
        RUNTIME + 'IO Error: Could not set lock on file "/data/warehouse.duckdb"',
    ],
)
def test_what_is_about_the_project_or_the_machine_is_reported_whole(message: str) -> None:
    """It takes these words to mend anything, and they quote no data."""
    assert of_dbt(message) == " ".join(message.split())


def test_a_seed_s_fault_is_reported_whole() -> None:
    """Seeds are settings: the value that cannot be read is what must be changed."""
    message = RUNTIME + "Conversion Error: Could not convert string 'two' to INT32"
    assert of_dbt(message, about_seed=True).endswith("'two' to INT32")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/raw/x"), "No space left on device: /data/raw/x"),
        (PermissionError(errno.EACCES, "Permission denied", "/landing/Ann.jsonl"), "Permission denied"),
        (UnreadableFile("truncated"), "truncated"),
        (duckdb.ConversionException("Conversion Error: Ann"), f"Conversion Error ({HINT})"),
        (KeyError("Ann"), f"KeyError ({HINT})"),
    ],
)
def test_other_errors_name_files_of_the_data_dir_alone(error: Exception, shown: str) -> None:
    assert described(error, DATA) == shown


def test_whoever_asks_for_values_gets_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAW_SHOW_VALUES", "1")
    assert described(KeyError("Ann"), DATA) == "KeyError: 'Ann'"
    assert of_dbt("something about Ann") == "something about Ann"


def test_the_switch_takes_two_values() -> None:
    """`CAW_SHOW_VALUES=false` must not show them."""
    with pytest.raises(SettingsError, match="neither 0 nor 1"):
        read_settings({"CAW_SHOW_VALUES": "false"})


@contextmanager
def interrupted_soon() -> Iterator[None]:
    """Ctrl-C while the block works; by another signal, as a worker of the tests may ignore that one."""
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    with duckdb.connect() as connection:
        connection.sql("select 1").fetchall()  # what it loads at its first query, no signal may end
    timer = Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        yield
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def query_of_minutes() -> None:
    """By one thread: of several, the one that gets the signal would wait until the other has ended the query."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.sql(MINUTES).fetchall()


def test_ctrl_c_in_a_step_s_query_is_no_failure_of_the_step() -> None:
    """DuckDB raises a RuntimeError then: the run would count as failed, and the doctor would call somebody."""
    with interrupted_soon(), pytest.raises(KeyboardInterrupt), sanitized(DATA):
        query_of_minutes()


def test_ctrl_c_in_a_command_s_query_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """As in `caw report` or `caw explain`: a traceback."""
    command = Mock(main=lambda _: query_of_minutes())
    with interrupted_soon(), patch.object(cli, "import_module", return_value=command):
        assert cli.main(["report"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "caw: interrupted; the next run takes up what this one left\n"


def test_ctrl_c_in_a_command_of_its_own_is_the_same_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with patch.object(cli, "import_module", return_value=Mock(main=Mock(side_effect=KeyboardInterrupt))):
        assert cli.main(["report"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "caw: interrupted; the next run takes up what this one left\n"


def test_another_error_of_a_step_stays_one() -> None:
    with pytest.raises(dg.Failure, match="RuntimeError"), sanitized(DATA):
        raise RuntimeError("Query interrupted by Ann")


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("caw.on-run-start.0 failed, error:\n Query interrupted", True),
        ("Runtime Error\n  Conversion Error: 'Query interrupted'", False),
        ("Query interrupted\n  by Ann", False),
        (None, False),
    ],
)
def test_ctrl_c_before_dbt_s_first_model_is_no_failure_of_a_hook(said: str | None, is_one: bool) -> None:
    """dbt catches what DuckDB raises in its own thread: the run counted as failed, and the doctor called somebody."""
    hook = SimpleNamespace(status="error", message=said, node=SimpleNamespace(name="hook"))
    outcome = dbtRunnerResult(success=False, result=SimpleNamespace(results=[hook]))  # type: ignore[arg-type]
    assert is_interrupted(outcome) is is_one
