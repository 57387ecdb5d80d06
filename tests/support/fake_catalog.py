"""A catalog of Spark in memory, as far as a publication's statements ask for one: what they leave."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

PROPERTY = re.compile(r"'([\w.]+)' = '([^']*)'")
LABELLED = re.compile(r"select '([^']+)' as label, count\(\*\) as number from (\S+)")
HIVE = {"spark.sql.catalogImplementation": "hive", "spark.sql.defaultCatalog": "spark_catalog"}


@dataclass
class FakeCatalog:
    """A session, and the catalog behind it, which outlasts it.

    Attributes:
        rows: of each source that tables are selected from; one row of any other.
        schemas: the properties of each.
        tables: the source of each, by schema and name.
        views: of each the path of its table, and its properties.
        lists_tables: whether it lists tables, as one does not whose schemas are of another.
        replaces_views: whether one that was replaced is read as it is now.
        before: called with each statement before it is carried out.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=lambda: HIVE)
    schemas: dict[str, Mapping[str, str]] = field(default_factory=dict)
    tables: dict[tuple[str, str], str] = field(default_factory=dict)
    views: dict[tuple[str, str], tuple[tuple[str, str], Mapping[str, str]]] = field(default_factory=dict)
    lists_tables: bool = True
    replaces_views: bool = True
    before: Callable[[str], object] = lambda statement: None

    @property
    def conf(self) -> Any:
        """The session's settings."""
        return SimpleNamespace(get=self.settings.get)

    @property
    def catalog(self) -> Any:
        """pyspark's catalog."""
        return SimpleNamespace(databaseExists=self.schemas.__contains__)

    def sql(self, statement: str) -> Any:
        """Carry a statement out, or raise: none but those that a publication has."""
        self.before(statement)
        for words, carry_out in self._statements().items():
            if found := re.fullmatch(words, statement, re.DOTALL):
                return SimpleNamespace(collect=partial(list, list(carry_out(*found.groups()))))
        raise AssertionError(f"the catalog knows no such statement: {statement}")

    def seen(self) -> Mapping[str, str]:
        """What readers see: the source of each view's rows; raises KeyError where its table is gone."""
        shown = {view: table for view, (table, _) in self.views.items() if "build_" not in view[0]}
        return {".".join(view): self.tables[table] for view, table in shown.items()}

    def builds(self) -> Sequence[str]:
        """The schemas of builds."""
        return sorted(schema for schema in self.schemas if "build_" in schema)

    def _statements(self) -> Mapping[str, Callable[..., Iterable[Any]]]:
        path = r"`(\w+)`\.`(\w+)`"
        return {
            r"create schema `(\w+)` comment '.*' with dbproperties \((.*)\)": self._create_schema,
            r"describe schema extended `(\w+)`": self._describe,
            r"show schemas like '(\w+)\*'": self._show_schemas,
            r"show (tables|views) in `(\w+)`": self._show,
            rf"show tblproperties {path}": self._show_properties,
            rf"create table {path} using parquet .*?as select .*? from (.*)": self._create_table,
            rf"create or replace view {path} .*tblproperties \((.*?)\) as select .* from {path}": self._create_view,
            rf"create or replace view {path} as select (\d) as number": self._try_view,
            rf"select number from {path}": self._read_tried,
            rf"select run_id, unix_micros\(as_of\), unix_micros\(published_at\), version from {path}": self._read_last_run,
            r"(select '.*' as label.*)": self._count,
            rf"drop view if exists {path}": self._drop_view,
            rf"drop table {path} purge": self._drop_table,
            r"drop schema `(\w+)` cascade": self._drop_schema,
        }

    def _create_schema(self, schema: str, properties: str) -> Iterable[Any]:
        assert schema not in self.schemas
        self.schemas[schema] = dict(PROPERTY.findall(properties))
        return ()

    def _describe(self, schema: str) -> Iterable[Any]:
        words = ", ".join(f"({key},{value})" for key, value in self.schemas[schema].items())
        yield SimpleNamespace(info_name="Comment", info_value="(caw.data_dir,of_a_comment)")
        yield SimpleNamespace(info_name="Properties", info_value=f"({words})")

    def _show_schemas(self, begin: str) -> Iterable[Any]:
        return [SimpleNamespace(namespace=schema) for schema in self.schemas if schema.startswith(begin)]

    def _show(self, kind: str, schema: str) -> Iterable[Any]:
        assert schema in self.schemas
        found = sorted({*self.views, *(self.tables if kind == "tables" and self.lists_tables else ())})
        names = [
            SimpleNamespace(viewName=one, tableName=one, isTemporary=False) for place, one in found if place == schema
        ]
        return [*names, SimpleNamespace(viewName="of_the_session", tableName="of_the_session", isTemporary=True)]

    def _show_properties(self, *view: str) -> Iterable[Any]:
        return [
            SimpleNamespace(key=key, value=value)
            for key, value in self.views.get((view[0], view[1]), ((), {}))[1].items()
        ]

    def _create_table(self, schema: str, table: str, source: str) -> Iterable[Any]:
        assert (schema, table) not in self.tables
        assert schema in self.schemas
        self.tables[schema, table] = source
        return ()

    def _create_view(self, schema: str, view: str, properties: str, *table: str) -> Iterable[Any]:
        assert schema in self.schemas
        assert (table[0], table[1]) in self.tables
        self.views[schema, view] = (table[0], table[1]), dict(PROPERTY.findall(properties))
        return ()

    def _try_view(self, schema: str, view: str, number: str) -> Iterable[Any]:
        assert schema in self.schemas
        if self.replaces_views or (schema, view) not in self.views:
            self.views[schema, view] = (schema, number), {}
        return ()

    def _read_tried(self, *view: str) -> Iterable[Any]:
        yield SimpleNamespace(number=int(self.views[view[0], view[1]][0][1]))

    def _read_last_run(self, *view: str) -> Iterable[Any]:
        run_id, as_of, published_at, version = re.findall(r"'([^']*)'", self.tables[self.views[view[0], view[1]][0]])
        micros = (int(datetime.fromisoformat(one).timestamp()) * 1_000_000 for one in (as_of, published_at))
        yield (run_id, *micros, version)

    def _count(self, statement: str) -> Iterable[Any]:
        for label, path in LABELLED.findall(statement):
            schema, table = path.replace("`", "").split(".")
            yield SimpleNamespace(label=label, number=self.rows.get(self.tables[schema, table], 1))

    def _drop_view(self, *view: str) -> Iterable[Any]:
        self.views.pop((view[0], view[1]), None)
        return ()

    def _drop_table(self, *table: str) -> Iterable[Any]:
        del self.tables[table[0], table[1]]  # raises for a view, as Spark does
        return ()

    def _drop_schema(self, schema: str) -> Iterable[Any]:
        self.views = {view: what for view, what in self.views.items() if view[0] != schema}
        assert not [table for table in self.tables if table[0] == schema], "files of tables that nobody purged"
        del self.schemas[schema]
        return ()
