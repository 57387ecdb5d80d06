"""CSV: separators, names of columns, and the JSON object that a row counts as (spec §1.6 and §1.8).

Lives here: the header's forms, profile columns, `name=value` folders, required columns.
Does not live here: what a cell means; a cell is text until its field says what is due.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import unquote

from .feeds import PROFILE_FEEDS, REQUIRED_COLUMNS
from .model import PROFILE_KEYS, Unreadable
from .seeds import FieldAlias
from .values import Cell, due, is_absent
from .words import column_name

SEPARATORS = ",;\t|"  # spec §1.6: the one that stands most often outside quotes; ties in this order
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # spec §1.8: absent
PROFILE = "profile"
WRITTEN = {"chatid": "chatId", "createdat": "createdAt"}  # names of a transcript's members, compared without case
_SEPARATOR_LINE = re.compile(r"sep=[^\r\n](\r\n|\r|\n|$)", re.IGNORECASE)


def read_table(text: str) -> tuple[str, list[list[str]]]:
    """The separator, and the cells of the header and of every row; no rows for a file without a header.

    Raises:
        Unreadable: broken quoting.
    """
    csv.field_size_limit(2**31 - 1)
    first = _SEPARATOR_LINE.match(text)  # spec §1.6: a first line `sep=x` is passed over
    body = text[first.end() :] if first else text
    separator = _separator(body)
    try:
        return separator, list(csv.reader(io.StringIO(body, newline=""), strict=True, delimiter=separator))
    except csv.Error as error:
        raise Unreadable(f"broken CSV: {error}") from error


def _separator(text: str) -> str:
    """The separator that the header line shows, outside quotes; comma if it shows none."""
    counts, is_quoted = dict.fromkeys(SEPARATORS, 0), False
    for character in text:
        if character == '"':
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif character in "\r\n":
            break
        elif character in counts:
            counts[character] += 1
    return max(SEPARATORS, key=lambda separator: counts[separator])


def folder_cells(path: str, columns: Collection[str]) -> dict[str, str]:
    """Spec §1.8: a folder `name=value` below the feed gives that field to rows that have no such column.

    Spec §1.8: percent-decoded, the name read as a column's, the value as a cell, the deepest counts.
    """
    given: dict[str, str] = {}
    for folder in path.split("/")[2:-1]:
        name, equals, value = folder.partition("=")
        if equals:
            given[column_name(unquote(name))] = "" if value == NO_PARTITION else unquote(value)
    return {name: value for name, value in given.items() if name and name not in columns}


def check_columns(columns: Collection[str], feed: str, aliases: Sequence[FieldAlias]) -> None:
    """Spec §1.9: a CSV without a column for a required field fails whole; an alias of it counts (spec §2.0.9).

    Raises:
        Unreadable: naming the field.
    """
    there = {*columns, *(alias.means for alias in aliases if column_name(alias.field) in columns)}
    for fields in REQUIRED_COLUMNS.get(feed, ()):
        if not there.intersection(fields):
            raise Unreadable(f"no column for {fields[0]}")


def row_object(columns: Sequence[str], cells: Sequence[str], feed: str) -> dict[str, Any]:
    """The JSON object that a row counts as; an empty cell is an absent field.

    Spec §1.8: of two columns of one name the first with a value; a column of the object itself goes before
    `a.b`, that before `profile_<field>` (`profile_id` too, where the feed has a profile), member by member.
    """
    row: dict[str, Any] = {}
    members: dict[str, Cell] = {}
    flat: dict[str, Cell] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name and cell:
            holder, member = _place(name, feed, row, members, flat)
            if is_absent(holder.get(member)):
                holder[member] = Cell(cell)
    if members or flat:
        own = None if is_absent(row.get(PROFILE)) else due(row[PROFILE], dict)
        if own is None or isinstance(own, dict):
            row[PROFILE] = own = dict(own or {})
            for name, value in [*members.items(), *flat.items()]:
                if is_absent(own.get(name)):
                    own[name] = value
    return row


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """Spec §1.8: a column `a.b` is member b of object a; a column of the object itself goes before it."""
    found: dict[str, Any] = {}
    for name, value in sorted(row.items(), key=lambda member: "." in member[0]):
        *holders, member = name.split(".")
        place = found
        for holder in holders:
            inside = due(place.get(holder, {}), dict)
            place[holder] = place = dict(inside) if isinstance(inside, dict) else {}
        place.setdefault(member, value)
    return found


def _place(
    name: str, feed: str, row: dict[str, Any], members: dict[str, Cell], flat: dict[str, Cell]
) -> tuple[dict[str, Any], str]:
    """Where a column's cell belongs. The only object that a rule reads is the profile: any other `a.b` is a column
    that no rule reads, and there are no columns for parts of lists (spec §1.8)."""
    if feed in PROFILE_FEEDS:
        if name.startswith(f"{PROFILE}.") and name != f"{PROFILE}.":
            return members, name.removeprefix(f"{PROFILE}.")
        if name == "profile_id":
            return flat, name
        if name.removeprefix(f"{PROFILE}_") in PROFILE_KEYS and name.startswith(f"{PROFILE}_"):
            return flat, name.removeprefix(f"{PROFILE}_")
    return row, WRITTEN.get(name, name) if feed == "chat_transcripts" else name
