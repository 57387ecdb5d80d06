"""Parquet: each row is the JSON object of its columns (spec §1.7).

DuckDB reads, on one thread and within a fixed memory, whatever the machine has. A few bytes of Parquet may unpack
to any amount of memory, in more ways than can be looked for beforehand (pages, dictionaries, levels): what DuckDB
itself allocates it counts, and what it gives is cut into windows of rows whose size it has measured before. How a value
becomes text is in parquet_values.py.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from caw.feeds.declared import Feed
from caw.formats.columns import Table
from caw.formats.lines import FileToRead, Lines, UnreadableFile
from caw.formats.parquet_values import json_texts
from caw.formats.validated import Row, lines_of_rows
from caw.limits import MIB, Limits

BLOCK = 2048  # rows: what DuckDB gives at once, whatever they hold
STREAMED = 48 * MIB  # of a block's values: up to this rows are taken as they come
WINDOW = 16 * MIB  # of values, beyond that: a window's rows are looked for from the start of their row group
AT_ONCE = 64 * 1024  # values made texts at once, whatever the number of columns
FIXED = 64  # bytes that any value takes while it is made a text

OPTIONS = "hive_partitioning = false, file_row_number = true, int96_as = 'struct'"
ROW_NUMBER = "file_row_number"  # the column that the options add
ENCRYPTED = "encrypted Parquet; write it without encryption"
NOT_FOR_DUCKDB = (duckdb.InvalidInputException, duckdb.ConversionException)

T = TypeVar("T")


def read(file: FileToRead, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a Parquet file window by window.

    A row with an infinite number is `not_json`; one with a binary or text that is no UTF-8 is `not_utf8`.

    Raises:
        UnreadableFile: the file is broken, unpacks beyond `limits.unpacked` bytes, takes more memory than
            `limits.parquet`, has a row over `limits.row` bytes or over `limits.columns` columns, or lacks a field that
            the feed requires.
        OSError: the file cannot be opened or read.
    """
    with file.path.open("rb") as binary:  # for the system's own reasons, and the magic: DuckDB's words name the path
        magic = binary.read(4)
    if magic != b"PAR1":
        raise UnreadableFile(ENCRYPTED if magic == b"PARE" else "broken Parquet (it does not begin as one)")
    yield from lines_of_rows(_rows(file, feed, limits), feed, limits)


def _rows(file: FileToRead, feed: Feed, limits: Limits) -> Iterator[Row]:
    try:
        with _connection(limits) as connection:
            scan = _Scan.of(connection, file, limits)
            table = Table(scan.file_names, feed, file)
            for batch in _slices(scan.batches()):
                columns = zip(table.columns, batch.columns, scan.int96, strict=True)
                texts = [json_texts(values, column, is_utc) for column, values, is_utc in columns]
                for values in zip(*texts, strict=True) if texts else [()] * batch.num_rows:
                    yield Row(table.text(values))
    except duckdb.OutOfMemoryException:
        words = (
            f"a part of it unpacks to more memory than {limits.parquet} bytes, which is the limit; write smaller pages"
        )
        raise UnreadableFile(words) from None
    except (duckdb.Error, pa.ArrowException, ValueError, OverflowError, RecursionError) as error:
        if "File is encrypted" in str(error):
            raise UnreadableFile(ENCRYPTED) from None
        raise UnreadableFile(f"broken Parquet ({type(error).__name__})") from None  # their text may quote the content


