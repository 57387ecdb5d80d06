"""Expands `gorgias_tickets` into records of the conversation log (spec §2.3.15).

A ticket's public messages are its parts. Whether the agent took part, resolved it or handed it over is in its tags.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, Adapter, Expander, JsonPath, Spots
from caw.adapters.agent_users import AGENT_USERS, load_agent_users
from caw.adapters.helpdesk import (
    AGENT,
    CUSTOMER,
    HUMAN,
    MESSAGE,
    TAGS,
    Conversation,
    Part,
    Rules,
    distinct,
    form,
    mark,
    named,
    placed,
    profile_of,
    seed_rows,
)
from caw.adapters.html_text import html_text
from caw.adapters.instants import utc_text
from caw.adapters.members import as_text, first, object_of, objects_of, truth
from caw.adapters.records import LOG, Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_of_object
from caw.adapters.vendor_words import SEED as VENDOR_WORDS
from caw.adapters.vendor_words import load_vendor_words, vendor_form

VENDOR = "gorgias"
SHAPE = Shape(version_at=("updated_datetime",), lists=("data", "tickets"), singulars=("ticket",))
OF_AGENT = "ai_"  # begins the tags that are the agent's, which are no tags of the ticket
TOOK_PART = frozenset({"ai_processing", "ai_answered", "ai_snooze", "ai_close", "ai_handover"})
OWN_TAGS = TOOK_PART | {"ai_ignore"}
HANDOVER, CLOSE = "ai_handover", "ai_close"
REASON = "handover_reason"  # a custom field's name or label
TEXTS, HTML = ("stripped_text", "body_text"), ("stripped_html", "body_html")
SENDER_IDS = ("id", "email", "name")


def made_of(rules: Rules, ticket: Json) -> Expansion:
    """The records of a ticket, in whatever version."""
    customer = object_of(ticket.get("customer"))
    conversation = Conversation.of(
        VENDOR,
        as_id(ticket.get("id")),
        rules.channel(ticket.get("channel")),
        profile_of(profile_id=customer.get("id"), email=customer.get("email"), external_id=customer.get("external_id")),
    )
    messages = objects_of(ticket.get("messages"), "data")
    parts = distinct(_part(message, conversation, rules) for message in messages)
    tags = _tags(ticket)
    words = {vendor_form(tag) for tag in tags or ()}
    spoke = any(part.is_agents for part in parts)
    of_parts = [record for part in parts for record in part.records]
    return Expansion(
        records=[*of_parts, *_whole(ticket, tags or [], words, conversation, parts)],
        parts=[part.part_id for part in parts],
        marks=[part.mark for part in parts if part.mark],
        is_gone=truth(ticket.get("spam")) is True or not is_absent(ticket.get("trashed_datetime")),
        took_part=True if spoke or words & TOOK_PART else None if tags is None else False,
        people=[*_people(customer, messages)],
    )


def _tags(ticket: Json) -> Sequence[str] | None:
    """The tags' names; None where the line does not say which there are."""
    given = ticket.get("tags")
    if given is None:
        return None
    names = [one.get("name") if isinstance(one, dict) else one for one in given] if isinstance(given, list) else []
    return [str(name) for name in names if not is_absent(name) and isinstance(name, str)]


def _part(message: Json, conversation: Conversation, rules: Rules) -> Part | None:
    """A message; an internal note is a part without a record."""
    part_id = as_id(message.get("id"))
    if not part_id:
        return None
    sender = object_of(message.get("sender"))
    actor = _actor(message, sender, rules)
    if truth(message.get("public")) is False:
        return Part(part_id, is_agents=actor == AGENT)
    own = conversation.of_author(sender.get("id"), sender.get("email")) if actor == CUSTOMER else conversation
    at = first(message, "sent_datetime", "created_datetime")
    text = first(message, *TEXTS)
    text = html_text(first(message, *HTML)) if text is None else text
    record = own.message(part_id, actor, text, utc_text(at))
    return Part(part_id, [record], mark(part_id, at, MESSAGE, actor=actor), is_agents=actor == AGENT)


