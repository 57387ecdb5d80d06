"""What is left of a forgotten person's line: the verdict on it and what is counted, and none of its words."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orchestration.erasure.identifiers import Identifier, normal, telling
from orchestration.erasure.keyring import Keyring
from orchestration.erasure.redaction import Redaction, load_words, word_form
from orchestration.ingest.feeds import SEEDS_DIR, feeds
from tests.reference.feeds import Context, type_record
from tests.reference.landing import read_lines, refuse_line
from tests.reference.model import Refused
from tests.reference.seeds import read_seeds
from tests.support.drawn_scenarios import any_scenario
from tests.support.scenarios import NOW

SOURCE = "acme_us"
IDENTIFIERS = frozenset(
    {Identifier("profile_id", "p1"), Identifier("email", "ann@x.example"), Identifier("phone", "15550100")}
)
KEPT = (
    "occurred_at", "record_type", "status", "actor", "skill", "sequence", "mode", "channel", "products", "layout",
    "quantity", "placed_at", "total", "currency", "sent_at", "kind", "requested_at", "action", "valid_until",
)  # fmt: skip
SCENARIOS = 400


@pytest.fixture(scope="module")
def redaction() -> Redaction:
    return Redaction(SOURCE, IDENTIFIERS, Keyring(b"k" * 32), load_words(SEEDS_DIR))


def drawn_lines(count: int) -> Iterator[tuple[str, str]]:
    """(feed, JSON text of an object) of random lines, many of them wrong in some field."""
    rng = Random(20260310)
    for _ in range(count):
        for line in any_scenario(rng).lines:
            if line.feed in feeds() and line.feed not in ("products", "chat_transcripts") and line.raw is None:
                members = dict(line.members)
                if len(members) == len(line.members):
                    yield line.feed, "{" + ",".join(f"{json.dumps(n)}:{v}" for n, v in members.items()) + "}"


def verdict(feed: str, text: str, context: Context) -> tuple[Any, ...]:
    """The reference's verdict on a line, and what it takes from it that an erasure keeps."""
    (line,) = read_lines(text.encode(), "jsonl", feed)
    try:
        refuse_line(line)
        assert line.record is not None
        typed = type_record(feed, line.record, context)
    except Refused as refusal:
        return ("rejected", refusal.reason, refusal.field_name)
    return ("accepted", *((name, typed.get(name)) for name in KEPT))


def test_a_redacted_line_has_the_verdict_it_had(redaction: Redaction) -> None:
    """A line is refused, or accepted, that was not before: counts of the ledger and of events move."""
    context = Context(read_seeds(SEEDS_DIR), SOURCE, NOW + timedelta(hours=24))
    seen: dict[str, int] = {}
    for feed, text in drawn_lines(SCENARIOS):
        left, _ = redaction.own_line(feeds()[feed], text)
        expected = verdict(feed, text, context)
        assert verdict(feed, left, context) == expected, (feed, text, left)
        seen[expected[0]] = seen.get(expected[0], 0) + 1
    assert seen["accepted"] > 1000 and seen["rejected"] > 500


