"""Segments as a team writes them: a new one on the fly, the guide's examples, and mistakes that stop compiling."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.raw_store.store import RawStore
from tests.support.built_sample import AS_OF, RefusedError, compiled, copied, dbt, warehouse
from tests.support.pipeline import Pipeline
from tests.support.project import Edit, ProjectCopy, copy_project, locations, quiet
from tests.support.sample_run import ACCOUNTS

GUIDE = DBT_PROJECT_DIR.parent / "docs" / "segments.md"
EXAMPLES = re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
FIRST_SEGMENT = "    - started_conversation_ever\n"
NEW_SEGMENT = """{{ segment(all_of([
    did("product_recommendation_received", in_last_days=7),
    did_not("placed_order", since_latest="product_recommendation_received"),
    has_consent("email"),
])) }}
"""
# A wrong condition, and what is said of it.
MISTAKES = {
    'did("conversation_ended")': "there is no event 'conversation_ended'; the events are conversation_started,",
    'did("placed_order", since_latest="chat")': "there is no event 'chat'",
    'did("placed_order", in_last_days=0)': "a window is a number of hours or days above 0, not '0'",
    'did("placed_order", in_last_hours="two")': "a window is a number of hours or days above 0, not 'two'",
    'did("placed_order", in_last_days=7, in_last_hours=3)': "say one window",
    'did("placed_order", between="2026-06-01")': "between is a list of two dates",
    'did("placed_order", between=["June", "July"])': "a date is written YYYY-MM-DD, not 'June'",
    'did("placed_order", between=["2026-06-02", "2026-06-01"])': "no instant lies between 2026-06-02 and 2026-06-01",
    'did("placed_order", at_least=0)': "at_least=0 is true of everybody",
    'did("placed_order", at_least=-1)': "a number of times is a whole number from 0, not -1",
    'did("placed_order", at_least=1, at_most=3)': "say one of at_least, exactly and at_most",
    'did("placed_order", where={"colour": "red"})': "placed_order has no property 'colour'; it has order_id",
    "all_of([])": "all_of takes a list of at least one condition",
    'any_of("x")': "any_of takes a list of at least one condition",
    'has_consent("fax")': "there is no consent for a channel 'fax'",
    'has_property("shoe_size")': "a profile has no property 'shoe_size'",
    'has_property("email", is_in=[])': "is_in is a list of at least one value",
}


def test_the_guide_has_an_example_of_every_condition() -> None:
    said = " ".join(EXAMPLES)
    words = ["did(", "did_not(", "all_of(", "any_of(", "has_consent(", "has_property(", "where=", "is_in="]
    words += ["at_least=", "exactly=", "at_most=", "in_last_hours=", "in_last_days=", "between=", "since_latest="]
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_guide_s_examples_run(sample: Pipeline, example: str) -> None:
    """Prevents a guide that teaches what the macros do not take."""
    query = compiled(sample, example)
    with warehouse(sample.data_dir) as connection:
        columns = [column[0] for column in connection.execute(query).description]
    assert columns == ["source", "profile_id", "qualified_at", "as_of"]


@pytest.mark.parametrize(("condition", "sentence"), MISTAKES.items())
def test_a_condition_that_cannot_be_met_is_refused_with_a_sentence(
    sample: Pipeline, condition: str, sentence: str
) -> None:
    """Prevents a segment that is empty, or everybody, and nobody knows why."""
    with pytest.raises(RefusedError) as refused:
        compiled(sample, "{{ segment(" + condition + ") }}")
    assert "Segment inline_query: " + sentence in str(refused.value)


CONSENTS = """
create schema intermediate;
create table intermediate.int_run as select timestamptz '2026-06-30 12:00Z' as as_of;
create table intermediate.int_consents as
    select source, profile_id, channel, 'subscribed' as status, timestamptz '2026-06-01 12:00Z' as occurred_at,
        cast(null as timestamptz) as valid_until
    from (values
        ('acme', 'subscribed', 'email'), ('acme', 'refused since', 'email'), ('acme', 'refused since', 'sms'),
        ('brand', 'refused since', 'email'), ('acme', 'suppression refused', 'email')
    ) as t (source, profile_id, channel);
