"""Publication in a catalog: what readers see, whenever a run dies; what is removed, and what stays (spec §14.4)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from caw.publication.last_run import LastRun
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines import CatalogRun, spark_catalog
from caw_dagster.engines.catalog_settings import FORMAT, PREFIX, note, place_of
from caw_dagster.engines.catalog_statements import OWNER, Table
from tests.support.dying import Died, dying
from tests.support.fake_catalog import FakeCatalog

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
OURS = ("caw_events", "caw_segments", "caw_retargeting", "caw_performance", "caw_health")


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a data dir that publishes in a catalog."""
    monkeypatch.setenv(PREFIX, "caw_")
    monkeypatch.delenv(FORMAT, raising=False)
    given = {"CAW_DATA_DIR": str(tmp_path / "data"), "CAW_LANDING_DIR": str(tmp_path)}
    read = read_settings(given, engine="spark")
    read.state_dir.mkdir(parents=True)
    return read


def tables(number: int) -> list[Table]:
    """What a run of this number publishes, two tables whose sources name it."""
    return [
        Table("events", "feed", {"id": ""}, f"feed {number}", 1),
        Table("segments", "sizes", {"n": ""}, f"sizes {number}", 1),
    ]


def run_of(number: int, by_clock: bool = False, forgets: bool = False) -> CatalogRun:
    """The run of this number, as of so many hours after noon."""
    return CatalogRun(LastRun(f"run {number}", NOON + timedelta(hours=number), NOON, "1"), by_clock, forgets)


def published(session: FakeCatalog, settings: Settings, number: int, forgets: bool = False) -> None:
    spark_catalog.publish(session, settings, tables(number), run_of(number, forgets=forgets))


def of_run(number: int) -> dict[str, str]:
    """What readers see of that run, but for the run itself."""
    return {"caw_events.feed": f"feed {number}", "caw_segments.sizes": f"sizes {number}"}


def seen(session: FakeCatalog) -> dict[str, str]:
    return {view: source for view, source in session.seen().items() if view != "caw_health.last_run"}


def test_readers_see_the_last_run_and_the_one_before_stays_for_who_reads_it(settings: Settings) -> None:
    """A query that loses its files amid its work; a catalog that grows with each run."""
    session = FakeCatalog()
    for number in range(4):
        published(session, settings, number)
        assert seen(session) == of_run(number)
        assert f"'run {number}'" in session.seen()["caw_health.last_run"]
        assert len(session.builds()) == min(number + 1, 2)


def whole(session: FakeCatalog) -> Callable[[str], None]:
    """Looks, before a statement, whether each view of the first run has its table, of that run or of the second one.

    Where the run itself is the second one, all are.
    """

    def look(statement: str) -> None:
        found = seen(session)
        assert all(found[view] in (source, of_run(2)[view]) for view, source in of_run(1).items())
        assert found == of_run(2) or "'run 1'" in session.seen()["caw_health.last_run"]

    return look


@pytest.mark.parametrize("forgets", [False, True])
def test_whenever_a_run_dies_readers_see_whole_tables_and_the_next_run_makes_it_good(
    settings: Settings, forgets: bool
) -> None:
    """A view without its table, half a table, or a dead run's tables that stay: with somebody who was to be forgotten."""
    for dies_at in count():
        session = FakeCatalog()
        published(session, settings, 1)
        session.before = dying(dies_at, whole(session))
        died = False
        try:
            published(session, settings, 2, forgets)
        except Died:
            died = True
        session.before = whole(session)
        published(session, settings, 2, forgets)
        assert seen(session) == of_run(2)
        if forgets:
            assert [source for source in session.tables.values() if source in of_run(1).values()] == []
            assert len(session.builds()) == 1
        session.before = lambda statement: None
        published(session, settings, 3)
        assert len(session.builds()) == 2
        note(settings).unlink()
        if not died:
            break
    assert dies_at > len(of_run(2)) * 2


def test_after_a_request_to_be_forgotten_a_build_that_stays_stops_the_run(settings: Settings) -> None:
    """A run that ends well, and a person in a table that nobody sees."""
    session = FakeCatalog()
    published(session, settings, 1)

    def refuse(statement: str) -> None:
        if statement.startswith("drop table"):
            raise PermissionError("of the metastore")

    session.before = refuse
    with pytest.raises(PermissionError):
        published(session, settings, 2, forgets=True)


def test_a_run_of_the_past_changes_nothing_that_readers_see(settings: Settings) -> None:
    """A look back at last month that BI takes for today; a clock that was ahead, after which nothing is published."""
    session = FakeCatalog()
    published(session, settings, 5)
    assert spark_catalog.publish(session, settings, tables(4), run_of(4)) == run_of(5).last_run
    assert seen(session) == of_run(5)
    published(session, settings, 5)
    spark_catalog.publish(session, settings, tables(4), run_of(4, by_clock=True))
    assert seen(session) == of_run(4)
    published(session, settings, 3, forgets=True)
    assert seen(session) == of_run(3)


def test_a_schema_of_somebody_elses_is_refused_and_stays(settings: Settings) -> None:
    """Tables of a team that are dropped, or views among theirs, since they have a name of ours."""
    theirs = {"caw_segments": {OWNER: "0123456789abcdef"}, "caw_health": {}}
    for schema, properties in theirs.items():
        session = FakeCatalog(schemas={schema: properties})
        with pytest.raises(SettingsError, match=f"has {schema}, which this data dir has not made") as refused:
            published(session, settings, 1)
        assert session.schemas == {schema: properties}
        assert f"('{OWNER}' = '{place_of(settings).owner}')" in str(refused.value)
        assert not note(settings).exists()


