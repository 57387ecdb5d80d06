"""Redacts a forgotten person's line (spec §6.2 to §6.5), and other lines that name the person.

A redacted line keeps its shape: each value is replaced by one of the same JSON type, so that staging accepts or rejects
the line as before, and every count stays as it was. Staging then shows null in its place (`unless_erased`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from caw.adapters.adapter import TEXT, Spots
from caw.adapters.people import PROFILE_ID, of_source
from caw.adapters.records import CATEGORY, FROM_START, INGESTED_AT, PLACEMENT, Expansion, Record, reduced
from caw.adapters.registry import ADAPTERS
from caw.adapters.transcript_values import is_absent, is_text, text_paths
from caw.erasure.identifiers import (
    CONVERSATION,
    ID_KINDS,
    ORDER,
    OTHERS_IDS,
    OTHERS_TEXTS,
    Identifier,
    aliases_of,
    id_text,
)
from caw.erasure.json_edits import Edit, Unescaped, edited, inside, without_nul
from caw.erasure.json_edits import Path as JsonPath
from caw.erasure.keyring import Keyring, is_pseudonym
from caw.erasure.placeholders import (
    NO_LIST,
    PROFILE_FIELDS,
    kept_scalar,
    kept_text,
    list_placeholder,
    placeholder,
    value_in,
)
from caw.erasure.refused_lines import others_in_refused
from caw.erasure.seed_words import Words
from caw.erasure.words import (
    MOST_PASSES,
    Knows,
    contact_spans,
    may_name,
    names_contact,
    without_contacts,
    without_spans,
)
from caw.feeds.declared import PHONES, Feed, feeds
from caw.feeds.keys import email_key, phone_key
from caw.feeds.seeds import identifies_nobody, word_form
from caw.formats.json_numbers import Number
from caw.formats.strict_json import dump, parse

IDS_REMEMBERED = 10_000  # lines of a conversation are near each other
# Of a record of somebody who stays: what decides whether one may write.
PERMISSION = frozenset({PROFILE_ID, "channel", "occurred_at", "status", "valid_until", "action"})
ERASED_LINE = "(erased)"  # of a line that is no record: its parts cannot be separated
PRODUCT_NAMES = ("product_id", "sku", "id")
ITEM_FIELDS = ("product_id", "sku", "quantity", "price")
KEYS = {"email": email_key, **dict.fromkeys(PHONES, phone_key)}
RECORD_IDS = {"conversation_id": CONVERSATION, "order_id": ORDER}  # their pseudonyms must be found again

_WHAT_IT_WAS = re.compile(r" \[[0-9]+ bytes, sha256 [0-9a-f]{64}\]$")  # at the end of a line that is too large


@dataclass(frozen=True)
class Redaction:
    """Redacts lines of one source.

    Attributes:
        source: of the lines.
        identifiers: lines with one of them are the people's own; conversations and orders included.
        keyring: for pseudonyms.
        words: what seeds say.
        knows: whether an e-mail or phone is one of the people's, in lines of others.
        knows_of_any: whether an identifier is of anybody who was ever forgotten, in their own lines.
        kept: conversations and orders that have pseudonyms already.
    """

    source: str
    identifiers: frozenset[Identifier]
    keyring: Keyring
    words: Words
    knows: Knows
    knows_of_any: Knows
    kept: frozenset[Identifier] = frozenset()

    def own_line(self, feed: Feed, text: str) -> tuple[str, str | None]:
        """Redact a line of the person, a JSON object; also gives the category that an escalation's reason had."""
        return self._own_record(feed, self._with_aliases(feed, parse(text)))

    def own_expansion(self, feed: Feed, expansion: Expansion, was_redacted: bool = False) -> str:
        """Redact a line of an expanded feed to its records, which a later expansion only copies (spec §2.3.10).

        Args:
            feed: the line's.
            expansion: what the line says, by the seeds of today.
            was_redacted: whether it is what an earlier redaction left of the line.
        """
        adapter = ADAPTERS[feed.name]
        name = "conversation_id" if adapter.is_conversation else "object_id"
        counting = of_source(expansion, adapter.vendor, self.source, self.words.people)
        left = replace(
            counting,
            object_id=self.own_id(name, expansion.object_id),
            parts=[self.own_id("part", part) for part in expansion.parts],
            marks=[mark._replace(part=self.own_id("part", mark.part)) for mark in expansion.marks],
        )
        others = others_in_refused(counting, self.identifiers, was_redacted, self.words.seeds)
        return reduced(left, [self._made_record(record, others) for record in counting.records])

    def _made_record(self, record: Record, others: frozenset[str]) -> Mapping[str, Any]:
        if id_text(record.fields.get(PROFILE_ID)) not in others:
            return self._own_made_record(record)
        said = {name: value for name, value in record.fields.items() if name in PERMISSION}
        return {"feed": record.feed, "fields": said}

    def _own_made_record(self, record: Record) -> Mapping[str, Any]:
        left, category = self._own_record(feeds()[record.feed], record.fields)
        category = record.fields.get(CATEGORY, category)  # of one that was redacted before
        kept = {**{name: record.fields.get(name) for name in (FROM_START, PLACEMENT)}, CATEGORY: category}
        kept |= {name: value for name, value in record.fields.items() if value == INGESTED_AT}
        fields = {**parse(left), **{name: value for name, value in kept.items() if value is not None}}
        part = {} if record.part is None else {"part": self.own_id("part", record.part)}
        return {"feed": record.feed, **part, "fields": fields}

    def others_line(self, feed: Feed, text: str) -> str:
        """Somebody else's line, a JSON object, without the people's e-mails and phones in its ids and free texts."""
        return edited(text, self._edits(feed, text))

    def broken_line(self, text: str) -> str:
        """The same for a line that is no JSON: e-mails and phones are cut out wherever they are."""
        if self.names_in_broken_line(text):
            text = without_nul(text)
        for _ in range(MOST_PASSES):
            unescaped = Unescaped(text)
            spans = contact_spans(unescaped.text, self.knows)
            if not spans:
                break
            text = without_spans(text, [unescaped.given(span) for span in spans])
        return text

    def names_in_broken_line(self, text: str) -> bool:
        """Whether a line that is no JSON contains an e-mail or phone of the people."""
        return names_contact(Unescaped(without_nul(text)).text, self.knows)

    def names(self, text: str, is_id: bool) -> bool:
        """Whether an id, or else a free text, contains an e-mail or phone of the people."""
        return names_contact(text, self.knows, is_id)

    @cached_property
    def names_own(self) -> Callable[[str], bool]:
        """Whether an id in a line of a forgotten person may name anybody who was; many lines have the same."""

        @lru_cache(maxsize=IDS_REMEMBERED)
        def names_own(text: str) -> bool:
            return not is_pseudonym(text) and may_name(text, ID_KINDS, self.knows_of_any)

        return names_own

    def own_id(self, name: str, value: Any) -> Any:
        """An id in a line of the person: its keyed hash if it names the person."""
        text = id_text(value)
        if not text or is_pseudonym(text):
            return kept_scalar(value)
        pseudonym = self.id_of(name, text)
        has_one = name in RECORD_IDS and Identifier(RECORD_IDS[name], pseudonym) in self.kept
        return pseudonym if has_one or self.names_own(text) else value

    def id_of(self, name: str, value: str) -> str:
        """The pseudonym of an id in a field."""
        return self.keyring.pseudonym(self.source, RECORD_IDS.get(name, name), value)

    def _others_id(self, name: str) -> Edit:
        def edit(value: str) -> str | None:
            text = id_text(value)
            return self.id_of(name, text) if text and not is_pseudonym(text) and self.names(text, is_id=True) else None

        return edit

    def _others_text(self, value: str) -> str | None:
        return None if isinstance(value, Number) else without_contacts(value, self.knows)

    def _shown_text(self, value: str) -> str:
        """A text or number that a record shows as text."""
        return without_contacts(value, self.knows)

    def _edits(self, feed: Feed, text: str) -> Mapping[JsonPath, Edit]:
        if feed.is_expanded:
            return self._edits_at(self.words.expanders[feed.name].spots(parse(text)))
        aliases = aliases_of(feed.name, self.source, self.words.seeds)
        edit_of = {name: self._others_id(name) for name in OTHERS_IDS} | dict.fromkeys(OTHERS_TEXTS, self._others_text)
        names = {one: edit for name, edit in edit_of.items() for one in (name, *aliases.get(name, ()))}
        line = parse(text)
        # a list or an object in place of a text is refused, and shown as it came
        inner = {path: self._others_text for one in names for path in text_paths(line.get(one), (one,)) if path[1:]}
        return {(one,): edit for one, edit in names.items()} | inner

    def _edits_at(self, spots: Spots) -> Mapping[JsonPath, Edit]:
        return {path: self._edit_of(what) for path, what in spots.items()}

    def _edit_of(self, what: "str | Spots") -> Edit:
        if not isinstance(what, str):
            return inside(self._edits_at(what))
        return self._shown_text if what == TEXT else self._others_id(what)

    def _with_aliases(self, feed: Feed, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """A record whose absent fields are filled from the members that are read in their place."""
        aliases = aliases_of(feed.name, self.source, self.words.seeds)
        if not aliases:
            return record
        filled = dict(record)
        for means, names in aliases.items():
            first, _, inner = means.partition(".")
            given = next((record[name] for name in names if not self._says_nothing(means, record.get(name))), None)
            if given is None:
                continue
            if not inner:
                if self._says_nothing(means, filled.get(first)):
                    filled[first] = given
                continue
            holder = filled.get(first)
            holder = {} if is_absent(holder) else holder
            if isinstance(holder, dict) and self._says_nothing(means, holder.get(inner)):
                filled[first] = {**holder, inner: given}
        return filled

    def _says_nothing(self, means: str, value: Any) -> bool:
        """Whether a field counts as absent: also by the words that identify nobody, where it identifies people."""
        identifies = means.rpartition(".")[2] in _IDENTIFYING
        return is_absent(value) or (identifies and is_text(value) and identifies_nobody(value, self.words.absent))

    def _own_record(self, feed: Feed, record: Mapping[str, Any]) -> tuple[str, str | None]:
        left = {name: self._left(feed, name, record[name]) for name in feed.kinds if record.get(name) is not None}
        return dump(left, feed.money_fields, canonical=True), self.words.category(record.get("escalation_reason"))

    def _left(self, feed: Feed, name: str, value: Any) -> Any:
        kind = feed.kinds[name]
        if name in feed.personal:
            return list_placeholder(kind, value) if kind in ("texts", "ids") else placeholder(value)
        if name in feed.pseudonyms:
            text = id_text(value)
            if self._says_nothing(name, value) or not text:
                return kept_scalar(value)
            key = KEYS.get(name)
            if key is not None and key(text) is None and not is_pseudonym(text):
                return ""  # it names nobody, which a keyed hash would
            return self.keyring.pseudonym(self.source, kind, text)
        if kind in ("word", "choice"):
            known = feed.choices.get(name) or self.words.known.get(feed.vocabularies[name], frozenset())
            return value if is_absent(value) or (is_text(value) and word_form(value) in known) else placeholder(value)
        if kind == "products":
            return self._listed(value, PRODUCT_NAMES)
        if kind == "items":
            return self._listed(value, ITEM_FIELDS)
        if kind == "id":
            return self.own_id(name, value)
        if kind == "text":
            return without_contacts(value, self.knows_of_any) if is_text(value) else kept_scalar(value)
        return kept_text(kind, value) if is_text(value) else kept_scalar(value)

    def _listed(self, value: Any, fields: Sequence[str]) -> Any:
        """A list of ids, or of objects of which only these fields stay; a list as text, or a lone id."""
        if is_text(value) and value.strip().startswith("["):
            read = value_in(value)
            return self._listed(read, fields) if isinstance(read, list) else NO_LIST
        if not isinstance(value, list):
            return placeholder(value) if isinstance(value, dict) else self._product_id(value)
        return [
            {name: self._kept_part(name, element[name]) for name in fields if name in element}
            if isinstance(element, dict)
            else self._product_id(element)
            for element in value
        ]

    def _kept_part(self, name: str, value: Any) -> Any:
        if not is_text(value):
            return kept_scalar(value)
        return kept_text("money", value) if name in ("quantity", "price") else self._product_id(value)

    def _product_id(self, value: Any) -> Any:
        """Products stay, but for one that is named by an e-mail or phone."""
        text = id_text(value)
        if not text or is_pseudonym(text) or not names_contact(text, self.knows_of_any):
            return kept_scalar(value)
        return self.id_of("product_id", text)


def blank_excerpt(text: str) -> str:
    """Redact the excerpt of a line that is too large to its size and hash; its content is not known."""
    known = _WHAT_IT_WAS.search(text)
    return ERASED_LINE + (known.group() if known else "")


_IDENTIFYING = PROFILE_FIELDS | {"phone", "anonymous_ids", "merged_into"}
