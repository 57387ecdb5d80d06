"""What is left of a forgotten person's line (contract, section 6), and of other lines that name the person.

A redacted line keeps its shape: what goes leaves something of the same JSON type, so that staging's verdict on the
line, and with it every count, stays as it was. Staging then shows nothing in its place (`unless_erased`).
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.ingest.erasure.identities import CONVERSATION, ORDER, Trait, telling
from orchestration.ingest.erasure.keyring import PSEUDONYM, Keyring
from orchestration.ingest.feeds import Feed
from orchestration.ingest.lexical import Number, dump, parse
from orchestration.ingest.transcript_values import as_id, is_absent, is_text
from orchestration.ingest.transcripts import CATEGORY, FROM_START, Expansion

ERASED = "erased"
ERASED_LINE = "(erased)"  # of a line that is no record: nothing in it can be told apart
OTHER = "other"
NAMED_CATEGORIES = ("lack_of_knowledge", "shopper_requested", "escalation_rule", "unintelligible_input", "billing")
PRODUCT_NAMES = ("product_id", "sku", "id")
ITEM_FIELDS = ("product_id", "sku", "quantity", "price")
ID_KINDS = {"conversation_id": CONVERSATION, "order_id": ORDER}  # their pseudonyms must be found again

_INSTANT = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]+)?(?:Z|[+-][0-9:]{5})?\s*")
_NUMBER = re.compile(r"[0-9eE+\-.\s]*")
_CURRENCY = re.compile(r"\s*[A-Za-z]{3}\s*")


@dataclass(frozen=True)
class Words:
    """The words of fixed sets, and what an escalation's reason may say: seeds that redaction reads."""

    known: Mapping[str, frozenset[str]]  # forms by vocabulary
    patterns: Sequence[tuple[str, str]]  # (form, category) by position

    def category(self, reason: Any) -> str | None:
        """The category of an escalation's reason (contract, section 3); None for none."""
        if not is_text(reason) or is_absent(reason):
            return None
        form = word_form(reason)
        found = (category for pattern, category in self.patterns if pattern in form)
        named = (name for name in NAMED_CATEGORIES if name in form)
        return next(found, None) or next(named, OTHER)


def load_words(seeds: Path) -> Words:
    """Read word_aliases.csv and escalation_categories.csv."""
    known: dict[str, set[str]] = {}
    for row in _rows(seeds / "word_aliases.csv"):
        known.setdefault(row["vocabulary"], set()).add(word_form(row["alias"]))
    categories = sorted(_rows(seeds / "escalation_categories.csv"), key=lambda row: int(row["position"]))
    patterns = [(word_form(row["pattern"]), row["category"]) for row in categories]
    return Words({name: frozenset(forms) for name, forms in known.items()}, patterns)


def word_form(text: str) -> str:
    """The form in which words are compared (contract, section 2): NFC, trimmed, lower case, space, - and _ alike."""
    return unicodedata.normalize("NFC", text).strip().lower().replace(" ", "_").replace("-", "_")


