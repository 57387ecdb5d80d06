"""Finds the identifiers of lines with DuckDB; a line is parsed once, however many people are looked for.

What does not belong here: which people to look for (subjects.py), and what becomes of their lines (redaction.py).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from caw.adapters.people import names_people
from caw.adapters.records import Expansion
from caw.adapters.registry import ADAPTERS, Expand
from caw.erasure.broken_lines import members_in
from caw.erasure.identifiers import (
    OTHERS_IDS,
    OTHERS_TEXTS,
    PERSONAL_KINDS,
    Identifier,
    Place,
    aliases_of,
    identifiers_at,
    identifiers_of_record,
    misplaced_at,
    normal,
    places_of,
    places_of_broken,
)
from caw.erasure.json_macros import engine, quoted
from caw.feeds.declared import SEEDS_DIR, Feed
from caw.feeds.keys import LONGEST_ID
from caw.formats.instants import zone_of
from caw.formats.strict_json import NotJson, parse

Kind = TypeVar("Kind", Identifier, Place)

TOO_LARGE = "too_large"
PROFILES = "profiles"
MISPLACED = "misplaced"  # in place of an identifier's kind
IDENTIFIERS_SCHEMA = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("value", pa.string())])
MAY_NAME = r"@|[0-9](?:[^0-9\pL]*[0-9]){6}"  # what a text with an e-mail or phone has at least


class Text(NamedTuple):
    """An id or a free text of a line, which may contain an e-mail or phone."""

    row: int
    is_id: bool
    value: str


class Found(NamedTuple):
    """The identifiers of lines, as (row, kind, value) in normal form, and texts that may name somebody."""

    identifiers: pa.Table
    texts: Sequence[Text]


class IdentifierFinder:
    """Finds identifiers in raw lines of one feed and source. Rows are positions in the given table of lines.

    A vendor's person ids are profile_ids only where `people` names the vendor (spec §2.3.5): elsewhere its person 7 is
    another one than the source's own 7, and must not be forgotten with them.
    """

    def __init__(self, feed: Feed, source: str, expand: Expand, seeds: Path = SEEDS_DIR) -> None:
        self.feed = feed
        self.expand = expand
        self.seeds = seeds
        self.has_profile_ids = feed.name not in ADAPTERS or names_people(ADAPTERS[feed.name].vendor, source, seeds)
        self.is_of_profiles = PROFILES in feed.record_feeds and self.has_profile_ids
        self.places = self._counting(places_of(feed.name))
        self.places_of_broken = self._counting((*places_of(feed.name), *places_of_broken(feed.name)))
        self.aliases = aliases_of(feed.name, source, seeds)
        self.source = source

    @cached_property
    def zone(self) -> tzinfo:
        """The source's time zone."""
        return zone_of(self.source, self.seeds)

    def find(self, lines: pa.Table) -> Found:
        """All identifiers (several rows may have the same), and the texts to look into, but for expanded lines'."""
        columns = ["raw_text", "document", "problem", "is_erased"]
        numbered = lines.select(columns).append_column("row", pa.array(range(lines.num_rows), pa.int64()))
        connection = engine(self.seeds)
        connection.register("lines", numbered)
        found = [self._in_broken_lines(lines)]
        if self.places:
            carried: pa.Table = connection.sql(self._identifiers_query()).to_arrow_table()
            found.append(_with_keys(carried, self.seeds))
            found.append(self._in_odd_documents(carried))
        query = self._texts_query()
        texts = [] if query is None else [Text(*row) for row in connection.execute(query).fetchall()]
        connection.unregister("lines")
        if self.feed.is_expanded:
            found.append(self._in_expansions(lines))
        return Found(pa.concat_tables(found), texts)

    def in_refused_line(self, text: str) -> list[Identifier]:
        """The identifiers in a line that was refused; of an expanded feed those of people alone."""
        try:
            document = parse(text)
        except NotJson:
            return self.in_broken_line(text)
        if not isinstance(document, dict):
            return self.in_broken_line(text)
        named = [*identifiers_at(self.places, document, self.seeds), *self._misplaced(document)]
        if not self.feed.is_expanded:
            return named
        people = [one for one in named if one.kind in PERSONAL_KINDS]
        return [*people, *self._of_expansion(self.expand(self.feed.name, text))]

    def in_broken_line(self, text: str) -> list[Identifier]:
        """The identifiers that members of a line name which is no JSON."""
        kinds: dict[str, set[str]] = {}
        for place in self.places_of_broken:
            for name in (place.path.rpartition(".")[2], *self.aliases.get(place.path, ())):
                kinds.setdefault(name, set()).add(place.kind)
        named = ((kind, value) for name, value in members_in(text) for kind in sorted(kinds.get(name, ())))
        formed = ((kind, normal(kind, value, self.seeds)) for kind, value in named)
        return [Identifier(kind, value) for kind, value in formed if value is not None]

    def _misplaced(self, document: object) -> Iterator[Identifier]:
        """The identifiers at our places, and under their aliases, that lie deeper than a field's value does."""
        for place in self.places:
            for path in (place.path, *self.aliases.get(place.path, ())):
                values = (normal(place.kind, one, self.seeds) for one in misplaced_at(document, path))
                yield from (Identifier(place.kind, value) for value in values if value is not None)

    def _names(self, path: str) -> list[str]:
        """The JSON paths that are tried for a field: its own, then its aliases'."""
        return [_json_path(*path.split(".")), *(_json_path(alias) for alias in self.aliases.get(path, ()))]

    def _identifiers_query(self) -> str:
        """(row, kind, value, is_odd): those that are not is_odd are in their normal form. The kind
        MISPLACED has a whole document, in which a list, an object or a text stands where something else is expected."""
        members: list[str] = []
        paths: list[str] = []
        lists: list[str] = []
        odd: list[str] = []
        for place in self.places:
            names = self._names(place.path)
            given = [f"given[{len(paths) + number}]" for number in range(1, len(names) + 1)]
            paths += names
            odd += [f"is_deeper({value}, {place.is_list})" for value in given]
            if place.is_list:
                lists += [f"select row, '{place.kind}', unnest(texts_of({value})) from opened" for value in given]
            elif len(given) == 1:
                members.append(f"{{'kind': '{place.kind}', 'value': text_of({given[0]})}}")
            else:
                present = "present" if place.kind in PERSONAL_KINDS else "filled"
                tried = ", ".join(f"{present}(text_of({value}))" for value in given)
                members.append(f"{{'kind': '{place.kind}', 'value': coalesce({tried})}}")
        for outer in sorted({place.path.partition(".")[0] for place in self.places if "." in place.path}):
            paths.append(_json_path(outer))
            odd.append(f"is_no_object(given[{len(paths)}])")
        lists.append(f"select row, '{MISPLACED}', document from opened where {' or '.join(odd)}")
        more = "".join(f" union all {query}" for query in lists)
        return f"""
            with records as materialized (
                select row, coalesce(document, raw_text) as document from lines where problem is null
            ),
            opened as materialized (
                select row, document, json_extract(document, [{", ".join(map(quoted, paths))}]) as given from records
            ),
            members as (select row, unnest([{", ".join(members)}]) as member from opened),
            found as (select row, member.kind as kind, member.value as value from members{more})
            select
                row,
                kind,
                case kind when 'email' then lower(value) when 'phone' then ltrim(value, '+') else value end as value,
                kind = '{MISPLACED}'
                or (kind not in ('email', 'phone') and length(value) > {LONGEST_ID})
                or (kind = 'email' and not regexp_full_match(value, '[!-~]+'))
                or (kind = 'phone' and not regexp_full_match(value, '\\+?[1-9][0-9]{{6,}}')) as is_odd
            from found
            where value is not null
        """

    def _texts_query(self) -> str | None:
        """(row, is_id, value): ids and free texts that may name somebody; all ids of lines that were erased."""
        kinds = {} if self.feed.is_expanded else self.feed.kinds
        texts = [(False, path) for name in OTHERS_TEXTS if name in kinds for path in self._names(name)]
        ids = [(True, path) for name in OTHERS_IDS if name in kinds for path in self._names(name)]
        own = [(True, _json_path(name)) for name in kinds if name not in OTHERS_IDS and self._is_own_id(name)]
        paths = [*texts, *ids, *own]
        if not paths:
            return None
        listed = ", ".join(quoted(path) for _, path in paths)
        members = ", ".join(
            f"{{'is_id': {is_id}, 'is_others': {n <= len(texts) + len(ids)}, 'value': given[{n}]}}"
            for n, (is_id, _) in enumerate(paths, 1)
        )
        return f"""
            with records as materialized (
                select row, is_erased, coalesce(document, raw_text) as document from lines where problem is null
            ),
            opened as (
                select row, is_erased, json_extract_string(document, [{listed}]) as given from records
            ),
            members as (select row, is_erased, unnest([{members}]) as member from opened)
            select row, member.is_id, member.value
            from members
            where
                (is_erased and member.is_id and member.value is not null)
                or (member.is_others and regexp_matches(member.value, '{MAY_NAME}'))
        """

    def _is_own_id(self, name: str) -> bool:
        """Whether a field is an id that stays in the lines of a forgotten person, unless it names somebody."""
        return self.feed.kinds[name] == "id" and name not in self.feed.personal | self.feed.pseudonyms

    def _in_broken_lines(self, lines: pa.Table) -> pa.Table:
        """The identifiers in members of lines that are no records."""
        rows = pc.indices_nonzero(pc.is_valid(lines["problem"])).to_pylist()
        texts = lines["raw_text"].take(pa.array(rows, pa.int64())).to_pylist()
        return _table(
            (row, identifier) for row, text in zip(rows, texts, strict=True) for identifier in self.in_broken_line(text)
        )

    def _in_odd_documents(self, carried: pa.Table) -> pa.Table:
        """The identifiers in documents of the kind MISPLACED, lines that staging refuses and shows as they came."""
        odd = carried.filter(pc.equal(carried["kind"], MISPLACED))
        rows, documents = odd["row"].to_pylist(), odd["value"].to_pylist()
        return _table(
            (row, identifier)
            for row, document in zip(rows, documents, strict=True)
            for identifier in self._misplaced(parse(document))
        )

    def _in_expansions(self, lines: pa.Table) -> pa.Table:
        """The identifiers in the records of lines, and those that an adapter reads of them besides."""
        as_written = ADAPTERS[self.feed.name].as_written
        columns = (lines[name].to_pylist() for name in ("raw_text", "document", "problem", "is_erased"))
        return _table(
            (row, identifier)
            for row, (raw_text, document, rejection, is_erased) in enumerate(zip(*columns, strict=True))
            if rejection is None and not is_erased
            for identifier in self._of_expansion(
                self.expand(self.feed.name, raw_text if as_written else document or raw_text)
            )
        )

    def _of_expansion(self, expansion: Expansion) -> Set[Identifier]:
        named = ((kind, normal(kind, value, self.seeds)) for kind, value in expansion.people)
        found = {Identifier(kind, value) for kind, value in named if value is not None}
        return set(
            self._counting(found.union(*(identifiers_of_record(record, self.seeds) for record in expansion.records)))
        )

    def _counting(self, named: Iterable[Kind]) -> tuple[Kind, ...]:
        """Those of places or identifiers that are of people of this source."""
        return tuple(one for one in named if self.has_profile_ids or one.kind != "profile_id")


