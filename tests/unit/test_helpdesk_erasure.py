"""Spec §2.3.10: what is left of a helpdesk's line in which a forgotten person has a part, and where that line still puts
records of its conversation.
"""

from pathlib import Path

from caw.adapters.records import PLACEMENT, Expansion, restored
from caw.adapters.registry import expander
from caw.erasure.finding import IdentifierFinder
from caw.erasure.identifiers import Identifier
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.formats.strict_json import dump
from caw.raw_store.schemas import LINE_SCHEMA
from tests.support.redacting import redaction_of
from tests.unit.test_intercom import FIN, conversation, part

FEED = "intercom_conversations"
EVE = {"type": "user", "id": "u9", "email": "Eve@x.example"}
LINE = dump(
    conversation(
        part(1, 1, FIN, body="<p>to eve@x.example</p>"), part(2, 2, EVE), ai_agent={"resolution_state": "escalated"}
    )
)


def left() -> Expansion:
    """The line as it is expanded after the erasure."""
    redaction = redaction_of(frozenset({Identifier("email", "eve@x.example")}))
    return restored(redaction.own_expansion(feeds()[FEED], expander(SEEDS_DIR)(FEED, LINE)))


def test_who_occurs_only_inside_a_part_is_found(tmp_path: Path) -> None:
    """A shopper who wrote into somebody else's conversation stays when they ask to be forgotten."""
    row = dict.fromkeys(LINE_SCHEMA.names) | {"raw_text": LINE, "is_erased": False, "source": "acme_us"}
    table = LINE_SCHEMA.empty_table().from_pylist([row], schema=LINE_SCHEMA)
    (tmp_path / "sources.csv").write_text("source,timezone,currency,channel,people\nacme_us,,,,intercom\n")
    finder = IdentifierFinder(feeds()[FEED], "acme_us", expander(SEEDS_DIR), tmp_path)
    found = set(zip(*(finder.find(table).identifiers[name].to_pylist() for name in ("kind", "value")), strict=True))
    assert {("email", "eve@x.example"), ("profile_id", "u9")} <= found


def test_nothing_of_the_words_stays_and_the_parts_still_place_what_they_placed() -> None:
    """A forgotten shopper's message no longer says where Fin handed over, so that the events change."""
    whole, kept = expander(SEEDS_DIR)(FEED, LINE), left()
    assert (kept.parts, list(kept.marks), kept.took_part) == (whole.parts, whole.marks, True)
    assert [one.fields.get(PLACEMENT) for one in kept.records] == [None, None, None, "first_handover_after_the_ai"]
    names = ("record_type", "status", "actor")
    for before, after in zip(whole.records, kept.records, strict=True):
        assert [before.fields.get(name) for name in names] == [after.fields.get(name) for name in names]
    assert "eve" not in repr(kept).lower() and "part 2" not in repr(kept)
