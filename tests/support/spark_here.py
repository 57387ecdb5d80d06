"""Apache Spark for `make test`: Java, and an environment with pyspark, set up where that asks nobody anything.

pyspark has 430 MB, and is no part of the environment that all other tests run in.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from caw.feeds.declared import PROJECT_ROOT
from tests.support.apt import install, may_install
from tests.support.shared import Place

PACKAGE = "openjdk-17-jre-headless"
LEAST_JAVA = 17
ROOT = PROJECT_ROOT
ENVIRONMENT = ROOT / ".venv-spark"
SECONDS = 300  # that pyspark may take to be fetched and installed
LEFT_OUT = "CAW_TEST_WITHOUT_SPARK"  # set it to anything, and nothing is installed
WITHOUT = "skipped: the models on Apache Spark, "


class NoSpark(Exception):
    """Spark cannot run here; the message says why, in a line."""


def spark_python() -> Path:
    """Python of the environment with pyspark.

    Raises:
        NoSpark: there is none, and none can be set up.
    """
    if os.environ.get(LEFT_OUT):
        raise NoSpark(f"{WITHOUT}since {LEFT_OUT} is set")
    if java_version() < LEAST_JAVA and may_install():
        install(PACKAGE)
    if java_version() < LEAST_JAVA:
        raise NoSpark(f"{WITHOUT}which needs Java {LEAST_JAVA} or later, and there is no apt-get that may install it")
    if not _made():
        raise NoSpark(f"{WITHOUT}since pyspark could not be installed within {SECONDS} seconds: `make spark` says why")
    return ENVIRONMENT / "bin" / "python"


def java_version() -> int:
    """The major version of the Java that Spark would take; 0 where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    said = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr if java else ""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def _made() -> bool:
    """Whether the environment is there, as its lock has it."""
    command = ["make", "-s", f"{ENVIRONMENT.name}/.done", f"PYTHON={quote(sys.executable)}"]  # a shell reads it
    process = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        return process.wait(SECONDS) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":  # what takes a minute, next to other environments and before the tests
    with TemporaryDirectory() as folder, suppress(NoSpark):
        Place.folder = Path(folder)
        spark_python()