def test_redacting_twice_is_redacting_once(redaction: Redaction) -> None:
    """A second delivery, or an erasure that died and is done again, makes another line of it."""
    for feed, text in drawn_lines(SCENARIOS // 4):
        left, _ = redaction.own_line(feeds()[feed], text)
        assert redaction.own_line(feeds()[feed], left)[0] == left


SECRET = "qx secret"


@pytest.mark.parametrize("feed", [name for name in feeds() if name not in ("products", "chat_transcripts")])
@pytest.mark.parametrize("value", [SECRET, [SECRET], {"deep": SECRET}, [{"product_id": {"a": SECRET}, "x": SECRET}]])
def test_a_word_goes_from_wherever_none_may_stay(redaction: Redaction, feed: str, value: Any) -> None:
    """A field of another type than is due, or one that nobody named, carries words through."""
    names = {name for name, kind in feeds()[feed].kinds.items() if kind not in ("id", "products", "items")}
    names -= {"skill"}  # kept as it is, by the contract
    for name in names | {"unnamed", "first_name"}:
        left, _ = redaction.own_line(feeds()[feed], json.dumps({name: value}))
        assert "secret" not in left, (name, left)
    for name in {"products", "items"} & set(feeds()[feed].kinds):
        left, _ = redaction.own_line(feeds()[feed], json.dumps({name: [{"title": SECRET, "sku": {"a": SECRET}}]}))
        assert "secret" not in left


def test_ids_with_the_person_in_them_get_pseudonyms_and_others_stay(redaction: Redaction) -> None:
    """An id tells who it was, or an innocent one cannot be found again."""
    log = feeds()["conversation_log"]
    for told in ("chat-ANN@x.example", "p1/7", "+1 555-0100 again"):
        left = json.loads(redaction.own_line(log, json.dumps({"conversation_id": told, "record_id": told}))[0])
        assert left["conversation_id"].startswith("erased-") and left["record_id"].startswith("erased-")
        assert left["conversation_id"] != left["record_id"]
    number = json.loads(redaction.own_line(log, '{"conversation_id": 915550100}')[0])
    assert number["conversation_id"].startswith("erased-")
    kept = {"conversation_id": "chat-7", "record_id": 12}
    assert json.loads(redaction.own_line(log, json.dumps(kept))[0]) == kept


def test_somebody_elses_line_loses_the_identifiers_alone(redaction: Redaction) -> None:
    """Others' words go with hers, or her address stays in them; a short id is not looked for in their words."""
    line = {"conversation_id": "p1", "text": "I am not Ann@X.example, p1 is my flat", "quantity": 15550100}
    left = json.loads(redaction.others_line(feeds()["conversation_log"], json.dumps(line)))
    assert left == {**line, "text": "I am not erased, p1 is my flat"}
    named = {"conversation_id": "about ann@x.example", "tags": ["call 15550100"]}
    left = json.loads(redaction.others_line(feeds()["conversation_log"], json.dumps(named)))
    assert left["conversation_id"].startswith("erased-") and left["tags"] == ["call erased"]


def test_what_tells_a_person() -> None:
    """A word of the feeds' own, or a number of two digits, is looked for in all texts."""
    identifiers = [Identifier("profile_id", one) for one in ("message", "7", "orders", "Zoe-77", "zoe")]
    assert telling([*identifiers, Identifier("conversation", "conversation-1"), Identifier("phone", "4930123456")]) == [
        "4930123456",
        "zoe-77",
    ]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("email", "  Ann@X.example\u00a0", "ann@x.example"),
        ("email", " ", None),
        ("phone", "0049 (30) 1234-567", "49301234567"),
        ("phone", "123-456", None),
        ("profile_id", " p1 ", " p1 "),
    ],
)
def test_identifiers_are_compared_in_the_contracts_forms(kind: str, given: str, expected: str | None) -> None:
    """Section 3: trimmed and lower case; digits only, a leading 00 dropped, 7 at least; ids as they are."""
    assert normal(kind, given) == expected


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        ("Charged-twice again", "billing"),
        ("the VIP rule matched", "escalation_rule"),
        ("asked  for a human", "other"),
        ("SHOPPER REQUESTED it", "shopper_requested"),
        ("billing", "billing"),
        ("why not", "other"),
        ("  ", None),
        (7, None),
    ],
)
def test_the_category_of_a_reason_is_the_contracts(reason: Any, category: str | None, redaction: Redaction) -> None:
    """Section 3: the first pattern by position that occurs, matched like words; then a category's own name; else other."""
    assert redaction.words.category(reason) == category


def test_words_are_compared_in_the_contracts_form() -> None:
    """NFC, trimmed, lower case, space, hyphen and underscore alike."""
    assert word_form("\u2003Re\u0301solu-e Par_IA \n") == "résolu_e_par_ia"


def test_a_pseudonym_is_the_keys_and_the_sources_own() -> None:
    """Two brands' people could be compared, or a lost key would not matter."""
    one, other = Keyring(b"1" * 32), Keyring(b"2" * 32)
    made = {ring.pseudonym(source, "id", "x") for ring in (one, other) for source in ("a", "b")}
    assert len(made) == 4 and one.pseudonym("a", "id", "x") in made
    assert one.pseudonym("a", "id", one.pseudonym("a", "id", "x")) == one.pseudonym("a", "id", "x")


def test_the_seeds_lie_where_redaction_reads_them() -> None:
    """A renamed seed would only be missed on the day of an erasure."""
    assert all((Path(SEEDS_DIR) / name).is_file() for name in ("word_aliases.csv", "escalation_categories.csv"))
