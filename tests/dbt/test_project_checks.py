"""The dbt project's own tests pass on valid data, and each finds a planted mistake; wrong seeds stop the build."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.contract_tables import SCHEMAS, TABLES
from tests.support.built_sample import copied, dbt, warehouse
from tests.support.pipeline import Pipeline
from tests.support.project import Edit, ProjectCopy, copy_project

PLANTED = Path(__file__).with_name("planted_mistakes.sql")
# By seed: a wrong row, and what is said of it.
WRONG_ROWS = {
    "retargeting_policies": {
        "a,conversation_ran,email,2,72,true,7,true,16,0": "policy_id 'a': trigger_event 'conversation_ran' is unknown",
        "b,conversation_started,fax,2,72,true,7,true,16,0": "policy_id 'b': message_channel 'fax' is unknown",
        "c,conversation_started,email,-1,72,true,7,true,16,0": "policy_id 'c': delay_hours (-1) must be 0 or more",
        "d,conversation_started,email,2,1,true,7,true,16,0": (
            "policy_id 'd': expires_after_hours (1) must be greater than delay_hours (2)"
        ),
        "e,conversation_started,email,2,3,true,7,true,16,101": (
            "policy_id 'e': holdout_percent (101) must lie between 0 and 100"
        ),
        "f,conversation_started,email,2,3,true,-7,true,16,1": (
            "policy_id 'f': exclude_escalated_days (-7) must be 0 or more"
        ),
        "g,conversation_started,email,2,3,,7,true,16,1": "policy_id 'g': exclude_if_ordered must not be blank",
        "recommendation_follow_up_sms,conversation_started,email,2,3,true,7,true,16,1": (
            "policy_id 'recommendation_follow_up_sms': only one row may have this policy_id"
        ),
    },
    "sources": {
        "mars,Mars/Olympus,EUR,,": "source 'mars': timezone 'Mars/Olympus' is no name of the IANA database",
        "Acme-1,,,,": "source 'Acme-1': a source is a folder's name",
        "acme_us,UTC,USD,,": "source 'acme_us': only one row may have this source",
        "acme_klav,,,,klavio": "source 'acme_klav': people 'klavio' is unknown; it is one of own, klaviyo",
        "acme_fax,,,fax,": "source 'acme_fax': channel 'fax' is unknown; it is one of web_chat, sms, email, whatsapp",
    },
    "word_aliases": {
        "channel,Web-Chat,sms": "alias 'Web-Chat': this way of writing stands for two words of channel",
        "colour,red,red": "alias 'red': vocabulary 'colour' is unknown",
        "status,paused,pausing": "alias 'paused': 'pausing' is no word of status",
    },
    "attribution_windows": {"fax,0": "channel 'fax': hours (0) must be greater than 0"},
    "escalation_categories": {
        "105,refund now,billing": "position '105': only one row may have this position",
        "99000,  ,billing": "position '99000': pattern must not be blank",
    },
    "agent_tools": {
        "x,,explode,": "tool_name 'x': effect 'explode' is unknown; it is one of escalate, recommend, identify, cart",
        "y,,recommend,": "tool_name 'y': effect recommend needs a path to its value",
        "z,,cart,": "tool_name 'z': effect cart needs a path to its value",
    },
    "klaviyo_flows": {
        "F1, ": "flow_id 'F1': policy_id must not be blank",
        "F2,recommendation_follow_up_email": "flow_id 'F2': only one row may have this flow_id",
        "F2,welcome": "flow_id 'F2': only one row may have this flow_id",
    },
    "pulls": {
        "Acme-1,klaviyo,klaviyo_events,,2026-01-01,,": "source 'Acme-1': a source is a folder's name",
        "a,klavio,klaviyo_events,,2026-01-01,,": "source 'a': vendor 'klavio' is unknown",
        "b,klaviyo,orders,,2026-01-01,,": "source 'b': feed 'orders' is unknown",
        "c,klaviyo,klaviyo_profiles,mapped,2026-01-01,,": "source 'c': metrics 'mapped' is for klaviyo_events alone",
        "d,klaviyo,klaviyo_events,,soon,,": "source 'd': since 'soon' is no instant or day",
        "e,klaviyo,klaviyo_events,,2026-01-01,-1,": "source 'e': lookback_hours (-1) must lie between 0 and 8760",
        "g,klaviyo,klaviyo_catalog,,2026-01-01,72,": "source 'g': klaviyo_catalog is asked for whole, once a day; leave",
        "h,klaviyo,klaviyo_catalog,,2026-01-01,,0": "source 'h': klaviyo_catalog is asked for whole, once a day; leave",
        "f,klaviyo,klaviyo_events,,2026-01-01T00:00:00Z,,400": "source 'f': rescan_days (400) must lie between 0 and",
    },
    "retargeting_experiments": {
        "a,p,2026-07-01,2026-07-08T00:00Z,10,48,0.02": "experiment_id 'a': starts_at '2026-07-01' is no instant with an",
        "b,p,2026-07-09T00:00Z,2026-07-08,10,48,0.02": "experiment_id 'b': ends_at '2026-07-08' is no instant with an",
        "c,q,2026-07-08T00:00Z,2026-07-01T00:00Z,10,48,0.02": (
            "experiment_id 'c': ends_at (2026-07-01T00:00Z) must be later than starts_at (2026-07-08T00:00Z)"
        ),
        "d,r,2026-07-01T00:00Z,2026-07-08T00:00Z,0,48,0.02": (
            "experiment_id 'd': holdout_percent (0) must lie between 1 and 99"
        ),
        "d,r,2026-06-01T00:00Z,2026-06-09T00:00Z,10,48,0.02": "experiment_id 'd': only one row may have this experiment_id",
        "e,r,2026-07-07T00:00Z,2026-07-11T00:00Z,10,48,0.02": (
            "experiment_id 'e': another experiment of r has not ended when it starts (2026-07-07T00:00Z)"
        ),
        "f,s,2026-07-08T00:00Z,2026-07-11T00:00Z,10,0,0.02": (
            "experiment_id 'f': conversion_hours (0) must lie between 1 and 8760"
        ),
        "g,t,2026-07-08T00:00Z,2026-07-11T00:00Z,10,48,2 %": (
            "experiment_id 'g': smallest_lift '2 %' is no proportion above 0 and up to 1"
        ),
    },
    "transcript_markers": {"1,###PAUSE###,paused": "marker '###PAUSE###': status 'paused' is unknown"},
}

NO_WINDOW = Edit("seeds/attribution_windows.csv", "email,120\n", "")
OTHER_TYPE = Edit(
    "dbt_project/models/performance/skill_performance_daily.sql",
    "cast(sum(skills.runs) as bigint)",
    "cast(sum(skills.runs) as integer)",
)


def test_every_test_passes_on_the_sample_logs(sample: Pipeline) -> None:
    """Prevents tests that stop a refresh of valid data."""
    results = dbt(sample.project, sample.data_dir, "test", "--exclude-resource-type", "unit_test")
    assert {name: str(one.message) for name, one in results.items() if str(one.status) != "pass"} == {}


def test_every_test_of_the_marts_finds_a_planted_mistake(sample: Pipeline, tmp_path: Path) -> None:
    """Prevents a test that cannot fail."""
    data_dir = copied(sample, tmp_path)
    with warehouse(data_dir, read_only=False) as connection:
        connection.execute("alter view events.activity_feed rename to activity_feed_before")
        connection.execute(PLANTED.read_text(encoding="utf-8"))
    selection = [
        "--exclude-resource-type",
        "unit_test",
        "--exclude",
        "test_name:valid_seed",
        "test_name:experiments_fit_policies",
    ]
    results = dbt(sample.project, data_dir, "test", *selection)
    assert [name for name, one in results.items() if str(one.status) != "fail"] == []
    with warehouse(data_dir) as connection:
        broken = {
            name: {row[0] for row in connection.execute(one.node.compiled_code).fetchall()}
            for name, one in results.items()
        }
    assert broken["conversation_started_is_valid"] == {"channel is one of web_chat, sms, email, whatsapp, unknown"}
    assert broken["conversation_resolved_is_valid"] == {"no two rows with the same event_id"}
    assert broken["conversation_escalated_is_valid"] == {"every escalation_category is in escalation_categories"}
    assert "skill is never null" in broken["skill_performance_daily_is_valid"]
    assert broken["ingestion_ledger_is_valid"] >= {"lines = blank + accepted + duplicates + rejected"}
    assert broken["recommended_products_is_valid"] == {
        "seconds_to_purchase is there with purchased_at, from 0 to 7 days",
        "every source, event_id is in product_recommendation_received",
    }
    assert broken["attributed_orders_is_valid"] == {
        "no touch is later than its order",
        "every source, conversation_id, profile_id is in conversations",
    }


ID = 32_000  # characters: 4 Mi have room for 131 of them
HAS_ROOM = 131
RARE = f"""
    insert into events.product_recommendation_received by name
        select * replace (
            'rare' as event_id, repeat('c', {ID}) as conversation_id, list_transform(range(200), lambda one: one::varchar) as products,
            200 as product_count
        )
        from events.product_recommendation_received limit 1;
    insert into events.recommended_products by name
        select * replace ('rare' as event_id, unnest(range(1, {{rows}} + 1)) as position)
        from (from events.recommended_products limit 1);
    update events.conversation_escalated set escalation_reason = null, escalation_category = 'of an older seed'
        where event_id = (select min(event_id) from events.conversation_escalated)
