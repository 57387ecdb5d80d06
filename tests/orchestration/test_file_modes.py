"""Who may read what a run writes is the umask's word, and nobody else's."""

import os
import stat
from pathlib import Path

import dagster as dg
import pytest

from tests.orchestration.conftest import Warehouse

KEYS = "erasure"  # the folder of raw/ whose key only its owner may read, whatever the umask


def modes(folder: Path) -> dict[str, int]:
    """The permissions of everything below a folder, links left out."""
    found = [path for path in folder.rglob("*") if not path.is_symlink() and KEYS not in path.relative_to(folder).parts]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


@pytest.mark.parametrize("umask", [0o027, 0o077], ids=["group may read", "owner only"])
def test_files_are_as_open_as_the_umask_says(warehouse: Warehouse, umask: int) -> None:
    """Temporary files are made for their owner alone, and copies keep the mode of what they copy: both would stay so."""
    before = os.umask(umask)
    try:
        data = warehouse.settings.data_dir
        earlier = modes(data)
        with dg.DagsterInstance.get() as instance:
            assert warehouse.run(instance).success
            warehouse.land("second.jsonl", '{"text": "hello"}')
            assert warehouse.run(instance).success
            assert warehouse.run(instance, as_of="2025-08-01").success
        found = {name: mode for name, mode in modes(data).items() if name not in earlier}
    finally:
        os.umask(before)
    assert {"warehouse.duckdb", "published/marts.duckdb"} <= found.keys()
    expected = {name: (0o777 if (data / name).is_dir() else 0o666) & ~umask for name in found}
    assert {name: oct(mode) for name, mode in found.items() if mode != expected[name]} == {}
