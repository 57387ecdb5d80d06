"""Every published column can be written to Postgres."""

from caw.export.postgres import postgres_type
from caw.publication.tables import SCHEMAS
from tests.support.built_sample import warehouse
from tests.support.pipeline import Pipeline


def test_every_published_column_has_a_type_in_postgres(sample: Pipeline) -> None:
    """A new column of another type would stop the export of a team that has just upgraded."""
    with warehouse(sample.data_dir) as connection:
        kinds = connection.execute(
            "select distinct data_type from duckdb_columns() where list_contains(?, schema_name)", [list(SCHEMAS)]
        ).fetchall()
    assert len(kinds) > 5
    assert all(postgres_type(kind) for (kind,) in kinds)
