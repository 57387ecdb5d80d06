"""From the columns of a CSV or Parquet file to the JSON object that a row counts as (spec §1.8).

What belongs here: which field a column's name means, which of several columns is used, the columns that a file must
have, and how a cell's text becomes JSON. What does not: reading the files.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import pyarrow as pa

from caw.feeds.declared import BOOLEAN_KINDS, NESTED, NESTED_KINDS, NUMBER_KINDS, PERMISSIONS, Feed, profile_kinds
from caw.feeds.seeds import ANY_SOURCE
from caw.formats.lines import FileToRead, UnreadableFile
from caw.formats.strict_json import NotJson, dump, parse, quote

Cell = Callable[[str], str]  # a cell's text to JSON text

PROFILE = "profile"
FLAT_PROFILE = "profile_"
ID_KINDS = frozenset({"id", "ids", "products"})
LISTS = NESTED_KINDS - {"profile"}
OWN, MEMBER, FLAT = range(3)  # which of two columns for the same field is used first
NAMED_AT_MOST = 100  # characters of a column's name in a sentence

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))\.0+", re.ASCII)  # how pandas writes an id in a column with missing ones
_SPACES = re.compile(r"\\[tnrfv]")  # as JSON writes them
_NAMES_AN_ID = re.compile(r"(?:id|ids|sku|skus|products|order_?number)$")  # ends the names of vendors' columns of ids
NEAREST = "; the nearest column is "
_DATA = re.compile(r"[@\d]")  # no name of a column: the first row of a file without a header


@dataclass(frozen=True)
class Column:
    """The field that one column gives.

    Attributes:
        path: the member that it gives, from the record on.
        rank: which of several columns for one path goes first.
        kind: of the field, where a rule of the feed names one.
    """

    path: tuple[str, ...]
    rank: int = OWN
    kind: str | None = None

    @property
    def is_identifier(self) -> bool:
        """Whether its whole numbers are ids; a phone number may be one, too."""
        return self.kind in ID_KINDS or self.path[-1] in ("phone_number", "phone")


@dataclass
class _Slot:
    """A member of the record: its own columns in the order in which they are tried, and what lies below it."""

    own: list[int] = field(default_factory=list)
    members: "dict[str, _Slot]" = field(default_factory=dict)


class Table:
    """Turns a file's rows into objects.

    Attributes:
        columns: the field that each column of the file gives.
        given: the JSON texts of those `name=value` folders whose field no column gives; the same for every row.
    """

    def __init__(self, names: Sequence[str], feed: Feed, file: FileToRead) -> None:
        """Take the names of the columns as the file has them.

        Raises:
            UnreadableFile: a column that the feed cannot do without is not there.
        """
        aliases = _aliases(feed, file)
        self.columns = [_column(name, feed, aliases) for name in names]
        paths = {column.path for column in self.columns}
        folders = [(_column(name, feed, aliases), text) for name, text in file.folders.items()]
        deepest = {column.path: (column, text) for column, text in folders if column.path not in paths}
        added = list(deepest.values())
        self.given = [cell_reader(column)(text) if text else None for column, text in added]
        columns = [*self.columns, *(column for column, _ in added)]
        _check_columns(names, columns, feed, aliases)
        self.keys, self.slots = _slots(columns)

    def text(self, values: Sequence[str | None]) -> str:
        """The object of a row, as compact JSON.

        Args:
            values: JSON texts by column; None, or nothing at the end, where there is no value.
        """
        if self.given:
            values = [*values, *[None] * (len(self.columns) - len(values)), *self.given]
        if self.slots is None:
            members = [key + value for key, value in zip(self.keys, values, strict=False) if value is not None]
        else:
            pairs = zip(self.keys, (_value(slot, values) for slot in self.slots), strict=True)
            members = [key + value for key, value in pairs if value is not None]
        return "{" + ",".join(members) + "}"


def _check_columns(
    names: Sequence[str], columns: Sequence[Column], feed: Feed, aliases: Mapping[str, tuple[str, str]]
) -> None:
    # of permissions rows are refused one by one, so that the gates know the person of each
    if feed.name in PERMISSIONS or feed.is_expanded:
        return
    there = {column.path[0] for column in columns}
    there |= {means for name, means in aliases.values() if name in there}
    others = [name for name, column in zip(names, columns, strict=False) if column.path[0] not in feed.kinds]
    for required in feed.required:
        if required not in there:
            raise UnreadableFile(_missing([required], others, required))
    if feed.one_of and not there.intersection(feed.one_of):
        raise UnreadableFile(_missing(feed.one_of, others, f"one of {', '.join(feed.one_of)}"))


def cell_reader(column: Column) -> Cell:
    """A function from a column's cells to JSON; a cell of an unexpected type stays a string, which staging rejects."""
    if column.kind in NESTED_KINDS:
        return _list_of_ids if column.kind in ID_KINDS else nested
    if column.kind in NUMBER_KINDS:
        return _number
    if column.kind in BOOLEAN_KINDS:
        return _boolean
    return _identifier if column.kind in ID_KINDS else quote


def nested(text: str) -> str:
    """A text where a list or object is expected: parsed, if it is one."""
    if text.lstrip(" \t\r\n")[:1] not in ("[", "{"):
        return quote(text)
    try:
        return dump(parse(text))
    except NotJson:
        return quote(text)


