"""Seeds as redaction reads them (spec §6.2): the words of fixed sets, and where expanded lines have texts and ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caw.adapters.adapter import Expander
from caw.adapters.people import people_of
from caw.adapters.registry import expanders
from caw.adapters.transcript_values import is_absent, is_text
from caw.feeds.seeds import absent_identifiers, rows_of, seed_file, word_form

OTHER = "other"
NAMED_CATEGORIES = ("lack_of_knowledge", "shopper_requested", "escalation_rule", "unintelligible_input", "billing")


@dataclass(frozen=True)
class Words:
    """Seeds as redaction reads them: the words of fixed sets, and where expanded lines have texts and ids."""

    known: Mapping[str, frozenset[str]]  # forms by vocabulary
    patterns: Sequence[tuple[str, str]]  # (form, category) by position
    expanders: Mapping[str, Expander]  # by feed
    absent: frozenset[str]  # the words that identify nobody
    seeds: Path
    people: Mapping[str, str] = field(default_factory=dict)  # the vendor that names a source's people

    def category(self, reason: Any) -> str | None:
        """The category of an escalation's reason (spec §3.7); None for none."""
        if not is_text(reason) or is_absent(reason):
            return None
        form = word_form(reason)
        found = (category for pattern, category in self.patterns if pattern in form)
        named = (name for name in NAMED_CATEGORIES if name in form)
        return next(found, None) or next(named, OTHER)


def load_words(seeds: Path) -> Words:
    """Read the seeds that redaction needs; raises ValueError for a wrong row of one that an adapter reads."""
    known: dict[str, set[str]] = {}
    for row in rows_of(seed_file(seeds, "word_aliases")):
        known.setdefault(row["vocabulary"], set()).add(word_form(row["alias"]))
    categories = sorted(rows_of(seed_file(seeds, "escalation_categories")), key=lambda row: int(row["position"]))
    patterns = [(word_form(row["pattern"]), row["category"]) for row in categories]
    forms = {name: frozenset(forms) for name, forms in known.items()}
    return Words(forms, patterns, expanders(seeds), absent_identifiers(seeds), seeds, people_of(seeds))
