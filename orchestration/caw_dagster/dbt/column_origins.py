"""The columns that a model's column is made of, by sqlglot, from compiled SQL.

Imported by lineage.py for models that it does not know yet: a small run has none, and sqlglot takes time to load.
"""

import logging
from collections.abc import Mapping
from typing import Any

from sqlglot import MappingSchema, exp
from sqlglot.lineage import lineage

from caw_dagster.dbt.project import relation

logger = logging.getLogger(__name__)

Columns = Mapping[tuple[str, str], Mapping[str, str]]  # by (schema, table): data type by column
Origins = dict[str, list[tuple[str, str]]]  # by column: unique_id of the parent, column of the parent


def origins_of(manifest: Mapping[str, Any], name: str, sql: str, columns: Columns, dialect: str) -> Origins:
    """By column of a model, the columns of its parents that it is made of; none where sqlglot cannot follow the SQL.

    Args:
        manifest: dbt's.
        name: the model's unique_id.
        sql: as compiled.
        columns: those of the warehouse.
        dialect: the engine's, as sqlglot calls it.
    """
    parents = {
        parent: manifest["nodes"].get(parent) or manifest["sources"].get(parent)
        for parent in [*manifest["parent_map"][name], name]
    }
    schema = MappingSchema(dialect=dialect)
    names: dict[str, str] = {}
    for parent, node in parents.items():
        if node and node.get("relation_name"):
            table = exp.to_table(node["relation_name"], dialect=dialect)
            names[_plain(table)] = parent
            schema.add_table(table, dict(columns.get(relation(node), {})), dialect=dialect)
    try:
        roots = lineage(None, sql, schema, dialect=dialect, trim_selects=False)
        return {column: sorted(_leaves(root, names)) for column, root in roots.items()}
    except Exception as unfollowed:  # sqlglot raises all sorts; a picture of columns must not stop a run
        logger.info("no column lineage for %s: %s", name, unfollowed)
        return {}


def _leaves(root: Any, names: Mapping[str, str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in root.walk():
        table = None if node.downstream else node.expression.find(exp.Table)
        parent = names.get(_plain(table)) if table is not None else None
        if parent is not None and not node.name.endswith("*"):
            found.add((parent, exp.to_column(node.name).name))
    return found


def _plain(table: exp.Table) -> str:
    return ".".join(part.name.lower() for part in table.parts)
