"""A raw store where an engine that reads files finds it: one elsewhere is copied into the data dir (spec §14.5)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from caw.engine import MIRROR
from caw.raw_store.mirror import mirrored
from caw.raw_store.remote import RemoteObjects
from caw.settings import Settings, SettingsError

RAW_STORE = "CAW_RAW_STORE"  # which dbt's macros read (macros/dialect/files.sql)


@contextmanager
def raw_store_here(settings: Settings) -> Iterator[Settings]:
    """The block in which a run's settings, and dbt's macros, have a raw store of files.

    Args:
        settings: whose raw store, which is prepared; the caller holds the data dir's lock.

    Raises:
        SettingsError: it is elsewhere, and cannot be copied.
    """
    objects, copy = settings.store().objects, settings.data_dir / MIRROR
    if not isinstance(objects, RemoteObjects):
        shutil.rmtree(copy, ignore_errors=True)  # of a store that was elsewhere
        yield settings
        return
    place = str(_copied(objects, copy))
    before = os.environ.get(RAW_STORE)
    os.environ[RAW_STORE] = place
    try:
        yield replace(settings, raw_store=place)
    finally:
        os.environ.pop(RAW_STORE)
        os.environ.update({} if before is None else {RAW_STORE: before})


def _copied(objects: RemoteObjects, copy: Path) -> Path:
    try:
        return mirrored(objects, copy)
    except Exception as refused:  # a storage's package raises what it likes, and may quote an address or a key
        raise SettingsError(
            f"The raw store {objects.place} could not be copied for Spark ({type(refused).__name__}): see whether it "
            f"answers, and whether the data dir has room for it; the next run goes on where this one stopped."
        ) from None
