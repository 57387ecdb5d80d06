"""The helpdesks' adapters against the independent reference, line by line, also for lines that are odd (spec §2.3.15 to
§2.3.17).

A record whose place depends on parts says here by which rule it is placed; the reference has placed it by the line's own
parts. So of such a record the rule stands for instant and sequence, and the parts' marks are compared with what the
reference asks of parts. The rules themselves are tried where they are evaluated, in the warehouse.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from caw.adapters.records import PLACEMENT, Mark
from caw.adapters.registry import expander
from caw.feeds.declared import SEEDS_DIR
from tests.reference.jsontext import parse_json
from tests.reference.model import Refused
from tests.reference.seeds import read_seeds
from tests.reference.typed_records import Context
from tests.reference.vendors.line import Part
from tests.reference.vendors.registry import ALL_PARTS
from tests.reference.vendors.taking import says
from tests.reference.vendors.test_gorgias import AI, CUSTOMER, said, ticket
from tests.reference.vendors.test_intercom import ADMIN, FIN, RESOLVED, USER, intercom, part
from tests.reference.vendors.test_zendesk import audit, change, turn, zendesk
from tests.reference.vendors.zendesk_parts import SYSTEM
from tests.support.expansions_against_reference import LATEST, SOURCE, Made, Said, our_view, their_view
from tests.support.odd_lines import odd_lines

VENDORS = {
    "gorgias_tickets": "gorgias",
    "intercom_conversations": "intercom",
    "intercom_contacts": "intercom",
    "zendesk_tickets": "zendesk",
    "zendesk_users": "zendesk",
}
BY_PARTS = ("occurred_at", "sequence", "actor")  # of a record that is placed: what the rule may take from parts
COMMENT = {"id": 2, "author_id": 900, "public": True, "html_body": "<p>hello</p>", "created_at": "2026-06-10T10:01:00Z"}
CONTACT = {
    "type": "contact", "id": "k1", "updated_at": 1781085600, "email": "a@x.example", "phone": "+15005550006",
    "external_id": "x1", "unsubscribed_from_emails": True, "marked_email_as_spam": True, "has_hard_bounced": False,
    "merge_history": [{"source_contact_id": "k0", "merged_at": 1781085660}],
}  # fmt: skip
LINES: Mapping[str, Sequence[Any]] = {
    "gorgias_tickets": [
        ticket(
            said(1, 0, **CUSTOMER), said(2, 1, **AI, stripped_text=None, body_html="<p>Hello<br>you</p>"),
            said(3, 2, public=False), said(5, 4, created_datetime="2026-06-10T10:01:00Z", sent_datetime=None),
            tags=["ai_answered", "AI_Handover", "vip"], status="closed",
            custom_fields=[{"label": "Handover Reason", "value": "wants a human"}],
        ),
        ticket(said(1, 0, **CUSTOMER), said(2, 1, **AI), tags=["ai_close", "vip"], status="closed",
               closed_datetime="2026-06-10T10:09:00Z"),
        {**ticket(said(1, 0, **CUSTOMER), status="closed"), "tags": None, "spam": True},
    ],
    "intercom_conversations": [
        RESOLVED,
        intercom(part(1, 1, FIN), part(2, 2, USER), part(8, 63, ADMIN, "assign_and_reopen", assigned_to={"id": 1}),
                 part(9, 64, ADMIN), state="procedure_handoff"),
        {"type": "notification_event", "data": {"item": intercom(part(1, 1, FIN), ai_agent={"source_type": "fin_preview"})}},
        {"type": "notification_event", "data": {"item": {"type": "contact", "id": "7"}}},
        {"id": 5, "deleted_at": 1781085600, "metrics_retained": True},
    ],
    "intercom_contacts": [CONTACT],
    "zendesk_tickets": [
        zendesk(
            turn("A", 0, "user"), turn("B", 1, "bot"), turn("C", 5, "agent", type="Comment", public=False),
            turn("D", 6, "agent"), turn("T", 2, "user", type="ChatDepartmentTransfer"),
            audits=[audit(2, -1, change(103, "status", "pending"), change(104, "assignee_id", "7")),
                    audit(9, 1, change(107, "status", "solved", "Create"))],
            tags=["vip"],
        ),
        {**zendesk(id=1, comments=[{**COMMENT, "id": 1, "author_id": 1}, COMMENT], status="solved", generated_timestamp=2),
         "conversation_log": None},
    ],
    "zendesk_users": [
        {"id": 7, "role": "end-user", "active": True, "email": "a@x.example", "phone": "+15005550006",
         "external_id": "x", "updated_at": "2026-06-10T12:00:00Z"}
    ],
}  # fmt: skip


@pytest.fixture(scope="module", name="seeds")
def seeds_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged seeds, and an AI's user of Zendesk."""
    folder = tmp_path_factory.mktemp("seeds")
    for path in SEEDS_DIR.glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / "agent_users.csv").open("a", encoding="utf-8") as users:
        users.write("zendesk,900\nzendesk,bot@shop.example\n")
    return folder


