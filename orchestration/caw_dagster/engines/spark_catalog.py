"""Publication in the catalog of a server of Spark Connect: written, counted, then shown by views (spec §14.4).

Each publication is a schema of its own, of which readers know nothing until it is whole; then the views are switched,
one by one, that of `health.last_run` at the end. The publication before stays for who reads it, until the next run;
after a request to be forgotten it goes at once. What a run that was killed has left, the next one removes. What does
not belong here: the statements' texts (catalog_statements.py), and what is asked before a run (catalog_settings.py).
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from caw.engine import published_prefix
from caw.host import progress
from caw.publication.last_run import LastRun, last_run_of
from caw.publication.tables import LAST_RUN
from caw.settings import Settings, SettingsError
from caw_dagster.engines import CatalogRun, Name
from caw_dagster.engines import catalog_statements as statements
from caw_dagster.engines.catalog_settings import FORMAT, PREFIX, note, place_of, remember
from caw_dagster.engines.catalog_statements import AS_OF, BUILD, OWNER, OWNER_IN_PROPERTIES, TRIED, Place, Table
from caw_dagster.engines.spark_remote import REMOTE

LAST = LAST_RUN.split(".")
IN_MEMORY = ("in-memory", "spark_catalog")  # Spark's catalog and the one that statements name, unless they are set


class NotWhole(Exception):
    """A table of the catalog that lacks rows, or has too many."""


def publish(session: Any, settings: Settings, tables: Sequence[Table], run: CatalogRun) -> LastRun | None:
    """Publish tables; where the run is one of the past, the one that readers see still.

    Args:
        session: of Spark Connect.
        settings: whose data dir; the caller holds its lock.
        tables: all of them but that of the run itself.
        run: what for.

    Raises:
        SettingsError: the catalog is not one to publish in, or has something of others' by a name of ours.
        NotWhole: a table lacks rows; readers see what they saw.
    """
    place = place_of(settings)
    _check_catalog(session)
    _claim(session, place, settings)
    written = [*tables, statements.last_run_table(run.last_run)]
    wanted = {(place.prefix + table.schema, table.name) for table in written}
    shown = _shown(session, place, wanted)
    _remove_builds(session, place, {properties[BUILD] for properties in shown.values()})
    if _is_past(shown.get((place.prefix + LAST[0], LAST[1]), {}), run):
        return _last_run(session, place)
    build = _written(session, place, written)
    _switch(session, place, build, written, shown.keys() - wanted)
    if run.forgets:
        _remove_builds(session, place, {build})
    progress.say("Catalog", f"{len(written)} tables, in {place.schemas[0]} and four other schemas")
    return None


def _check_catalog(session: Any) -> None:
    """A catalog in memory ends with its server, and its tables' files stay: nobody would remove a forgotten person."""
    found = tuple(session.conf.get(f"spark.sql.{setting}") for setting in ("catalogImplementation", "defaultCatalog"))
    if found == IN_MEMORY:
        raise SettingsError(
            f"The server of {REMOTE} keeps its catalog in memory, and with it would end what is published: give it a "
            f"metastore (docs/engines.md), or leave {PREFIX} unset."
        )


def _claim(session: Any, place: Place, settings: Settings) -> None:
    """Make the schemas that readers know, or see that they are this data dir's."""
    there = [schema for schema in place.schemas if session.catalog.databaseExists(schema)]
    others = [schema for schema in there if _owner(session, schema) != place.owner]
    if others:
        raise SettingsError(
            f"The catalog of {REMOTE} has {', '.join(others)}, which this data dir has not made: set {PREFIX} to "
            f"another word. If they are its own, as after it was moved: alter schema {others[0]} set dbproperties "
            f"('{OWNER}' = '{place.owner}'), and the others."
        )
    if not there and published_prefix(settings.data_dir) is not None:
        raise SettingsError(
            f"The catalog of {REMOTE} has none of the schemas that this data dir has published, "
            f"{', '.join(place.schemas)}. If it is another catalog, drop them in the one before, where nobody else "
            f"will; then remove {note(settings)}."
        )
    for schema in place.schemas:
        if schema not in there:
            session.sql(statements.create_schema(place, schema))
    remember(settings, place)


def _owner(session: Any, schema: str) -> str | None:
    described = session.sql(f"describe schema extended {statements.name(schema)}").collect()
    found = (OWNER_IN_PROPERTIES.search(row.info_value) for row in described if row.info_name == "Properties")
    return next((match[1] for match in found if match), None)


def _shown(session: Any, place: Place, wanted: Collection[Name]) -> Mapping[Name, Mapping[str, str]]:
    """The properties of each view of a build in the schemas that readers know.

    Raises:
        SettingsError: something else has the name of one that is wanted.
    """
    found = {path: _properties(session, *path) for schema in place.schemas for path in _in_schema(session, schema)}
    shown = {path: properties for path, properties in found.items() if BUILD in properties}
    others = sorted(
        f"{schema}.{table}" for schema, table in found if (schema, table) in wanted and (schema, table) not in shown
    )
    if others:
        raise SettingsError(
            f"The catalog of {REMOTE} has {', '.join(others)}, which caw has not made, and would publish by that name: "
            f"rename what is there, or set {PREFIX} to another word."
        )
    return shown


