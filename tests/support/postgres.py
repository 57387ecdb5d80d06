"""A Postgres server for a test: on a loopback port, in a temporary folder, ended with the test."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.apt import install, may_install

PASSWORD = "s3cret-of-the-test"
WITHOUT = "skipped: the export against a real Postgres, which needs root, and apt-get or an installed server"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, installed by apt where there is none; None where no server can be started."""
    if os.geteuid() != 0:
        return None
    if _found() is None and may_install():
        install("postgresql")
    return _found()


def _found() -> Path | None:
    with suppress(KeyError):
        pwd.getpwnam("postgres")
        return next(
            (one.parent for one in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None
        )
    return None


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """The address of a running server, with its password."""
    folder = Path(tempfile.mkdtemp(prefix="caw-pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    shutil.chown(folder, "postgres")
    shutil.chown(folder / "password", "postgres")
    data = str(folder / "data")
    options = f"-p {port} -k {folder} -h 127.0.0.1 -F"

    def run(*command: str) -> None:
        subprocess.run(
            command, user="postgres", cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    try:
        initdb = (str(binaries / "initdb"), "-D", data, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256")
        run(*initdb, f"--pwfile={folder / 'password'}")
        run(str(binaries / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start")
        yield f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
