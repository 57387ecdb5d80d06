"""A run leaves what no new batch can have changed as it is: its marts are those of a full refresh all the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caw.publication import FILE_NAME
from tests.support.publishing import assert_as_from_nothing, content
from tests.support.sample_run import SampleRun
from tests.support.warm_caw import warm_caw

soak = pytest.mark.soak

Record = dict[str, Any]
Delivery = Callable[[list[Record]], list[Record]]


def swapped_addresses(profiles: list[Record]) -> list[Record]:
    """Each shopper gets the address of the next: conversations and orders belong to somebody else."""
    known = [profile for profile in profiles if "email" in profile]
    return [
        {"profile_id": profile["profile_id"], "updated_at": "2026-06-30T12:05:00Z", "email": other["email"]}
        for profile, other in zip(known, known[1:] + known[:1], strict=True)
    ]


def withdrawn(consents: list[Record]) -> list[Record]:
    return [{**consent, "status": "unsubscribed", "occurred_at": "2026-06-30T12:15:00Z"} for consent in consents]


def lifted(suppressions: list[Record]) -> list[Record]:
    return [{**one, "action": "unsuppress", "occurred_at": "2026-06-30T12:25:00Z"} for one in suppressions]


def bought_again(orders: list[Record]) -> list[Record]:
    return [
        {**order, "order_id": f"again-{number}", "placed_at": "2026-06-30T12:35:00Z", "status": "placed"}
        for number, order in enumerate(orders)
    ]


def sold_out(products: list[Record]) -> list[Record]:
    return [{**product, "in_stock": False, "updated_at": "2026-06-30T12:45:00Z"} for product in products]


def written_to(sends: list[Record]) -> list[Record]:
    return [
        {**send, "message_id": f"again-{number}", "sent_at": "2026-06-30T12:55:00Z", "kind": "campaign"}
        for number, send in enumerate(sends)
    ]


# Each feed alone, one run after the other; what it brings lies before that run's instant.
STEPS: tuple[tuple[str, Delivery, str], ...] = (
    ("profiles", swapped_addresses, "2026-06-30T12:10:00Z"),
    ("consents", withdrawn, "2026-06-30T12:20:00Z"),
    ("suppressions", lifted, "2026-06-30T12:30:00Z"),
    ("orders", bought_again, "2026-06-30T12:40:00Z"),
    ("products", sold_out, "2026-06-30T12:50:00Z"),
    ("message_sends", written_to, "2026-06-30T13:00:00Z"),
)


def records_of(feed_folder: Path) -> list[Record]:
    files = sorted(feed_folder.rglob("*-seed1.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def marts(data_dir: Path) -> dict[str, Any]:
    """All that is published, but for the run's own row."""
    seen = content(data_dir / "published" / FILE_NAME)
    del seen["health.last_run"]
    return seen


@soak  # a slice: test_against_reference, step by step
def test_marts_are_those_of_a_full_refresh_where_only_time_has_passed(sample_run: SampleRun, tmp_path: Path) -> None:
    """Conversations are abandoned, windows and waits end, people leave segments: whatever looks at the clock is built."""
    later = sample_run.copied(tmp_path / "later")
    seeds = {"CAW_SEEDS_DIR": str(later.seeds)}
    caw = warm_caw()
    as_of = "2026-07-08T12:00:00Z"
    ran = caw.run(later.landing, later.data_dir, "--as-of", as_of, environment=seeds)
    assert ran.code == 0, ran.err
    whole = Path(shutil.copytree(later.data_dir, tmp_path / "whole", symlinks=True))
    ran = caw.run(later.landing, whole, "--as-of", as_of, "--full-refresh", environment=seeds)
    assert ran.code == 0, ran.err
    assert marts(later.data_dir) == marts(whole)
    assert_as_from_nothing(later.data_dir / "published", later.data_dir / "warehouse.duckdb", tmp_path / "scratch")


@pytest.mark.parametrize("steps", [pytest.param(1, marks=soak), pytest.param(len(STEPS), marks=soak)])
def test_marts_are_those_of_a_full_refresh_whichever_feed_came(
    sample_run: SampleRun, tmp_path: Path, steps: int
) -> None:
    """A table that is wrongly held to be up to date stays wrong until its feed speaks again.

    Compared after the profiles, on which most depends, or after all: none of the others mends what another left. And what
    either run publishes is what its warehouse holds: a row that one publication overlooks is missing from all after it.
    """
    changed = sample_run.copied(tmp_path / "changed")
    seeds = {"CAW_SEEDS_DIR": str(changed.seeds)}
    caw = warm_caw()
    for feed, delivery, as_of in STEPS[:steps]:
        folder = changed.landing / "acme_us" / feed
        lines = [json.dumps(record) for record in delivery(records_of(folder))]
        (folder / "delivered.jsonl").write_text("\n".join(lines), encoding="utf-8")
        ran = caw.run(changed.landing, changed.data_dir, "--as-of", as_of, environment=seeds)
        assert ran.code == 0, ran.err
    whole = Path(shutil.copytree(changed.data_dir, tmp_path / "whole", symlinks=True))
    ran = caw.run(changed.landing, whole, "--as-of", as_of, "--full-refresh", environment=seeds)
    assert ran.code == 0, ran.err
    assert marts(changed.data_dir) == marts(whole)
    for data_dir in (changed.data_dir, whole):
        assert_as_from_nothing(data_dir / "published", data_dir / "warehouse.duckdb", tmp_path / "scratch")
