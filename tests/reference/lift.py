"""Holdout and incremental lift (spec §8): who an experiment enrolled, and what the policy adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import fmean, variance

from .facts import CANCELLED, Facts, by_profile, hours, up_to
from .model import Row
from .retargeting import TESTS, Case, case_of, histories_of
from .values import summed_money

Z = 1.959963984540054
POWER_80 = 2.801585218112969
SRM_LIMIT = 10.828
FEWEST_EXPECTED = 5
FEWEST_FOR_REVENUE = 30
ENTRY_GATES = (
    "ordered_since_trigger",
    "escalated_recently",
    "no_consent",
    "suppressed",
    "messaged_recently",
    "superseded",
)
CENT = Decimal("0.01")


def _may_be_of(send: Row, policy_id: str) -> bool:
    """A flow send that names no other policy."""
    return bool(send["kind"] == "flow") and send["policy_id"] in (None, policy_id)


def _enters(case: Case) -> bool:
    """None of the entry gates fails; the policy's own flow sends are left aside in gate 6."""
    others = [send for send in case.sends if not _may_be_of(send, case.policy["policy_id"])]
    case = replace(case, sends=others)
    return not any(TESTS[gate](case) for gate in ENTRY_GATES)


def experiment_units(facts: Facts) -> list[Row]:
    """retargeting.experiment_units: (experiment_id, source, profile_id)."""
    rows = []
    policies = {policy["policy_id"]: policy for policy in facts.seeds.policies}
    for experiment in facts.seeds.experiments:
        policy = policies[experiment["policy_id"]] | {"holdout_percent": experiment["holdout_percent"]}
        rows += _units(experiment, policy, facts)
    return rows


def _units(experiment: dict[str, str], policy: dict[str, str], facts: Facts) -> list[Row]:
    starts_at, ends_at = (datetime.fromisoformat(experiment[name]) for name in ("starts_at", "ends_at"))
    window = hours(experiment["conversion_hours"])
    histories, permissions = histories_of(facts), by_profile(facts.permissions)
    triggers = up_to(facts.events[policy["trigger_event"]], "occurred_at", facts.as_of)
    units = []
    for (source, profile_id), own in by_profile(triggers).items():
        candidates = sorted(own, key=lambda row: (row["occurred_at"], row["event_id"]))
        for trigger in candidates:
            enrolled_at = trigger["occurred_at"] + hours(policy["delay_hours"])
            if not (starts_at <= enrolled_at < ends_at and enrolled_at <= facts.as_of):
                continue
            case = case_of(policy, trigger, {(source, profile_id): own}, enrolled_at, facts, histories, permissions)
            if not _enters(case):
                continue
            until = min(enrolled_at + window, facts.as_of)
            orders = [
                order
                for order in histories["orders"][0].get((source, profile_id), [])
                if order["status"] != CANCELLED and trigger["occurred_at"] <= order["placed_at"] <= until
            ]
            currency = facts.seeds.currency(source)
            amounts = [row["total"] - row["refunded_total"] for row in orders if row["currency"] == currency]
            sends = [
                send
                for send in histories["sends"][0].get((source, profile_id), [])
                if send["channel"] == policy["message_channel"]
                and _may_be_of(send, policy["policy_id"])
                and trigger["occurred_at"] <= send["sent_at"] <= until
            ]
            units.append(
                {
                    "experiment_id": experiment["experiment_id"],
                    "policy_id": policy["policy_id"],
                    "source": source,
                    "profile_id": profile_id,
                    "event_id": trigger["event_id"],
                    "enrolled_at": enrolled_at,
                    "arm": "holdout" if TESTS["holdout"](case) else "treatment",
                    "was_sent": bool(sends),
                    "is_mature": enrolled_at + window <= facts.as_of,
                    "currency": currency,
                    "orders": len(orders),
                    "revenue": summed_money(amounts),
                    "is_converted": bool(orders),
                    "as_of": facts.as_of,
                }
            )
            break
    return units


def wilson(converted: int, count: int) -> tuple[float, float]:
    """Wilson's interval for a proportion."""
    centre = 2 * converted + Z**2
    spread = Z * math.sqrt(Z**2 + 4 * converted * (1 - converted / count))
    return (centre - spread) / (2 * (count + Z**2)), (centre + spread) / (2 * (count + Z**2))


def newcombe(treated: tuple[int, int], held_out: tuple[int, int]) -> tuple[float, float]:
    """Newcombe's method 10 for the difference of two (converted, count)."""
    (p1, p2), (l1, u1), (l2, u2) = (x / n for x, n in (treated, held_out)), wilson(*treated), wilson(*held_out)
    return p1 - p2 - math.hypot(p1 - l1, u2 - p2), p1 - p2 + math.hypot(u1 - p1, p2 - l2)


def always_valid(treated: tuple[int, int], held_out: tuple[int, int], tau: float) -> tuple[float, float] | None:
    """The interval that holds at every look; None where the rates have no variance."""
    p1, p2 = (x / n for x, n in (treated, held_out))
    spread = p1 * (1 - p1) / treated[1] + p2 * (1 - p2) / held_out[1]
    if spread == 0:
        return None
    mixed = spread + tau**2
    margin = math.sqrt(2 * spread * mixed / tau**2 * (math.log(20) + math.log(mixed / spread) / 2))
    return max(p1 - p2 - margin, -1.0), min(p1 - p2 + margin, 1.0)


