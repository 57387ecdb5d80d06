"""A process that reads Parquet: rows as the JSON objects of their columns (contract 1), within a fixed memory.

A timestamp with a zone is an instant and ends in Z; one without stands as local time, for staging to place. Nulls,
and NaN, which is how pandas writes a missing number, are absent fields.

A few bytes of Parquet may stand for any amount of memory, in more ways than can be looked for beforehand (pages,
dictionaries, shared prefixes, levels), and a broken file may end the library that reads it. So a process of its own
reads, under a limit of the kernel's; parquet_table.py asks it, and takes its end for an answer. It is asked on stdin, a
JSON object a line, and answers on stdout, a line a row: what the line is says its first byte (see `Answer`).
"""

import hashlib
import json
import math
import resource
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.ingest.lexical import NotJson, Number, dump, parse, quote

BATCH_ROWS = (1024, 16, 1)  # the next where the one before takes too much memory
BUFFER = 64 * 1024  # bytes read at once of each column


class Answer:
    """The first byte of an answer's line."""

    ROW = b"R"  # and the row's text
    LARGE = b"L"  # and length, sha256 and the first bytes of a row that is too large
    END = b"E"
    UNREADABLE = b"U"  # and the reason
    REFUSED = b"O"  # and the number of the system's error


class Refused(Exception):
    """The file must not be read; the message says why."""


def serve(requests: IO[str], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
        answers.write(_answered(request, answers) + b"\n")
        answers.flush()


def _answered(request: Mapping[str, Any], answers: IO[bytes]) -> bytes:
    """Answer with a file's rows; how it ended."""
    try:
        with Path(request["path"]).open("rb") as binary:
            for row in _rows(binary, request):
                answers.write(_line_of(row, request["line"], request["kept"]))
    except Refused as reason:
        return Answer.UNREADABLE + str(reason).encode()
    except MemoryError:
        words = f"reading it takes more than {request['memory']} bytes of memory, which is the limit"
        return Answer.UNREADABLE + words.encode()
    except OSError as error:
        if error.errno:  # the system's own; Arrow reports broken files as OSError too
            return Answer.REFUSED + str(error.errno).encode()
        return Answer.UNREADABLE + _reason(error)
    except (pa.ArrowException, ValueError, OverflowError, RecursionError) as error:
        return Answer.UNREADABLE + _reason(error)
    return Answer.END


def _reason(error: Exception) -> bytes:
    return f"broken Parquet ({type(error).__name__})".encode()  # Arrow's text may quote the file's content


def _line_of(text: str, most: int, kept: int) -> bytes:
    row = text.encode("utf-8", "surrogateescape")
    if len(row) <= most:
        return Answer.ROW + row + b"\n"
    return Answer.LARGE + f"{len(row)} {hashlib.sha256(row).hexdigest()} ".encode() + row[:kept] + b"\n"


def _check(table: pq.ParquetFile, request: Mapping[str, Any]) -> None:
    names = table.schema_arrow.names
    if len(names) > request["columns"]:
        raise Refused(f"the file has {len(names)} columns; the limit is {request['columns']}")
    repeated = sorted({name for name in names if name in request["fields"] and names.count(name) > 1})
    if repeated:
        raise Refused(f"the file has a column twice: {', '.join(repeated)}")
    unpacked = sum(table.metadata.row_group(group).total_byte_size for group in range(table.metadata.num_row_groups))
    if unpacked > request["unpacked"]:
        raise Refused(f"the file unpacks to more than {request['unpacked']} bytes, which is the limit")


def _rows(binary: IO[bytes], request: Mapping[str, Any]) -> Iterator[str]:
    """All rows, in batches that memory allows.

    Raises:
        Refused: for a reason that is known before it is read, or because its rows are larger than a file may unpack to.
    """
    done = size = 0
    for batch_rows in BATCH_ROWS:
        binary.seek(0)
        table = pq.ParquetFile(binary, pre_buffer=False, buffer_size=BUFFER)
        _check(table, request)
        try:
            for text in _rows_after(done, table, batch_rows):
                done += 1
                size += len(text)
                if size > request["unpacked"]:
                    raise Refused(f"the file unpacks to more than {request['unpacked']} bytes, which is the limit")
                yield text
            return
        except MemoryError:
            if batch_rows == BATCH_ROWS[-1]:
                raise


def _rows_after(done: int, table: pq.ParquetFile, batch_rows: int) -> Iterator[str]:
    """The rows behind the first `done` ones."""
    for batch in table.iter_batches(batch_size=batch_rows, use_threads=False):
        if done >= batch.num_rows:
            done -= batch.num_rows
            continue
        rest, done = batch.slice(done), 0
        keys = [f"{quote(name)}:" for name in rest.schema.names]
        columns = [_json_texts(column) for column in rest.columns]
        for values in zip(*columns, strict=True) if columns else [()] * rest.num_rows:
            members = [key + value for key, value in zip(keys, values, strict=True) if value is not None]
            yield "{" + ",".join(members) + "}"


def _json_texts(array: pa.Array) -> list[str | None]:
    """A column's values as JSON text; None is an absent field."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _json_texts(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _json_texts(pc.run_end_decode(array))
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json":
        return [None if text is None else _document(text) for text in array.storage.to_pylist()]
    if pa.types.is_timestamp(kind):
        return [None if text is None else f'"{text}"' for text in _instants(array).to_pylist()]
    if pa.types.is_date(kind):
        return [None if text is None else f'"{text}"' for text in pc.strftime(array, "%Y-%m-%d").to_pylist()]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        # The shortest decimal of a narrow float: 0.1, not the 0.10000000149011612 of the double nearest to it.
        values = [None if value is None else float(str(np.float32(value))) for value in array.to_pylist()]
    else:
        values = _checked(array).to_pylist(maps_as_pydicts="lossy")  # of repeated keys the last, as everywhere
    return [None if _is_absent(value) else dump(_tree(value)) for value in values]


def _instants(array: pa.TimestampArray) -> pa.StringArray:
    if array.type.tz is None:
        return pc.strftime(array, "%Y-%m-%dT%H:%M:%S")
    return pc.strftime(array.cast(pa.timestamp(array.type.unit, "UTC")), "%Y-%m-%dT%H:%M:%SZ")


def _document(text: str) -> str:
    try:
        return dump(parse(text))
    except NotJson:
        return quote(text)


def _checked(array: pa.Array) -> pa.Array:
    """The array, its texts as bytes if any of them is no UTF-8; whoever writes Parquet may not have looked."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return array.cast(_with_bytes(array.type))
    return array


def _with_bytes(kind: pa.DataType) -> pa.DataType:
    """The same type with binary in the place of text."""
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return pa.binary()
    if pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_with_bytes(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_with_bytes(kind.value_type)))
    return kind


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _tree(value: Any) -> Any:
    """A value as `lexical.dump` writes it; bytes that are no UTF-8 become lone surrogates, which spoil the row."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {str(_tree(name)): _tree(item) for name, item in value.items() if not _is_absent(item)}
    if isinstance(value, list):
        return [None if _is_absent(item) else _tree(item) for item in value]
    if isinstance(value, float):
        # `Infinity` is no JSON, and so the row is refused when it is judged.
        return Number(repr(value).replace("inf", "Infinity"))
    if isinstance(value, int):
        return Number(value)
    if isinstance(value, Decimal):
        return Number(format(value, "f"))
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z" if value.tzinfo else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


if __name__ == "__main__":
    pa.set_memory_pool(pa.system_memory_pool())  # gives memory back, so that one file's does not count for the next
    serve(sys.stdin, sys.stdout.buffer)
