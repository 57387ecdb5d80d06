"""klaviyo_agent_conversations: a conversation with its messages, as the Customer Agent API has it (spec §2.3.12.6).

The API says neither channel nor person, and of a conversation's status only the last.
"""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, WORD, Adapter, Expander, SeedRow, Spots
from caw.adapters.instants import utc_text
from caw.adapters.klaviyo import ATTRIBUTES, LISTS, MESSAGES, VENDOR, attributes_of, resource_of
from caw.adapters.members import first, objects_of
from caw.adapters.records import LOG, LONGEST_WORD, Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_by_name
from caw.adapters.vendor_words import SEED as WORDS
from caw.adapters.vendor_words import VendorWords, load_vendor_words

SHAPE = Shape(version_at=("attributes", "updated_at"), lists=LISTS, envelope=resource_of)
MESSAGE, WHOLE = 10, 30  # sequences of helpdesks' records: a message, and what is said of the whole (spec §2.3.3)
STILL_OPEN = "open"
HOLDERS = (MESSAGES, ATTRIBUTES)


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row of the words."""
    words = load_vendor_words(seeds, VENDOR)
    return Expander(words.fingerprint, partial(expanded, shape=SHAPE, make=partial(made_of, words)), spots)


def made_of(words: VendorWords, line: Json) -> Expansion:
    """The records of a conversation: its messages are parts, its status is said of the whole."""
    conversation_id, attributes = as_id(line.get("id")), attributes_of(line)
    unknown: Counter[tuple[str, str]] = Counter()

    def known(name: str, given: Any) -> str | None:
        meaning = words.meaning(name, given)
        if meaning is None and is_text(given) and not is_absent(given):
            unknown[name, given[:LONGEST_WORD]] += 1
        return meaning

    messages = first({**line, **attributes}, MESSAGES)
    parts = [(part, one) for one in objects_of(messages, "data", MESSAGES) if (part := as_id(one.get("id")))]
    records = []
    for part, one in parts:
        message = {**one, **attributes_of(one)}
        actor = known("role", message.get("role"))
        if actor is not None:
            fields = {
                "record_id": f"klaviyo:{conversation_id}:{part}",
                "conversation_id": conversation_id,
                "occurred_at": utc_text(message.get("created_at")),
                "record_type": "message",
                "actor": actor,
                "text": message.get("content"),
                "sequence": MESSAGE,
            }
            records.append(Record(LOG, {k: v for k, v in fields.items() if v is not None}, part))
    status = known("status", attributes.get("status"))
    if status not in (None, STILL_OPEN):
        whole = {
            "record_id": "klaviyo:status",
            "conversation_id": conversation_id,
            "occurred_at": utc_text(first(attributes, "updated_at")),
            "record_type": "status_changed",
            "actor": "agent",
            "status": status,
            "sequence": WHOLE,
        }
        records.append(Record(LOG, {k: v for k, v in whole.items() if v is not None}))
    return Expansion(records=records, parts=[part for part, _ in parts], unknown_words=unknown)


def spots(line: Any) -> Spots:
    """The ids of a conversation and its messages, and the messages' texts."""
    return spots_by_name(line, HOLDERS, _shown)


def _shown(within: tuple[str, ...], name: str) -> str | None:
    """What a member of a conversation, or of a message in it, is to erasure."""
    if MESSAGES not in within:
        return "conversation_id" if name == "id" else None
    return {"id": "part", "content": TEXT}.get(name)


ADAPTER = Adapter(
    version=3,
    vendor=VENDOR,
    load=load,
    seeds=(WORDS,),
    seed_rows={name: SeedRow(WORDS, (VENDOR, name, WORD, "<means>")) for name in ("role", "status")},
    is_conversation=True,
    carries=(("conversation", "id"),),
)
