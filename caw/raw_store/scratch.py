"""Scratch folders of workers, in which their lines wait for the commit, and the locks of the sources that they read.

A scratch folder is named after the first of its worker's sources; who holds that source's lock may use it. One whose
lock is free was left by a worker that died. What does not belong here: what a worker does (ingest/worker.py).
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from caw.host.locks import Holder, Waiting, exclusive, tried
from caw.raw_store.objects import LocalObjects

SCRATCH = "ingesting"  # below the data dir


@contextmanager
def reading_alone(data_dir: Path, sources: Sequence[str], holder: Holder, on_wait: Waiting) -> Iterator[LocalObjects]:
    """Hold the locks of these sources, and give an empty scratch folder, which is removed afterwards.

    Raises:
        OSError: the data dir cannot be written.
    """
    ordered = sorted(sources)  # two workers that share sources wait for each other, and neither for ever
    with ExitStack() as held:
        for source in ordered:
            held.enter_context(exclusive(_lock(data_dir, source), holder, on_wait))
        folder = data_dir / SCRATCH / ordered[0]
        shutil.rmtree(folder, ignore_errors=True)
        try:
            yield LocalObjects(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(data_dir: Path) -> None:
    """Remove what workers that died have read: it may hold lines of people who are forgotten since."""
    root = data_dir / SCRATCH
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        with tried(_lock(data_dir, folder.name)) as is_free:
            if is_free:
                shutil.rmtree(folder, ignore_errors=True)


def _lock(data_dir: Path, source: str) -> Path:
    folder = data_dir / "state" / SCRATCH
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{source}.lock"
