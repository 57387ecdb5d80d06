"""Adapters: all that differs between the feeds whose lines are expanded (spec §2.2 and §2.3).

What does not belong here: the adapters themselves, a module each, and which there are (registry.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from caw.adapters.records import Expansion, Json

JsonPath: TypeAlias = tuple[str | int, ...]  # names of members and places in lists, from the line inwards
# What a text of a line becomes: TEXT, or an id, by its field's name; where the text is itself JSON, that of its texts.
Spots: TypeAlias = "Mapping[JsonPath, str | Spots]"
TEXT = "text"
WORD = "{word}"  # in a cell of a seed's row
REFUSALS = {
    "missing_field": "is missing: a line names its object.",
    "bad_value": "is no id (a text or a whole number), or no instant (date and time, as 2026-06-30T09:00:00Z).",
}


@dataclass(frozen=True)
class Expander:
    """An adapter with the seeds of a folder: what it makes of lines by them.

    Attributes:
        fingerprint: a hash of what the seeds say: what was expanded by others is out of date.
        expand: a line, the text of a JSON object, to its records, whatever is in it.
        spots: of such a line as parsed, the ids and free texts that its records show: in other people's lines a
            forgotten person's e-mails and phones are cut out of these, and of nothing else (spec §6.5).
    """

    fingerprint: str
    expand: Callable[[str], Expansion]
    spots: Callable[[Json], Spots]


class SeedRow(NamedTuple):
    """A row of a seed that would make a word known, the word in place of WORD; a reader replaces <…>."""

    seed: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Adapter:
    """Expansion of one feed's lines. Of which feeds they make records is declared with the feed.

    Attributes:
        version: of what the code makes of a line: after another one everything is expanded again.
        vendor: whose feed it is, as `people` of sources.csv names vendors (spec §2.3.5); blank where it is nobody's.
        load: reads the seeds of a folder; raises ValueError for a wrong row, with words that name it.
        seeds: the names of these seeds; when one changes, the warehouse is rebuilt.
        refusals: what is said after a field's name, by the reason for which a line is refused.
        needs_record: a version all of whose records are refused is not current while another has accepted ones.
        lists_every_refusal: every refused record is in the rejects; otherwise one a line, reason and field.
        as_written: a line is expanded from its text as it landed, every digit of it; otherwise from the text that all
            JSON engines read alike.
        is_conversation: the object's id is that of its conversation.
        seed_rows: by the field of a word that no seed knows, the seed that would know it and the cells of its row, with
            WORD for the word; a field that is not here is one of word_aliases.
        carries: (kind of identifier, path) of members that name people, conversations or orders, besides what
            `Expansion` tells of them; in a line that is no JSON they are looked for by the path's last name.
        may_carry: the same of members that may be something else in a line that `Expansion` tells all of: they are
            looked for only in a line that is no JSON.
        request: a member by which a line that is no JSON is recognised as a request to forget somebody; blank for none.
    """

    version: int
    load: Callable[[Path], Expander]
    vendor: str = ""
    seeds: Sequence[str] = ()
    refusals: Mapping[str, str] = field(default_factory=lambda: REFUSALS)
    needs_record: bool = False
    lists_every_refusal: bool = False
    as_written: bool = True
    is_conversation: bool = False
    seed_rows: Mapping[str, SeedRow] = field(default_factory=dict)
    carries: Sequence[tuple[str, str]] = ()
    may_carry: Sequence[tuple[str, str]] = ()
    request: str = ""
