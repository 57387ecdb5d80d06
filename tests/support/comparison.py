"""Compares tables as multisets of rows, account by account, and says what differs in words."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

DIGITS = 9  # doubles are compared to so many significant digits
ABSENT = "\u3000"  # the blank text that scenarios draw
CUT = 5  # fraction digits to which numbers in refused objects are compared
SHOWN = 2  # rows shown of each side of a difference

DIAGNOSES: Mapping[str, str | tuple[str, ...]] = {
    "no_log": "No conversation log has landed",
    "all_rejected": "A conversation log has landed, but all of it was rejected",
    "unreadable": "Files of a conversation log have landed, but none could be read",
    "no_records": ("Transcripts were accepted, but make no record", "Lines of a vendor were accepted, but make no"),
    "records_refused": (
        "Transcripts were accepted, but all of their records were refused",
        "Lines of a vendor were accepted, but all of their records were refused",
    ),
    "only_previews": "All conversations are previews",
    "no_customer_start": "There are conversations, but none was started by a customer",
    "none_of_this_event": "Other events flow",
    "stale": "Stale:",
    "flowing": "Flowing:",
}
"""The reference's code -> how the warehouse's sentence begins."""
ANOTHER = "another cause"  # a sentence or a code that is none of these
FREE_WORDS = ("error", "detail")  # there must be some where the reference has some
LINES_AS_LANDED = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Difference:
    """A table that differs for one account."""

    source: str
    table: str
    surplus: tuple[str, ...]  # rows, in words, that the warehouse has and should not have
    missing: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"{self.source} {self.table}"]
        parts += [f"  warehouse: {row}" for row in self.surplus[:SHOWN]]
        parts += [f"  reference: {row}" for row in self.missing[:SHOWN]]
        more = len(self.surplus) + len(self.missing) - len(parts) + 1
        return "\n".join([*parts, *([f"  and {more} more rows"] if more > 0 else [])])


def differences(warehouse: Tables, reference: Tables, ignoring: Iterable[str] = ()) -> list[Difference]:
    """What differs between tables of one shape, by table and account.

    Args:
        warehouse: the tables that were built; "schema.table" -> rows.
        reference: what they should be. Its columns are compared, and the warehouse must have no others.
        ignoring: columns to leave out.
    """
    found = []
    for table, expected in reference.items():
        actual = warehouse[table]
        ours, theirs = _by_source(actual, set(ignoring)), _by_source(expected, set(ignoring))
        for source in sorted({*ours, *theirs}):
            mine, yours = ours.get(source, Counter()), theirs.get(source, Counter())
            if mine != yours:
                surplus, missing = _words(mine - yours, yours - mine)
                found.append(Difference(source, table, surplus, missing))
    return found


Key = tuple[tuple[str, Any], ...]


def _by_source(rows: Sequence[Row], left_out: set[str]) -> dict[str, "Counter[Key]"]:
    grouped: dict[str, Counter[Key]] = {}
    for row in rows:
        source = row.get("source") or str(row.get("file_path", "")).split("/", maxsplit=1)[0]
        key = tuple(sorted((name, plain(name, value)) for name, value in row.items() if name not in left_out))
        if "raw_text" in row and (row["feed"] == "chat_transcripts" or not _is_json_lines(row["file_path"])):
            key = tuple((name, _record(value) if name == "raw_text" else value) for name, value in key)
        if row.get("status") == "unknown_feed":
            key = tuple(pair for pair in key if pair[0] != "error")  # free; what failed must say why
        grouped.setdefault(source, Counter())[key] += 1
    return grouped


def _is_json_lines(path: str) -> bool:
    return path.lower().removesuffix(".gz").removesuffix(".zst").endswith(LINES_AS_LANDED)


def plain(name: str, value: Any) -> Any:
    """A value in the form in which it is compared: hashable, and alike whatever library it comes from."""
    if value is None or isinstance(value, bool):
        return value
    if name == "properties":
        return plain("", json.loads(value))
    if name in FREE_WORDS:
        return "some words" if value else None
    if name == "diagnosis":
        return next((code for code, start in DIAGNOSES.items() if value == code or value.startswith(start)), ANOTHER)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, int):
        return f"{value}"
    if isinstance(value, Mapping):
        return tuple((str(key), plain("", item)) for key, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(plain("", item) for item in value)
    return value


def _record(text: str) -> Any:
    """A refused object that has no line of its own: how cells, numbers and columns' names are shown is free, and their order."""
    value = _parsed(text)
    if not isinstance(value, dict):
        return _cell(text)
    named = ((name.strip().lower().replace(" ", "_"), item) for name, item in value.items())
    return tuple(sorted((name, _cell(item)) for name, item in named if item is not None and item != ABSENT))


def _cell(item: Any) -> str:
    item = _parsed(item) if isinstance(item, str) else item
    if isinstance(item, dict):
        item = {name: _cell(value) for name, value in item.items() if value is not None}
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_number, parse_int=_number)
    except ValueError:
        return text


def _number(token: str) -> str:
    number = Decimal(token)
    cut = Decimal(f"{number:.{CUT}f}") if number.is_finite() and abs(number.adjusted()) < CUT * 9 else number
    return f"{cut.normalize() + 0}"  # no sign of nothing


def _rounded(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    text = f"{value:.{DIGITS}g}"
    return re.sub(r"\.?0+$", "", text) if "." in text and "e" not in text else text


def _words(surplus: "Counter[Key]", missing: "Counter[Key]") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows in words; where two look like the same row, only what tells them apart and what names them."""
    ours, theirs = [dict(key) for key in surplus.elements()], [dict(key) for key in missing.elements()]
    shown_ours, shown_theirs = [], []
    for mine in ours:
        twin = max(theirs, key=lambda other: _alike(mine, other), default=None)
        if twin is None or _alike(mine, twin) * 2 < len(mine):
            shown_ours.append(_shown(mine))
            continue
        theirs.remove(twin)
        apart = [name for name in {**mine, **twin} if mine.get(name) != twin.get(name)]
        names = [*(name for name in NAMING if name in mine and name not in apart), *apart]
        shown_ours.append(_shown({name: mine.get(name) for name in names}))
        shown_theirs.append(_shown({name: twin.get(name) for name in names}))
    return tuple(shown_ours), (*shown_theirs, *(_shown(row) for row in theirs))


NAMING = (
    "event_name", "conversation_id", "record_id", "order_id", "policy_id", "segment_id", "profile_id", "file_path",
    "line_number", "date", "channel", "skill", "position", "product_id", "message_id",
)  # fmt: skip


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    return sum(1 for name, value in one.items() if name in other and other[name] == value)


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in row.items())
