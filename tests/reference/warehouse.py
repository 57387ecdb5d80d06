"""The whole refresh: deliveries in, tables out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from .events import activity_feed
from .facts import gather
from .health import event_metrics, unknown_fields, unknown_words
from .lift import experiment_units, policy_lift
from .model import Delivery, Warehouse
from .overviews import conversation_tags, escalations_daily, failed_gates, headlines, sources
from .performance import (
    agent_performance_daily,
    attributed_orders,
    conversation_rows,
    recommended_products,
    skill_performance_daily,
)
from .retargeting import eligibility_funnel, promotion_exclusions, retargeting_eligibility
from .sales import order_items, orders, product_performance_daily, recommendation_funnel
from .seeds import read_seeds
from .segments import membership_history, segment_membership, segment_sizes
from .shoppers import message_outcomes, shoppers
from .vendors.agreement import vendor_agreement


def build(
    deliveries: Sequence[Delivery],
    seeds: Path,
    as_of: datetime,
    previous_runs: Sequence[tuple[int, datetime]] = (),
    by_clock: Collection[int] = (),
    built: Collection[str] = (),
) -> Warehouse:
    """Build every table as the specification says.

    Args:
        deliveries: all batches, in batch order.
        seeds: folder of the seed files.
        as_of: the run's instant, UTC and aware.
        previous_runs: (number of deliveries so far, as_of) of the runs before this one, in the order they ran;
            only segments.segment_membership_history depends on them.
        built: the parts of spec §2.3 that are read: names of vendor feeds, `order_adjustments`, `dialects`
            (`vendors.registry.ALL_PARTS` for all); other vendor feeds are unknown feeds.
        by_clock: places of the runs that had no --as-of, this one last; only that history depends on them.
    """
    words = read_seeds(seeds, built)
    facts = gather(deliveries, words, as_of)
    conversations = conversation_rows(facts)
    attributed = attributed_orders(facts)
    membership = segment_membership(facts)
    eligibility = retargeting_eligibility(facts)
    funnel = recommendation_funnel(facts)
    units = experiment_units(facts)
    earlier = [
        (run_as_of, segment_membership(gather(deliveries[:count], words, run_as_of)))
        for count, run_as_of in previous_runs
    ]
    runs = [(*run, place in by_clock) for place, run in enumerate([*earlier, (as_of, membership)])]
    tables = {
        "health.ingestion_ledger": facts.intake.ledger,
        "health.rejected_records": facts.intake.rejected,
        "health.event_metrics": event_metrics(facts),
        "health.unknown_fields": unknown_fields(facts),
        "health.unknown_words": unknown_words(facts),
        **{f"events.{table}": rows for table, rows in facts.events.items()},
        "events.activity_feed": activity_feed(facts.events),
        "events.recommended_products": recommended_products(facts),
        "performance.conversations": conversations,
        "performance.attributed_orders": attributed,
        "performance.agent_performance_daily": agent_performance_daily(facts, conversations, attributed),
        "performance.skill_performance_daily": skill_performance_daily(facts, conversations),
        "performance.sources": sources(facts, conversations),
        "performance.orders": orders(facts, attributed),
        "performance.order_items": order_items(facts),
        "performance.headlines": headlines(facts, conversations, attributed),
        "performance.recommendation_funnel": funnel,
        "performance.product_performance_daily": product_performance_daily(facts, funnel),
        "performance.conversation_tags": conversation_tags(conversations),
        "performance.escalations_daily": escalations_daily(facts),
        "segments.shoppers": shoppers(facts, conversations, membership),
        "segments.segment_membership": membership,
        "segments.segment_sizes": segment_sizes(facts, membership),
        "segments.segment_membership_history": membership_history(runs),
        "retargeting.retargeting_eligibility": eligibility,
        "retargeting.promotion_exclusions": promotion_exclusions(facts),
        "retargeting.eligibility_funnel": eligibility_funnel(facts, eligibility),
        "retargeting.failed_gates": failed_gates(eligibility),
        "retargeting.message_outcomes": message_outcomes(facts),
        "retargeting.experiment_units": units,
        "retargeting.policy_lift": policy_lift(facts, units),
    }
    if words.built:
        tables["health.vendor_agreement"] = vendor_agreement(facts.intake.objects, facts.intake.ledger, facts.events)
    return Warehouse(tables, {**facts.intake.accepted, "conversation_records": facts.records}, facts.counted)
