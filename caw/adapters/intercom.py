"""Expands `intercom_conversations` into records of the conversation log (spec §2.3.16.2).

Parts are the source and the conversation parts; Fin's resolution or hand-over is of the whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from caw.adapters.adapter import TEXT, Adapter, Expander, JsonPath, Spots
from caw.adapters.agent_users import AgentUsers
from caw.adapters.helpdesk import (
    AGENT,
    AUTHOR,
    CUSTOMER,
    HUMAN,
    MESSAGE,
    SOURCE,
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
from caw.adapters.members import first, inside, object_of, objects_of, truth
from caw.adapters.records import LOG, Expansion, Json, Record
from caw.adapters.transcript_values import as_id, is_absent
from caw.adapters.vendor_lines import Shape, expanded
from caw.adapters.vendor_spots import spots_of_object
from caw.adapters.vendor_words import SEED as VENDOR_WORDS
from caw.adapters.vendor_words import load_vendor_words

VENDOR = "intercom"
SECONDS = 1  # the unit of its instants
EVENT = "notification_event"  # the type of a webhook's envelope
CONVERSATION = "conversation"
PARTS = "conversation_parts"
ESCALATED, RESOLVED = "escalated", "resolved"
STATE = "resolution_state"
KNOWN = {
    AUTHOR: {"user": CUSTOMER, "lead": CUSTOMER, "contact": CUSTOMER, "bot": AGENT, "admin": HUMAN, "team": HUMAN},
    STATE: {
        "escalated": ESCALATED,
        "procedure_handoff": ESCALATED,
        "routed_to_team": ESCALATED,
        "assumed_resolution": RESOLVED,
        "confirmed_resolution": RESOLVED,
        "negative_feedback": "",
        "abandoned": "",
    },
}
PREVIEWS = frozenset({"fin_preview", "workflow_preview"})

Unknown = Counter[tuple[str, str]]


def opened(line: Json) -> Json | None:
    """The object of a line or of a webhook's envelope; None for an event about nothing that has an id.

    What is no conversation is an object by its type and id, so that it is no version of a conversation.
    """
    is_event = line.get("type") == EVENT
    if is_event:
        line = object_of(inside(line, "data", "item"))
    kind = form(line.get("type"))
    if kind in ("", CONVERSATION):
        return line if line or not is_event else None
    if own := as_id(line.get("id")):
        return {"type": kind, "id": f"{kind}:{own}"}
    return None if is_event else line


SHAPE = Shape(
    version_at=("updated_at",),
    gone_at=("deleted_at",),
    per_second=SECONDS,
    lists=("conversations",),
    singulars=(CONVERSATION,),
    envelope=opened,
)


def made_of(rules: Rules, line: Json) -> Expansion:
    """The records of a conversation; a line of the list of deletions says that it is gone."""
    if form(line.get("type")) not in ("", CONVERSATION):
        return Expansion(took_part=None)
    if not is_absent(line.get("deleted_at")):
        return Expansion(is_gone=True, took_part=None)
    unknown: Unknown = Counter()
    conversation = _conversation(line, rules)
    parts = distinct(_parts(line, conversation, rules, unknown))
    participated = truth(line.get("ai_agent_participated"))
    state = rules.means(STATE, inside(line, "ai_agent", STATE), unknown)
    of_parts = [record for part in parts for record in part.records]
    return Expansion(
        records=[*of_parts, *_whole(line, state, conversation, parts)],
        parts=[part.part_id for part in parts],
        marks=[part.mark for part in parts if part.mark],
        took_part=any(part.is_agents for part in parts) or participated,
        unknown_words=unknown,
        people=[*_people(line, rules)],
    )


def _conversation(line: Json, rules: Rules) -> Conversation:
    source = object_of(line.get("source"))
    contact = next(iter(_contacts(line)), {})
    author = object_of(source.get("author"))
    given = inside(line, "channel", "current")
    preview = inside(line, "ai_agent", "source_type")
    return Conversation.of(
        VENDOR,
        as_id(line.get("id")),
        rules.channel(first(source, "type") if given is None else given),
        profile_of(
            profile_id=contact.get("id"),
            external_id=contact.get("external_id"),
            email=author.get("email") if rules.is_customer(author) else None,
        ),
        "preview" if form(preview) in PREVIEWS else None,
    )


def _contacts(line: Json) -> Sequence[Json]:
    return objects_of(line.get("contacts"), "contacts", "data")


def _parts(line: Json, conversation: Conversation, rules: Rules, unknown: Unknown) -> Iterator[Part]:
    """The source, which comes first whatever its instant, and the conversation parts."""
    source = object_of(line.get("source"))
    if source_id := as_id(source.get("id")):
        own = {**source, "created_at": line.get("created_at"), "part_type": None}
        yield _part(f"source:{source_id}", own, SOURCE, conversation, rules, unknown)
    for one in objects_of(line.get(PARTS), PARTS, "data"):
        if part_id := as_id(one.get("id")):
            yield _part(part_id, one, MESSAGE, conversation, rules, unknown)


def _part(part_id: str, given: Json, sequence: int, conversation: Conversation, rules: Rules, unknown: Unknown) -> Part:
    author = object_of(given.get("author"))
    is_ai = sequence != SOURCE and truth(author.get("from_ai_agent")) is True
    actor = AGENT if is_ai else rules.means(AUTHOR, author.get("type"), unknown)
    kind = form(given.get("part_type"))
    own = conversation.of_author(author.get("id"), author.get("email")) if actor == CUSTOMER else conversation
    created = given.get("created_at")
    occurred_at = utc_text(created, SECONDS)
    is_said = not is_absent(given.get("body")) and truth(given.get("redacted")) is not True
    has_message = bool(actor) and "note" not in kind and is_said
    records = []
    if has_message:
        records.append(own.message(part_id, actor, html_text(given["body"]), occurred_at, sequence))
    if status := "closed" if "close" in kind else "open" if kind == "open" or "reopen" in kind else "":
        records.append(own.status(f"{part_id}:status", status, actor or None, occurred_at, part=part_id))
    assigns = "assign" in kind and not is_absent(given.get("assigned_to"))
    says = mark(part_id, created, sequence, SECONDS, actor=actor if has_message else None, is_ai=is_ai, assigns=assigns)
    return Part(part_id, records, says, is_ai)


def _whole(line: Json, state: str, conversation: Conversation, parts: Sequence[Part]) -> Iterator[Record]:
    """Fin's hand-over or resolution, which a newer version may take back, and tags."""
    updated = utc_text(line.get("updated_at"), SECONDS)
    if state == ESCALATED:
        reason = inside(line, "ai_agent", STATE)
        handover = conversation.status("fin", ESCALATED, AGENT, updated, escalation_reason=reason)
        yield placed("first_handover_after_the_ai", handover, parts)
    if state == RESOLVED:
        resolved = conversation.status("fin", RESOLVED, AGENT, updated)
        yield placed("last_message_but_humans", resolved, parts)
    for tag in objects_of(line.get("tags"), "tags", "data"):
        if tag_id := as_id(tag.get("id")):
            at = utc_text(first(tag, "applied_at"), SECONDS) or updated
            fields = conversation.record(f"tag:{tag_id}", "tags_applied", at, TAGS, tags=[tag.get("name")])
            yield Record(LOG, fields)


