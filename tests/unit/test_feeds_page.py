"""docs/feeds.md says what the base models declare, and its examples are records that the feeds accept."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from caw.adapters.registry import expander
from caw.feeds.declared import DBT_PROJECT_DIR, SEEDS_DIR, declarations, feeds, profile_kinds
from caw.feeds.seeds import rows_of
from caw.formats import reader_for
from caw.formats.lines import FileToRead
from caw.limits import DEFAULT_LIMITS
from tests.reference import Delivery, build

PAGE = DBT_PROJECT_DIR.parent / "docs" / "feeds.md"
DECLARED = declarations()
FEEDS = [name for name, declared in DECLARED.items() if declared["fields"]]
VENDOR_FEEDS = [name for name in DECLARED if name not in FEEDS]  # their fields are their vendors'
KINDS = {
    "id": "id", "text": "text", "word": "word", "choice": "word", "instant": "instant", "integer": "whole number", "quantity": "number",
    "money": "money", "boolean": "true or false", "currency": "currency", "texts": "tags", "ids": "list of ids",
    "products": "products", "items": "order lines", "profile": "profile", "messages": "messages",
}  # fmt: skip
ONE_OF = {4: "one of the four"}
ITEM_FIELDS = {"product_id", "sku", "quantity", "price"}
PRODUCT_FIELDS = {"product_id", "sku", "id"}
ALSO = {"chat_transcripts": {"conversation_id"}}  # spec §2.2.1: where there is no `id`
HEADING = re.compile(r"^(##+) (.+)$", re.MULTILINE)
FIELDS = "| field | kind | required | default | meaning |"
TYPES = "| record_type | its own fields |"

Row = list[str]


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    text = PAGE.read_text(encoding="utf-8")
    places = [*((found[2], found.start(), found.end()) for found in HEADING.finditer(text)), ("", len(text), 0)]
    found = [text[end : places[at + 1][1]] for at, (name, _, end) in enumerate(places) if name == title]
    assert len(found) == 1, f"{len(found)} sections named {title}"
    return found[0]


def table(title: str, header: str) -> list[Row]:
    """The cells of a section's table with this header."""
    _, _, rest = section(title).partition(f"{header}\n")
    lines = rest.split("\n\n")[0].splitlines()[1:]
    assert lines, f"{title} has no table {header}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def example(feed: str, language: str) -> str:
    """The one example of a feed in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", section(feed), re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{feed} has {len(found)} examples in {language}"
    return found[0]


def kind_of(field: Mapping[str, Any]) -> str:
    return "phone number" if field.get("identifies") == "phone" else KINDS[field["kind"]]


def required_of(feed: Mapping[str, Any], name: str) -> str:
    """What the page says of a field in its column `required`."""
    if next(field for field in feed["fields"] if field["name"] == name).get("required"):
        return "yes"
    if name in feed.get("one_of", ()):
        return ONE_OF[len(feed["one_of"])]
    types = [f"`{one}`" for one, parts in feed.get("record_types", {}).items() if name in parts["required"]]
    return f"in {', '.join(types)}" if types else ""


def default_of(field: Mapping[str, Any]) -> str:
    """What the page says of a field in its column `default`."""
    if "default" in field:
        return f"`{str(field['default']).lower()}`"
    if "default_field" in field:
        return f"as `{field['default_field']}`"
    if "default_of_source" in field:
        return "the source's"
    if "default_by_size_of" in field:
        return f"`{field['one']}` for one product, else `{field['more']}`"
    return ""


@pytest.mark.parametrize("feed", FEEDS)
def test_each_feed_has_its_declared_fields_in_order(feed: str) -> None:
    """A field that the page lacks, calls optional or gives another default is a line that is rejected for no known reason."""
    declared = DECLARED[feed]
    expected = [
        [f"`{one['name']}`", kind_of(one), required_of(declared, one["name"]), default_of(one)]
        for one in declared["fields"]
    ]
    assert [row[:4] for row in table(feed, FIELDS)] == expected


def test_the_profile_object_has_its_declared_fields_in_order() -> None:
    """A team that does not know of a key of its shoppers lands conversations of nobody."""
    profile = next(one for one in DECLARED["conversation_log"]["fields"] if one["name"] == "profile")
    expected = [[f"`{one['name']}`", kind_of(one), "", ""] for one in profile["members"]]
    assert [row[:4] for row in table("The profile object", FIELDS)] == expected


def test_record_types_have_their_declared_fields_in_order() -> None:
    """A field under the wrong record type is one that is not read."""
    types = DECLARED["conversation_log"]["record_types"]
    expected = [[f"`{name}`", ", ".join(f"`{one}`" for one in parts["own"])] for name, parts in types.items()]
    assert table("conversation_log", TYPES) == expected
    shared = DECLARED["conversation_log"]["shared"]
    after = section("conversation_log").partition("After the four required fields")[2].partition("which any record")[0]
    assert re.findall(r"`(\w+)`", after) == shared


@pytest.mark.parametrize("feed", FEEDS)
def test_words_of_fixed_sets_are_all_named(feed: str) -> None:
    """A word that a seed knows and the page does not, such as a new channel."""
    words: dict[str, set[str]] = {}
    for row in rows_of(SEEDS_DIR / "word_aliases.csv"):
        words.setdefault(row["vocabulary"], set()).add(row["word"])
    meanings = {row[0].strip("`"): row[4] for row in table(feed, FIELDS)}
    for name, vocabulary in feeds()[feed].vocabularies.items():
        assert words[vocabulary] <= set(re.findall(r"`(\w+)`", meanings[name])), name
    for name, known in feeds()[feed].choices.items():
        assert known <= set(re.findall(r"`(\w+)`", meanings[name])), name


@pytest.mark.parametrize("feed", FEEDS)
def test_the_json_example_has_known_fields_only(feed: str) -> None:
    """An example that is copied with a field that nothing reads."""
    for line in example(feed, "json").splitlines():
        assert set(unknown(feed, json.loads(line))) == set()


@pytest.mark.parametrize("feed", FEEDS)
def test_the_csv_example_has_known_columns_only_and_the_same_records(feed: str, tmp_path: Path) -> None:
    """A column in a form that is not read, or a list in a cell that stays a text: read as a landed file is."""
    path = tmp_path / "example.csv"
    path.write_text(example(feed, "csv"), encoding="utf-8")
    rows = rows_read(feed, path)
    assert [list(unknown(feed, row)) for row in rows] == [[] for _ in rows]
    assert len(rows) == len(example(feed, "json").splitlines())


def rows_read(feed: str, path: Path) -> list[dict[str, Any]]:
    """The records of a landed file; none may be refused."""
    read = reader_for(path.name)
    assert read is not None
    found = [lines.validate() for lines in read(FileToRead.at(path), feeds()[feed], DEFAULT_LIMITS)]
    assert [rejection for one in found for rejection in one.rejection.to_pylist() if rejection] == []
    return [json.loads(text) for one in found for text in one.raw_text.to_pylist()]


def unknown(feed: str, record: Mapping[str, Any]) -> Iterator[str]:
    """The names in a record that the feed does not declare."""
    yield from set(record) - set(feeds()[feed].kinds) - ALSO.get(feed, set())
    yield from set(record.get("profile", {})) - set(profile_kinds())
    lists: Sequence[tuple[str, set[str]]] = (("items", ITEM_FIELDS), ("products", PRODUCT_FIELDS))
    for name, known in lists:
        yield from (inner for one in record.get(name, ()) if isinstance(one, dict) for inner in set(one) - known)


@pytest.mark.parametrize("feed", VENDOR_FEEDS)
def test_an_example_of_a_vendors_feed_makes_records_of_every_feed_that_its_section_names(feed: str) -> None:
    """An example that lands and makes nothing, or a feed of records that the page forgets."""
    expand = expander(SEEDS_DIR)
    found = [expand(feed, line) for line in example(feed, "json").splitlines()]
    assert [one.reason for one in found] == [None] * len(found)
    assert all(one.records for one in found)
    (makes,) = re.findall(r"^Makes: (.+)\.$", section(feed), re.MULTILINE)
    assert (
        set(re.findall(r"`(\w+)`", makes)) == set(feeds()[feed].makes) >= {r.feed for one in found for r in one.records}
    )


def test_examples_are_accepted_and_both_formats_say_the_same() -> None:
    """An example that is rejected when it is tried out: the reference takes the JSON in, and the CSV as its duplicate."""
    moment = datetime(2026, 6, 30, 18, tzinfo=UTC)
    folders = {feed: f"shop/{feed}/example" for feed in FEEDS}
    json_lines = {f"{path}.jsonl": example(feed, "json").encode() for feed, path in folders.items()}
    csv = {f"{path}.csv": example(feed, "csv").encode() for feed, path in folders.items()}
    deliveries = [Delivery("00000001", moment, json_lines), Delivery("00000002", moment, csv)]
    tables = build(deliveries, SEEDS_DIR, moment, built=["order_adjustments"]).tables
    assert tables["health.rejected_records"] == []
    assert tables["health.unknown_fields"] == [] and tables["health.unknown_words"] == []
    counts = {row["file_path"]: (row["accepted"], row["duplicates"]) for row in tables["health.ingestion_ledger"]}
    lines = {feed: len(example(feed, "json").splitlines()) for feed in FEEDS}
    assert counts == {
        **{f"{path}.jsonl": (lines[feed], 0) for feed, path in folders.items()},
        **{f"{path}.csv": (0, lines[feed]) for feed, path in folders.items()},
    }
