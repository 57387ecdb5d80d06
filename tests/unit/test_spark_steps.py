"""What a statement on Spark names several times is computed once, and what is short or has no rows stays as it is."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from caw_dagster.engines import spark_adapter
from caw_dagster.engines.spark_adapter import Opened, given_to_dbt
from caw_dagster.engines.spark_steps import Steps, in_steps

# `joined` reads three relations, and is read four times: three readings of two relations more are spared.
JOINED = "select * from a inner join b using (id) inner join c using (id)"
READ = "select * from joined union all select * from joined where id in (select id from joined) and joined.id > 0"

MORE = f"{READ} union all select * from joined"


def statement(**queries: str) -> str:
    """A table made of CTEs, of which `final` is the last."""
    listed = ",\n".join(f"{name} as ({query})" for name, query in queries.items())
    return f"/* by dbt */\ncreate table t using parquet as select x.* from (\nwith {listed} select * from final) as x"


def test_what_is_named_several_times_is_a_step_with_what_it_needs() -> None:
    """A query of three joins that is planned as twelve."""
    queries = {"a": "select 1 as id", "unread": "select * from z", "joined": JOINED}
    found = in_steps(statement(**queries, final=MORE), "raw.step_1_")
    query = f"with a as (select 1 as id), joined as ({JOINED}) select * from joined"
    read = statement(**queries | {"joined": "select * from raw.step_1_joined"}, final=MORE)
    assert found == Steps({"raw.step_1_joined": query}, read)


def test_a_step_counts_as_one_relation_in_the_next() -> None:
    """Steps of what steps have made short: `late` reads `joined` alone, which would be three relations."""
    many = " union all ".join(["select * from late"] * 4)
    final = f"{many} union all {READ} union all select * from joined"
    found = in_steps(statement(joined=JOINED, late="select * from joined", final=final), "raw.step_1_")
    assert list(found.kept) == ["raw.step_1_joined"]


def test_a_later_step_reads_an_earlier_one() -> None:
    """A second step that computes the first one's rows again."""
    late = "select * from joined cross join joined as k cross join joined as l cross join joined as m"
    final = " cross join ".join(f"select * from (select * from late) as n{n}" for n in range(4))
    found = in_steps(statement(joined=JOINED, late=late, final=final), "raw.step_1_")
    assert found.kept == {
        "raw.step_1_joined": f"with joined as ({JOINED}) select * from joined",
        "raw.step_1_late": f"with joined as (select * from raw.step_1_joined), late as ({late}) select * from late",
    }


@pytest.mark.parametrize(
    "same",
    [
        statement(joined=JOINED, final=READ),
        statement(short="select * from a", final=" union all ".join(["select * from short"] * 50)),
        statement(joined=JOINED, final=MORE).split("as select x.* from (\n")[1],
        statement(joined=JOINED, final=f"{READ} -- from joined )\n /* from joined ( */ and t <> ') from joined \\' ('"),
        statement(joined=JOINED, final=f"{READ} union all select * from joined.table"),
        statement(joined=JOINED, final=MORE).replace("create table t using parquet", "cache table t"),
        statement(few="select a is distinct from b from a", final=" union all ".join(["select * from few"] * 50)),
        statement(joined=JOINED, **{"pairs (a, b)": "select 1, 2"}, final=MORE),
        statement(**{"pairs (a, b)": "select 1, 2"}, joined=JOINED, final=MORE),
        "create table t as select cast(a as timestamp with time zone) from b",
        "insert into t select 1",
        "drop table t",
    ],
    ids=[
        *("three", "one", "no_rows", "comments", "schema", "read_later", "comparison", "columns", "columns_first"),
        *("no_CTE", "no_query", "no_table"),
    ],
)
def test_other_statements_are_left_as_they_are(same: str) -> None:
    """A table more where planning costs less, and names that only look like it."""
    assert in_steps(same, "raw.step_1_") == Steps({}, same)


