"""Every published column can be written to Postgres, under its own name."""

from caw.export.postgres import LONGEST_NAME, postgres_type
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


def test_every_published_name_is_short_enough_for_postgres(sample: Pipeline) -> None:
    """Postgres cuts a longer one without a word: two columns could get one name."""
    with warehouse(sample.data_dir) as connection:
        names = connection.execute(
            "select distinct unnest([table_name, column_name]) from duckdb_columns() where list_contains(?, schema_name)",
            [list(SCHEMAS)],
        ).fetchall()
    assert len(names) > 100
    assert [name for (name,) in names if len(name.encode()) > LONGEST_NAME] == []
