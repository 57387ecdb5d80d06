"""Which lines carry which identifiers, found with DuckDB: one JSON parse a line, whatever number of people is looked for."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.erasure.identifiers import CONVERSATION, ORDER, PLACES, Identifier, normal
from orchestration.ingest.feeds import Feed
from orchestration.ingest.transcript_values import as_id
from orchestration.ingest.transcripts import Expansion

TRANSCRIPTS = "chat_transcripts"
WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
IDENTIFIERS_SCHEMA = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("value", pa.string())])
PROFILE_FIELDS = {
    "profile_id": "profile_id",
    "email": "email",
    "phone_number": "phone",
    "external_id": "external_id",
    "anonymous_id": "anonymous_id",
}
_QUOTED = re.compile(r'"([^"\\]{1,512})"')
_MAIL = re.compile(r"[^\s\"'<>,;:()]+@[^\s\"'<>,;:()]+")
_DIGITS = re.compile(r"\+?[0-9][0-9 ()./-]{5,30}[0-9]")


class IdentifierFinder:
    """Finds identifiers in raw lines of one feed. Rows are positions in the given table of lines."""

    def __init__(self, feed: Feed, expand: Callable[[str], Expansion]) -> None:
        self.feed = feed
        self.expand = expand

    def identifiers(self, lines: pa.Table) -> pa.Table:
        """(row, kind, value) of every identifier, in normal form; several rows may have the same."""
        found = [self._in_records(lines), self._in_broken_lines(lines)]
        if self.feed.name == TRANSCRIPTS:
            found.append(self._in_transcripts(lines))
        return pa.concat_tables(found)

    def carrying(self, lines: pa.Table, identifiers: Collection[Identifier]) -> list[int]:
        """Rows that carry at least one of the identifiers."""
        return sorted(set(rows_with(self.identifiers(lines), identifiers)["row"].to_pylist()))

    def naming(self, lines: pa.Table, needles: Sequence[str]) -> list[int]:
        """Rows in whose text one of the identifiers (lower case) occurs, wherever, as it is or as JSON escapes it."""
        if not needles:
            return []
        written = {
            form for needle in needles for form in (needle, json.dumps(needle)[1:-1], needle.replace("/", r"\/"))
        }
        pattern = "|".join(map(re.escape, sorted(written)))
        texts = (pc.match_substring_regex(lines[name], pattern, ignore_case=True) for name in ("raw_text", "document"))
        either = pc.or_kleene(*(pc.fill_null(text, False) for text in texts))
        return [int(row) for row in pc.indices_nonzero(either).to_pylist()]

    @cached_property
    def _query(self) -> str:
        places = PLACES[self.feed.name]
        single = [place for place in places if not place.path.endswith("[*]")]
        paths = ", ".join(f"'{place.path}'" for place in single)
        members = ", ".join(f"{{'kind': '{place.kind}', 'value': given[{n}]}}" for n, place in enumerate(single, 1))
        lists = "".join(
            f" union all select row, '{place.kind}', unnest(json_extract_string(document, '{place.path}')) from records"
            for place in places
            if place.path.endswith("[*]")
        )
        return f"""
            with records as materialized (
                select row, coalesce(document, raw_text) as document from lines where problem is null
            ),
            opened as (select row, json_extract_string(document, [{paths}]) as given from records),
            members as (select row, unnest([{members}]) as member from opened),
            found as (select row, member.kind as kind, member.value as value from members{lists}),
            formed as (
                select row, kind, case kind
                    when 'email' then lower(trim(value, $white))
                    when 'phone' then regexp_replace(regexp_replace(value, '[^0-9]', '', 'g'), '^00', '')
                    else value
                end as value
                from found
                where value is not null
            )
            select row, kind, value from formed
        """

    def _in_records(self, lines: pa.Table) -> pa.Table:
        numbered = lines.select(["raw_text", "document", "problem"]).append_column(
            "row", pa.array(range(lines.num_rows))
        )
        with duckdb.connect(":memory:") as connection:
            connection.register("lines", numbered)
            found: pa.Table = connection.sql(self._query, params={"white": WHITE_SPACE}).to_arrow_table()
        return found.cast(IDENTIFIERS_SCHEMA)

    def _in_broken_lines(self, lines: pa.Table) -> pa.Table:
        """What may be an identifier in lines that are no records: quoted texts, addresses, runs of digits."""
        rows = pc.indices_nonzero(pc.is_valid(lines["problem"])).to_pylist()
        texts = lines["raw_text"].take(pa.array(rows, pa.int64())).to_pylist()
        return _table(
            (row, identifier) for row, text in zip(rows, texts, strict=True) for identifier in identifiers_in_text(text)
        )

    def _in_transcripts(self, lines: pa.Table) -> pa.Table:
        """Whom a transcript identifies on its way, which its own profile does not say."""
        columns = (lines[name].to_pylist() for name in ("raw_text", "document", "problem", "is_erased"))
        return _table(
            (row, identifier)
            for row, (raw_text, document, problem, is_erased) in enumerate(zip(*columns, strict=True))
            if problem is None and not is_erased
            for record in self.expand(document or raw_text).records
            for identifier in identifiers_of_profile(record.get("profile"))
        )


def rows_with(found: pa.Table, identifiers: Collection[Identifier]) -> pa.Table:
    """What of a table of identifiers is one of those wanted."""
    wanted = {
        "kind": [identifier.kind for identifier in identifiers],
        "value": [identifier.value for identifier in identifiers],
    }
    table = pa.table(wanted, schema=pa.schema([("kind", pa.string()), ("value", pa.string())]))
    return found.join(table, ["kind", "value"], join_type="left semi")


def identifiers_in_text(text: str) -> Iterator[Identifier]:
    """What in a text without structure may identify somebody."""
    for quoted in _QUOTED.findall(text):
        yield from (
            Identifier(kind, quoted) for kind in ("profile_id", "external_id", "anonymous_id", CONVERSATION, ORDER)
        )
    yield from (Identifier("email", mail.lower()) for mail in _MAIL.findall(text))
    for digits in _DIGITS.findall(text):
        phone = normal("phone", digits)
        if phone:
            yield Identifier("phone", phone)


def identifiers_of_profile(profile: object) -> Iterator[Identifier]:
    """The identifiers of a profile object, in normal form."""
    if not isinstance(profile, dict):
        return
    for name, kind in PROFILE_FIELDS.items():
        value = normal(kind, as_id(profile.get(name)))
        if value is not None:
            yield Identifier(kind, value)


def _table(found: Iterable[tuple[int, Identifier]]) -> pa.Table:
    rows = [{"row": row, "kind": identifier.kind, "value": identifier.value} for row, identifier in found]
    return pa.Table.from_pylist(rows, IDENTIFIERS_SCHEMA)