def test_a_bracket_that_is_not_closed_is_left_to_spark() -> None:
    """An error of ours in place of Spark's, which says where."""
    broken = "create table t as with a as (select 1"
    assert in_steps(broken, "raw.step_1_") == Steps({}, broken)


class AnalysisException(Exception):
    """As pyspark has it."""


class Session:
    """A session that remembers its statements, and fails on some."""

    def __init__(self, fails_on: str = "nothing", error: type[Exception] = ValueError) -> None:
        self.statements: list[str] = []
        self.fails_on, self.error = fails_on, error

    def sql(self, text: str) -> Any:
        self.statements.append(text)
        if text.startswith(self.fails_on):
            raise self.error(text)
        return len(self.statements)


def statements(session: Session) -> Mapping[str, int]:
    """The number of statements that a session was given, by a statement's first five words."""
    begun = [" ".join(text.split()[:5]) for text in session.statements]
    return {text: begun.count(text) for text in begun}


MADE = statement(joined=JOINED, final=MORE).removeprefix("/* by dbt */\n")


def test_the_session_makes_each_step_and_drops_it() -> None:
    """Tables of a statement that stay in the build, or that two statements share."""
    session = Session()
    opened = Opened(session).builder.getOrCreate()
    assert opened.sql(MADE) == 2
    opened.sql(MADE)
    opened.sql("show tables")
    assert statements(session) == {
        "create table raw.step_0_joined using parquet": 1,
        "create table raw.step_1_joined using parquet": 1,
        "create table t using parquet": 2,
        "drop table if exists raw.step_0_joined": 1,
        "drop table if exists raw.step_1_joined": 1,
        "show tables": 1,
    }


def test_a_statement_that_fails_leaves_no_step() -> None:
    """Rows of a failed model among the build's tables."""
    session = Session(fails_on="create table t")
    with pytest.raises(ValueError, match="create table t"):
        Opened(session).sql(MADE)
    assert session.statements[-1] == "drop table if exists raw.step_0_joined"


def test_a_step_that_can_be_no_table_is_left_out() -> None:
    """A model that fails on Spark alone, since two columns of a CTE have one name."""
    session = Session("create table raw.step", AnalysisException)
    Opened(session).sql(MADE)
    assert session.statements[1:] == [MADE, "drop table if exists raw.step_0_joined"]


@pytest.mark.parametrize("fails_on", ["create table raw.step", ""])
def test_any_other_failure_of_a_step_is_the_statements(fails_on: str) -> None:
    """A statement that is run as a whole on what has failed in a step; an error of the clearing in place of the first."""
    session = Session(fails_on)
    with pytest.raises(ValueError, match=r"create table raw\.step_0_joined"):
        Opened(session).sql(MADE)
    assert MADE not in session.statements


@pytest.mark.parametrize("fails_on", ["nothing", "/* by dbt */\ncache table c", "drop view if exists c"])
def test_what_a_run_has_cached_ends_with_it(fails_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of who was forgotten since in the cache of a server, which outlasts the session and its views."""
    session, adapter = Session(fails_on), SimpleNamespace(SparkSession="pyspark's")
    monkeypatch.setattr(spark_adapter, "import_module", lambda _: adapter)

    def run() -> None:
        with given_to_dbt(session):
            for name in "abc":
                adapter.SparkSession.sql(f"/* by dbt */\ncache table {name} as select 1")
            adapter.SparkSession.sql("/* by dbt */\ndrop view b")
            raise KeyError

    with pytest.raises(ValueError if "cache" in fails_on else KeyError):
        run()
    dropped = [text for text in session.statements if text.startswith("drop view if exists")]
    left = ["c", "b", "a"] if "cache" in fails_on else ["c", "a"]
    assert dropped == [f"drop view if exists {name}" for name in left]
    assert adapter.SparkSession == "pyspark's"