def sample_ratio(treated: int, held_out: int, percent: int) -> float | None:
    """The statistic of the arms' sizes; None where either is expected to have under five."""
    everybody = treated + held_out
    expected = Fraction(everybody * (100 - percent), 100), Fraction(everybody * percent, 100)
    if min(expected) < FEWEST_EXPECTED:
        return None
    return float(sum((seen - due) ** 2 / due for seen, due in zip((treated, held_out), expected, strict=True)))


def detectable(held_out: tuple[int, int], treated: int) -> float | None:
    """The smallest difference that shows four times in five."""
    converted, count = held_out
    if treated == 0 or count == 0 or converted in (0, count):
        return None
    rate = converted / count
    return POWER_80 * math.sqrt(rate * (1 - rate) * (1 / treated + 1 / count))


def policy_lift(facts: Facts, units: Sequence[Row]) -> list[Row]:
    """retargeting.policy_lift: (experiment_id, source) with a unit."""
    experiments = {row["experiment_id"]: row for row in facts.seeds.experiments}
    groups: dict[tuple[str, str], list[Row]] = {}
    for unit in units:
        groups.setdefault((unit["experiment_id"], unit["source"]), []).append(unit)
    return [_lift(experiments[experiment_id], rows, facts.as_of) for (experiment_id, _), rows in groups.items()]


def _lift(experiment: dict[str, str], units: Sequence[Row], as_of: datetime) -> Row:
    arms = {name: [unit for unit in units if unit["arm"] == name] for name in ("treatment", "holdout")}
    mature = {name: [unit for unit in rows if unit["is_mature"]] for name, rows in arms.items()}
    treated, held_out = ((sum(unit["is_converted"] for unit in rows), len(rows)) for rows in mature.values())
    rates = [x / n if n else None for x, n in (treated, held_out)]
    sent = [sum(unit["was_sent"] for unit in rows) for rows in arms.values()]
    ratio = sample_ratio(len(arms["treatment"]), len(arms["holdout"]), int(experiment["holdout_percent"]))
    both = treated[1] > 0 and held_out[1] > 0
    lift = treated[0] / treated[1] - held_out[0] / held_out[1] if both else None
    low, high = newcombe(treated, held_out) if both else (None, None)
    valid = always_valid(treated, held_out, float(experiment["smallest_lift"])) if both else None
    return {
        "experiment_id": experiment["experiment_id"],
        "policy_id": experiment["policy_id"],
        "source": units[0]["source"],
        "units_treated": treated[1],
        "units_held_out": held_out[1],
        "converted_treated": treated[0],
        "converted_held_out": held_out[0],
        "rate_treated": rates[0],
        "rate_held_out": rates[1],
        "lift": lift,
        "lift_low": low,
        "lift_high": high,
        "always_valid_low": valid and valid[0],
        "always_valid_high": valid and valid[1],
        "relative_lift": lift / rates[1] if lift is not None and rates[1] else None,
        "incremental_conversions": None if lift is None else lift * treated[1],
        "currency": units[0]["currency"],
        **_revenue(mature["treatment"], mature["holdout"]),
        "sent_treated": sent[0],
        "sent_held_out": sent[1],
        "srm_statistic": ratio,
        "srm_suspected": ratio is not None and ratio > SRM_LIMIT,
        "minimum_detectable_effect": detectable(held_out, treated[1]),
        "verdict": _verdict(experiment, as_of, ratio, (sent[1], len(arms["holdout"])), low, high),
        "as_of": as_of,
    }


def _revenue(treated: Sequence[Row], held_out: Sequence[Row]) -> Row:
    names = ("revenue_lift_per_profile", "revenue_lift_low", "revenue_lift_high", "incremental_revenue")
    if not treated or not held_out:
        return dict.fromkeys(names)
    amounts = [[Fraction(unit["revenue"]) for unit in rows] for rows in (treated, held_out)]
    per_profile = Fraction(sum(amounts[0]), len(treated)) - Fraction(sum(amounts[1]), len(held_out))
    exact = per_profile * len(treated)
    total = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(CENT, ROUND_HALF_UP)
    if min(len(treated), len(held_out)) < FEWEST_FOR_REVENUE:
        return dict(zip(names, (float(per_profile), None, None, total), strict=True))
    margin = Z * math.sqrt(sum(float(variance(rows)) / len(rows) for rows in amounts))
    lift = fmean(map(float, amounts[0])) - fmean(map(float, amounts[1]))
    return dict(zip(names, (lift, lift - margin, lift + margin, total), strict=True))


def _verdict(
    experiment: dict[str, str],
    as_of: datetime,
    ratio: float | None,
    written_to: tuple[int, int],
    low: float | None,
    high: float | None,
) -> str:
    """The first that is true, of spec §8.5."""
    if ratio is not None and ratio > SRM_LIMIT:
        return "invalid: sample ratio"
    if written_to[0] * 100 > written_to[1]:
        return "invalid: holdout was written to"
    if as_of < datetime.fromisoformat(experiment["ends_at"]) + hours(experiment["conversion_hours"]):
        return "collecting"
    if low is None or high is None:
        return "no data"
    return "lift" if low > 0 else "harm" if high < 0 else "no difference shown"
