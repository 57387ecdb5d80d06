"""A CSV in which one object takes several rows: its own, and one more for each further part of it (spec §2.3.14.3).

An admin's export of orders is such a table: a row for each line item, the order's own cells in the first of them alone.
Which feeds have one, and how its columns are called, is declared with the feed (`vars.expanded_feeds`, `grouped`). Each
row stays a line: the object's own row gets the parts of all its rows, wherever in the file these are, and the others
their number. What does not belong here: what becomes of an object.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from caw.feeds.declared import Grouped
from caw.formats.lines import UnreadableFile
from caw.formats.strict_json import quote

PART_NUMBER = "__part_number"  # of a row that is only a part of an object: its place among the parts, from 1
BYTES_BESIDES_TEXT = 200  # that a row takes in memory

Cells = Sequence[str]


@dataclass
class _Object:
    """An object: the number of its own row, and its parts as JSON texts; a row of no part has an empty one."""

    row: int
    parts: list[str] = field(default_factory=list)

    def add(self, part: str) -> int:
        """Add a part; its number."""
        self.parts.append(part)
        return len(self.parts)


class Groups:
    """The objects of a file, found by reading its rows once; says what each row gets when they are read again.

    Attributes:
        holds_last: the number of the row that holds the last one as a part; None where no other row does.
    """

    def __init__(self, names: Sequence[str], grouped: Grouped, rows: Iterable[Cells], most: int) -> None:
        """Read the rows.

        Args:
            names: the columns, in the form in which their names are compared.
            grouped: which columns they are.
            rows: the cells of each row after the header.
            most: bytes that the parts may take, which are held in memory.

        Raises:
            UnreadableFile: they take more.
        """
        self.grouped = grouped
        self.columns = len(names)
        self.by, self.begins = names.index(grouped.by), names.index(grouped.begins_with)
        self.of_parts = [
            (place, quote(name.removeprefix(grouped.prefix)))
            for place, name in enumerate(names)
            if name.startswith(grouped.prefix)
        ]
        self.of_own = [place for place, name in enumerate(names) if not name.startswith(grouped.prefix)]
        self.begun: dict[int, _Object] = {}  # by the number of their own row
        self.numbers: dict[int, int] = {}  # of the parts in other rows, by the row's
        self.holds_last: int | None = None
        self._read(rows, most)

    def _read(self, rows: Iterable[Cells], most: int) -> None:
        at_hand: dict[str, _Object] = {}  # by key: the object to which the key's next row belongs
        waiting: dict[str, list[tuple[int, str]]] = {}  # rows of a key before the object's own one
        last_key, size = "", 0
        last_own: tuple[str, ...] = ()
        for row, cells in enumerate(rows):
            self.holds_last = None
            key = "" if any(cells[self.columns :]) else _cell(cells, self.by)
            if not key:
                last_key = ""
                continue
            part = self._part(cells)
            size += len(key) + len(part) + BYTES_BESIDES_TEXT
            if size > most:
                raise UnreadableFile(
                    f"what its rows say of parts takes over {most} bytes, which is the limit; split it"
                )
            own = self._own(cells) if _cell(cells, self.begins) else ()
            is_repeated = key == last_key and own == last_own  # a spreadsheet has filled the cells down
            if own and not is_repeated:
                begun = at_hand[key] = self.begun[row] = _Object(row, [part])
                self.numbers |= {earlier: begun.add(one) for earlier, one in waiting.pop(key, ())}
                last_own = own
            elif key in at_hand:
                self.numbers[row] = at_hand[key].add(part)
                self.holds_last = at_hand[key].row
            else:
                waiting.setdefault(key, []).append((row, part))
            last_key = key

    def _part(self, cells: Cells) -> str:
        """The JSON of a row's part; a cell that is no UTF-8 spoils its own row, and not the object's."""
        given = ((name, _cell(cells, place)) for place, name in self.of_parts)
        return "{" + ",".join(f"{name}:{quote(cell)}" for name, cell in given if cell and _is_utf8(cell)) + "}"

    def _own(self, cells: Cells) -> tuple[str, ...]:
        return tuple(cells[place] for place in self.of_own if place < len(cells))

    def with_parts(self, row: int, text: str) -> str:
        """A row's JSON object with the parts of its object, or with its number among them; the same for other rows.

        Args:
            row: its number, as when they were read.
            text: the object of its columns.
        """
        if row in self.begun:
            parts = ",".join(part for part in self.begun[row].parts if part != "{}")
            return f"{text[:-1]},{quote(self.grouped.member)}:[{parts}]}}"
        return f"{text[:-1]},{quote(PART_NUMBER)}:{self.numbers[row]}}}" if row in self.numbers else text


def is_grouped(names: Sequence[str], grouped: Grouped | None) -> bool:
    """Whether the columns of these names are such a table's."""
    if grouped is None or grouped.by not in names or grouped.begins_with not in names:
        return False
    return any(name.startswith(grouped.prefix) for name in names)


def _cell(cells: Cells, place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)
