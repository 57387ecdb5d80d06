"""Brings lines that an older version stored to the present columns.

What does not belong here: which format a store has (format.py), and walking through it (store.py).
"""

import pyarrow as pa
import pyarrow.compute as pc

from caw.feeds.declared import Feed
from caw.formats.prefilter import unknown_fields
from caw.formats.validated import members_of


def with_new_columns(lines: pa.Table, feed: Feed, schema: pa.Schema) -> pa.Table:
    """Lines of an older format in the present one's schema."""
    if "is_erased" not in lines.column_names:
        lines = lines.append_column("is_erased", pa.repeat(pa.scalar(False), lines.num_rows))
        lines = lines.append_column("erased_category", pa.nulls(lines.num_rows, pa.string()))
    if "unknown_fields" not in lines.column_names:
        lines = lines.append_column("unknown_fields", _unknown_fields(lines, feed))
    if "editor_line" not in lines.column_names:
        lines = lines.append_column("editor_line", pa.nulls(lines.num_rows, pa.int64()))
    return lines.cast(schema)


def _unknown_fields(lines: pa.Table, feed: Feed) -> pa.Array:
    members = members_of(feed)
    if members is None or lines.num_rows == 0:
        return pa.nulls(lines.num_rows, pa.string())
    texts = pc.coalesce(lines["document"], lines["raw_text"]).combine_chunks()
    is_readable = pc.and_(pc.is_null(lines["problem"]), pc.invert(lines["is_erased"])).combine_chunks()
    return pc.if_else(is_readable, unknown_fields(texts, members), pa.scalar(None, pa.string()))
