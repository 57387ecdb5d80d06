"""Parquet files whole: those that cannot be read, encrypted ones, limits, large rows in windows (spec §1.3)."""

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet import encryption

from caw.feeds.declared import feeds
from caw.formats import parquet_table, reader_for
from caw.formats.lines import FileToRead, UnreadableFile
from caw.limits import DEFAULT_LIMITS, MIB
from tests.support.parquet_rows import loose, read_file


def test_rows_are_numbered_across_row_groups_and_chunks(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": [str(number) for number in range(100)]}), path, row_group_size=7)
    rows = read_file(path, replace(DEFAULT_LIMITS, chunk=50))
    assert [row[0] for row in rows] == list(range(1, 101))
    assert rows[99][1] == '{"order_id":"99"}'
    pq.write_table(pa.table({"order_id": pa.array([], pa.string())}), path)
    assert read_file(path) == []


def test_broken_files_are_unreadable_and_missing_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": ["secret-content"] * 1000}), path, compression="zstd")
    whole = path.read_bytes()
    for broken in (b"", b"PAR1", whole[:-1], whole[:50], whole[:4] + b"\xff" * 60 + whole[64:], b"x" * 1000):
        path.write_bytes(broken)
        with pytest.raises(UnreadableFile) as caught:
            read_file(path)
        assert "secret" not in str(caught.value)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "gone.parquet")


class KeysInThePlain(encryption.KmsClient):  # type: ignore[misc]  # pyarrow has no types
    """Keys of a test, kept next to what they lock."""

    def wrap_key(self, key: bytes, _: str) -> bytes:
        """The key as text."""
        return base64.b64encode(key)


@pytest.mark.parametrize("plaintext_footer", [False, True])
def test_an_encrypted_file_is_called_that(tmp_path: Path, plaintext_footer: bool) -> None:
    """Whoever reads "broken" writes the file again, as it was."""
    path = tmp_path / "f.parquet"
    table = pa.table({"order_id": ["1"], "placed_at": ["2026-06-30T08:00:00Z"]})
    ways = encryption.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["order_id"]}, plaintext_footer=plaintext_footer
    )
    factory = encryption.CryptoFactory(lambda _: KeysInThePlain())
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), ways)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    with pytest.raises(UnreadableFile, match="encrypted Parquet; write it without encryption"):
        read_file(path)


@pytest.mark.parametrize("name", ["file_row_number", "File_Row_Number"])
def test_a_column_with_the_name_that_the_reader_gives_fails_with_what_to_do(tmp_path: Path, name: str) -> None:
    """DuckDB's own refusal says neither which column nor why."""
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": ["1"], name: [1]}), path)
    with pytest.raises(UnreadableFile, match="a column is called file_row_number; rename it"):
        read_file(path)


def test_limits_and_repeated_fields(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table([pa.array([None, 1]), pa.array([2, 3])], names=["total", "Total "]), path)
    assert [row[1] for row in read_file(path)] == ['{"total":2}', '{"total":1}'], "the first with a value"
    pq.write_table(pa.table({"a": ["x" * 100], "b": ["y"]}), path)
    for limits in (replace(DEFAULT_LIMITS, columns=1), replace(DEFAULT_LIMITS, unpacked=10)):
        with pytest.raises(UnreadableFile, match="limit"):
            read_file(path, limits)
    assert read_file(path, replace(DEFAULT_LIMITS, line=50))[0][3] == "too_large"


def test_a_file_without_a_required_column_fails_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"order_id": [1], "created": ["x"]}), path)
    reader = reader_for(path.name)
    assert reader is not None
    with pytest.raises(UnreadableFile, match='placed_at; the nearest column is "'):
        list(reader(FileToRead.at(path), feeds()["orders"], DEFAULT_LIMITS))


def large_texts(path: Path, columns: int, rows: int = 100_000) -> None:
    """A file as DuckDB writes it: one row group, and of each column one page of 500 bytes a row."""
    texts = ", ".join(f"hash(i + {at})::varchar || repeat('{at}', 500) as c{at}" for at in range(columns))
    duckdb.sql(f"copy (select i as order_id, {texts} from range({rows}) t(i)) to '{path}' (compression zstd)")


