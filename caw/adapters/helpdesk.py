"""Shared by the helpdesks' adapters: records of a conversation, its people, and the helpdesk's words
(spec §2.3.3 to §2.3.5).

What does not belong here: how one helpdesk's line is read, a module each.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from caw.adapters.adapter import WORD, SeedRow
from caw.adapters.agent_users import AgentUsers
from caw.adapters.instants import instant
from caw.adapters.records import LOG, LONGEST_WORD, PLACEMENT, Json, Mark, Record
from caw.adapters.transcript_values import as_id, is_absent, is_text
from caw.adapters.vendor_words import SEED as VENDOR_WORDS
from caw.adapters.vendor_words import VendorWords, vendor_form

SOURCE, MESSAGE, STATUS, TAGS, WHOLE = 0, 10, 11, 20, 30  # sequences of records, by what they are (spec §2.3.4)
CUSTOMER, AGENT, HUMAN = "customer", "agent", "human"
AUTHOR = "author_type"  # the field of vendor_words.csv that says which of them an author is


def seed_rows(vendor: str, *names: str) -> Mapping[str, SeedRow]:
    """The rows of vendor_words.csv that would make words of these fields known, and of channels."""
    return {name: SeedRow(VENDOR_WORDS, (vendor, name, WORD, "<means>")) for name in ("channel", *names)}


@dataclass(frozen=True)
class Rules:
    """The seeds' rows about one helpdesk.

    Attributes:
        known: by field, the words of the vendor's own sets and what they mean; rows of vendor_words.csv go before them.
    """

    words: VendorWords
    users: AgentUsers
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Equal for seeds that say the same."""
        return repr((self.words.fingerprint, self.users.fingerprint))

    def channel(self, given: Any) -> Any:
        """The channel that a vendor's word names; another one as it is, for the log's own words."""
        return self.words.meaning("channel", given) or given

    def means(self, name: str, given: Any, unknown: Counter[tuple[str, str]]) -> str:
        """The meaning of a word of a fixed set; blank for none, and for one that nobody knows, which is noted once."""
        word = form(given)
        found = self.words.meaning(name, given) or self.known[name].get(word)
        if word and found is None:
            unknown[name, given[:LONGEST_WORD]] = 1
        return found or ""

    def is_customer(self, author: Json) -> bool:
        """Whether an author (an object with a `type`) is the customer; an unknown type is not noted here."""
        return self.means(AUTHOR, author.get("type"), Counter()) == CUSTOMER


@dataclass(frozen=True)
class Conversation:
    """Fields that every record of a line has."""

    vendor: str
    conversation_id: str  # one text for all of its records: it may be long
    channel: Any
    profile: Json
    mode: str | None = None

    @classmethod
    def of(cls, vendor: str, object_id: str, channel: Any, profile: Json, mode: str | None = None) -> "Conversation":
        """The conversation `<vendor>:<object's id>`."""
        return cls(vendor, f"{vendor}:{object_id}", channel, profile, mode)

    def record(self, name: str, record_type: str, occurred_at: Any, sequence: int, **own: Any) -> Json:
        """The members of a record `<vendor>:<name>`, without absent ones."""
        given = {
            "record_id": f"{self.vendor}:{name}",
            "conversation_id": self.conversation_id,
            "occurred_at": occurred_at,
            "record_type": record_type,
            "sequence": sequence,
            "channel": self.channel,
            "profile": self.profile or None,
            "mode": self.mode,
            **own,
        }
        return {name: value for name, value in given.items() if not is_absent(value)}

    def message(self, part: str, actor: str, text: Any, occurred_at: Any, sequence: int = MESSAGE) -> Record:
        """The message that a part is."""
        return Record(LOG, self.record(part, "message", occurred_at, sequence, actor=actor, text=text), part)

    def status(self, name: str, status: str, actor: str | None, occurred_at: Any, **own: Any) -> Record:
        """A change of status: the whole's, or with `part`, a part's."""
        part = own.pop("part", None)
        sequence = WHOLE if part is None else STATUS
        fields = self.record(name, "status_changed", occurred_at, sequence, status=status, actor=actor, **own)
        return Record(LOG, fields, part)

    def of_author(self, profile_id: Any, email: Any) -> "Conversation":
        """The same for what a customer says: with the author's own e-mail and id, where they are known."""
        return replace(self, profile={**self.profile, **profile_of(profile_id=profile_id, email=email)})


def form(value: Any) -> str:
    """The form in which a vendor's words are compared; blank for what is no text."""
    return vendor_form(value) if is_text(value) else ""


def profile_of(**identifiers: Any) -> Json:
    """The profile object of these identifiers; what of it counts in a source is taken out later (people.py)."""
    return {name: value for name, value in identifiers.items() if not is_absent(value)}


def named(**identifiers: Any) -> Iterator[tuple[str, str]]:
    """(kind, value) of what names a person, by kind."""
    for kind, value in identifiers.items():
        if text := as_id(value):
            yield kind, text


class Part(NamedTuple):
    """A part that a line lists.

    Attributes:
        part_id: its id.
        records: what is made of it.
        mark: what rules of placement ask of it.
        is_agents: the AI agent is its author, so that it took part.
    """

    part_id: str
    records: Sequence[Record] = ()
    mark: Mark | None = None
    is_agents: bool = False


def distinct(parts: Iterable[Part | None]) -> Sequence[Part]:
    """Parts by their ids; of one that a line lists twice the last counts."""
    return list({part.part_id: part for part in parts if part is not None}.values())


def placed(rule: str, record: Record, parts: Sequence[Part]) -> Record:
    """A record that a rule places by the parts that count (int_expanded_placements), or else as it says itself.

    Without an instant of its own it stands at the latest one of the line's parts: a refused record would have no place.
    """
    fields = {**record.fields, PLACEMENT: rule}
    if "occurred_at" not in fields and (marks := [part.mark for part in parts if part.mark]):
        fields["occurred_at"] = max(mark.occurred_at for mark in marks).isoformat().replace("+00:00", "Z")
    return record._replace(fields=fields)


def mark(part_id: str, given: Any, sequence: int, per_second: int | None = None, **says: Any) -> Mark | None:
    """A part's mark for rules of placement; None where it says nothing, or has no instant."""
    at = instant(given, per_second)
    return None if at is None or not any(says.values()) else Mark(part_id, at, sequence, **says)
