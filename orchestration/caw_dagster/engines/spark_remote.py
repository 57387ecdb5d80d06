"""Spark elsewhere, as `CAW_SPARK_REMOTE` names it, and what must be true of it before a run builds there (spec §14.3).

`sc://host:port` is a server of Spark Connect: its process is another's, and its catalog outlives a run.
`spark://host:port` is the master of a standalone cluster, whose driver is of this process. Either reads and writes the
data dir by the path that this process has it under.
"""

import os
import re
import shutil
import socket
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from caw.limits import MIB
from caw.settings import SettingsError

REMOTE = "CAW_SPARK_REMOTE"
CONNECT, CLUSTER = "sc://", "spark://"
PYSPARKS = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")  # by which pyspark, and with it dbt's adapter, finds a server
ANSWER_SECONDS = 10  # that a server or a master has to answer: pyspark itself tries again for ten minutes
LEAST_VERSION = (4, 3)  # as of the extra `spark`
LEAST_STACK = 32 * MIB  # bytes: statements are nested deeply, and read and planned by recursion
OPTIONS = "extraJavaOptions"  # of spark.driver and spark.executor
STACK = re.compile(r"-Xss(\d+)([kmg]?)\b", re.IGNORECASE)
POWERS = {"": 0, "k": 10, "m": 20, "g": 30}  # of two, by Java's units


def remote() -> str | None:
    """The address of Spark; None for a session of this machine. It may hold a token: no message names it."""
    return os.environ.get(REMOTE) or None


def is_connect(place: str | None) -> bool:
    """Whether this is a server of Spark Connect."""
    return place is not None and place.startswith(CONNECT)


@contextmanager
def addressed(place: str | None) -> Iterator[None]:
    """The block in which a session of pyspark is one of this place, whatever the environment says besides."""
    before = {name: os.environ.pop(name, None) for name in PYSPARKS}
    if place is not None and is_connect(place):
        os.environ[PYSPARKS[0]] = place
    try:
        yield
    finally:
        for name in PYSPARKS:
            os.environ.pop(name, None)
        os.environ.update({name: value for name, value in before.items() if value is not None})


def check_answer(place: str | None) -> None:
    """Whether anything answers where Spark is: a run that waits for it holds its lock.

    Raises:
        SettingsError: nothing does.
    """
    if place is not None and not (_server_answers(place) if is_connect(place) else _master_answers(place)):
        raise SettingsError(
            f"Nothing answers at {REMOTE} within {ANSWER_SECONDS} seconds: start it, see whether host and port are "
            "right (a token asks for TLS), or leave it unset, and Spark runs in a session of this machine."
        )


def _server_answers(place: str) -> bool:
    """Whether a server of Spark Connect does, by way of whatever proxy and with the TLS that a session would have."""
    grpc = import_module("grpc")
    with closing(import_module("pyspark.sql.connect.client").DefaultChannelBuilder(place).toChannel()) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
        except grpc.FutureTimeoutError:
            return False
    return True


def _master_answers(place: str) -> bool:
    """Whether one of a cluster's masters does: there may be others that stand by."""
    for one in place.removeprefix(CLUSTER).split(","):
        host, _, port = one.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS):
                return True
        except (OSError, ValueError, OverflowError):  # the last two: no port
            continue
    return False


def check_session(session: Any, wanted: Mapping[str, str]) -> None:
    """Whether a server runs statements as they must be run.

    Args:
        session: of Spark Connect.
        wanted: settings that it was given, of which a server takes in silence what it takes.

    Raises:
        SettingsError: its version is older, a setting is another one, or its stack is too small.
    """
    version = tuple(int(part) for part in session.version.split(".")[:2])
    if version < LEAST_VERSION:
        raise SettingsError(f"The server of {REMOTE} is Spark {session.version}: 4.3 or later is needed.")
    others = [name for name, value in wanted.items() if session.conf.get(name) != value]
    if others:
        raise SettingsError(f"The server of {REMOTE} lets no session set {', '.join(others)}: it must.")
    sides = ["driver"] if session.conf.get("spark.master", "").startswith("local") else ["driver", "executor"]
    for setting in (f"spark.{side}.{OPTIONS}" for side in sides):
        stack = STACK.search(session.conf.get(setting, ""))
        if stack is None or int(stack[1]) << POWERS[stack[2].lower()] < LEAST_STACK:
            raise SettingsError(
                f"Start the server of {REMOTE} with --conf {setting}=-Xss32m: statements are nested deeply."
            )


def check_reach(session: Any, folder: Path) -> None:
    """Whether Spark's workers read and write a folder of the data dir, where this process sees what they write.

    Raises:
        SettingsError: they do not.
    """
    token, asked, answered = uuid.uuid4().hex, folder / "asked", folder / "answered"
    asked.mkdir()
    (asked / "token.txt").write_text(token, encoding="ascii")
    try:
        session.read.text(asked.as_uri()).write.text(answered.as_uri())
        words = [file.read_text(encoding="ascii").strip() for file in answered.glob("part-*")]
    except Exception as error:  # of the library, of its server or of Java: all say that it cannot
        raise SettingsError(_unreached(folder)) from error
    finally:
        shutil.rmtree(asked, ignore_errors=True)
        shutil.rmtree(answered, ignore_errors=True)
    if words != [token]:
        raise SettingsError(_unreached(folder))


def claim(session: Any, schemas: Collection[str], builds: Path) -> None:
    """Take schemas of a catalog that outlives its sessions; those that a dead build of this data dir left there go.

    Args:
        session: of Spark Connect.
        schemas: that a build makes.
        builds: the folder of this data dir's builds.

    Raises:
        SettingsError: a schema is somebody else's.
    """
    for schema in sorted(schemas):
        if session.catalog.databaseExists(schema):
            place = Path(url2pathname(urlsplit(session.catalog.getDatabase(schema).locationUri).path))
            if not place.is_relative_to(builds):
                raise SettingsError(
                    f"The server of {REMOTE} has a schema {schema} already, in {place}: one server builds for one data "
                    "dir at a time, and holds no tables of others. Drop that schema, or use another server."
                )
    give_back(session, schemas)


def give_back(session: Any, schemas: Collection[str]) -> None:
    """Drop schemas, with whatever files their tables still have where they were made."""
    for schema in schemas:
        session.sql(f"drop schema if exists {schema} cascade")


def _unreached(folder: Path) -> str:
    return (
        f"The Spark of {REMOTE} cannot read and write {folder.parent}: the data dir must lie on a file system that "
        "this machine, Spark's driver and its workers all have under that path, as a user who owns it."
    )