def _in_schema(session: Any, schema: str) -> Collection[Name]:
    """The tables and views in a schema: not every catalog lists views among its tables."""
    tables = [row.tableName for row in _listed(session, "tables", schema)]
    return {(schema, name) for name in [*tables, *(row.viewName for row in _listed(session, "views", schema))]}


def _listed(session: Any, kind: str, schema: str) -> Sequence[Any]:
    rows = session.sql(f"show {kind} in {statements.name(schema)}").collect()
    return [row for row in rows if not row.isTemporary]


def _properties(session: Any, schema: str, table: str) -> Mapping[str, str]:
    rows = session.sql(f"show tblproperties {statements.path(schema, table)}").collect()
    return {row.key: row.value for row in rows}


def _is_past(last_run: Mapping[str, str], run: CatalogRun) -> bool:
    """Whether what readers see is of a later instant (spec §5.3)."""
    if run.by_clock or run.forgets or AS_OF not in last_run:
        return False
    return run.last_run.as_of < datetime.fromisoformat(last_run[AS_OF])


def _last_run(session: Any, place: Place) -> LastRun:
    """The run that readers see."""
    [row] = session.sql(statements.read_last_run(place)).collect()
    return last_run_of(row)


def _written(session: Any, place: Place, tables: Sequence[Table]) -> str:
    """The id of a build that has these tables whole; readers know nothing of it."""
    of_the_run, *others = reversed(tables)
    build = _begun(session, place, of_the_run)
    for table in others:
        session.sql(statements.create_table(place, build, table))
    found = {row.label: row.number for row in session.sql(statements.count_rows(place, build, tables)).collect()}
    for table in tables:
        if found[table.label] != table.rows:
            raise NotWhole(f"The catalog's {table.label} has {found[table.label]} rows, and {table.rows} were built.")
    return build


def _begun(session: Any, place: Place, first: Table) -> str:
    """The id of a build that has a first table, in which nobody is: in a catalog that does what a publication needs."""
    build = statements.build_id(datetime.now(UTC), uuid.uuid4().hex[:8])
    session.sql(statements.create_schema(place, place.schema_of(build)))
    session.sql(statements.create_table(place, build, first))
    _check_listed(session, place, build, first)
    _check_views(session, place.schema_of(build))
    return build


def _check_listed(session: Any, place: Place, build: str, table: Table) -> None:
    """Whether a schema lists its table: else nobody would find that again to remove it, with whoever is forgotten."""
    schema = place.schema_of(build)
    if not _in_schema(session, schema):
        session.sql(f"drop table {place.table_of(build, table)} purge")
        session.sql(f"drop schema {statements.name(schema)} cascade")
        raise SettingsError(
            f"The catalog of {REMOTE} does not list the tables of {place.table_format} that are written to it, so that "
            f"no run could remove them: give it another catalog (docs/engines.md), or set {FORMAT} to another format."
        )


def _check_views(session: Any, schema: str) -> None:
    """Whether a view that was replaced is read as it is now: one of Iceberg's in Hive's metastore is read as it was."""
    for number in (1, 2):
        session.sql(statements.try_view(schema, number))
    [row] = session.sql(f"select number from {statements.path(schema, TRIED)}").collect()
    session.sql(statements.drop_tried(schema))
    if row.number != number:
        _remove(session, schema)
        raise SettingsError(
            f"The catalog of {REMOTE} reads a view that was replaced as it was before, and nobody would see what a run "
            "publishes. Iceberg's extensions do that to views in Hive's metastore: start the server without "
            f"spark.sql.extensions, which caw does not need, give it another catalog, or leave {PREFIX} unset."
        )


def _switch(session: Any, place: Place, build: str, tables: Sequence[Table], others: Collection[Name]) -> None:
    """Have readers see these tables in their order, and other views of caw's no more."""
    for table in tables:
        session.sql(statements.show(place, build, table))
    for schema, view in sorted(others):
        session.sql(f"drop view if exists {statements.path(schema, view)}")


def _remove_builds(session: Any, place: Place, kept: Collection[str]) -> None:
    """Remove the builds under this prefix but these; raises where one stays.

    Nobody else publishes under it. A build may have another owner, if the data dir was moved.
    """
    for row in session.sql(f"show schemas like '{place.prefix}build_*'").collect():
        build = place.build_in(row.namespace)
        if build is not None and build not in kept and _owner(session, row.namespace) is not None:
            _remove(session, row.namespace)


def _remove(session: Any, schema: str) -> None:
    """Drop a schema with its tables, and their files with them, which a lake format would keep."""
    session.sql(statements.drop_tried(schema))  # a run that was killed may have left it
    for table in _listed(session, "tables", schema):
        session.sql(f"drop table {statements.path(schema, table.tableName)} purge")
    session.sql(f"drop schema {statements.name(schema)} cascade")