"""


@pytest.mark.parametrize(("rows", "status"), {HAS_ROOM: "pass", HAS_ROOM - 1: "fail", HAS_ROOM + 1: "fail"}.items())
def test_what_is_rare_and_right_stops_no_refresh(sample: Pipeline, tmp_path: Path, rows: int, status: str) -> None:
    """Prevents one long id (spec §3.2), or a category that left its seed after an erasure (spec §6.3), from stopping
    every publication from then on.
    """
    data_dir = copied(sample, tmp_path)
    with warehouse(data_dir, read_only=False) as connection:
        connection.execute(RARE.format(rows=rows))
    unfolds = "recommended_products_unfold_every_recommendation"
    results = dbt(sample.project, data_dir, "test", "--select", unfolds, "conversation_escalated_is_valid")
    assert {name: str(one.status) for name, one in results.items()} == {
        unfolds: status, "conversation_escalated_is_valid": "pass"
    }  # fmt: skip


def test_the_published_tables_carry_their_words_and_refuse_nulls(sample: Pipeline) -> None:
    """Prevents descriptions that a BI user never gets to see, and contracts that the engine does not keep."""
    with warehouse(sample.data_dir) as connection:
        rows = connection.execute(
            "select schema_name, table_name, column_name, comment, is_nullable from duckdb_columns() "
            "where list_contains($schemas, schema_name)",
            {"schemas": SCHEMAS},
        ).fetchall()
        tables = connection.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
            "select schema_name || '.' || view_name, comment from duckdb_views()"
        ).fetchall()
    assert [row for row in rows if not row[3]] == []
    assert {table for table, comment in tables if comment} == set(TABLES)
    assert ("events", "conversation_started", "event_id") in {row[:3] for row in rows if not row[4]}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A project with wrong rows in every seed, a channel without a window, and a mart that breaks its contract."""
    wrong = {seed: list(rows) for seed, rows in WRONG_ROWS.items()}
    return copy_project(tmp_path_factory.mktemp("spoiled"), wrong, [NO_WINDOW, OTHER_TYPE])


