"""health.vendor_agreement (spec §2.3.11): Klaviyo's four metrics against our four tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model import Row
from .counting import EVENT_FEED, Objects
from .taking import VendorLine

TABLE_OF_METRIC = {
    "conversation_started": "conversation_started",
    "conversation_resolved": "conversation_resolved",
    "conversation_escalated": "conversation_escalated",
    "recommendation_received": "product_recommendation_received",
}
VENDOR = "klaviyo"


def vendor_agreement(objects: Objects, ledger: Sequence[Row], events: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Four rows for every source that landed klaviyo_events; `explanation` holds codes, not the sentence.

    vendor_count: distinct event ids of accepted lines of the metric, refused records included (spec §2.3.11).
    """
    rows = []
    for source in sorted({row["source"] for row in ledger if row["feed"] == EVENT_FEED}):
        own = {key: lines for key, lines in objects.items() if key[:2] == (source, EVENT_FEED)}
        for metric, table in TABLE_OF_METRIC.items():
            of_metric = {key[2]: lines for key, lines in own.items() if any(one.says.metric == metric for one in lines)}
            ours = [event for event in events[table] if event["source"] == source]
            difference = len(of_metric) - len(ours)
            rows.append(
                {
                    "source": source,
                    "vendor": VENDOR,
                    "name": table,
                    "vendor_count": len(of_metric),
                    "our_count": len(ours),
                    "difference": difference,
                    "explanation": explanation(metric, of_metric, ours, difference),
                }
            )
    return rows


def explanation(
    metric: str, events: Mapping[str, Sequence[VendorLine]], ours: Sequence[Row], difference: int
) -> str | None:
    """What covers a difference (spec §2.3.12.5, 1), as codes in order; None where there is none or nothing covers it.

    Refused events, several Started of one conversation, two Resolved or Escalated of one conversation in one second,
    events whose newest version is of another metric, and rows of ours that Klaviyo's events did not make.
    """
    if difference == 0:
        return None
    foreign = sum(not event["record_id"].startswith(f"{VENDOR}:") for event in ours)
    newest = [max(lines, key=lambda line: line.rank) for lines in events.values()]
    lasts = [line for line in newest if line.says.metric == metric]
    changed = len(newest) - len(lasts)
    refused = sum(any(one.row is None for one in last.records) for last in lasts)
    made = [last.records[-1].row for last in lasts if last.records and last.records[-1].row is not None]
    if metric == "conversation_started":
        repeated = len(made) - len({row["conversation_id"] for row in made if row})
    elif metric == "recommendation_received":
        repeated = 0
    else:
        seconds = {(row["conversation_id"], row["occurred_at"].replace(microsecond=0)) for row in made if row}
        repeated = len(made) - len(seconds)
    counted = (("refused", refused), ("repeated", repeated), ("metric_changed", changed), ("other_feed", foreign))
    codes = [code for code, count in counted if count]
    return ", ".join(codes) if codes and refused + repeated + changed - foreign == difference else None
