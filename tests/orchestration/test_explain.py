"""`caw explain`: one shopper from log line to verdict, on the sample."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from caw.explain.gates import MOST_ROWS, MOST_TRIGGERS, gates_of, triggers_of
from caw.explain.page import shown
from caw.explain.people import Person, people
from caw.explain.records import sections
from caw.feeds.declared import DBT_PROJECT_DIR, retargeting_gates
from caw.host.locks import LOCK, Holder, exclusive
from caw.host.printable import printable
from caw.settings import read_settings
from caw.warehouse import open_warehouse
from tests.support.sample_run import ACCOUNTS, SampleRun

EVERYWHERE = ", ".join(sorted(ACCOUNTS))
LANDED = re.compile(r"(acme_us/\S+):(\d+)")


def page(sample_run: SampleRun, *arguments: str) -> list[str]:
    ran = sample_run.caw("explain", *arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


def gate_lines(lines: list[str]) -> dict[str, tuple[str, str]]:
    """Of a page with one trigger: gate -> verdict and its first row."""
    found = (re.match(r" +\d+  (\w+) +(blocks|passes|off) +(.*)", line) for line in lines)
    return {match[1]: (match[2], match[3]) for match in found if match}


@pytest.fixture(scope="module")
def connection(sample_run: SampleRun) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse without the run's lock, for which the commands under test would wait."""
    with duckdb.connect(str(sample_run.data_dir / "warehouse.duckdb"), read_only=True) as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


def test_the_page_follows_a_shopper_from_the_log_s_line_to_the_verdict(sample_run: SampleRun) -> None:
    lines = page(sample_run, "xan-five-gates", "--policy", "recommendation_follow_up_email")
    assert lines[0].startswith("xan-five-gates of acme_us, found by profile_id; as of 2026-06-30 12:00:00")
    titles = [line.split(":")[0] for line in lines if line and not line.startswith(" ")][1:]
    assert titles == ["Profile", "Events", "Orders", "Consents", "Suppressions", "Sends", "Verdicts"]
    verdict = next(line for line in lines if "recommendation_follow_up_email: " in line)
    assert verdict.strip().endswith(
        "BLOCKED by ordered_since_trigger, escalated_recently, no_consent, suppressed, messaged_recently"
    )


def test_the_lines_it_names_are_where_the_records_landed(sample_run: SampleRun) -> None:
    """Prevents a trail that ends at the wrong line."""
    named = [LANDED.search(line) for line in page(sample_run, "xan-five-gates")]
    trails = [(match[1], int(match[2])) for match in named if match]
    assert len(trails) == 10  # profile, 5 events, order, consent, suppression, send
    for file_path, line_number in trails:
        record = json.loads((sample_run.landing / file_path).read_text(encoding="utf-8").splitlines()[line_number - 1])
        assert "xan-five-gates" in json.dumps(record)


def test_gates_stand_in_the_specified_order_with_the_rows_that_decided_them(sample_run: SampleRun) -> None:
    found = gate_lines(page(sample_run, "xan-five-gates", "--policy", "recommendation_follow_up_email"))
    assert list(found) == list(retargeting_gates())
    assert found["ordered_since_trigger"] == (
        "blocks",
        "order story-xan-five-gates placed 2026-06-29 16:00:00, now placed",
    )
    assert found["escalated_recently"][1].startswith("escalated 2026-06-28 12:00:00, conversation story-xan-five-gates")
    assert found["no_consent"] == ("blocks", "no consent for the channel on record")
    assert found["suppressed"] == ("blocks", "suppress for email since 2026-06-27 12:00:00")
    assert found["messaged_recently"][1].startswith("campaign story-xan-five-gates-email-campaign sent")
    assert found["superseded"] == ("passes", "no newer trigger of this policy")


@pytest.mark.parametrize(
    ("profile", "gate", "row"),
    [
        ("ola-already-sent", "already_sent", "flow story-ola-already-sent-email-flow sent 2026-06-28 23:00:00"),
        ("ray-sold-out", "products_unavailable", "SKU-STORY-STOOL out of stock"),
        ("tara-transcript", "holdout", "draws 14 of 0 to 99; below 15 is held out"),
        ("hal-consent-ran-out", "no_consent", "subscribed for email since 2026-04-01 12:00:00, valid until 2026-06-29"),
        ("kim-do-not-contact", "suppressed", "suppress for all since 2026-05-21 12:00:00"),
    ],
)
def test_a_gate_that_blocks_shows_why(sample_run: SampleRun, profile: str, gate: str, row: str) -> None:
    verdict, shown = gate_lines(page(sample_run, profile, "--policy", "recommendation_follow_up_email"))[gate]
    assert verdict == "blocks"
    assert shown.startswith(row)


def test_every_gate_is_a_macro_and_a_model_of_its_name() -> None:
    """Prevents a gate that blocks and is never explained, or is explained and never blocks."""
    macros = {path.stem for path in (DBT_PROJECT_DIR / "macros" / "gates").glob("gate_*.sql")}
    models = {path.stem for path in (DBT_PROJECT_DIR / "models").rglob("int_gate_*.sql")}
    assert macros == {f"gate_{name}" for name in retargeting_gates()}
    assert models == {f"int_{macro}" for macro in macros}