create table intermediate.int_refused_permissions as
    select * from (values
        ('consents', 'acme', 'refused since', 'email'), ('suppressions', 'acme', 'suppression refused', 'email')
    ) as t (feed, source, profile_id, channel);
"""


@pytest.mark.parametrize(
    ("channel", "members"),
    [
        ("email", [("acme", "subscribed"), ("acme", "suppression refused"), ("brand", "refused since")]),
        ("sms", [("acme", "refused since")]),
    ],
)
def test_who_a_refused_line_of_consents_names_has_no_consent(
    sample: Pipeline, tmp_path: Path, channel: str, members: list[tuple[str, str]]
) -> None:
    """They may have said no: a segment of who may be written to fails closed, as gate 4 does."""
    query = compiled(sample, '{{ segment(has_consent("' + channel + '")) }}')
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(CONSENTS)
        assert sorted(row[:2] for row in connection.execute(query).fetchall()) == members


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The project with one file more and one line more in the list."""
    root = tmp_path_factory.mktemp("extended") / "project"
    place = "dbt_project/models/segments/definitions/"
    added = {f"{place}recently_recommended_with_consent.sql": NEW_SEGMENT}
    line = Edit(
        "dbt_project/dbt_project.yml", FIRST_SEGMENT, FIRST_SEGMENT + "    - recently_recommended_with_consent\n"
    )
    return copy_with(root, added, line)


def copy_with(root: Path, added: Mapping[str, str], edit: Edit) -> ProjectCopy:
    """A copy of the project with further files and one edit."""
    first = copy_project(root / "before")
    for name, text in added.items():
        (first.root / name).write_text(text, encoding="utf-8")
    path = first.root / edit.file
    text = path.read_text(encoding="utf-8")
    assert edit.old in text
    path.write_text(text.replace(edit.old, edit.new, 1), encoding="utf-8")
    # dbt goes on from what it has parsed, and reads what is new
    outcome = dbtRunner().invoke([*quiet(), "parse", *locations(first.directory, first.root / "target")])
    assert outcome.success, outcome.exception
    return first


def test_a_new_segment_is_a_file_of_five_lines_and_one_line_in_a_list(
    sample: Pipeline, extended: ProjectCopy, tmp_path: Path
) -> None:
    """It appears in membership, history and sizes with the next run, and nothing else is touched."""
    assert len(NEW_SEGMENT.splitlines()) == 5
    data_dir = copied(sample, tmp_path)
    RawStore(data_dir).write_run_context("next", AS_OF + timedelta(hours=1), "-")
    selected = "int_run recently_recommended_with_consent segment_membership segment_membership_history segment_sizes"
    results = dbt(extended, data_dir, "run", "--select", *selected.split())
    assert {str(result.status) for result in results.values()} == {"success"}
    segment = "segment_id = 'recently_recommended_with_consent'"
    with warehouse(data_dir) as connection:
        members = connection.execute(
            f"select source, profile_id from segments.segment_membership where {segment} order by all"
        ).fetchall()
        entered = connection.execute(
            f"select source, profile_id from segments.segment_membership_history "
            f"where {segment} and exited_at is null and entered_at = (select as_of from intermediate.int_run) "
            "order by all"
        ).fetchall()
        sizes = dict(
            connection.execute(f"select source, members from segments.segment_sizes where {segment}").fetchall()
        )
    assert ("acme_us", "ana-eligible") in members
    assert ("acme_us", "eli-ordered") not in members  # ordered since
    assert ("acme_us", "ida-never-asked") not in members  # no consent
    assert entered == members
    assert sizes == {source: sum(each == source for each, _ in members) for source in ACCOUNTS}
