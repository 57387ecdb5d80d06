"""klaviyo_agent_conversations: a conversation with its messages, as the Customer Agent API has it (spec §2.3.12.6).

Of a conversation's status the API says only the last; channel, mode and person from revision 2026-10-15 on.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, WORD, Adapter, Expander, SeedRow, Spots
from caw.adapters.instants import utc_text
from caw.adapters.klaviyo import ATTRIBUTES, LISTS, MESSAGES, VENDOR, attributes_of, identifiers, person, resource_of
from caw.adapters.members import first, object_of, objects_of, present
from caw.adapters.records import LOG, LONGEST_WORD, Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_by_name
from caw.adapters.vendor_words import SEED as WORDS
from caw.adapters.vendor_words import VendorWords, load_vendor_words, vendor_form
from caw.limits import DEFAULT_LIMITS

SHAPE = Shape(version_at=("attributes", "updated_at"), lists=LISTS, envelope=resource_of)
MESSAGE, WHOLE = 10, 30  # sequences of helpdesks' records: a message, and what is said of the whole (spec §2.3.3)
STILL_OPEN = "open"
HOLDERS = (MESSAGES, ATTRIBUTES)
CUSTOMER = "customer"
PREVIEWS = frozenset({"preview", "test"})
CONTACTS = ("profile_id", "email", "phone_number")

Known = Callable[[str, Any], str | None]  # from a field and its word to what it means; None, and counted, for none


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row of the words."""
    words = load_vendor_words(seeds, VENDOR)
    return Expander(words.fingerprint, partial(expanded, shape=SHAPE, make=partial(made_of, words)), spots)


def made_of(words: VendorWords, line: Json) -> Expansion:
    """The records of a conversation: its messages are parts, its status is said of the whole."""
    attributes = attributes_of(line)
    customer = object_of(attributes.get(CUSTOMER))
    who = person(**{name: customer.get(name) for name in CONTACTS})
    conversation_id = as_id(line.get("id"))
    common = {
        "conversation_id": conversation_id,
        "channel": attributes.get("channel"),
        "profile": who or None,
    }
    unknown: Counter[tuple[str, str]] = Counter()

    def known(name: str, given: Any) -> str | None:
        meaning = words.meaning(name, given)
        if meaning is None and is_text(given) and not is_absent(given):
            unknown[name, given[:LONGEST_WORD]] += 1
        return meaning

    common["mode"] = _mode(attributes.get("mode"), known)
    messages = first({**line, **attributes}, MESSAGES)
    parts = [(part, one) for one in objects_of(messages, "data", MESSAGES) if (part := as_id(one.get("id")))]
    most = DEFAULT_LIMITS.copies_of(len(conversation_id))  # then the line is refused, by the id in each
    made = (record for part, one in parts for record in _message(part, one, common, known))
    records = islice(made, most)
    return Expansion(
        records=[*records, *_status(attributes, common, known)],
        parts=[part for part, _ in parts],
        unknown_words=unknown,
        people=tuple(identifiers(who)),
    )


def _mode(given: Any, known: Known) -> str | None:
    """A conversation's mode; of a word that nobody knows, a preview where it speaks of one or of a test."""
    mode = known("mode", given)
    if mode is None and is_text(given) and not PREVIEWS.isdisjoint(vendor_form(given).split("_")):
        return "preview"
    return mode


def _message(part: str, one: Json, common: Json, known: Known) -> Iterator[Record]:
    """A message's record; none of a role that nobody knows."""
    message = {**one, **attributes_of(one)}
    actor = known("role", message.get("role"))
    if actor is not None:
        fields = {
            **common,
            "record_id": f"klaviyo:{common['conversation_id']}:{part}",
            "occurred_at": utc_text(message.get("created_at")),
            "record_type": "message",
            "actor": actor,
            "text": message.get("content"),
            "sequence": MESSAGE,
        }
        yield Record(LOG, present(fields), part)


def _status(attributes: Json, common: Json, known: Known) -> Iterator[Record]:
    """The record of the last status; none where the conversation is open."""
    status = known("status", attributes.get("status"))
    if status not in (None, STILL_OPEN):
        fields = {
            **common,
            "record_id": "klaviyo:status",
            "occurred_at": utc_text(first(attributes, "updated_at")),
            "record_type": "status_changed",
            "actor": "agent",
            "status": status,
            "sequence": WHOLE,
        }
        yield Record(LOG, present(fields))


def spots(line: Any) -> Spots:
    """The ids of a conversation and its messages, and the messages' texts."""
    return spots_by_name(line, HOLDERS, _shown)


def _shown(within: tuple[str, ...], name: str) -> str | None:
    """The role that a member of a conversation, or of a message in it, has for erasure."""
    if MESSAGES not in within:
        return "conversation_id" if name == "id" else None
    return {"id": "part", "content": TEXT}.get(name)


ADAPTER = Adapter(
    version=4,
    vendor=VENDOR,
    load=load,
    seeds=(WORDS,),
    seed_rows={name: SeedRow(WORDS, (VENDOR, name, WORD, "<means>")) for name in ("role", "status", "mode")},
    is_conversation=True,
    carries=(
        ("conversation", "id"),
        ("profile_id", "attributes.customer.profile_id"),
        ("email", "attributes.customer.email"),
        ("phone", "attributes.customer.phone_number"),
    ),
)