def test_gates_and_verdicts_agree_for_every_shopper_of_the_story(connection: duckdb.DuckDBPyConnection) -> None:
    """Prevents a page whose head names other gates than those that its lines show as blocking."""
    everybody = connection.execute(
        "select distinct source, profile_id from retargeting.retargeting_eligibility "
        "where profile_id is not null and conversation_id like 'story-%'"
    ).fetchall()
    triggers = [
        trigger
        for source, profile_id in everybody
        for trigger in triggers_of(connection, Person(source, profile_id, ""))
    ]
    gates = gates_of(connection, triggers)
    for trigger in triggers:
        tested = gates[trigger.key]
        assert [gate.name for gate in tested] == list(retargeting_gates())
        assert [gate.name for gate in tested if gate.verdict == "blocks"] == trigger.failed_gates
        assert all(gate.rows for gate in tested)
    assert {gate.verdict for tested in gates.values() for gate in tested} == {"blocks", "passes"}


@pytest.mark.parametrize(
    ("feed", "gate", "passing"),
    [
        ("consents", "no_consent", "subscribed for email since"),
        ("suppressions", "suppressed", "never suppressed on the channel"),
    ],
)
def test_the_refused_line_that_blocks_is_named_with_what_is_wrong_with_it(
    sample_run: SampleRun, tmp_path: Path, feed: str, gate: str, passing: str
) -> None:
    """It may have been a no; whoever wonders why nobody is written to must find the line and mend it."""
    changed = sample_run.copied(tmp_path)
    with duckdb.connect(str(changed.data_dir / "warehouse.duckdb")) as connection:
        connection.execute(
            """
            create or replace table intermediate.int_refused_permissions as
            select * exclude (number) from (values
                (1, '{feed}', 'acme_us', 'ana-eligible', 'email', '1', 'acme_us/f.csv', 7, 'bad_value', 'occurred_at', 'it is "soon"'),
                (2, '{feed}', 'acme_us', 'ana-eligible', 'sms', '1', 'acme_us/f.csv', 8, 'not_json', null, null),
                (3, '{feed}', 'acme_eu', 'ana-eligible', 'email', '1', 'acme_eu/f.csv', 9, 'not_json', null, null),
                (4, '{feed}', 'acme_us', 'bob', 'email', '1', 'acme_us/f.csv', 10, 'not_json', null, null)
            ) as t (
                number, feed, source, profile_id, channel, batch_id, file_path, line_number, reason, field, detail
            )
        """.replace("{feed}", feed)
        )
    lines = page(changed, "ana-eligible", "--policy", "recommendation_follow_up_email")
    [place] = [place for place, line in enumerate(lines) if f" {gate} " in line]
    assert lines[place].split("blocks")[1].strip() == "refused line acme_us/f.csv:7: bad_value occurred_at"
    assert lines[place + 1].strip() == 'it is "soon"'
    assert not any("acme_us/f.csv:8" in line or "acme_us/f.csv:10" in line for line in lines)
    other = {"consents": "suppressed", "suppressions": "no_consent"}[feed]
    assert "f.csv" not in gate_lines(lines)[other][1]
    assert (lines[place + 2].strip().startswith(passing)) == (feed == "consents")


def test_a_bot_s_page_counts_what_nobody_reads(sample_run: SampleRun, tmp_path: Path) -> None:
    """Prevents a page of thousands of triggers of one profile, each with the thousands of products that it names."""
    changed = sample_run.copied(tmp_path)
    products, triggers = 30, 25
    with duckdb.connect(str(changed.data_dir / "warehouse.duckdb")) as connection:
        for table in ("retargeting.retargeting_eligibility", "intermediate.int_retargeting_triggers"):
            connection.execute(
                f"insert into {table} select present.* replace (event_id || number as event_id) "
                f"from {table} as present, range(1, ?) as numbers (number) where profile_id = 'xan-five-gates'",
                [triggers],
            )
        connection.execute(
            "update intermediate.int_retargeting_triggers "
            "set products = list_transform(range(?), lambda number: 'product ' || number), holdout_percent = 0 "
            "where profile_id = 'xan-five-gates'",
            [products],
        )
    lines = page(changed, "xan-five-gates", "--policy", "recommendation_follow_up_email")
    [counted] = [line for line in lines if "earlier triggers" in line]
    assert counted.strip().startswith("recommendation_follow_up_email: 5 earlier triggers, 5 blocked;")
    assert sum("recommendation_follow_up_email: BLOCKED" in line for line in lines) == MOST_TRIGGERS
    of_a_gate = next(place for place, line in enumerate(lines) if " products_unavailable " in line)
    assert lines[of_a_gate + MOST_ROWS].strip() == "and 10 more"
    assert gate_lines(lines)["holdout"] == ("off", "the policy does not use it")


