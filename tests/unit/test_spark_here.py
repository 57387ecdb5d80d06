"""`make test` on a machine without Java, apt or a network: one line says that Spark is left out, and nobody is asked."""

import os
import select
from pathlib import Path

import pytest

from tests.support import apt, spark_here
from tests.support.patience import PATIENCE_SECONDS
from tests.support.spark_here import LEFT_OUT, WITHOUT, NoSpark, java_version, spark_python


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only programs are those that a test puts into this folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("JAVA_HOME", LEFT_OUT):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    """A program of this name that a shell runs."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    (folder / name).chmod(0o755)


def java(folder: Path, version: str) -> None:
    """A Java that says its version, as every Java does, on the second stream."""
    program(folder, "java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")


def why() -> str:
    """What is said in place of Spark."""
    with pytest.raises(NoSpark) as left_out:
        spark_python()
    return str(left_out.value)


def test_a_machine_without_java_and_apt_is_reported_in_a_line(bare: Path) -> None:
    """A suite that fails on somebody's laptop."""
    assert why() == f"{WITHOUT}which needs Java 17 or later, and there is no apt-get that may install it"


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("1.8.0_402", 8), ("21", 21)])
def test_the_version_of_java_is_its_first_number(bare: Path, version: str, major: int) -> None:
    """A Java 8, which says 1.8, that is taken for what Spark needs."""
    assert java_version() == 0
    java(bare, version)
    assert java_version() == major


def test_a_java_home_is_what_spark_takes(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails under the JAVA_HOME of another project."""
    java(bare, "17.0.1")
    (bare / "old" / "bin").mkdir(parents=True)
    java(bare / "old" / "bin", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(bare / "old"))
    assert java_version() == 11


def test_nothing_is_installed_by_who_may_not(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is asked for amid the tests."""
    program(bare, "apt-get", f"echo >> {bare / 'asked'}")
    program(bare, "sudo", "[ $1 = -n ] && exit 1")
    monkeypatch.setattr(apt.os, "geteuid", lambda: 1000)
    assert "no apt-get that may install it" in why()
    assert not (bare / "asked").exists()


def test_java_is_installed_where_nobody_is_asked(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of packages that are fetched again and again, or an environment that is made without a Java."""
    said = bare / "said"
    program(bare, "env", 'shift; exec "$@"')
    program(bare, "timeout", 'shift; exec "$@"')
    program(
        bare,
        "apt-get",
        f'echo "$*" >> {said}; case "$*" in *--no-download*) printf "#!/bin/sh\\necho \'version \\"17.0.1\\"\' >&2" > {bare}/java; /bin/chmod +x {bare}/java;; esac',
    )
    monkeypatch.setattr(apt.os, "geteuid", lambda: 0)
    monkeypatch.setattr(spark_here, "_made", lambda: True)
    assert spark_python() == spark_here.ENVIRONMENT / "bin" / "python"
    calls = said.read_text(encoding="utf-8").splitlines()
    assert [call.split()[-1] for call in calls] == ["update", "--download-only", "--no-download"]
    assert all(spark_here.PACKAGE in call for call in calls[1:])


def test_an_environment_that_is_not_made_in_time_is_reported_in_a_line(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suite that waits for a mirror, or leaves pip behind when it has waited long enough."""
    java(bare, "17.0.1")
    os.mkfifo(bare / "held")
    reader = os.open(bare / "held", os.O_RDONLY | os.O_NONBLOCK)
    program(bare, "make", f"/bin/sleep 1000 > {bare / 'held'} & wait")
    monkeypatch.setattr(spark_here, "SECONDS", 1)
    assert why() == f"{WITHOUT}since pyspark could not be installed within 1 seconds: `make spark` says why"
    assert select.select([reader], [], [], PATIENCE_SECONDS)[0]  # nobody holds it any more
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_who_wants_no_spark_gets_none(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """430 MB on a train."""
    java(bare, "17.0.1")
    monkeypatch.setenv(LEFT_OUT, "1")
    assert why() == f"{WITHOUT}since {LEFT_OUT} is set"
