"""Redacts lines that are delivered for forgotten people, in their batch, before it is committed.

Only keyed hashes say who was forgotten, so every identifier that arrives is hashed and looked up. Identifiers in such
lines that were not known before (another profile with the same address, an older conversation) become follow-ups for an
erasure, which also reaches earlier batches. A request that says more than is known, and a profile that was not known,
are left to that erasure as they are: whose conversation is whose is worked out while nobody is forgotten.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from caw.adapters.members import first_of
from caw.adapters.registry import ADAPTERS, Expand
from caw.erasure.finding import PROFILES, IdentifierFinder, distinct_identifiers, rows_with
from caw.erasure.forgotten import (
    ALWAYS,
    IF_ACCEPTED,
    IF_NO_PROFILE,
    FollowUp,
    Forgotten,
    Line,
)
from caw.erasure.identifiers import PERSONAL_KINDS, RECORD_KINDS, WEAK_KINDS, Identifier, normal
from caw.erasure.late_requests import is_request
from caw.erasure.new_profiles import DATED, makes_profile
from caw.erasure.redaction import Redaction
from caw.erasure.rewriting import ROWS_AT_ONCE, Rewriter, Rewritten, concerns_people
from caw.erasure.seed_words import Words
from caw.feeds.declared import Feed, feeds
from caw.formats.strict_json import parse
from caw.raw_store.objects import Objects
from caw.raw_store.tables import slices

OF_RECORDS = ("conversation_log", "orders")
ONE_EACH = (*RECORD_KINDS, "profile_id")  # of which a record of these has one
CONTACT_KINDS = ("email", "phone")


@dataclass
class _SourceMatches:
    """Findings about forgotten people in one source's new lines."""

    known: set[Identifier] = field(default_factory=set)  # identifiers that were looked up and found
    records: set[Identifier] = field(default_factory=set)  # conversations and orders that their lines belong to
    shared: set[Identifier] = field(default_factory=set)  # those of known, by which another profile goes too
    follow_ups: dict[FollowUp, None] = field(default_factory=dict)  # what the erasure of the same run looks for
    deferred: set[Line] = field(default_factory=set)  # lines that the erasure of the same run redacts
    looked_up: dict[Identifier, bool] = field(default_factory=dict)

    def withdraw_shared(self) -> None:
        """Remove identifiers that others share from the known ones."""
        self.known -= self.shared
        self.looked_up |= dict.fromkeys(self.shared, False)
        self.shared = set()


def redact_late_deliveries(
    objects: Objects, parts: Mapping[str, Sequence[str]], forgotten: Forgotten, words: Words, expand: Expand
) -> tuple[Rewritten, Sequence[FollowUp]]:
    """Redact a batch's parts that are not committed yet.

    Args:
        objects: the raw store's.
        parts: the names of the batch's files, by feed.
        forgotten: who was forgotten; their conversations and orders that are found are added to it, and what another
            profile has as well is taken out.
        words: what redaction reads of seeds.
        expand: the records of an expanded feed's line.

    Returns:
        What was redacted, and what the next erasure is to follow up.
    """
    matches = _matched(objects, parts, forgotten, words, expand)
    redactions = {
        source: Redaction(
            source,
            frozenset(found.known | found.records),
            forgotten.keyring,
            words,
            knows=forgotten.knows_of(source),
            knows_of_any=forgotten.knows_of(source),
            kept=frozenset(forgotten.kept.get(source, ())),
        )
        for source, found in matches.items()
    }
    deferred = frozenset(line for found in matches.values() for line in found.deferred)
    rewriter = Rewriter(objects, redactions, {}, expand, deferred)
    done = Rewritten()
    for feed_name, names in parts.items():
        for name in names:
            rewriter.part(name, feeds()[feed_name], done)
    for source, redaction in redactions.items():
        if matches[source].known:
            forgotten.remember_records(source, redaction, matches[source].records)
    return done, [one for found in matches.values() for one in found.follow_ups]


def found_again(
    objects: Objects, parts: Mapping[str, Sequence[str]], forgotten: Forgotten, words: Words, expand: Expand
) -> Sequence[FollowUp]:
    """Follow-ups for all that lines which no erasure has redacted say of forgotten people; arguments as above."""
    matches = _matched(objects, parts, forgotten, words, expand)
    said = (FollowUp(source, one) for source, found in matches.items() for one in sorted(found.known | found.records))
    return [*(one for found in matches.values() for one in found.follow_ups), *said]


def _matched(
    objects: Objects, parts: Mapping[str, Sequence[str]], forgotten: Forgotten, words: Words, expand: Expand
) -> Mapping[str, _SourceMatches]:
    """Findings by source; what another profile has as well is taken out of who was forgotten."""
    matches = {source: _SourceMatches() for source in forgotten.hashes}
    about_people = [feed for name in parts if concerns_people(feed := feeds()[name])]
    for are_profiles in (True, False):  # what profiles share is no longer theirs in any line
        for feed in about_people:
            if (PROFILES in feed.record_feeds) is are_profiles:
                for name in parts[feed.name]:
                    for batch in slices(objects, name, ROWS_AT_ONCE):
                        _match(pa.Table.from_batches([batch]), feed, forgotten, words, expand, matches)
        for source, found in matches.items():
            forgotten.withdraw(source, found.shared)
            found.withdraw_shared()
    return matches


def _match(
    lines: pa.Table,
    feed: Feed,
    forgotten: Forgotten,
    words: Words,
    expand: Expand,
    matches: Mapping[str, _SourceMatches],
) -> None:
    for source in sorted(set(pc.unique(lines["source"]).to_pylist()) & set(forgotten.hashes)):
        own = lines.filter(pc.and_(pc.equal(lines["source"], source), pc.invert(lines["is_erased"])))
        finder = IdentifierFinder(feed, source, expand, words.seeds)
        _look_up(finder, own, source, forgotten, matches[source])