def test_events_of_one_instant_stand_in_the_order_of_their_records(sample_run: SampleRun, tmp_path: Path) -> None:
    """By name, an escalation would stand before the start of its conversation."""
    changed = sample_run.copied(tmp_path)
    written = [  # (record_id, sequence, event): by sequence, then the shorter id, then by code point
        ("9", 0, "conversation_started"),
        ("10", 0, "product_recommendation_received"),
        ("11", 0, "conversation_resolved"),
        ("1", 1, "conversation_escalated"),
    ]
    with duckdb.connect(str(changed.data_dir / "warehouse.duckdb")) as connection:
        connection.execute("create or replace table staging.events_kept as select * from events.activity_feed limit 0")
        connection.execute("delete from events.conversation_started where profile_id = 'ana-eligible'")
        columns = "event_name, source, conversation_id, profile_id, channel, occurred_at, record_id, properties"
        for record_id, sequence, event in reversed(written):
            connection.execute(
                f"insert into staging.events_kept ({columns}) values "
                "(?, 'acme_us', 'c1', 'ana-eligible', 'email', '2026-06-01 10:00:00+00', ?, '{}')",
                [event, record_id],
            )
            connection.execute(
                "insert into staging.stg_conversation_log (source, conversation_id, record_id, sequence, verdict, "
                "file_path, line_number) values ('acme_us', 'c1', ?, ?, 'accepted', 'acme_us/f.jsonl', 1)",
                [record_id, sequence],
            )
        connection.execute("drop view events.activity_feed")
        connection.execute("create view events.activity_feed as select * from staging.events_kept")
        connection.execute("set TimeZone = 'UTC'")
        found = sections(connection, Person("acme_us", "ana-eligible", "profile_id"))
    [events] = [section.rows for section in found if section.title == "Events"]
    assert [row[1] for row in events] == [event for _, _, event in written]


@pytest.mark.parametrize(
    ("text", "profile_id", "by"),
    [
        ("ana-eligible", "ana-eligible", "profile_id"),
        ("uma-guest", "uma-merged", "profile_id"),
        (" Tess-Known-By-Email@Example.com", "tess-known-by-email", "email"),
    ],
)
def test_a_shopper_is_found_as_a_conversation_would_be(
    connection: duckdb.DuckDBPyConnection, text: str, profile_id: str, by: str
) -> None:
    assert people(connection, text) == [Person("acme_us", profile_id, by)]


def test_a_shopper_is_found_by_phone_however_it_is_written(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(
        "select key_value, source from intermediate.int_profile_keys where key_kind = 'phone' order by all limit 1"
    ).fetchone()
    assert row is not None
    digits, source = row
    found = [
        person
        for person in people(connection, f"00{digits[:2]} ({digits[2:5]}) {digits[5:]}")
        if person.source == source
    ]
    assert [person.by for person in found] == ["phone"]


def test_a_profile_that_two_sources_know_is_shown_for_both_unless_one_is_asked_for(
    sample_run: SampleRun, tmp_path: Path
) -> None:
    """Ids are unique within a source only."""
    changed = sample_run.copied(tmp_path)
    with duckdb.connect(str(changed.data_dir / "warehouse.duckdb")) as connection:
        connection.execute("insert into intermediate.int_people values ('acme_eu', 'ana-eligible')")
    heads = [line for line in page(changed, "ana-eligible") if ", found by " in line]
    assert [head.split(",")[0] for head in heads] == ["ana-eligible of acme_eu", "ana-eligible of acme_us"]
    heads = [line for line in page(changed, "ana-eligible", "--source", "acme_us") if ", found by " in line]
    assert len(heads) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nobody-at-all"], 1, f"no profile 'nobody-at-all' in {EVERYWHERE}"),
        (["ana-eligible", "--source", "acme_eu"], 1, "in acme_eu"),
        (["ana-eligible", "--source", "nowhere"], 2, f"the warehouse has {EVERYWHERE}"),
        (["ana-eligible", "--policy", "none"], 2, "recommendation_follow_up_email"),
        (["ana-eligible", "--data-dir", "no-such-folder"], 2, "run `caw run` first"),
        ([], 2, "PROFILE"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    sample_run: SampleRun, arguments: list[str], code: int, words: str
) -> None:
    ran = sample_run.caw("explain", *arguments)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert words in ran.stderr and ran.stderr.count("\n") == 1


def test_it_waits_for_a_run_that_is_on_and_says_so(sample_run: SampleRun, tmp_path: Path) -> None:
    """A reader that opened the warehouse under a run would stop it."""
    waits: list[str] = []
    lock = sample_run.data_dir / "state" / LOCK
    settings = read_settings({}, data_dir=str(sample_run.data_dir))
    holding = exclusive(lock, Holder("0123456789", 1, "now"))
    holding.__enter__()

    def give_up(holder: str) -> None:
        waits.append(holder)
        holding.__exit__(None, None, None)

    with open_warehouse(settings, "explain", give_up) as connection:
        assert connection.execute("select count(*) from intermediate.int_run").fetchone() == (1,)
    assert waits == ["run 01234567 (process 1, since now)"]


def test_what_a_log_holds_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\nc") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
    assert len(shown("x" * 1000)) < 200
