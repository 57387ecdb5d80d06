"""A copy in the data dir of what models read of a raw store that lies elsewhere, for an engine that reads files.

An erasure replaces objects under their names, so that a name does not say what is in an object: the copy notes which
version of its object each file is, by all that the storage says of it (ETag, time, size). What is gone or is another
version leaves the copy before anything comes into it. The notes are written last: where a copy died before them, the
next one takes the files in question again. An erasure removes the copy, as the warehouse (erasure/run.py).
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from caw.feeds.declared import feeds
from caw.host import atomic
from caw.limits import MIB
from caw.raw_store.objects import LocalObjects
from caw.raw_store.remote import RemoteObjects
from caw.raw_store.store import GIVEN_WAY, LEDGERS

NOTES = "versions.json"  # the version of each file, by its name
FILES = "raw"
HISTORY = "history/"
BYTES_AT_ONCE = 8 * MIB


def mirrored(objects: RemoteObjects, folder: Path) -> Path:
    """Bring the copy up to date, and return the folder of its files; the caller holds the data dir's lock.

    Args:
        objects: the raw store, which is prepared.
        folder: of the copy; it may be missing.

    Raises:
        Exception: of the storage's package, where it cannot be read; what was copied before stays.
    """
    here, notes = LocalObjects(folder / FILES), folder / NOTES
    there = {name: version for name, version in objects.versions().items() if _is_read(name)}
    known = {name: version for name, version in _read(notes).items() if there.get(name) == version}
    here.remove(name for name in here.list() if name not in known)
    try:
        for name in sorted(there.keys() - set(here.list())):
            with objects.read(name) as source, here.put_once(name, replaces=True) as target:
                shutil.copyfileobj(source, target, BYTES_AT_ONCE)
            known[name] = there[name]
    finally:
        atomic.write(notes, json.dumps(known))
    return here.root


def _is_read(name: str) -> bool:
    """Whether models read an object: lines, ledgers and history, but nothing of what erasure keeps, such as its key."""
    folder = name.partition("/")[0]
    return name == GIVEN_WAY or name.startswith((LEDGERS, HISTORY)) or folder in feeds()


def _read(notes: Path) -> Mapping[str, str]:
    """The notes; none where there are none, or where they cannot be read: then everything is copied again."""
    try:
        found = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
