"""Whatever the umask, what caw writes is its owner's alone, but for what is published."""

import os
import stat
from pathlib import Path

import dagster as dg
import pytest

from caw.host.permissions import READERS
from caw.settings import SettingsError, read_settings
from tests.orchestration.conftest import Warehouse


def modes(folder: Path) -> dict[str, int]:
    """The permissions of everything below a folder, links left out."""
    found = [path for path in folder.rglob("*") if not path.is_symlink()]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


@pytest.mark.parametrize(("umask", "readers"), [(0o000, "group"), (0o077, "all")])
def test_files_are_their_owner_s_alone_and_published_ones_their_readers(
    warehouse: Warehouse, umask: int, readers: str
) -> None:
    """Everybody on the machine reads what shoppers wrote; or BI tools, which are other users, cannot read the marts."""
    before = os.umask(umask)
    os.environ["CAW_READERS"] = readers
    try:
        data = warehouse.settings.data_dir
        data.chmod(0o777)  # as an older version left it
        earlier = modes(data)
        with dg.DagsterInstance.get() as instance:
            assert warehouse.run(instance).success
            warehouse.land("second.jsonl", '{"text": "hello"}')
            assert warehouse.run(instance).success
            assert warehouse.run(instance, as_of="2025-08-01").success
    finally:
        os.umask(before)
    found = modes(data)
    expected = READERS[readers]
    assert stat.S_IMODE(data.stat().st_mode) == expected.way
    published = {name: mode for name, mode in found.items() if name.split("/")[0] == "published"}
    assert {"published/marts.duckdb", "published/as_of/2025-08-01T000000Z/marts.duckdb"} <= published.keys()
    wrong = {name: oct(mode) for name, mode in published.items()
             if mode != (expected.folder if (data / name).is_dir() else expected.file)}  # fmt: skip
    assert wrong == {}
    private = {name: mode for name, mode in found.items() if name not in published and "/" in name}
    wrong = {name: oct(mode) for name, mode in private.items()
             if mode & 0o077 and name not in earlier and not name.startswith(("dagster/", "target/"))}  # fmt: skip
    assert wrong == {}
    assert {name for name in ("warehouse.duckdb", "raw", "state", "dagster", "target") if found[name] & 0o077} == set()


def test_an_unknown_kind_of_readers_is_said(clean_environment: None) -> None:
    with pytest.raises(SettingsError, match="owner, group, all"):
        read_settings({"CAW_READERS": "world"})
