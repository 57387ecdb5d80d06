"""Spec §2.3: what a batch's lines are expanded into is all there, whenever the process died that derived it."""

import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caw.adapters.expansion import expand_pending
from caw.host import atomic
from caw.ingest.ingestion import ingest
from caw.raw_store.store import RawStore
from tests.support.dying import Died
from tests.support.forgetting import lines
from tests.support.project import SEEDS_DIR
from tests.support.toy_vendor import FEED, VERSIONS, registered

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


@registered()
def test_a_death_between_two_derived_files_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch whose records are not all there counts as expanded."""
    landing, data_dir = tmp_path / "landing", tmp_path / "data"
    (landing / "acme" / FEED).mkdir(parents=True)
    (landing / "acme" / FEED / "all.jsonl").write_bytes(lines(*VERSIONS))
    ingest(landing, data_dir, NOW, seeds=SEEDS_DIR)
    expanded, store = data_dir / "expanded", RawStore(data_dir)
    whole = {path.relative_to(expanded): path.read_bytes() for path in expanded.rglob("*") if path.is_file()}
    rename, names = atomic.rename, []
    shutil.rmtree(expanded)
    for deaths in itertools.count():
        left = [deaths]

        def dying(draft: Path, path: Path, left: list[int] = left) -> None:
            if left[0] == 0:
                names.append(path.name)
                raise Died
            left[0] -= 1
            rename(draft, path)

        monkeypatch.setattr(atomic, "rename", dying)
        try:
            expand_pending(store, SEEDS_DIR)
            break
        except Died:
            pass
        finally:
            monkeypatch.setattr(atomic, "rename", rename)
        expand_pending(store, SEEDS_DIR)
        found = {path.relative_to(expanded): path.read_bytes() for path in expanded.rglob("*") if path.is_file()}
        assert found == whole, names[-1]
        shutil.rmtree(expanded)
    assert len(names) == len(whole)
