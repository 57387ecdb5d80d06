"""Draws experiments whose true effect is known (spec §8), for the models of lift and for its intervals."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import jinja2
import numpy as np
import pandas as pd

from caw.feeds.declared import DBT_PROJECT_DIR

MACROS = jinja2.Environment().from_string((DBT_PROJECT_DIR / "macros" / "lift.sql").read_text(encoding="utf-8")).module
"""The macros of lift's statistics, each a function of texts."""

POLICY, PERCENT = "simulated", 30
DELAY, EXPIRY, CONVERSION = 2, 72, 72  # hours
BEGIN = pd.Timestamp("2026-05-01T00:00Z")
ENDS = pd.Timestamp("2026-06-01T00:00Z")
AS_OF = pd.Timestamp("2026-06-30T12:00Z")
HOURS = pd.to_timedelta(1, "h")
EARLY, LATE = 0.05, 0.1  # chances to order before the message may go out, and after orders count
CHANCE, EFFECT = 0.08, 0.0293  # of those who enter, within the hours that count: held out, and what being treated adds
CHANCES = MappingProxyType({"treatment": CHANCE + EFFECT, "holdout": CHANCE})
PRICE = 50  # of every order
EMPTIED = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
    "intermediate.int_orders",
    "intermediate.int_consents",
    "intermediate.int_suppressions",
    "intermediate.int_refused_permissions",
    "intermediate.int_products",
    "seeds.retargeting_policies",
    "seeds.retargeting_experiments",
)


@dataclass(frozen=True)
class Shop:
    """The rows that a shop's shoppers leave, by table; each shopper has one event, and agreed to e-mails."""

    events: pd.DataFrame
    orders: pd.DataFrame
    sends: pd.DataFrame


def is_held_out(profile_id: str) -> bool:
    """Gate 10 (spec §4.14)."""
    return (
        int(hashlib.md5(f"{POLICY}|{profile_id}".encode(), usedforsecurity=False).hexdigest()[:8], 16) % 100 < PERCENT
    )


def drawn_shop(accounts: int, shoppers: int, seed: int) -> Shop:
    """Shoppers of some accounts, who are alike but for the message that a policy sends to those that it treats.

    Each is recommended something once in a month. Some order at once; of the others, who enter the experiment, the held
    out order within its hours by CHANCE, and the treated by EFFECT more; some order later.
    """
    rng, count = np.random.default_rng(seed), accounts * shoppers
    people = pd.DataFrame({"source": np.repeat([f"account_{n:04d}" for n in range(accounts)], shoppers)})
    people["profile_id"] = [f"p{seed}_{n}" for n in range(count)]
    people["event_id"] = "e_" + people["profile_id"]
    people["at"] = BEGIN + rng.uniform(0, 28 * 24, count) * HOURS
    people["send_after"] = people["at"] + DELAY * HOURS
    people["arm"] = ["holdout" if is_held_out(one) else "treatment" for one in people["profile_id"]]
    is_early = rng.uniform(size=count) < EARLY
    orders_within = ~is_early & (rng.uniform(size=count) < people["arm"].map(CHANCES))
    placed = {
        "early": people["at"][is_early] + rng.uniform(0, DELAY, is_early.sum()) * HOURS,
        "within": people["send_after"][orders_within] + rng.uniform(0.1, CONVERSION, orders_within.sum()) * HOURS,
    }
    is_late = rng.uniform(size=count) < LATE
    placed["late"] = people["send_after"][is_late] + rng.uniform(CONVERSION + 1, 14 * 24, is_late.sum()) * HOURS
    return Shop(
        people.rename(columns={"at": "occurred_at"}),
        pd.concat([_orders(people, name, instants) for name, instants in placed.items()]),
        people[~is_early & (people["arm"] == "treatment")].assign(sent_at=lambda row: row["send_after"] + 0.05 * HOURS),
    )


def _orders(people: pd.DataFrame, name: str, placed_at: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    who = people.loc[placed_at.index, ["source", "profile_id"]]
    return who.assign(order_id=f"{name}_" + who["profile_id"], placed_at=placed_at)


def put_in(connection: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Make a built warehouse's shoppers those of a shop, and its one policy and experiment theirs."""
    for table in EMPTIED:
        connection.execute(f"delete from {table}")
    for name, frame in vars(shop).items():
        connection.register(f"shop_{name}", frame)
    connection.execute(f"""
        insert into events.product_recommendation_received by name
        select event_id, source, event_id as conversation_id, profile_id, 'web_chat' as channel, occurred_at,
            event_id as record_id, occurred_at as ingested_at, ['shirt'] as products, 1 as product_count, 'card' as layout
        from shop_events;
        insert into intermediate.int_orders by name
        select source, order_id, profile_id, placed_at, 'placed' as status, 'USD' as currency, {PRICE} as total,
            0 as refunded_total from shop_orders;
        insert into intermediate.int_consents by name
        select source, profile_id, 'email' as channel, timestamptz '2026-01-01 00:00Z' as occurred_at,
            'subscribed' as status from shop_events;
        create table sends as
        select source, profile_id, 'm_' || profile_id as message_id, 'email' as channel, sent_at, 'flow' as kind,
            null::varchar as kind_text, '{POLICY}' as policy_id, event_id from shop_sends;
        create or replace view intermediate.int_message_sends as select * from sends;
        update intermediate.int_run set as_of = timestamptz '{AS_OF}';
        insert into seeds.retargeting_policies values
            ('{POLICY}', 'product_recommendation_received', 'email', {DELAY}, {EXPIRY}, true, 7, true, 24, {PERCENT});
        insert into seeds.retargeting_experiments values
            ('{POLICY}', '{POLICY}', '{BEGIN.isoformat()}', '{ENDS.isoformat()}', {PERCENT}, {CONVERSION}, '0.02');
    """)


def rebuild(connection: duckdb.DuckDBPyConnection, compiled: Path, table: str, old: str = "", new: str = "") -> None:
    """Make a table again by its model's compiled SQL, in which `new` takes the place of `old`.

    Raises:
        AssertionError: the model has no such text.
    """
    (path,) = compiled.rglob(f"models/**/{table.partition('.')[2]}.sql")
    sql = path.read_text(encoding="utf-8")
    assert old in sql, f"{table} has no {old!r}"
    connection.execute(f"create or replace table {table} as {sql.replace(old, new) if old else sql}")