def _slices(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for batch in batches:
        rows = max(AT_ONCE // max(batch.num_columns, 1), 1)
        yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _connection(limits: Limits) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{limits.parquet}B",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("set timezone = 'UTC'")
    return connection


@dataclass
class _Scan:
    """One file's rows, as DuckDB reads them.

    Attributes:
        names: the columns as DuckDB names them, each once.
        file_names: the same as the file names them; some may have one name.
        sizes: per column, SQL that gives the bytes that a value has besides its fixed ones.
        int96: per column, whether its instants are INT96, which are UTC whatever the source's zone.
    """

    connection: duckdb.DuckDBPyConnection
    relation: str
    names: list[str]
    file_names: list[str]
    sizes: list[str]
    int96: list[bool]
    rows: int
    file: FileToRead
    limits: Limits

    @staticmethod
    def of(connection: duckdb.DuckDBPyConnection, file: FileToRead, limits: Limits) -> "_Scan":
        """Look at the file's schema; raises UnreadableFile and what DuckDB raises."""
        path = _text(str(file.path))
        schema = connection.execute(f"select name, type, num_children from parquet_schema({path})").fetchall()
        columns = _top_level(schema)
        if len(columns) > limits.columns:
            raise UnreadableFile(f"the file has {len(columns)} columns; the limit is {limits.columns}")
        if any(name.lower() == ROW_NUMBER for name, _ in columns):
            raise UnreadableFile(f"a column is called {ROW_NUMBER}; rename it")
        relation = f"read_parquet({path}, {OPTIONS})"
        described = connection.sql(f"from {relation}")
        names, types = described.columns[:-1], described.types[:-1]
        [rows] = connection.execute(f"select count(*) from {relation}").fetchone() or (0,)
        sizes = [_size(_name(name), kind) for name, kind in zip(names, types, strict=True)]
        file_names, int96 = [name for name, _ in columns], [is_int96 for _, is_int96 in columns]
        return _Scan(connection, relation, names, file_names, sizes, int96, rows, file, limits)

    def batches(self) -> Iterator[pa.Table]:
        """All rows, some at a time: as they come while all are small, else by windows of rows that were measured."""
        blocks = self._sizes(f"file_row_number // {BLOCK}", 0, self.rows)
        if sum(blocks) > self.limits.unpacked:
            raise UnreadableFile(f"the file unpacks to more than {self.limits.unpacked} bytes, which is the limit")
        done = 0
        try:
            if max(blocks, default=0) <= STREAMED:
                for batch in self._stream():
                    yield batch
                    done += batch.num_rows
                return
        except duckdb.OutOfMemoryException:
            pass  # all columns' pages at once are too much
        except NOT_FOR_DUCKDB:
            yield from self._other_reader(blocks, done)
            return
        for first, last in self._windows(blocks, done):
            try:
                batch = self._window(self.names, first, last)
            except NOT_FOR_DUCKDB:
                yield from self._other_reader(blocks, first)
                return
            yield batch

    def _other_reader(self, blocks: Sequence[int], done: int) -> Iterator[pa.Table]:
        """The rows behind the first `done` ones, by Arrow: texts that are no UTF-8, and instants beyond DuckDB's.

        DuckDB has been through the file's pages before, and found them within its memory.
        """
        rows = BLOCK if max(blocks) <= STREAMED else 1
        file = pq.ParquetFile(self.file.path, pre_buffer=False, buffer_size=MIB, coerce_int96_timestamp_unit="us")
        for batch in file.iter_batches(rows, use_threads=False):
            if done >= batch.num_rows:
                done -= batch.num_rows
                continue
            yield pa.Table.from_arrays(batch.slice(done).columns, names=self.names)
            done = 0

    def _stream(self) -> Iterator[pa.Table]:
        names = ", ".join(map(_name, self.names))
        reader = self.connection.sql(f"select {names or 'file_row_number'} from {self.relation}").to_arrow_reader(BLOCK)
        for batch in reader:
            yield pa.Table.from_batches([batch if names else batch.select([])])

    def _windows(self, blocks: Sequence[int], done: int) -> Iterator[tuple[int, int]]:
        """First and last row of each window behind the first `done` rows."""
        first, size = done, 0
        for row, weight in self._weights(blocks):
            if row < done:
                continue
            if size + weight > WINDOW and first < row:
                yield first, row - 1
                first, size = row, 0
            size += weight
        if first < self.rows:
            yield first, self.rows - 1

    def _weights(self, blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The rows at which a window may begin, with the size up to the next one: large blocks are measured by row."""
        fixed = FIXED * len(self.names)
        large = [at for at, block in enumerate(blocks) if block > STREAMED]
        start = large[0] * BLOCK if large else 0
        by_row = self._sizes("file_row_number", start, (large[-1] + 1) * BLOCK) if large else []
        for at, block in enumerate(blocks):
            first = at * BLOCK
            if block <= STREAMED:
                yield first, block + BLOCK * fixed
                continue
            for row in range(first, min(first + BLOCK, self.rows)):
                size = by_row[row - start]
                if size > self.limits.row:
                    raise UnreadableFile(f"a row takes more memory than {self.limits.row} bytes, which is the limit")
                yield row, size + fixed

    def _sizes(self, group: str, start: int, end: int) -> list[int]:
        """The bytes of the rows' values besides their fixed ones, by group."""
        relation = self.relation.replace(OPTIONS, f"{OPTIONS}, utf8_validation = 'replace'")

        def of(sizes: list[str]) -> dict[int, int]:
            query = f"""
                select {group}, sum({_sum(sizes)})::bigint
                from {relation}
                where file_row_number >= {start} and file_row_number < {end}
                group by all
            """
            return dict(self.connection.execute(query).fetchall())

        def together(left: dict[int, int], right: dict[int, int]) -> dict[int, int]:
            return {key: size + right[key] for key, size in left.items()}

        found = _halved(of, [size for size in self.sizes if size != "0"] or ["0"], together)
        return [size for _, size in sorted(found.items())]

    def _window(self, names: list[str], first: int, last: int) -> pa.Table:
        def of(some: list[str]) -> pa.Table:
            columns = ", ".join(map(_name, some))
            query = f"select {columns} from {self.relation} where file_row_number between {first} and {last}"
            return self.connection.sql(query).to_arrow_table()

        def together(left: pa.Table, right: pa.Table) -> pa.Table:
            for name in right.column_names:
                left = left.append_column(name, right[name])
            return left

        return _halved(of, names, together)


def _halved(of: Callable[[list[str]], T], parts: list[str], together: Callable[[T, T], T]) -> T:
    """Results of a function on all columns at once, or on fewer where memory does not allow it."""
    try:
        return of(parts)
    except duckdb.OutOfMemoryException:
        if len(parts) == 1:
            raise
        middle = len(parts) // 2
        return together(_halved(of, parts[:middle], together), _halved(of, parts[middle:], together))


def _top_level(schema: Sequence[tuple[str, str | None, int | None]]) -> list[tuple[str, bool]]:
    """Name of each column, and whether it has INT96: the root's children, each of which comes before its own."""
    found: list[tuple[str, bool]] = []
    at = 1
    while at < len(schema):
        first = at
        pending = 1
        while pending and at < len(schema):
            pending += (schema[at][2] or 0) - 1
            at += 1
        found.append((schema[first][0], any(kind == "INT96" for _, kind, _ in schema[first:at])))
    return found


def _size(value: str, kind: Any, depth: int = 0) -> str:
    """SQL for the bytes that a value has besides its fixed ones; nothing is copied to measure it."""
    if kind.id in ("varchar", "blob"):
        return f"coalesce({'strlen' if kind.id == 'varchar' else 'octet_length'}({value}), 0)"
    if kind.id == "struct":
        return _sum(_size(f"{value}.{_name(name)}", inner, depth) for name, inner in kind.children)
    if kind.id == "map":
        (_, key), (_, item) = kind.children
        entry = _sum([_size(f"x{depth}.key", key, depth + 1), _size(f"x{depth}.value", item, depth + 1)])
        return _list_size(f"map_entries({value})", entry, depth)
    if kind.id in ("list", "array"):
        return _list_size(value, _size(f"x{depth}", kind.children[0][1], depth + 1), depth)
    return "0"


def _list_size(value: str, each: str, depth: int) -> str:
    fixed = f"{FIXED} * coalesce(len({value}), 0)"
    if each == "0":
        return f"({fixed})"
    return f"({fixed} + coalesce(list_sum(list_transform({value}, lambda x{depth}: {each})), 0))"


def _sum(sizes: Iterable[str]) -> str:
    return " + ".join(size for size in sizes if size != "0") or "0"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
