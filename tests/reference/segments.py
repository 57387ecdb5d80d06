"""Schema segments (spec §4.9 to §4.11): the shipped segments, their sizes and the history of their members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from .facts import Facts, Person, by_profile, in_last, up_to
from .model import Row
from .performance import conversation_rows

LAST_7_DAYS = timedelta(days=7)
LAST_30_DAYS = timedelta(days=30)
REPEATED = 2  # conversations started, for repeat_conversations

Members = dict[Person, datetime]
"""Person -> qualified_at, the latest qualifying instant."""


def _latest(rows: Iterable[Row], column: str = "occurred_at") -> Members:
    """The latest instant of every profile; rows without a profile make no member."""
    members: Members = {}
    for row in rows:
        if row["profile_id"] is not None:
            person = (row["source"], row["profile_id"])
            members[person] = max(row[column], members.get(person, row[column]))
    return members


def _did(facts: Facts, table: str, length: timedelta | None = None) -> list[Row]:
    """Events not later than as_of, in the last `length` if one is given."""
    events = up_to(facts.events[table], "occurred_at", facts.as_of)
    return [event for event in events if length is None or in_last(event["occurred_at"], facts.as_of, length)]


def _recommended_without_order(facts: Facts, length: timedelta | None) -> Members:
    """A recommendation, and no order placed at or after the latest one (cancelled later or not)."""
    orders = by_profile(up_to(facts.orders, "placed_at", facts.as_of))
    members: Members = {}
    for person, latest in _latest(_did(facts, "product_recommendation_received", length)).items():
        if not any(order["placed_at"] >= latest for order in orders.get(person, [])):
            members[person] = latest
    return members


def _repeat_conversations(facts: Facts) -> Members:
    people = by_profile(_did(facts, "conversation_started", LAST_30_DAYS))
    return _latest(event for events in people.values() if len(events) >= REPEATED for event in events)


def _abandoned(facts: Facts) -> Members:
    rows = (row for row in conversation_rows(facts) if row["outcome"] == "abandoned")
    recent = (row for row in rows if in_last(row["last_record_at"], facts.as_of, LAST_7_DAYS))
    return _latest(recent, "last_record_at")


SEGMENTS: dict[str, Callable[[Facts], Members]] = {
    "started_conversation_ever": lambda facts: _latest(_did(facts, "conversation_started")),
    "started_conversation_last_30_days": lambda facts: _latest(_did(facts, "conversation_started", LAST_30_DAYS)),
    "recommended_not_purchased": lambda facts: _recommended_without_order(facts, LAST_30_DAYS),
    "recommended_never_purchased": lambda facts: _recommended_without_order(facts, None),
    "escalated_ever": lambda facts: _latest(_did(facts, "conversation_escalated")),
    "escalated_last_7_days": lambda facts: _latest(_did(facts, "conversation_escalated", LAST_7_DAYS)),
    "resolved_by_agent_last_30_days": lambda facts: _latest(_did(facts, "conversation_resolved", LAST_30_DAYS)),
    "repeat_conversations": _repeat_conversations,
    "abandoned_conversation_last_7_days": _abandoned,
}


def segment_membership(facts: Facts) -> list[Row]:
    """segments.segment_membership at as_of."""
    return [
        {
            "segment_id": segment_id,
            "source": source,
            "profile_id": profile_id,
            "qualified_at": qualified_at,
            "as_of": facts.as_of,
        }
        for segment_id, condition in SEGMENTS.items()
        for (source, profile_id), qualified_at in sorted(condition(facts).items())
    ]


def segment_sizes(facts: Facts, membership: list[Row]) -> list[Row]:
    """segments.segment_sizes of this as_of: a row per segment and landed source, zeros too."""
    rows = []
    for segment_id in SEGMENTS:
        for source in facts.landed:
            members = [row for row in membership if (row["segment_id"], row["source"]) == (segment_id, source)]
            rows.append({"segment_id": segment_id, "source": source, "as_of": facts.as_of, "members": len(members)})
    return rows


def instants_kept(instants: Iterable[datetime]) -> list[datetime]:
    """The as_ofs that segments.segment_sizes has after runs at these: of a UTC day that ended 90 days before the latest
    of them, the last one (spec §4.11)."""
    runs = sorted(set(instants))
    day = {run: datetime(run.year, run.month, run.day, tzinfo=run.tzinfo) for run in runs}
    last_of_day = {day[run]: run for run in runs}
    return [
        run
        for run in runs
        if day[run] + timedelta(days=1) > runs[-1] - timedelta(days=90) or last_of_day[day[run]] == run
    ]


Run = tuple[datetime, list[Row], bool]
"""(as_of, membership, whether it ran by its clock, without --as-of)"""


def membership_history(runs: Iterable[Run]) -> list[Row]:
    """segments.segment_membership_history after runs, in the order they ran.

    A run whose as_of is not later than the latest recorded changes nothing; but one without --as-of whose clock is
    behind that first sets the later instants to its own as_of, and then follows its members like any other.
    """
    history: list[Row] = []
    latest: datetime | None = None
    for as_of, membership, by_clock in runs:
        if latest is not None and as_of <= latest:
            if not by_clock or as_of == latest:
                continue
            _set_later(history, as_of)
        latest = as_of
        _follow(history, membership, as_of)
    return history


def _set_later(history: list[Row], as_of: datetime) -> None:
    """Instants after `as_of` were written by a clock that ran ahead."""
    for row in history:
        for column in ("entered_at", "exited_at"):
            if row[column] is not None:
                row[column] = min(row[column], as_of)


def _follow(history: list[Row], membership: list[Row], as_of: datetime) -> None:
    """Who left exits, who is new enters."""
    present = {(row["segment_id"], row["source"], row["profile_id"]) for row in membership}
    for row in history:
        key = (row["segment_id"], row["source"], row["profile_id"])
        if row["exited_at"] is None:
            if key in present:
                present.remove(key)
            else:
                row["exited_at"] = as_of
    for segment_id, source, profile_id in sorted(present):
        history.append(
            {
                "segment_id": segment_id,
                "source": source,
                "profile_id": profile_id,
                "entered_at": as_of,
                "exited_at": None,
            }
        )
