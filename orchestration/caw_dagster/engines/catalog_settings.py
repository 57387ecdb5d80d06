"""The settings of a publication in Spark's catalog, and what a data dir remembers of it (spec §14.4).

What is published there stays until caw, or somebody, removes it; so a data dir notes the prefix that it has published
by, and a run with another one, or with none, stops before it begins.
"""

import hashlib
import os
import re
from pathlib import Path

from caw.engine import CATALOG, CATALOG_PREFIX, published_prefix
from caw.host import atomic
from caw.publication.catalog_only import check_is_published
from caw.settings import Settings, SettingsError
from caw_dagster.engines.catalog_statements import Place
from caw_dagster.engines.spark_remote import CONNECT, REMOTE, is_connect

PREFIX, FORMAT = CATALOG_PREFIX, "CAW_SPARK_TABLE_FORMAT"
FORMATS = ("parquet", "delta", "iceberg")


def prefix() -> str | None:
    """The beginning of the schemas' names; None where nothing is published in a catalog."""
    return os.environ.get(PREFIX) or None


def place_of(settings: Settings) -> Place:
    """The schemas of this data dir in a catalog; its owner is a hash, since Spark hides what looks like a URL."""
    path = str(settings.data_dir)
    owner = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Place(prefix() or "", owner, f"Published by caw of the data dir {path}.", _format())


def note(settings: Settings) -> Path:
    """The file in which the data dir's state has the prefix that it has published by."""
    return settings.data_dir / CATALOG


def remember(settings: Settings, place: Place) -> None:
    """Note the prefix, by one rename; the caller holds the data dir's lock."""
    if published_prefix(settings.data_dir) is None:
        atomic.write(note(settings), place.prefix)


def check(settings: Settings, address: str | None) -> None:
    """Whether the settings name a catalog that a run can publish in.

    Args:
        settings: whose data dir.
        address: of Spark.

    Raises:
        SettingsError: they do not, or what was published by other ones would stay.
    """
    wanted, known = prefix(), published_prefix(settings.data_dir)
    if known is not None and wanted != known:
        raise SettingsError(
            f"This data dir has published in a catalog, with {PREFIX}={known}: set that again. To stop, or to take "
            f"another prefix, drop the schemas there whose names begin with {known}, which nobody else will, and "
            f"remove {note(settings)}."
        )
    if wanted is not None:
        _check(wanted, address)
    check_is_published(in_catalog=wanted is not None)


def _check(wanted: str, address: str | None) -> None:
    if re.fullmatch("[a-z][a-z0-9_]{0,39}", wanted) is None:
        raise SettingsError(
            f"{PREFIX}={wanted!r} begins no schema's name: write up to 40 small letters, digits and _, a letter first."
        )
    if _format() not in FORMATS:
        raise SettingsError(f"{FORMAT}={_format()!r} is not one of {', '.join(FORMATS)}, as which tables are written.")
    if not is_connect(address):
        raise SettingsError(
            f"{PREFIX} needs a server of Spark Connect, whose catalog outlasts a run: set {REMOTE}={CONNECT}host:port, "
            f"or leave {PREFIX} unset."
        )


def _format() -> str:
    return os.environ.get(FORMAT) or FORMATS[0]
