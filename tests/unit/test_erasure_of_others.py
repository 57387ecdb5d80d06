"""Random people are forgotten among random others: of the others' lines exactly what spec §6.4 and §6.5 say goes,
before as after. What is expected is put together while a line is drawn; nothing is asked of what is tested."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.adapters.registry import expander
from caw.erasure.forgotten import Forgotten
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import Keyring
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.redaction import Redaction
from caw.erasure.rewriting import Rewriter, Rewritten
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.raw_store.objects import LocalObjects
from caw.raw_store.schemas import LINE_SCHEMA

SEEDS = 10 if "CAW_SOAK" not in os.environ else 1_000
SOURCE = "acme"
KEYRING = Keyring(b"k" * 32)
WORDS = load_words(SEEDS_DIR)
NAMES = ("ana", "mariana", "bob", "jo", "zoë", "li", "customer", "null", "anonymous", "text", "email")
DOMAINS = ("example.com", "x.example", "mail.example.com")
DIGITS = ("5550100", "15550100", "20260309", "1234567")
PIECES = ("hello", "order 12", "2026-03-09", "p7", "customer", "mail", "é", "a\\b", '"', "//")


@dataclass(frozen=True)
class Person:
    """Somebody, by the identifiers that their lines carry."""

    profile_id: str
    email: str
    phone: str
    external_id: str

    @property
    def identifiers(self) -> set[Identifier]:
        """As they are compared."""
        return {
            Identifier("profile_id", self.profile_id),
            Identifier("email", self.email),
            Identifier("phone", self.phone),
            Identifier("external_id", self.external_id),
        }


@dataclass(frozen=True)
class Drawn:
    """A line, whose it is, and what must stand there once the forgotten are."""

    feed: str
    given: Mapping[str, Any]
    left: Mapping[str, Any] | None  # None for a line of a forgotten person


def people(rng: Random) -> list[Person]:
    """Some people; their names, numbers and ids begin, end or contain each other's."""
    drawn: dict[str, Person] = {}
    for number in range(1, rng.randrange(3, 8)):
        email = f"{rng.choice(NAMES)}{rng.choice(('', '.', '1'))}{number}@{rng.choice(DOMAINS)}".replace("..", ".")
        profile_id = rng.choice((f"{number}", f"p{number}", f"100{number}", f"cust-{number}"))
        external = rng.choice((f"customer{number}", f"{number}00", f"x{number}"))
        drawn[profile_id] = Person(profile_id, email, f"4930{number}{rng.choice(DIGITS)}", external)
    return list(drawn.values())


def texts(rng: Random, gone: list[Person], present: list[Person]) -> tuple[str, str]:
    """A text, and what is left of it."""
    given, left = [], []
    for _ in range(rng.randrange(5)):
        kind = rng.random()
        one = rng.choice(gone)
        if kind < 0.3:
            piece = rng.choice(
                (one.email, one.email.upper(), f"+{one.phone}", f"00{one.phone[:2]} ({one.phone[2:4]}) {one.phone[4:]}")
            )
            before, after = rng.choice((("", ""), ("<", ">"), ("to:", "."), ("(", "),"), ("", "!")))
            if before == "(" and piece[0] in "+0123456789":
                before, after = "", ""  # brackets may belong to a number
            given.append(before + piece + after)
            left.append(before + "[forgotten]" + after)
            continue
        if kind < 0.6:
            piece = rng.choice(
                ("x" + one.email, one.email + ".au", one.email + "-shop.de", "a." + one.email, "9" + one.phone,
                 one.phone + "1", "n" + one.phone, one.profile_id, one.external_id, one.email.replace("@", " @ "))
            )  # fmt: skip
        else:
            piece = rng.choice((*PIECES, *([rng.choice(present).email] if present else [])))
        given.append(piece)
        left.append(piece)
    return ", ".join(given), ", ".join(left)


