"""Parquet: each row is the JSON object of its columns (contract 1).

A timestamp with a zone is an instant and ends in Z; one without stands as local time, for staging to place. Nulls,
and NaN, which is how pandas writes a missing number, are absent fields.
"""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.ingest.feeds import Feed
from orchestration.ingest.lexical import NotJson, Number, dump, parse, quote
from orchestration.ingest.limits import Limits
from orchestration.ingest.lines import Lines, UnreadableFile
from orchestration.ingest.readers.verdicts import Row, lines_of_rows

BATCH_ROWS = 8192


def read(path: Path, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a Parquet file batch by batch.

    A row with an infinite number is `not_json`; one with a binary or text that is no UTF-8 is `not_utf8`.

    Raises:
        UnreadableFile: the file is broken, unpacks beyond `limits.unpacked` bytes, has over `limits.columns` columns,
            or a field of the feed twice.
        OSError: the file cannot be opened or read.
    """
    with path.open("rb") as binary:
        try:
            table = pq.ParquetFile(binary)
            _check(table, feed, limits)
            yield from lines_of_rows(_rows(table), feed, limits)
        except (pa.ArrowException, ValueError, OverflowError, RecursionError) as error:
            raise UnreadableFile(_reason(error)) from None
        except OSError as error:
            if error.errno is not None:  # the system's own; Arrow reports broken files as OSError too
                raise
            raise UnreadableFile(_reason(error)) from None


def _reason(error: Exception) -> str:
    return f"broken Parquet ({type(error).__name__})"  # Arrow's text may quote the file's content


def _check(table: pq.ParquetFile, feed: Feed, limits: Limits) -> None:
    names = table.schema_arrow.names
    if len(names) > limits.columns:
        raise UnreadableFile(f"the file has {len(names)} columns; the limit is {limits.columns}")
    repeated = sorted({name for name in names if name in feed.kinds and names.count(name) > 1})
    if repeated:
        raise UnreadableFile(f"the file has a column twice: {', '.join(repeated)}")
    unpacked = sum(table.metadata.row_group(group).total_byte_size for group in range(table.metadata.num_row_groups))
    if unpacked > limits.unpacked:
        raise UnreadableFile(f"the file unpacks to more than {limits.unpacked} bytes, which is the limit")


def _rows(table: pq.ParquetFile) -> Iterator[Row]:
    for batch in table.iter_batches(batch_size=BATCH_ROWS):
        keys = [f"{quote(name)}:" for name in batch.schema.names]
        columns = [_json_texts(column) for column in batch.columns]
        for values in zip(*columns, strict=True) if columns else [()] * batch.num_rows:
            members = [key + value for key, value in zip(keys, values, strict=True) if value is not None]
            yield Row("{" + ",".join(members) + "}")


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