@pytest.mark.parametrize("feed", VENDORS)
def test_a_line_and_its_odd_versions_say_the_same(feed: str, seeds: Path) -> None:
    """A line is read otherwise than the specification says, or an odd one stops the run."""
    random, expand = Random(7), expander(seeds)
    context = Context(read_seeds(seeds, ALL_PARTS), SOURCE, LATEST)
    for line in LINES[feed]:
        for odd in (line, *odd_lines(line, random, 40)):
            text = json.dumps(odd)
            if "redacted" in text:
                continue  # an address that a deletion left is taken out where `people` is applied
            made = expand(feed, text)
            parts = _their_parts(feed, text, context)
            if len({one.part_id for one in parts}) < len(parts):
                continue  # a part that is listed twice: its last listing counts
            if not all(_is_name(tag) for tag in _tags(odd)):
                continue  # of a tag without a name the reference makes a name
            placed = {one.fields["record_id"] for one in made.records if PLACEMENT in one.fields}
            for people in (VENDORS[feed], "own"):
                views = [view(feed, text, seeds, VENDORS[feed], people) for view in (our_view, their_view)]
                ours, theirs = _without_places(views, placed)
                if theirs.object_id is None and theirs.refusal is None:  # no version of an object
                    assert (ours.object_id, list(ours.records)) == (None, []), text
                else:
                    assert ours == theirs, text
            asked = [mark for one in parts if (mark := _mark(one, feed))]
            assert sorted(made.marks, key=repr) == sorted(asked, key=repr), text


def _tags(line: Any) -> Sequence[Any]:
    tags = line.get("tags") if isinstance(line, dict) else None
    return tags if isinstance(tags, list) else []


def _is_name(tag: Any) -> bool:
    """Whether a tag, or its name, is none or a text or number."""
    name = tag.get("name") if isinstance(tag, dict) else tag
    return name is None or (isinstance(name, str | int | float) and not isinstance(name, bool))


def _their_parts(feed: str, text: str, context: Context) -> Sequence[Part]:
    """The reference's parts of a line; none of one that is refused."""
    try:
        return says(parse_json(text), feed, context).parts
    except Refused:
        return []


def _mark(part: Part, feed: str) -> Mark | None:
    """What rules of placement ask of a part, as the reference has it; only Intercom's ask whether it is the AI's.

    A status that the system sets asks who spoke before it.
    """
    is_ai = part.is_ai and feed == "intercom_conversations"
    is_systems = part.settle is not None and part.author == SYSTEM
    if part.at is None or not (part.actor or is_ai or part.assigns or part.transfers or is_systems):
        return None
    at = datetime.fromisoformat(part.at)
    return Mark(part.part_id, at, part.sequence, part.actor, is_ai, part.assigns, part.transfers)


def _without_places(views: Sequence[Said], placed: Set[str]) -> Sequence[Said]:
    """Both sides without what rules take from parts; of a refused record the reason alone.

    A placed record that is refused on one side is left out: there the reference has found no instant. So is one that
    one side alone makes: a hand-over that the parts do not show is never placed, and ours is made where the agent took
    part.
    """
    ours, theirs = ({one["id"]: one for one in said.records} for said in views)
    left_out = {name for name in placed | {"zendesk:handover"} if name not in ours or name not in theirs}
    left_out |= {name for name in placed - left_out if "refused" in ours[name] or "refused" in theirs[name]}

    def shown(one: Made) -> Made:
        if "refused" in one:
            return {name: one[name] for name in ("feed", "id", "part", "refused")}
        return {name: one[name] or None for name in one if one["id"] not in placed or name not in BY_PARTS}

    return [
        replace(said, records=sorted((shown(one) for one in said.records if one["id"] not in left_out), key=repr))
        for said in views
    ]