def lines(rng: Random, gone: list[Person], present: list[Person]) -> Iterator[Drawn]:
    """Lines of everybody, and of nobody."""
    for number in range(rng.randrange(4, 25)):
        person = rng.choice([*gone, *present, None])
        is_gone = person in gone
        given, left = texts(rng, gone, present)
        other = rng.choice(gone)
        named = rng.choice((other.profile_id, other.external_id, other.phone[2:], f"x{other.email}", f"c{number}"))
        profile = {} if person is None else {"profile": rng.choice(
            ({"profile_id": person.profile_id}, {"email": person.email.title()}, {"phone_number": "+" + person.phone},
             {"external_id": person.external_id})
        )}  # fmt: skip
        base = {
            "record_id": f"{named}-{number}", "conversation_id": f"{'own' if is_gone else 'other'} {number} {named}",
            "occurred_at": f"2026-03-09T10:00:00.{other.phone[-6:]}Z", "record_type": "message", "actor": "customer",
            "tags": [other.email, named], "url": f"https://x/?m={other.email}", "products": [other.profile_id],
            "quantity": 4930, "sequence": number, other.external_id: {"text": other.email}, **profile,
        }  # fmt: skip
        if rng.random() < 0.2:
            base["conversation_id"] = f"{'own' if is_gone else 'other'} {number}/{other.email}"
        replaced = {**base, "text": left, "escalation_reason": left}
        if base["conversation_id"].endswith("/" + other.email):
            replaced["conversation_id"] = KEYRING.pseudonym(SOURCE, "conversation", base["conversation_id"])
        yield Drawn(
            "conversation_log", {**base, "text": given, "escalation_reason": given}, None if is_gone else replaced
        )
        order = {
            "order_id": named + f"-{number}",
            "placed_at": "2026-03-09",
            "text": given,
            "note": other.email,
            **profile,
        }
        if rng.random() < 0.3 and person is not None:
            order.pop("profile")
            order["customer_email"] = person.email.upper()
        yield Drawn("orders", order, None if is_gone else order)
        if person is not None:
            for feed in ("consents", "suppressions", "message_sends"):
                line = {"profile_id": person.profile_id, "method": other.email, "reason": given, "action": "suppress",
                        "message_id": named, "policy_id": other.profile_id, "occurred_at": base["occurred_at"]}  # fmt: skip
                yield Drawn(feed, line, None if is_gone else line)
        product = {"product_id": other.profile_id, "title": given, "sku": other.phone}
        yield Drawn("products", product, product)


def parts(folder: Path, drawn: list[Drawn]) -> dict[str, list[Path]]:
    """The lines as parts of a batch."""
    made: dict[str, list[Path]] = {}
    for feed in {one.feed for one in drawn}:
        rows = [
            {"batch_id": "00000001", "ingested_at": datetime(2026, 3, 10, tzinfo=UTC), "source": SOURCE, "file_path": "f",
             "line_number": number, "raw_text": json.dumps(one.given), "is_erased": False}
            for number, one in enumerate((one for one in drawn if one.feed == feed), 1)
        ]  # fmt: skip
        path = folder / f"{feed}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, LINE_SCHEMA), path)
        made[feed] = [path]
    return made


def content(made: Mapping[str, list[Path]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of all parts."""
    return {feed: pq.read_table(paths[0]).to_pylist() for feed, paths in made.items()}


@pytest.mark.sliced
@pytest.mark.parametrize("seed", range(SEEDS))
def test_of_others_goes_what_the_specification_says_and_nothing_else(seed: int, tmp_path: Path) -> None:
    """Somebody else's line loses more than an address in a text, or less; or it depends on which came first."""
    rng = Random(seed)
    everybody = people(rng)
    gone = everybody[: rng.randrange(1, len(everybody))]
    present = everybody[len(gone) :]
    drawn = list(lines(rng, gone, present))
    identifiers = frozenset(identifier for person in gone for identifier in person.identifiers)
    own = {
        Identifier("conversation", one.given["conversation_id"])
        for one in drawn
        if one.feed == "conversation_log" and one.left is None
    }
    own |= {Identifier("order", one.given["order_id"]) for one in drawn if one.feed == "orders" and one.left is None}
    redaction = Redaction(SOURCE, identifiers | own, KEYRING, WORDS, identifiers.__contains__, identifiers.__contains__)
    (tmp_path / "rewritten").mkdir()
    (tmp_path / "arriving").mkdir()

    before = parts(tmp_path / "rewritten", drawn)
    rewriter = Rewriter(LocalObjects(tmp_path), {SOURCE: redaction}, {}, expander(SEEDS_DIR))
    for feed, paths in before.items():
        rewriter.part(str(paths[0].relative_to(tmp_path)), feeds()[feed], Rewritten())
    rewritten = content(before)

    for feed, rows in rewritten.items():
        for row, one in zip(rows, (one for one in drawn if one.feed == feed), strict=True):
            assert row["is_erased"] is (one.left is None), one
            if one.left is not None:
                assert row["raw_text"] == json.dumps(one.left) or json.loads(row["raw_text"]) == one.left, one.given
                assert one.left != one.given or row["raw_text"] == json.dumps(one.given)

    forgotten = Forgotten(LocalObjects(tmp_path), KEYRING, {SOURCE: KEYRING.hashes(SOURCE, identifiers)})
    arriving = parts(tmp_path / "arriving", drawn)
    names = {feed: [str(path.relative_to(tmp_path)) for path in paths] for feed, paths in arriving.items()}
    redact_late_deliveries(LocalObjects(tmp_path), names, forgotten, WORDS, expander(SEEDS_DIR))
    arrived = content(arriving)
    for feed, rows in rewritten.items():
        assert arrived[feed] == rows, [
            (one["raw_text"], other["raw_text"], one["is_erased"], other["is_erased"])
            for one, other in zip(arrived[feed], rows, strict=True)
            if one != other
        ]

    for feed, paths in before.items():
        rewriter.part(str(paths[0].relative_to(tmp_path)), feeds()[feed], Rewritten())
    assert content(before) == rewritten
