"""What a run's summary and `caw doctor` say of sources whose people a vendor should name (spec §2.3.0.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from caw.adapters.registry import ADAPTERS
from caw.doctor.needs import Need
from caw.doctor.people import people_needed
from caw.feeds.declared import Feed, feeds
from tests.support.toy_vendor import FEED, registered

ORDERS, CONTACTS = "toy_orders", "toy_contacts"  # of another vendor: things alone, and people


def needed(
    folder: Path, landed: Mapping[str, Sequence[str]], seed: str = "source\n", strangers: Sequence[str] = ()
) -> Sequence[Need]:
    """What is said where these feeds have landed, by source, and FEED is a feed of Gorgias that brings people."""
    (folder / "sources.csv").write_text(seed, encoding="utf-8")
    rows = [f"('{source}', '{feed}', 'loaded', 1)" for source, names in landed.items() for feed in names]
    with duckdb.connect() as connection, registered("gorgias"):
        connection.execute("create schema health")
        connection.execute(
            f"create table health.ingestion_ledger as select * from (values {', '.join(rows)}, "
            f"('empty', '{FEED}', 'loaded', 0), ('failed', '{FEED}', 'failed', 0)) as t (source, feed, status, accepted)"
        )
        for feed, makes in ((ORDERS, ("orders",)), (CONTACTS, ("profiles", "consents"))):
            ADAPTERS[feed] = replace(ADAPTERS[FEED], vendor="shopify")
            feeds()[feed] = Feed(feed, {}, makes=makes)
        try:
            return people_needed(connection, folder, strangers)
        finally:
            for feed in (ORDERS, CONTACTS):
                del ADAPTERS[feed], feeds()[feed]


@pytest.mark.parametrize("others", [[], ["orders"], ["conversation_log", ORDERS]])
def test_a_vendor_that_alone_brings_people_should_name_them(tmp_path: Path, others: Sequence[str]) -> None:
    """Nobody learns that none of the vendor's consents count."""
    found = needed(tmp_path, {"acme_us": [FEED, *others], "other": ["orders"]})
    assert [need.source for need in found] == ["acme_us"]
    assert "set people = gorgias for acme_us in sources.csv" in found[0].sentence


@pytest.mark.parametrize(
    ("landed", "seed"),
    [
        ([FEED, "profiles"], "source\n"),
        ([FEED], "source,people\nacme_us,gorgias\n"),
        ([FEED], "source,people\nacme_us,shopify\n"),
        ([FEED, CONTACTS], "source\n"),
        ([ORDERS], "source\n"),
    ],
)
def test_nothing_is_said_where_the_seed_or_another_feed_answers_it(
    tmp_path: Path, landed: Sequence[str], seed: str
) -> None:
    """A team with people of its own, or with a choice between two vendors, is asked to take one of them."""
    assert needed(tmp_path, {"acme_us": landed}, seed) == []


def test_two_vendors_whose_shoppers_never_meet_are_named(tmp_path: Path) -> None:
    """Attribution is empty, and nothing says why."""
    landed = {"acme_us": [FEED, CONTACTS], "met": [FEED, CONTACTS]}
    (one,) = needed(tmp_path, landed, strangers=["acme_us"])
    assert one.source == "acme_us"
    assert one.sentence.startswith(
        "gorgias and shopify land in acme_us, none is named, and orders and conversations share no shopper"
    )
    assert needed(tmp_path, landed, "source,people\nacme_us,shopify\n", ["acme_us"]) == []