def test_files_as_duckdb_writes_them_are_read(tmp_path: Path) -> None:
    """It gives each column one page, of 40 MB and more: of many such columns no two need fit into the memory together.

    Here a page has 10 MB, and the memory is as much smaller than in a run.
    """
    path = tmp_path / "f.parquet"
    large_texts(path, 8, 20_000)
    reader = reader_for(path.name)
    assert reader is not None
    rows = 0
    for lines in reader(FileToRead.at(path), loose("orders"), replace(DEFAULT_LIMITS, parquet=64 * MIB)):
        first = json.loads(lines.validate().raw_text[0].as_py())
        assert (first["order_id"], len(first["c5"])) == (rows, len(str(first["c5"])))
        rows += lines.total
    assert rows == 20_000


def test_large_rows_are_read_in_windows_and_none_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_table, "STREAMED", 4_000_000)
    monkeypatch.setattr(parquet_table, "WINDOW", 300_000)
    monkeypatch.setattr(parquet_table, "AT_ONCE", 100)
    path = tmp_path / "f.parquet"
    # 6 MB in each of the first two blocks of 2048 rows, and little in the last
    names = [f"{number:05d}" + "x" * (number % 7 * 1000 * (number < 4096)) for number in range(5000)]
    spoilt = pa.array([b"\xff" if number == 3210 else b"a" for number in range(5000)]).cast(pa.binary())
    bad = pa.Array.from_buffers(pa.string(), 5000, spoilt.buffers())
    for table in (pa.table({"order_id": names}), pa.table({"order_id": names, "note": bad})):
        pq.write_table(table, path, row_group_size=1700)
        rows = read_file(path)
        assert [row[0] for row in rows] == list(range(1, 5001))
        assert [json.loads(row[1])["order_id"] for row in rows if row[3] is None] == [
            name for number, name in enumerate(names) if number != 3210 or table.num_columns == 1
        ]


@pytest.mark.parametrize("cores", [1, 2, 8, 32])
def test_how_many_processors_a_machine_has_decides_nothing(tmp_path: Path, cores: int) -> None:
    """Libraries take memory for each processor when they are loaded: with five no file could be read once."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    shim = tmp_path / "cores.c"
    shim.write_text(CORES)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", tmp_path / "cores.so", shim], check=True)
    pq.write_table(pa.table({"order_id": ["a", "b"], "placed_at": ["2026-01-01", "x"]}), tmp_path / "f.parquet")
    ended = subprocess.run(
        [sys.executable, "-c", READING, str(tmp_path / "f.parquet")],
        env={**os.environ, "LD_PRELOAD": str(tmp_path / "cores.so"), "CORES": str(cores)},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"cores": cores, "rows": 2, "threads": 1, "memory": "256.0 MiB"}


CORES = """
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static long cores(void) { return atol(getenv("CORES")); }
long sysconf(int name) {
    extern long __sysconf(int);
    return name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF ? cores() : __sysconf(name);
}
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    memset(set, 0, size);
    for (long at = 0; at < cores() && at < (long)size * 8; at++) CPU_SET(at, set);
    return 0;
}
"""
READING = """
import json, os, sys
from pathlib import Path
from caw.formats import parquet_table
from caw.feeds.declared import feeds
from caw.limits import DEFAULT_LIMITS, MIB
from caw.formats.lines import FileToRead
rows = sum(x.total for x in parquet_table.read(FileToRead.at(Path(sys.argv[1])), feeds()["orders"], DEFAULT_LIMITS))
with parquet_table._connection(DEFAULT_LIMITS) as one:
    [(threads, memory)] = one.sql("select current_setting('threads'), current_setting('memory_limit')").fetchall()
print(json.dumps({"cores": os.cpu_count(), "rows": rows, "threads": threads, "memory": memory}))
"""