def _look_up(
    finder: IdentifierFinder, lines: pa.Table, source: str, forgotten: Forgotten, matches: _SourceMatches
) -> None:
    """Look up the identifiers of lines, and decide about each line that has a known one."""
    identifiers = finder.find(lines).identifiers
    known: set[Identifier] = set()  # of these lines: what all lines so far had grows with each batch
    for identifier in distinct_identifiers(identifiers):
        if identifier not in matches.looked_up:
            says_something = normal(*identifier, finder.seeds) is not None
            matches.looked_up[identifier] = says_something and forgotten.knows(source, identifier)
        if matches.looked_up[identifier]:
            known.add(identifier)
    if not known:
        return
    rows = pc.unique(rows_with(identifiers, known)["row"])
    own = identifiers.filter(pc.is_in(identifiers["row"], rows))
    carried: dict[int, set[Identifier]] = {}
    for row, kind, value in zip(*(own[name].to_pylist() for name in ("row", "kind", "value")), strict=True):
        if normal(kind, value, finder.seeds) is not None:
            carried.setdefault(row, set()).add(Identifier(kind, value))
    for row, found in carried.items():
        _decide(finder, lines, row, found, found & known, matches)


def _decide(
    finder: IdentifierFinder,
    lines: pa.Table,
    row: int,
    found: AbstractSet[Identifier],
    known: AbstractSet[Identifier],
    matches: _SourceMatches,
) -> None:
    """Whether a line with identifiers of which some are known is redacted now, by the erasure of its run, or not at
    all (docs/decisions.md, "A late request, or the first version of a profile").

    What a broken line has may be known, but adds nothing new, its conversation or order aside.
    """
    batch_id, path, number = (lines[name][row].as_py() for name in ("batch_id", "file_path", "line_number"))
    line: Line = (batch_id, path, number)
    new = {one for one in found if one.kind in PERSONAL_KINDS} - known
    if new and is_request(finder, lines, row):  # what else it names it asks for itself
        _defer(finder.source, line, known, matches)
        return
    is_record = not lines["problem"][row].is_valid
    is_profile = finder.is_of_profiles and is_record
    is_of_new_profile = (
        is_profile and any(one.kind == "profile_id" for one in new) and _makes_a_profile(finder, lines, row)
    )
    shares_a_word = all(one.kind in WEAK_KINDS for one in known)
    if is_profile and shares_a_word and any(one.kind == "profile_id" for one in found):
        if is_of_new_profile:
            matches.shared |= known
        return
    if is_of_new_profile:
        _defer(finder.source, line, known, matches)
    else:
        matches.known |= known
    _follow_up(finder.feed, finder.source, line, _said(finder.feed, found, known, is_record), known, matches)


def _defer(source: str, line: Line, known: AbstractSet[Identifier], matches: _SourceMatches) -> None:
    """Leave a line as it is to the erasure of the same run, which looks for what is known of it: it redacts the line
    whether or not staging accepts it."""
    matches.deferred.add(line)
    matches.follow_ups |= dict.fromkeys(FollowUp(source, one, ALWAYS) for one in sorted(known))


def _said(
    feed: Feed, found: AbstractSet[Identifier], known: AbstractSet[Identifier], is_record: bool
) -> AbstractSet[Identifier]:
    """Identifiers of a person's line that count: known ones, and new ones; of a line that is no JSON its
    conversation or order alone. Several of what a record has one of are a list, and may be other people's."""
    new = {one for one in found - known if is_record or (feed.name in OF_RECORDS and one.kind in RECORD_KINDS)}
    if feed.name in OF_RECORDS:
        counts = Counter(one.kind for one in found)
        new = {one for one in new if one.kind not in ONE_EACH or counts[one.kind] == 1}
    return (found & known) | new


def _makes_a_profile(finder: IdentifierFinder, lines: pa.Table, row: int) -> bool:
    """Whether a line of profiles with an id makes one."""
    zone, ingested_at = finder.zone, lines["ingested_at"][row].as_py()
    text = lines["document"][row].as_py() or lines["raw_text"][row].as_py()
    if finder.feed.is_expanded:
        records = finder.expand(finder.feed.name, text).records
        return any(one.feed == PROFILES and makes_profile(one.fields, zone, ingested_at) for one in records)
    document = parse(text)
    dated = first_of(*(document.get(name) for name in (DATED, *finder.aliases.get(DATED, ()))))
    return makes_profile({**document, DATED: dated}, zone, ingested_at)


def _follow_up(
    feed: Feed,
    source: str,
    line: Line,
    found: AbstractSet[Identifier],
    known: AbstractSet[Identifier],
    matches: _SourceMatches,
) -> None:
    """Add what a line of a forgotten person says that was not known."""
    records = {one for one in found if one.kind in RECORD_KINDS}
    matches.records |= records
    for one in sorted(found - known):
        if one in records:
            matches.follow_ups[FollowUp(source, one, ALWAYS)] = None
        elif PROFILES in feed.record_feeds:
            matches.follow_ups[FollowUp(source, one, IF_ACCEPTED, line)] = None
        elif feed.name in ADAPTERS and ADAPTERS[feed.name].vendor:
            continue  # a ticket may name several people, and no profile object of a vendor has both id and address
        elif one.kind == "profile_id" and any(other in known and other.kind in CONTACT_KINDS for other in found):
            matches.follow_ups[FollowUp(source, one, IF_NO_PROFILE)] = None