def _actor(message: Json, sender: Json, rules: Rules) -> str:
    if truth(message.get("from_agent")) is False:
        return CUSTOMER
    full_name = " ".join(sender[name] for name in ("firstname", "lastname") if is_text(sender.get(name)))
    return AGENT if rules.users.has(*(sender.get(name) for name in SENDER_IDS), full_name) else HUMAN


def _whole(
    ticket: Json, tags: Sequence[str], words: set[str], conversation: Conversation, parts: Sequence[Part]
) -> Iterator[Record]:
    """Tags, hand-over, resolution and close of the ticket."""
    updated = utc_text(ticket.get("updated_datetime"))
    closed = utc_text(first(ticket, "closed_datetime"))
    others = [tag for tag in tags if not _is_agents(tag)]
    if others:
        applied = Record(LOG, conversation.record("tags", "tags_applied", updated, TAGS, tags=others))
        yield placed("before_the_first_ending", applied, parts)
    is_resolved = CLOSE in words and HANDOVER not in words
    if HANDOVER in words:
        reason = _reason(ticket)
        handover = conversation.status("handover", "escalated", AGENT, updated, escalation_reason=reason)
        yield placed("first_human_message_after_the_agent", handover, parts)
    if is_resolved:
        resolved = conversation.status("resolved", "resolved", AGENT, closed or updated)
        yield resolved if closed else placed("last_agent_message", resolved, parts)
    if form(ticket.get("status")) == "closed" and not is_resolved:
        yield conversation.status("closed", "closed", HUMAN, closed or updated)


def _is_agents(tag: str) -> bool:
    """Whether a tag is the AI's own; a team's `AI support` is none."""
    return vendor_form(tag) in OWN_TAGS or tag.strip().lower().startswith(OF_AGENT)


def _reason(ticket: Json) -> Any:
    """The value of the custom field for it; None for none."""
    for field in _custom_fields(ticket):
        if REASON in (form(field.get("name")), form(field.get("label"))):
            return as_text(field.get("value"))
    return None


def _custom_fields(ticket: Json) -> Iterator[Json]:
    """The custom fields: a list, or an object by their ids."""
    given = ticket.get("custom_fields")
    found = given if isinstance(given, list) else list(object_of(given).values())
    yield from (one for one in found if isinstance(one, dict))


def _people(customer: Json, messages: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """All that the mapping reads of people; of a colleague only what may be a shopper's as well."""
    yield from named(
        profile_id=customer.get("id"), email=customer.get("email"), external_id=customer.get("external_id")
    )
    for message in messages:
        sender = object_of(message.get("sender"))
        is_customer = truth(message.get("from_agent")) is False
        yield from named(email=sender.get("email"), profile_id=sender.get("id") if is_customer else None)


def _spots(ticket: Json) -> Spots:
    """The ticket's ids and free texts."""
    found: dict[JsonPath, str | Spots] = {("id",): "object_id"}
    for name in ("tags", "custom_fields"):
        given = ticket.get(name)
        inner = "name" if name == "tags" else "value"
        places = enumerate(given) if isinstance(given, list) else object_of(given).items()
        found |= {(name, place, inner) if isinstance(one, dict) else (name, place): TEXT for place, one in places}
    given = ticket.get("messages")
    path: JsonPath = ("messages", "data") if isinstance(given, dict) else ("messages",)
    for place, _ in enumerate(objects_of(given, "data")):
        found[*path, place, "id"] = "part"
        found |= {(*path, place, name): TEXT for name in (*TEXTS, *HTML)}
    return found


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row."""
    rules = Rules(load_vendor_words(seeds, VENDOR), load_agent_users(seeds, VENDOR))
    make = partial(made_of, rules)
    return Expander(
        rules.fingerprint, partial(expanded, shape=SHAPE, make=make), partial(spots_of_object, SHAPE, _spots)
    )


ADAPTER = Adapter(
    version=3,
    vendor=VENDOR,
    load=load,
    seeds=(VENDOR_WORDS, AGENT_USERS),
    seed_rows=seed_rows(VENDOR),
    carries=(
        ("email", "customer.email"),
        ("external_id", "customer.external_id"),
        ("profile_id", "customer.id"),
    ),
)
