"""A published file's health tables, as small as a test needs them."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

LEDGER = """
create schema if not exists health;
create table health.ingestion_ledger (
    file_path varchar, source varchar, feed varchar, batch_id varchar, ingested_at timestamptz, status varchar,
    error varchar, lines bigint, blank bigint, accepted bigint, duplicates bigint, rejected bigint
);
create table health.rejected_records (
    file_path varchar, line_number bigint, source varchar, feed varchar, reason varchar, field varchar,
    batch_id varchar
);
"""
UNKNOWN = """
create table health.unknown_fields (
    source varchar, feed varchar, field varchar, lines bigint, first_file_path varchar, nearest varchar
);
create table health.unknown_words (source varchar, feed varchar, field varchar, word varchar, lines bigint);
"""
WITH_DETAIL = "alter table health.rejected_records add column detail varchar;"


def health_file(folder: Path, *statements: str) -> Path:
    """A file with the ledger and the rejects, empty, after these statements."""
    file = folder / "marts.duckdb"
    with duckdb.connect(str(file)) as connection:
        for statement in (LEDGER, *statements):
            connection.execute(statement)
    return file


def inserted(table: str, rows: Sequence[Sequence[object]]) -> str:
    """SQL that inserts rows of texts, numbers and nulls."""
    shown = ("(" + ", ".join(_literal(value) for value in row) + ")" for row in rows)
    return f"insert into {table} values {', '.join(shown)};"


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
