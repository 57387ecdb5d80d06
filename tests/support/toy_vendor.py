"""A made-up vendor for tests: the proof that a vendor is one module. No caw outside a test knows of it.

A ticket has messages, orders and their adjustments, sent e-mails, a customer and a mood, which no seed knows; `bot` says
whether the agent took part, if it is given, and `metric` as what the vendor counts it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from caw.adapters.adapter import TEXT, WORD, Adapter, Expander, JsonPath, SeedRow, Spots
from caw.adapters.instants import utc_text
from caw.adapters.records import Expansion, Json, Record
from caw.adapters.registry import ADAPTERS
from caw.adapters.transcript_values import as_id
from caw.adapters.vendor_lines import Shape, expanded
from caw.feeds.declared import Feed, feeds
from tests.support.project import Edit

FEED = "toy_tickets"
MAKES = ("conversation_log", "orders", "order_adjustments", "profiles", "consents", "message_sends")
LISTS = ("tickets",)
SHAPE = Shape(version_at=("updated_at",), lists=LISTS, singulars=("ticket",))
ACTORS = {"customer": "customer", "bot": "agent", "staff": "human"}

# What a vendor's declaration adds to the project.
DECLARATION = Edit(
    "dbt_project/dbt_project.yml",
    "expanded_feeds:",
    f"expanded_feeds:\n    {FEED}: {{makes: [{', '.join(MAKES)}], lists: [{', '.join(LISTS)}], counted_by: toy}}",
)


@contextmanager
def registered(vendor: str = "") -> Iterator[None]:
    """Let this process know the vendor, under the name of one that may name a source's people, or under none."""
    ADAPTERS[FEED] = replace(ADAPTER, vendor=vendor)
    feeds()[FEED] = Feed(FEED, {}, makes=MAKES, lists=LISTS)
    try:
        yield
    finally:
        del ADAPTERS[FEED], feeds()[FEED]


def made_of(ticket: Json) -> Expansion:
    """The records of a ticket: messages and e-mails are its parts; its status, orders and customer are of the whole."""
    customer = ticket.get("customer") or {}
    contacts = {name: customer[name] for name in ("email", "phone_number") if name in customer}
    profile = contacts | ({"profile_id": customer["id"]} if "id" in customer else {})
    common = {"conversation_id": f"toy:{as_id(ticket.get('id'))}", "channel": "email", "profile": profile}
    records, parts = [], []
    for message in ticket.get("messages", ()):
        part = as_id(message["id"])
        parts.append(part)
        if not message.get("hidden"):
            spoken = {"record_type": "message", "actor": ACTORS[message["from"]], "text": message["text"]}
            instant = {"occurred_at": utc_text(message["at"])} if "at" in message else {}
            records.append(
                Record("conversation_log", {"record_id": f"toy:{part}", **common, **instant, **spoken}, part)
            )
    if ticket.get("bot") and ticket.get("status") == "solved":
        status = {"record_type": "status_changed", "status": "resolved", "actor": "agent", "sequence": 30}
        occurred_at = utc_text(ticket.get("updated_at"))
        records.append(
            Record("conversation_log", {"record_id": "toy:status", **common, "occurred_at": occurred_at, **status})
        )
    for sent in ticket.get("sent", ()):
        parts.append(as_id(sent["id"]))
        fields = {"message_id": sent["id"], "profile_id": customer["id"], "channel": "email", "sent_at": sent["at"]}
        records.append(Record("message_sends", fields, as_id(sent["id"])))
    for order in ticket.get("orders", ()):
        records.append(Record("orders", {**order, "updated_at": utc_text(ticket["updated_at"]), "profile": profile}))
    records += [Record("order_adjustments", adjustment) for adjustment in ticket.get("adjustments", ())]
    if "id" in customer:
        fields = {"profile_id": customer["id"], "updated_at": ticket["updated_at"], **contacts}
        records.append(Record("profiles", fields))
    if "consent" in customer:
        fields = {"profile_id": customer["id"], "channel": "email", "occurred_at": ticket["updated_at"]}
        records.append(Record("consents", {**fields, "status": customer["consent"]}))
    return Expansion(
        records=records,
        parts=parts,
        is_gone=bool(ticket.get("deleted")),
        took_part=ticket.get("bot"),
        people=[("email", customer["email"])] if "email" in customer else [],
        unknown_words=Counter({("mood", ticket["mood"]): 1}) if "mood" in ticket else Counter(),
        metric=ticket.get("metric"),
    )


def spots(ticket: Json) -> Spots:
    """Its ids, and the texts of its messages."""
    found: dict[JsonPath, str] = {("id",): "object_id"}
    for place, _ in enumerate(ticket.get("messages", ())):
        found |= {("messages", place, "id"): "part", ("messages", place, "text"): TEXT}
    return found


def load(seeds: Path) -> Expander:
    """The vendor has no seeds."""
    return Expander("toy", partial(expanded, shape=SHAPE, make=made_of), spots)


ADAPTER = Adapter(version=1, load=load, seed_rows={"mood": SeedRow("toy_moods", (WORD, "<means>"))})


def ticket(number: str, hour: int, **members: Any) -> Mapping[str, Any]:
    """A version of a ticket, as of an hour of the day."""
    return {"id": number, "updated_at": f"2026-06-01T{hour:02}:00:00Z", **members}


def message(number: str, sender: str, minute: int, **members: Any) -> Mapping[str, Any]:
    """A message of a ticket, sent at a minute of the hour before ten."""
    said = {"id": number, "from": sender, "text": f"text of {number}", "at": f"2026-06-01T09:{minute:02}:00Z"}
    return said | members


ANN = {"id": "p1", "email": "ann@x.example"}

# T1: messages outlive versions, m2 is taken away by a version that lists it and hides it, and the status is the newest's
# that can tell whether the bot took part. T2 is gone. T3 never saw the bot. T4's resolution is taken back.
VERSIONS: Sequence[Mapping[str, Any]] = (
    ticket(
        "T1", 10, bot=True, status="open", customer=ANN | {"consent": "subscribed"},
        messages=[message("m1", "customer", 50), message("m2", "bot", 51)],
        orders=[{"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z", "total": "10.00"}],
        sent=[{"id": "s1", "at": "2026-06-01T09:00:00Z"}],
    ),
    ticket("T1", 11, status="solved", customer=ANN, messages=[message("m3", "customer", 55)]),
    ticket(
        "T1", 12, bot=True, status="solved", customer=ANN | {"consent": "unsubscribed"},
        messages=[message("m2", "bot", 51, hidden=True), message("m4", "bot", 56)],
        orders=[
            {"order_id": "O1", "placed_at": "2026-06-01T08:00:00Z", "total": "12.00"},
            {"order_id": "O2", "placed_at": "2026-06-01T08:30:00Z", "total": "5.00"},
        ],
    ),
    ticket("T2", 10, bot=True, status="solved", messages=[message("n1", "customer", 50), message("n2", "bot", 51)]),
    ticket("T2", 11, deleted=True),
    ticket("T3", 10, bot=False, status="solved", messages=[message("o1", "customer", 50), message("o2", "staff", 51)]),
    ticket("T4", 10, bot=True, status="solved", messages=[message("q1", "customer", 50), message("q2", "bot", 51)]),
    ticket("T4", 11, bot=True, status="open", messages=[message("q1", "customer", 50), message("q2", "bot", 51)]),
    ticket("T5", 10, bot=True, status="open", messages=[message("x1", "customer", 50), message("x2", "customer", 51)]),
)  # fmt: skip
