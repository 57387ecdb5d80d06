"""The sample's accounts that vendors alone feed: what the marts say of them is what the generator's plans know."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from caw.publication import FILE_NAME
from generator.helpdesk_plan import TAKEN_BACK, TRIED_OUT, helpdesk_plan
from generator.klaviyo_files import reason_of
from generator.klaviyo_plan import klaviyo_plan
from generator.shopify_files import product_id
from generator.tales import EMAIL_POLICY, SMS_POLICY
from generator.vendor_plans import ESCALATED, HELPDESK, KLAVIYO, RESOLVED, Plan
from tests.support.sample_run import SampleRun

PLANS = {plan.source: plan for plan in (klaviyo_plan(), helpdesk_plan())}
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def marts(sample_run: SampleRun) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of the sample."""
    with duckdb.connect(str(sample_run.data_dir / "published" / FILE_NAME), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.fixture(params=PLANS, ids=str)
def plan(request: pytest.FixtureRequest) -> Plan:
    """Each of the two accounts."""
    return PLANS[request.param]


def test_the_events_are_those_that_happened(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """A vendor's shape that is read otherwise than its vendor means it: another conversation, count or instant."""
    started = {(chat.conversation_id, chat.person.person_id, chat.channel, chat.started_at) for chat in plan.started}
    fields = "conversation_id, profile_id, channel, occurred_at"
    assert set(events(marts, plan, "conversation_started", fields)) == started
    resolved = {(chat.conversation_id, chat.ended_at) for chat in plan.ended(RESOLVED)}
    assert set(events(marts, plan, "conversation_resolved", "conversation_id, occurred_at")) == resolved
    escalated = {(chat.conversation_id, chat.ended_at, chat.state or reason_of(chat)) for chat in plan.ended(ESCALATED)}
    fields = "conversation_id, occurred_at, escalation_reason"
    assert set(events(marts, plan, "conversation_escalated", fields)) == escalated


def test_what_was_recommended_is_reported_by_klaviyo_alone(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """A recommendation without its products, or one that no helpdesk can have reported."""
    fields = "conversation_id, occurred_at, products"
    found = events(marts, plan, "product_recommendation_received", fields)
    shown = {
        chat.conversation_id: (chat.recommended_at, [one.product_id for one in chat.products])
        for chat in plan.started
        if chat.products
    }
    assert {own: (at, products) for own, at, products in found} == shown
    assert (len(shown) == 0) == (plan.source == HELPDESK)


def test_no_conversation_counts_twice(marts: duckdb.DuckDBPyConnection) -> None:
    """Counts worked out by hand from the plans' cycles: 36 conversations and 13 of the tales; 40 of which 4 had no agent."""
    sql = """
        select event_name, count(*), count(distinct conversation_id) from events.activity_feed
        where source = ? group by all
    """
    found = {source: {name: counts for name, *counts in named(marts, sql, source)} for source in PLANS}
    assert found[KLAVIYO] == {
        "conversation_started": [49, 49],
        "conversation_resolved": [36, 36],
        "conversation_escalated": [9, 9],
        "product_recommendation_received": [36, 36],
    }
    assert found[HELPDESK] == {
        "conversation_started": [36, 36],
        "conversation_resolved": [20, 20],
        "conversation_escalated": [8, 8],
    }


def test_a_resolution_that_fin_took_back_is_none_and_a_preview_is_no_conversation(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """Fin's numbers and ours would differ: in the file as it was first, the shopper had said thanks."""
    chats = {chat.number: chat.conversation_id for chat in PLANS[HELPDESK].chats}
    assert (len(chats), chats[TAKEN_BACK], chats[TRIED_OUT]) == (41, "intercom:215470000112", "intercom:215470000140")
    sql = "select event_name from events.activity_feed where conversation_id = ? order by all"
    taken_back, tried_out = (named(marts, sql, chats[number]) for number in (TAKEN_BACK, TRIED_OUT))
    assert [name for name, *_ in taken_back] == ["conversation_escalated", "conversation_started"]
    assert tried_out == []


def test_orders_and_what_became_of_them(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """A refund that is lost, an order of nobody, or one that is credited to a conversation without the agent."""
    sql = """
        select order_id, profile_id, placed_at, currency, total, refunded_total, status = 'cancelled', conversation_id
        from performance.orders where source = ?
    """
    currency = {KLAVIYO: "USD", HELPDESK: "GBP"}[plan.source]
    expected = {
        (
            sale.order_id,
            sale.person.person_id,
            sale.placed_at,
            currency,
            sale.total,
            sale.refunded,
            sale.is_cancelled,
            sale.after,
        )
        for sale in plan.sales
    }
    assert set(marts.execute(sql, [plan.source]).fetchall()) == expected
    credited = [sale for sale in plan.sales if sale.after]
    assert (len(plan.sales), len(credited)) == {KLAVIYO: (16, 9), HELPDESK: (16, 7)}[plan.source]


def test_the_lines_of_an_order_name_what_was_bought(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Products that are not found, for which neither title nor price would stand."""
    sql = "select order_id, product_id, price, title from performance.order_items where source = ?"
    is_shop = plan.source == HELPDESK  # whose catalogue lands, too
    expected = {
        (
            sale.order_id,
            str(product_id(line)) if is_shop else line.product_id,
            Decimal(f"{line.price:.2f}"),
            line.title if is_shop else None,
        )
        for sale in plan.sales
        for line in sale.lines
    }
    assert set(marts.execute(sql, [plan.source]).fetchall()) == expected


def test_who_may_be_written_to_is_who_the_tales_say(marts: duckdb.DuckDBPyConnection) -> None:
    """A gate that takes a vendor's consent, suppression, message or order for something else."""
    sql = "select conversation_id, policy_id, status, failed_gates from retargeting.retargeting_eligibility where source = ?"
    found = {(own, policy): (status, tuple(gates)) for own, policy, status, gates in named(marts, sql, KLAVIYO)}
    expected = {
        (case.chat.conversation_id, policy): (verdict.status, verdict.gates)
        for case in PLANS[KLAVIYO].cases
        for policy, verdict in ((EMAIL_POLICY, case.email), (SMS_POLICY, case.sms))
    }
    assert {key: found[key] for key in expected} == expected
    assert {status for key, (status, _) in found.items() if key not in expected} == {"expired"}
    assert named(marts, sql, HELPDESK) == []


def test_consents_and_suppressions_are_those_that_were_given(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Consent is read per channel, and from the one vendor that names the people."""
    sql = "select profile_id, consented_channels, suppressed_channels from segments.shoppers where source = ?"
    expected = {
        person.person_id: (
            [channel for channel, consent in consents if consent == "subscribed"],
            ["email"] if person.suppressed_at else [],
        )
        for person in plan.people
        for consents in [(("email", person.email_consent), ("sms", person.sms_consent))]
    }
    assert {own: (agreed, stopped) for own, agreed, stopped in named(marts, sql, plan.source)} == expected


def test_klaviyo_s_own_counts_are_ours(marts: duckdb.DuckDBPyConnection) -> None:
    """A metric under a name that nobody reads any more."""
    sql = "select name, vendor_count, difference from health.vendor_agreement where source = ?"
    counts = {"conversation_started": 49, "conversation_resolved": 36, "conversation_escalated": 9}
    counts["product_recommendation_received"] = 36
    assert set(named(marts, sql, KLAVIYO)) == {(name, count, 0) for name, count in counts.items()}
    assert named(marts, sql, HELPDESK) == []


def test_every_line_of_a_vendor_is_accepted(marts: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Dirt belongs to the other accounts, where it is listed."""
    sql = "select distinct status, lines - accepted from health.ingestion_ledger where source = ?"
    assert named(marts, sql, plan.source) == [("loaded", 0)]


def test_doctor_shows_the_metrics_that_nobody_knows_most_frequent_first_with_their_rows(sample_run: SampleRun) -> None:
    """Whoever lands an account of their own sees what it counts that this package does not, and how to name it."""
    page = sample_run.caw("doctor").stdout
    rows = [" ".join(line.split()) for line in page.splitlines() if "klaviyo_metrics.csv:" in line]
    sentence = "{0} klaviyo_events metric {1} {2} lines klaviyo_metrics.csv: {1},,<means>"
    assert rows == [sentence.format(KLAVIYO, "Opened Email", 8), sentence.format(KLAVIYO, "Viewed Product", 5)]


def events(marts: duckdb.DuckDBPyConnection, plan: Plan, table: str, fields: str) -> Rows:
    """The rows of one of the four tables, of one account."""
    return named(marts, f"select {fields} from events.{table} where source = ?", plan.source)


def named(marts: duckdb.DuckDBPyConnection, sql: str, own: str) -> Rows:
    """The rows of a query about one source or conversation."""
    return marts.execute(sql, [own]).fetchall()