@dataclass(frozen=True)
class Redaction:
    """How lines of one source lose one or several persons."""

    source: str
    traits: frozenset[Trait]
    keyring: Keyring
    words: Words
    hidden: Callable[[str], bool] = lambda _: False  # whether a text names somebody of whom only hashes are known
    kept: frozenset[Trait] = frozenset()  # conversations and orders that have pseudonyms already

    @cached_property
    def needles(self) -> Sequence[str]:
        """Identifiers, in lower case, that are looked for in any text."""
        return telling(self.traits)

    @cached_property
    def _needle(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(re.escape, self.needles)), re.IGNORECASE) if self.needles else None

    @cached_property
    def _own(self) -> Sequence[str]:
        kinds = (CONVERSATION, ORDER)
        return [trait.value.lower() for trait in self.traits if trait.kind not in kinds]

    def own_line(self, feed: Feed, text: str) -> tuple[str, str | None]:
        """(what is left, the category that an escalation's reason had) of a line of the person, a JSON object."""
        return self._own_record(feed, parse(text))

    def own_transcript(self, feed: Feed, expansion: Expansion) -> str:
        """What is left of a transcript of the person: its records, which a later expansion only copies.

        Args:
            feed: the conversation log, whose fields the records have.
            expansion: what the transcript says, by the tool map and markers of today.
        """
        records = []
        for record in expansion.records:
            left, category = self._own_record(feed, record)
            kept = {FROM_START: record.get(FROM_START), CATEGORY: category}
            records.append({**parse(left), **{name: value for name, value in kept.items() if value is not None}})
        whole = {
            "transcript_id": self.own_id("conversation_id", expansion.transcript_id),
            "reason": expansion.reason,
            "field": expansion.field,
            "message_count": expansion.message_count,
            "records": records,
        }
        return dump({name: value for name, value in whole.items() if value is not None})

    def others_line(self, feed: Feed, text: str) -> str:
        """Somebody else's line, a JSON object, with the person's identifiers taken out wherever they stand."""
        record = parse(text)
        for name, value in record.items():
            if feed.kinds.get(name) == "id" and is_text(value) and self.names_person(value):
                record[name] = self.id_of(name, value)
        return dump(self._scrubbed(record))

    def others_text(self, text: str) -> str:
        """The same for a text that is no record."""
        return self._needle.sub(ERASED, text) if self._needle else text

    def names_person(self, text: str) -> bool:
        """Whether one of the telling identifiers occurs in a text."""
        return self._needle is not None and self._needle.search(text) is not None

    def own_id(self, name: str, value: Any) -> Any:
        """An id in a line of the person: its keyed hash if it contains one of the identifiers, however short."""
        text = as_id(value)
        if not text or text.startswith(PSEUDONYM):
            return _kept_scalar(value)
        lowered = text.lower()
        digits = re.sub(r"[^0-9]", "", text)
        phones = (trait.value for trait in self.traits if trait.kind == "phone")
        named = any(own in lowered for own in self._own) or any(phone in digits for phone in phones)
        pseudonym = self.id_of(name, text)
        has_one = name in ID_KINDS and Trait(ID_KINDS[name], pseudonym) in self.kept
        return pseudonym if named or has_one or self.hidden(text) else value

    def id_of(self, name: str, value: str) -> str:
        """The pseudonym of an id that stands in a field."""
        return self.keyring.pseudonym(self.source, ID_KINDS.get(name, name), value)

    def _own_record(self, feed: Feed, record: Mapping[str, Any]) -> tuple[str, str | None]:
        left = {name: self._left(feed, name, record[name]) for name in feed.kinds if record.get(name) is not None}
        return dump(left, feed.money_fields, canonical=True), self.words.category(record.get("escalation_reason"))

    def _left(self, feed: Feed, name: str, value: Any) -> Any:
        kind = feed.kinds[name]
        if name in feed.personal:
            return _placeholder(value)
        if name in feed.pseudonyms:
            if is_absent(value) or not as_id(value):
                return _kept_scalar(value)
            return self.keyring.pseudonym(self.source, kind, as_id(value))
        if kind == "word":
            known = self.words.known.get(feed.vocabularies[name], frozenset())
            return value if is_absent(value) or (is_text(value) and word_form(value) in known) else _placeholder(value)
        if kind == "products":
            return self._listed(value, PRODUCT_NAMES)
        if kind == "items":
            return self._listed(value, ITEM_FIELDS)
        if kind == "id":
            return self.own_id(name, value)
        if kind == "text":
            return self.others_text(value) if is_text(value) else _kept_scalar(value)
        return _kept_text(kind, value) if is_text(value) else _kept_scalar(value)

    def _listed(self, value: Any, fields: Sequence[str]) -> Any:
        """A list of ids, or of objects of which only these fields stay."""
        if not isinstance(value, list):
            return _placeholder(value)
        return [
            {name: self._kept_part(name, element[name]) for name in fields if name in element}
            if isinstance(element, dict)
            else self.own_id("product_id", element)
            for element in value
        ]

    def _kept_part(self, name: str, value: Any) -> Any:
        if not is_text(value):
            return _kept_scalar(value)
        return _kept_text("money", value) if name in ("quantity", "price") else self.own_id(name, value)

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.others_text(name): self._scrubbed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._scrubbed(part) for part in value]
        return self.others_text(value) if is_text(value) and not value.startswith(PSEUDONYM) else value


def _kept_text(kind: str, value: str) -> str:
    """An instant, a number or a currency as it was written; another text that stands in its place says too much."""
    pattern = {"instant": _INSTANT, "currency": _CURRENCY}.get(kind, _NUMBER)
    return value if pattern.fullmatch(value) or is_absent(value) else ERASED


def _kept_scalar(value: Any) -> Any:
    """Numbers and true or false stay; a list or object where none is due keeps its type."""
    return _placeholder(value) if isinstance(value, dict | list) else value


def _placeholder(value: Any) -> Any:
    """Something of the same JSON type that counts as present where the value did, and says nothing."""
    if isinstance(value, dict):
        return {name: _placeholder(part) for name, part in value.items() if name in _PROFILE_FIELDS}
    if isinstance(value, list):
        return [_placeholder(part) for part in value]
    if is_text(value):
        return "" if is_absent(value) else ERASED
    return Number("0") if isinstance(value, Number) else value


_PROFILE_FIELDS = frozenset({"profile_id", "email", "phone_number", "external_id", "anonymous_id"})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