def _people(line: Json, rules: Rules) -> Iterator[tuple[str, str]]:
    """All that the mapping reads of people; of a colleague only what may be a shopper's as well."""
    for contact in _contacts(line)[:1]:
        yield from named(profile_id=contact.get("id"), external_id=contact.get("external_id"))
    for one in (object_of(line.get("source")), *objects_of(line.get(PARTS), PARTS, "data")):
        author = object_of(one.get("author"))
        own_id = author.get("id") if rules.is_customer(author) else None
        yield from named(email=author.get("email"), profile_id=own_id)


def _spots(line: Json) -> Spots:
    """The conversation's ids and free texts."""
    found: dict[JsonPath, str | Spots] = {("id",): "object_id", ("source", "id"): "part", ("source", "body"): TEXT}
    for name, inner, what in ((PARTS, "id", "part"), (PARTS, "body", TEXT), ("tags", "name", TEXT)):
        given = line.get(name)
        for path, elements in (
            ((name,), given),
            ((name, name), inside(given, name)),
            ((name, "data"), inside(given, "data")),
        ):
            if isinstance(elements, list):
                found |= {(*path, place, inner): what for place, _ in enumerate(elements)}
    return found


def load(seeds: Path) -> Expander:
    """The adapter by the seeds of a folder; raises ValueError for a wrong row."""
    rules = Rules(load_vendor_words(seeds, VENDOR), AgentUsers(frozenset()), KNOWN)
    make = partial(made_of, rules)
    return Expander(
        rules.fingerprint, partial(expanded, shape=SHAPE, make=make), partial(spots_of_object, SHAPE, _spots)
    )


ADAPTER = Adapter(
    version=4,
    vendor=VENDOR,
    load=load,
    seeds=(VENDOR_WORDS,),
    seed_rows=seed_rows(VENDOR, AUTHOR, STATE),
    carries=(("email", "author.email"), ("email", "email"), ("external_id", "external_id")),
)
