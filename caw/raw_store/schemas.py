"""The columns of the raw store's tables: lines, ledgers, rows at which CSV files ended; and of the run's own row."""

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
LINE_SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("ingested_at", INSTANT),
        ("source", pa.string()),
        ("file_path", pa.string()),
        ("line_number", pa.int64()),
        ("raw_text", pa.string()),
        ("document", pa.string()),
        ("problem", pa.string()),
        ("is_erased", pa.bool_()),  # the line of a forgotten person, redacted (spec §6.2)
        ("erased_category", pa.string()),  # what the escalation's reason meant, before it went
        ("unknown_fields", pa.string()),  # JSON list of the members that no rule reads; null for none, or once erased
        ("editor_line", pa.int64()),  # where an editor shows a row of a CSV; null for other lines
    ]
)
FILE_SCHEMA = pa.schema(
    [
        ("file_path", pa.string()),
        ("source", pa.string()),
        ("feed", pa.string()),
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("batch_id", pa.string()),
        ("ingested_at", INSTANT),
        ("status", pa.string()),
        ("error", pa.string()),
        ("lines", pa.int64()),
        ("blank", pa.int64()),
    ]
)
RUN_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("as_of", INSTANT),
        ("parsing_fingerprint", pa.string()),
        ("by_clock", pa.bool_()),  # as_of is the clock's: none was given
        ("longest_id", pa.int64()),  # characters beyond which the models shorten an id (spec §2.0.2)
    ]
)
GIVEN_WAY_SCHEMA = pa.schema(
    [("batch_id", pa.string()), ("source", pa.string()), ("file_path", pa.string()), ("line_number", pa.int64())]
)
OPEN_ROW_SCHEMA = pa.schema(
    [
        *GIVEN_WAY_SCHEMA,
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("given_way_in", pa.string()),  # the batch that brought the version that goes on; null while there is none
    ]
)