def test_what_others_have_in_our_schemas_and_under_our_prefix_stays(settings: Settings) -> None:
    """A team's own view next to ours that goes with the next run; a schema that only looks like a build's."""
    session = FakeCatalog()
    published(session, settings, 1)
    theirs = {"caw_build_tools": {OWNER: "0123456789abcdef"}, "caw_build_20260630t120000_0123abcd": {"of": "a team"}}
    for schema, properties in theirs.items():
        session.schemas[schema] = properties
        session.tables[schema, "theirs"] = "theirs"
    session.views["caw_events", "theirs"] = ("caw_build_tools", "theirs"), {}
    published(session, settings, 2, forgets=True)
    assert seen(session) == {**of_run(2), "caw_events.theirs": "theirs"}
    assert set(theirs) < set(session.builds())


def test_a_data_dir_that_was_moved_goes_on_when_its_schemas_are_given_to_it(settings: Settings, tmp_path: Path) -> None:
    """Builds of the place before that no run calls its own, with whoever is forgotten later."""
    session = FakeCatalog()
    published(session, settings, 1)
    settings.data_dir.rename(tmp_path / "moved")
    moved = replace(settings, data_dir=tmp_path / "moved")
    with pytest.raises(SettingsError, match="as after it was moved"):
        published(session, moved, 2)
    session.schemas.update({schema: {OWNER: place_of(moved).owner} for schema in OURS})
    published(session, moved, 2, forgets=True)
    assert seen(session) == of_run(2)
    assert len(session.builds()) == 1


@pytest.mark.parametrize("kind", ["table", "view"])
def test_what_others_have_by_a_name_of_ours_is_not_replaced(settings: Settings, kind: str) -> None:
    """A team's view that is gone when caw has a table of that name; or a table, at which each switch stops half-way."""
    session = FakeCatalog()
    spark_catalog.publish(session, settings, tables(1)[:1], run_of(1))
    session.tables["caw_segments", "sizes" if kind == "table" else "base"] = "theirs"
    if kind == "view":
        session.views["caw_segments", "sizes"] = ("caw_segments", "base"), {"of": "a team"}
    before = session.seen()
    with pytest.raises(SettingsError, match=r"has caw_segments\.sizes, which caw has not made"):
        published(session, settings, 2)
    assert session.seen() == before
    assert len(session.builds()) == 1


def test_a_table_that_is_published_no_more_is_not_seen_any_more(settings: Settings) -> None:
    """A view whose table is removed under it by the next run but one."""
    session = FakeCatalog()
    published(session, settings, 1)
    spark_catalog.publish(session, settings, tables(2)[:1], run_of(2))
    assert seen(session) == {"caw_events.feed": "feed 2"}


def test_a_table_that_lacks_rows_is_not_shown(settings: Settings) -> None:
    """Half a table that everybody reads."""
    session = FakeCatalog(rows={"sizes 2": 3})
    published(session, settings, 1)
    with pytest.raises(spark_catalog.NotWhole, match=r"segments\.sizes has 3 rows, and 1 were built"):
        published(session, settings, 2)
    assert seen(session) == of_run(1)


def test_a_catalog_that_does_not_list_its_tables_is_refused(settings: Settings) -> None:
    """Files of a forgotten person in tables that no run finds again: nobody is in the one that is written first."""
    session = FakeCatalog(lists_tables=False)
    written = []
    session.before = lambda statement: written.append(statement) if "create table" in statement else None
    with pytest.raises(SettingsError, match="does not list the tables of parquet"):
        published(session, settings, 1)
    assert ["health__last_run" in statement for statement in written] == [True]
    assert (session.tables, session.builds()) == ({}, [])


def test_a_catalog_that_reads_views_as_they_were_is_refused(settings: Settings) -> None:
    """A run that ends well, and readers who see the one before, or a forgotten person's table that is gone under them."""
    session = FakeCatalog(replaces_views=False)
    with pytest.raises(SettingsError, match="reads a view that was replaced as it was before"):
        published(session, settings, 1)
    assert (session.tables, session.builds()) == ({}, [])


@pytest.mark.parametrize("default", ["spark_catalog", "lake"])
def test_a_catalog_that_ends_with_its_server_is_refused(settings: Settings, default: str) -> None:
    """Files of a forgotten person that no catalog knows any more, so that nobody removes them."""
    words = {"spark.sql.catalogImplementation": "in-memory", "spark.sql.defaultCatalog": default}
    session = FakeCatalog(settings=words)
    if default == "lake":
        published(session, settings, 1)
        return
    with pytest.raises(SettingsError, match="keeps its catalog in memory"):
        published(session, settings, 1)
    assert session.schemas == {}


def test_another_catalog_is_not_taken_in_silence(settings: Settings) -> None:
    """What was published in the one before, which no later request to be forgotten reaches."""
    published(FakeCatalog(), settings, 1)
    another = FakeCatalog()
    with pytest.raises(SettingsError, match="none of the schemas that this data dir has published"):
        published(another, settings, 2)
    assert another.schemas == {}
    note(settings).unlink()
    published(another, settings, 2)
    assert set(another.schemas) > set(OURS)