def distinct_identifiers(found: pa.Table) -> Iterator[Identifier]:
    """Each identifier of a table of them once."""
    distinct = found.group_by(["kind", "value"]).aggregate([])
    columns = (distinct[name].to_pylist() for name in ("kind", "value"))
    return map(Identifier, *columns)


def rows_with(found: pa.Table, identifiers: Collection[Identifier]) -> pa.Table:
    """The rows of a table of identifiers with one of those given; time grows with both."""
    wanted = {"kind": [one.kind for one in identifiers], "value": [one.value for one in identifiers]}
    table = pa.table(wanted, schema=pa.schema([("kind", pa.string()), ("value", pa.string())]))
    return found.join(table, ["kind", "value"], join_type="left semi")


def rows_carrying(found: pa.Table, identifiers: Set[Identifier]) -> list[int]:
    """The rows of a table of identifiers that carry one of those wanted; time does not grow with how many are."""
    carried = [one for one in distinct_identifiers(found) if one in identifiers]
    return sorted(set(rows_with(found, carried)["row"].to_pylist())) if carried else []


def _with_keys(carried: pa.Table, seeds: Path) -> pa.Table:
    """Identifiers with the odd ones brought into their normal form too."""
    plain = carried.filter(pc.invert(carried["is_odd"])).select(IDENTIFIERS_SCHEMA.names).cast(IDENTIFIERS_SCHEMA)
    odd = carried.filter(pc.and_(carried["is_odd"], pc.not_equal(carried["kind"], MISPLACED)))
    forms: dict[tuple[str, str], str | None] = {}
    columns = [odd[name].to_pylist() for name in IDENTIFIERS_SCHEMA.names]
    for kind, value in zip(columns[1], columns[2], strict=True):
        if (kind, value) not in forms:
            forms[kind, value] = normal(kind, value, seeds)
    formed = ((row, kind, forms[kind, value]) for row, kind, value in zip(*columns, strict=True))
    return pa.concat_tables([plain, _table((row, Identifier(kind, form)) for row, kind, form in formed if form)])


def _json_path(*names: str) -> str:
    return "$" + "".join(f'."{name}"' for name in names)


def _table(found: Iterable[tuple[int, Identifier]]) -> pa.Table:
    rows = [{"row": row, "kind": one.kind, "value": one.value} for row, one in found]
    return pa.Table.from_pylist(rows, IDENTIFIERS_SCHEMA)