def _aliases(feed: Feed, file: FileToRead) -> dict[str, tuple[str, str]]:
    """(name as the seed has it, what it means) by the form of the name; the first row of a name counts."""
    found: dict[str, tuple[str, str]] = {}
    for alias in file.aliases:
        if alias.feed == feed.name and alias.source in (file.source, ANY_SOURCE):
            found.setdefault(name_form(alias.field), (alias.field, alias.means))
    return found


def name_form(name: str) -> str:
    """The form in which names of columns are compared (spec §1.8)."""
    return name.strip().lower().replace(" ", "_")


def _column(name: str, feed: Feed, aliases: Mapping[str, tuple[str, str]]) -> Column:
    form = name_form(name)
    if form in feed.kinds:
        return Column((form,), OWN, feed.kinds[form])
    if form in aliases:
        own_name, means = aliases[form]
        return Column((own_name,), OWN, _kind(tuple(means.split(".")), feed))
    path = tuple(form.split("."))
    if len(path) > 1 and all(path) and feed.kinds.get(path[0]) not in LISTS:
        return Column(path, MEMBER, _kind(path, feed))
    flat = form if form == "profile_id" else form.removeprefix(FLAT_PROFILE)
    if PROFILE in feed.kinds and form.startswith(FLAT_PROFILE) and flat in profile_kinds():
        return Column((PROFILE, flat), FLAT, profile_kinds()[flat])
    name = feed.capitals.get(form, form)
    return Column((name,), OWN, _kind((name,), feed))


def _kind(path: tuple[str, ...], feed: Feed) -> str | None:
    if len(path) == 2 and path[0] == PROFILE:
        return profile_kinds().get(path[1])
    own = feed.kinds.get(path[0]) if len(path) == 1 else None
    if own is not None or not feed.is_expanded:
        return own
    return NESTED if path[-1] in feed.nested else "id" if _NAMES_AN_ID.search(path[-1].lower()) else None


def _slots(columns: Sequence[Column]) -> tuple[list[str], "list[_Slot] | None"]:
    """The record's keys, and what each is made of; None where each is made of one column, in their order."""
    root = _Slot()
    for index in sorted(range(len(columns)), key=lambda index: columns[index].rank):
        slot = root
        for name in columns[index].path:
            slot = slot.members.setdefault(name, _Slot())
        slot.own.append(index)
    names = list(dict.fromkeys(column.path[0] for column in columns))
    slots = [root.members[name] for name in names]
    is_plain = all(not slot.members and len(slot.own) == 1 for slot in slots)
    return [f"{quote(name)}:" for name in names], None if is_plain else slots


def _value(slot: _Slot, values: Sequence[str | None]) -> str | None:
    """A member's JSON text: of its own columns the first with a value, then, where that leaves room, what is below."""
    own = [value for index in slot.own if index < len(values) and (value := values[index]) is not None]
    first = next((value for value in own if not _is_blank(value)), own[0] if own else None)
    is_object = first is None or _is_blank(first) or first.startswith("{")
    below = {name: value for name, inner in slot.members.items() if (value := _value(inner, values)) is not None}
    if not below or not is_object:
        return first
    try:
        tree = {} if first is None or _is_blank(first) else parse(first)
    except NotJson:  # an infinite number, or bytes that are no UTF-8: the row is refused for it
        return first
    members = {name: dump(value) for name, value in tree.items()}
    members |= {name: value for name, value in below.items() if _is_blank(members.get(name, "null"))}
    return "{" + ",".join(f"{quote(name)}:{value}" for name, value in members.items()) + "}"


def _is_blank(value: str) -> bool:
    """Whether a JSON text is null or a blank string."""
    return value == "null" or (value[:1] == '"' and not _SPACES.sub(" ", value[1:-1]).strip())


def _missing(required: Sequence[str], names: Sequence[str], wanted: str) -> str:
    """The sentence on a missing field, or on several of which one is required; `names`: columns that are no field."""
    words = f"there is no column for the required field {wanted}"
    candidates = [name for name in names if name.strip() and not _DATA.search(name)]
    if not candidates:
        return words
    nearest = max(
        candidates, key=lambda name: max(SequenceMatcher(None, one, name_form(name)).ratio() for one in required)
    )
    return f'{words}{NEAREST}"{nearest.strip()[:NAMED_AT_MOST]}"'


def _identifier(cell: str) -> str:
    whole = _WHOLE.fullmatch(cell.strip())
    return quote(whole.group(1) if whole else cell)


def _list_of_ids(cell: str) -> str:
    return nested(cell) if cell.lstrip(" \t\r\n")[:1] in ("[", "{") else _identifier(cell)


def _number(cell: str) -> str:
    token = cell.strip()
    return token if _JSON_NUMBER.fullmatch(token) else quote(cell)


def _boolean(cell: str) -> str:
    word = cell.strip().lower()
    return word if word in ("true", "false") else quote(cell)


def without_quoted_columns(ledger: pa.Table, names_somebody: Callable[[str], bool]) -> pa.Table:
    """A ledger without those names of columns in its errors that name somebody; itself where there are none, or it has
    no errors."""
    if "error" not in ledger.column_names:
        return ledger
    errors = ledger["error"].to_pylist()
    cut = [
        error[: error.index(NEAREST)]
        if error and NEAREST in error and names_somebody(error.partition(NEAREST)[2].strip('"'))
        else error
        for error in errors
    ]
    if cut == errors:
        return ledger
    return ledger.set_column(
        ledger.column_names.index("error"), ledger.schema.field("error"), pa.array(cut, pa.string())
    )