@pytest.fixture(scope="module")
def refused(spoiled: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What its build says."""
    return dbt(spoiled, tmp_path_factory.mktemp("refused"), "build", "--exclude-resource-type", "unit_test")


@pytest.mark.parametrize("seed", WRONG_ROWS)
def test_a_wrong_seed_stops_the_build_with_a_sentence_that_names_the_row(seed: str, refused: Mapping[str, Any]) -> None:
    """Prevents a mistake in a table that people edit by hand from reaching a mart, and riddles instead of reasons."""
    message = " ".join(refused[f"{seed}_are_valid"].message.split())
    for sentence in WRONG_ROWS[seed].values():
        assert f"seeds/{seed}.csv, {sentence}" in message
    assert str(refused[seed].status) == "success"
    assert str(refused["int_retargeting_triggers"].status) == "skipped"
    assert str(refused["stg_conversation_log"].status) == "skipped"


def test_a_channel_without_a_window_is_refused(refused: Mapping[str, Any]) -> None:
    """Prevents orders from losing their conversation because a row was deleted."""
    message = " ".join(refused["attribution_windows_are_valid"].message.split())
    assert "seeds/attribution_windows.csv, no row has the channel 'email'" in message


def test_an_experiment_that_does_not_fit_its_policy_stops_a_build(sample: Pipeline, tmp_path: Path) -> None:
    """Spec §8.1. Prevents arms that are drawn at one share and sent at another; and, where dbt is run by hand, riddles."""
    data_dir = copied(sample, tmp_path)
    with warehouse(data_dir, read_only=False) as connection:  # as of 30 June, 12:00
        connection.execute("""
            insert into seeds.retargeting_experiments values
                ('a', 'nobody_s', '2026-06-01T00:00Z', '2026-06-02T00:00Z', 10, 48, '0.02'),
                ('b', 'recommendation_follow_up_sms', '2026-06-01T00:00Z', '2026-06-28T12:00:01Z', 10, 48, '0.02'),
                ('over', 'recommendation_follow_up_sms', '2026-05-01T00:00Z', '2026-06-28T12:00:00Z', 10, 48, '0.02')
        """)
    refused = dbt(sample.project, data_dir, "test", "--select", "retargeting_experiments_fit_their_policies")
    message = " ".join(refused["retargeting_experiments_fit_their_policies"].message.split())
    file = "seeds/retargeting_experiments.csv"
    assert (
        f"{file}, experiment_id 'a': no policy in retargeting_policies.csv has the policy_id 'nobody_s'; "
        f"{file}, experiment_id 'b': holdout_percent (10) must be that of recommendation_follow_up_sms in "
        "retargeting_policies.csv (0) until its last order counts."
    ) in message
    assert "'over'" not in message


def test_a_column_of_another_type_breaks_the_contract(sample: Pipeline, spoiled: ProjectCopy, tmp_path: Path) -> None:
    """Prevents a changed type from reaching BI."""
    results = dbt(spoiled, copied(sample, tmp_path), "run", "--select", "skill_performance_daily")
    assert "enforced contract that failed" in results["skill_performance_daily"].message
