"""The warehouse as views over another engine's Parquet tables (spec §14.4).

`warehouse.duckdb` names each relation that a build has made as `read_parquet` of its folder, so that what reads a
warehouse finds it where it is on DuckDB. The file is replaced by one rename; a relation that a build has not made is
shown as the build before left it.
"""

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from caw.host import atomic
from caw.publication.tables import name, text

Name = tuple[str, str]  # schema and table
FILES = "**/*.parquet"  # a table in buckets has a folder for each
FOLDER_IN_SQL = re.compile(rf"read_parquet\('((?:[^']|'')*)/{re.escape(FILES)}'")


def show(warehouse: Path, built: Mapping[Name, Path], names: Collection[Name]) -> None:
    """Replace the file by one that shows these tables, and of the others what it showed before.

    Args:
        warehouse: the file; it may be missing.
        built: the folder of each table that was made now.
        names: the relations of the project; what is none of them is shown no more.
    """
    before = still_there(warehouse, names)
    with atomic.replacing(warehouse) as draft, duckdb.connect(str(draft)) as connection:
        for (schema, table), folder in sorted({**before, **built}.items()):
            connection.execute(f"create schema if not exists {name(schema)}")
            files = text(f"{folder}/{FILES}")
            connection.execute(
                f"create view {name(schema)}.{name(table)} as "
                f"select * from read_parquet({files}, hive_partitioning = false)"
            )


def still_there(warehouse: Path, names: Collection[Name]) -> dict[Name, Path]:
    """The folder of each of these tables that the file shows and that is where it was."""
    return {one: folder for one, folder in shown_folders(warehouse).items() if one in names and folder.is_dir()}


def shown_folders(warehouse: Path) -> dict[Name, Path]:
    """The folder of each table that the file shows; none where it is missing or shows none."""
    if not warehouse.exists():
        return {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        views = connection.execute(
            "select schema_name, view_name, sql from duckdb_views() where not internal"
        ).fetchall()
    found = ((schema, view, FOLDER_IN_SQL.search(sql)) for schema, view, sql in views)
    return {(schema, view): Path(match[1].replace("''", "'")) for schema, view, match in found if match}


def remove_others(files: Collection[Path], folder: Path) -> None:
    """Remove what is below a folder but these files, and the builds of which one of them shows anything."""
    shown = (path for file in files for path in (file, *shown_folders(file).values()))
    kept = {path.relative_to(folder).parts[0] for path in shown if path.is_relative_to(folder)}
    for build in folder.iterdir():
        if build.name not in kept:
            shutil.rmtree(build, ignore_errors=True) if build.is_dir() else build.unlink()
