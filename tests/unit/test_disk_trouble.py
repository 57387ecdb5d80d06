"""A full or failing disk is reported in words for a person, whichever library met it; other failures keep their own."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from caw.feeds.declared import SEEDS_DIR
from caw.host.disk_trouble import FAILING, FULL, READ_ONLY, explained
from caw_dagster import cli

DIVERTED = """
import sys
from pathlib import Path
from caw.host.terminal import diverted_output
with diverted_output(Path(sys.argv[1])) as terminal:
    sys.stdout.write("meant for the log")
    terminal.write("for a person\\n")
print("after")
"""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "whatever it is called"), FULL),
        (OSError(errno.EROFS, "whatever it is called"), READ_ONLY),
        (duckdb.IOException('Could not write file "x": No space left on device'), FULL),
        (sqlite3.OperationalError("database or disk is full"), FULL),
        (sqlite3.OperationalError("disk I/O error"), FAILING),
        (sqlite3.OperationalError("attempt to write a readonly database"), READ_ONLY),
        (OSError(errno.EACCES, "Permission denied"), "as it is"),
        (ValueError("wrong"), "as it is"),
    ],
)
def test_each_librarys_words_become_ours(error: Exception, expected: str) -> None:
    assert explained("as it is", error) == expected


def test_a_cause_behind_the_failure_is_found() -> None:
    """Dagster and SQLAlchemy raise their own errors from the one that says it."""
    try:
        try:
            raise OSError(errno.ENOSPC, "full")
        except OSError as full:
            raise RuntimeError("a step failed") from full
    except RuntimeError as failure:
        assert explained("a step failed", failure) == FULL


def test_words_alone_tell_it_where_the_error_is_gone() -> None:
    """dbt and Dagster hand on texts."""
    assert explained("dbt build failed: 1 of its nodes, first x: IO Error: No space left on device") == FULL


def test_an_operating_systems_error_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stack of calls on the terminal when the data dir's first file cannot be written."""

    def refuse(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("caw_dagster.commands.run.prepare_instance", refuse)
    (tmp_path / "landing").mkdir()
    assert cli.main(["run", "--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]) == 1
    assert capsys.readouterr().err == f"caw: {FULL}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_what_the_log_takes_no_more_does_not_come_up_on_the_terminal(tmp_path: Path) -> None:
    """The log's disk is full: what was held back for it is not for a person, and no reason to stop."""
    (tmp_path / "caw.log").symlink_to("/dev/full")
    ended = subprocess.run(
        [sys.executable, "-c", DIVERTED, str(tmp_path / "caw.log")],
        capture_output=True,
        text=True,
        cwd=SEEDS_DIR.parent,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # what is written at once is not held back
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "after\n", "for a person\n")
