"""Expands `zendesk_tickets` into records of the conversation log (spec §2.3.17.2).

What belongs here: the ticket as a whole, and the adapter's entry. What does not: its parts (zendesk_parts.py).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, Adapter, Expander, JsonPath, Spots
from caw.adapters.agent_users import AGENT_USERS, load_agent_users
from caw.adapters.helpdesk import (
    AGENT,
    AUTHOR,
    TAGS,
    Conversation,
    Part,
    Rules,
    distinct,
    form,
    named,
    placed,
    profile_of,
    seed_rows,
)
from caw.adapters.instants import utc_text
from caw.adapters.members import as_text, first, inside, object_of, objects_of
from caw.adapters.records import LOG as CONVERSATION_LOG
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_of_object
from caw.adapters.vendor_words import SEED as VENDOR_WORDS
from caw.adapters.vendor_words import load_vendor_words
from caw.adapters.zendesk_parts import (
    AUDITS,
    COMMENT_TEXTS,
    COMMENTS,
    EVENTS,
    KNOWN,
    LOG,
    STATE,
    Ticket,
    parts_of,
)

VENDOR = "zendesk"
SHAPE = Shape(version_at=("updated_at",), lists=("tickets",), singulars=("ticket",))
DONE = frozenset({"solved", "closed"})
DELETED = "deleted"

_WHOLE = re.compile(r"\s*([0-9]{1,18})(?:\.0*)?\s*")


def made_of(rules: Rules, line: Json) -> Expansion:
    """The records of a ticket with its conversation log, comments and audits, in whatever version."""
    requester = object_of(line.get("requester"))
    requester_id = first(
        {"of_ticket": line.get("requester_id"), "of_user": requester.get("id")}, "of_ticket", "of_user"
    )
    conversation = Conversation.of(
        VENDOR,
        as_id(line.get("id")),
        rules.channel(inside(line, "via", "channel")),
        profile_of(
            profile_id=requester_id,
            email=requester.get("email"),
            phone_number=requester.get("phone"),
            external_id=requester.get("external_id"),
        ),
    )
    unknown: Counter[tuple[str, str]] = Counter()
    parts = distinct(parts_of(line, Ticket(conversation, as_id(requester_id), rules, unknown)))
    status = form(line.get("status"))
    can_tell = not (is_absent(line.get(LOG)) and is_absent(line.get(COMMENTS)))
    took_part = any(part.is_agents for part in parts) or (False if can_tell else None)
    of_parts = [record for part in parts for record in part.records]
    return Expansion(
        version_rank=_generated(line),
        records=[*of_parts, *_whole(line, status, took_part, conversation, parts)],
        parts=[part.part_id for part in parts],
        marks=[part.mark for part in parts if part.mark],
        is_gone=status == DELETED,
        took_part=took_part,
        unknown_words=unknown,
        people=[*_people(requester_id, requester, line, rules)],
    )


def _generated(line: Json) -> int | None:
    """The instant at which the version was made, in seconds: it decides between versions of one updated_at."""
    whole = _WHOLE.fullmatch(as_id(line.get("generated_timestamp")))
    return int(whole[1]) if whole else None


def _whole(
    line: Json, status: str, took_part: bool | None, conversation: Conversation, parts: Sequence[Part]
) -> Iterator[Record]:
    """Tags; the hand-over, if the parts that count show one; without audits the ticket's end."""
    updated = utc_text(line.get("updated_at"))
    if tags := _tags(line):
        applied = Record(CONVERSATION_LOG, conversation.record("tags", "tags_applied", updated, TAGS, tags=tags))
        yield placed("before_the_first_ending", applied, parts)
    if took_part:
        handover = conversation.status("handover", "escalated", AGENT, updated)
        yield placed("first_handover_if_any", handover, parts)
    if is_absent(line.get(AUDITS)) and status in DONE:
        yield placed("last_message_and_its_side", conversation.status("status", "resolved", AGENT, updated), parts)


def _tags(line: Json) -> Sequence[Any]:
    given = line.get("tags")
    return [as_text(tag) for tag in given if not is_absent(tag)] if isinstance(given, list) else []


def _people(requester_id: Any, requester: Json, line: Json, rules: Rules) -> Iterator[tuple[str, str]]:
    """All that the mapping reads of people; of a colleague only what may be a shopper's as well."""
    yield from named(
        profile_id=requester_id,
        email=requester.get("email"),
        phone=requester.get("phone"),
        external_id=requester.get("external_id"),
    )
    for event in objects_of(line.get(LOG), EVENTS, LOG):
        author = object_of(event.get("author"))
        own_id = author.get("id") if rules.is_customer(author) else None
        yield from named(email=author.get("email"), profile_id=own_id)


def _spots(line: Json) -> Spots:
    """The ticket's ids and free texts."""
    found: dict[JsonPath, str | Spots] = {("id",): "object_id"}
    tags = line.get("tags")
    found |= {("tags", place): TEXT for place, _ in enumerate(tags if isinstance(tags, list) else ())}
    for name, inner in ((LOG, EVENTS), (COMMENTS, COMMENTS)):
        for path, given in (((name,), line.get(name)), ((name, inner), inside(line, name, inner))):
            for place, _ in enumerate(given if isinstance(given, list) else ()):
                found[*path, place, "id"] = "part"
                found[*path, place, "content", "text"] = TEXT
                found |= {(*path, place, text): TEXT for text in (*COMMENT_TEXTS, "html_body")}
    return found


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row."""
    rules = Rules(load_vendor_words(seeds, VENDOR), load_agent_users(seeds, VENDOR), KNOWN)
    make = partial(made_of, rules)
    return Expander(
        rules.fingerprint, partial(expanded, shape=SHAPE, make=make), partial(spots_of_object, SHAPE, _spots)
    )


ADAPTER = Adapter(
    version=4,
    vendor=VENDOR,
    load=load,
    seeds=(VENDOR_WORDS, AGENT_USERS),
    seed_rows=seed_rows(VENDOR, AUTHOR, STATE),
    carries=(
        ("email", "requester.email"),
        ("phone", "requester.phone"),
        ("external_id", "requester.external_id"),
        ("profile_id", "requester_id"),
    ),
)
