"""The room for text of long lines in the raw store, which every later run can hold in memory (spec §2.1.4).

An engine takes lines together, thousands at a time, and needs many times their text to parse and join them. Of short
lines that is bounded by their number. Of long ones there is room for a share of the memory setting: a file with more is
not taken in, and is tried again at every run, as one that could not be read. What does not belong here: how long text
is counted (raw_store/line_files.py).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import ceil
from operator import index
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from caw.adapters.expansion import expand_pending
from caw.adapters.refused import within_limits
from caw.adapters.registry import code_fingerprint, expander, expanders
from caw.feeds.declared import feeds
from caw.formats.strict_json import dump_record
from caw.host import atomic
from caw.limits import DEFAULT_LIMITS
from caw.raw_store.line_files import LENGTHS, long_text_of, parsed_lengths
from caw.raw_store.store import GENESIS, FileVersion, RawStore, batch_of

SHARE = 32  # of the memory that text of long lines may have: docs/decisions.md says what was measured
LONG = 15_625  # of the memory is a long line's length: 2,048 shorter ones, which DuckDB takes together, are an eighth
MB = 1_000_000
FILE_NAME = "no_room.json"  # in the data dir's state


Words: TypeAlias = dict[str, Counter[tuple[str, str]]]  # that no seed knows, as `expand_pending` returns them


class NoRoom(OSError):
    """A file has more text in long lines than there is room for; `strerror` says so in a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(None, why)


class Held(NamedTuple):
    """Text of a raw store's lines that are longer than each of LENGTHS, and unknown words that the count met."""

    long_text: Sequence[int]
    unknown_words: Words


@dataclass
class Room:
    """The text of long lines that one ingestion may take in; sizes in bytes.

    Attributes:
        memory: the memory setting.
        count: looks at the raw store.
        seeds: the folder of the seeds that adapters read.
        notes: of files that had no room at an earlier ingestion.
        taken: the long lines' text, by path, of the files of this ingestion that had room.
        unknown_words: of lines that were expanded to be counted.
    """

    memory: int
    count: Callable[[], Held]
    seeds: Path
    notes: "Notes"
    taken: dict[str, int] = field(default_factory=dict)
    unknown_words: Words = field(default_factory=dict)

    @property
    def length(self) -> int:
        """A line is long beyond this."""
        return LENGTHS[self._place]

    def left(self) -> int:
        """Bytes that there is still room for; the raw store is looked at when this is first asked, which is rare."""
        return self._most - self._held - sum(self.taken.values())

    def long_text(self, feed: str, lines: pa.Table) -> int:
        """The text of the long ones among lines of a feed; of an expanded feed, that of the records that they make.

        A text in a record may be up to twice as long as in its line, by what is escaped.
        """
        lengths = parsed_lengths(lines)
        if not feeds()[feed].is_expanded:
            return int(lengths[lengths > self.length].sum())
        is_refused = lines["problem"].is_valid().to_numpy()
        refused = int(lengths[is_refused & (lengths > self.length)].sum())
        expanded = lines["raw_text"].filter(pa.array(~is_refused & (lengths > self.length // 2)))
        return refused + sum(self._made_of(feed, text) for text in expanded.to_pylist() if text)

    def has_room(self, found: int) -> bool:
        """Whether so much text of long lines fits; nothing of it always does, and the raw store is not looked at."""
        return not found or found <= self.left()

    def check_again(self, version: FileVersion) -> None:
        """`check` of a file version that is not read yet, by what an earlier ingestion noted of it."""
        self.check(version, self.notes.before.get(str(version.source), {}).get(_key(version), 0))

    def check(self, version: FileVersion, found: int) -> None:
        """Note a file version and raise NoRoom, if the text of its long lines has no room."""
        if not self.has_room(found):
            self.notes.of_now.setdefault(str(version.source), {})[_key(version)] = found
            raise NoRoom(self._sentence(found))

    def take(self, version: FileVersion, found: int) -> None:
        """Take the text of a whole file's long lines; raises NoRoom."""
        self.check(version, found)
        if found:
            self.taken[version.file_path] = found

    def note_words(self, words: Words) -> None:
        """Add words that no seed knows, met in lines that are then expanded no more."""
        for feed, times in words.items():
            self.unknown_words[feed] = self.unknown_words.get(feed, Counter()) + times

    @cached_property
    def _held(self) -> int:
        held = self.count()
        self.note_words(held.unknown_words)
        return int(held.long_text[self._place])

    @property
    def _place(self) -> int:
        return max(place for place, least in enumerate(LENGTHS) if place == 0 or least <= self.memory // LONG)

    @property
    def _most(self) -> int:
        return self.memory // SHARE

    @cached_property
    def _expand(self) -> Callable[[str, str], Any]:
        return expander(self.seeds)

    def _made_of(self, feed: str, text: str) -> int:
        """The text of the long records that a vendor's line makes, and its own where it is refused."""
        made = within_limits(self._expand(feed, text), text)
        texts = chain([text] if made.reason else [], (dump_record(record.fields) for record in made.records))
        lengths = (len(one.encode("utf-8", "surrogatepass")) for one in texts)
        return sum(length for length in lengths if length > self.length)

    def _sentence(self, found: int) -> str:
        """The reason, what to do first: pages for people show the beginning."""
        used = self._most - self.left()
        needed = ceil(SHARE * (used + found) / MB)
        return (
            f"needs CAW_MEMORY_LIMIT={needed}MB or more, or land less: {found / MB:,.1f} MB of its text are in "
            f"lines over {self.length:,} bytes, and {self.memory / MB:,.0f} MB have room for {self._most / MB:,.1f} MB "
            f"in such lines, of which {used / MB:,.1f} MB are taken; it is tried again at every run"
        )


class Notes:
    """Of the files for which there was no room, by source and key, how much text of long lines was read of each.

    Such a file is not read again as long as there is no room for that much.
    """

    def __init__(self, data_dir: Path, memory: int, seeds: Path) -> None:
        self.path = data_dir / "state" / FILE_NAME
        self.memory = memory
        self.seeds = seeds
        self.of_now: dict[str, dict[str, int]] = {}
        self.before = self._read()

    def add(self, others: "Notes") -> None:
        """Add what others have noted at this ingestion."""
        for source, noted in others.of_now.items():
            self.of_now[source] = {**noted, **self.of_now.get(source, {})}

    def save(self, sources: Sequence[str] | None) -> None:
        """Write the notes of this ingestion; those of other sources stay, where it looked at some alone."""
        others = {} if sources is None else {name: of for name, of in self._read().items() if name not in sources}
        if notes := {**others, **self.of_now}:
            atomic.write(self.path, json.dumps({"rules": self._rules, "sources": notes}), atomic.OWNERS_FILE)
        else:
            self.path.unlink(missing_ok=True)

    def _read(self) -> Mapping[str, Mapping[str, int]]:
        """The notes that are written there; nothing of other rules, nor of a file that is damaged."""
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            noted = json.loads(self.path.read_text(encoding="utf-8"))
            found = {str(name): {key: index(size) for key, size in of.items()} for name, of in noted["sources"].items()}
            return found if noted["rules"] == self._rules else {}
        return {}

    @cached_property
    def _rules(self) -> str:
        """A hash of what says which lines are long, and which records a vendor's line makes."""
        loaded = sorted((feed, one.fingerprint) for feed, one in expanders(self.seeds).items())
        most = (DEFAULT_LIMITS.made, DEFAULT_LIMITS.times_made, DEFAULT_LIMITS.made_always)
        rules = (self.memory, SHARE, LONG, LENGTHS, most, code_fingerprint(), loaded)
        return hashlib.sha256(repr(rules).encode()).hexdigest()


def _key(version: FileVersion) -> str:
    """Names nobody, as a path may."""
    return hashlib.sha256(f"{version.content_sha256} {version.file_path}".encode()).hexdigest()


def long_text_in(store: RawStore, seeds: Path) -> Held:
    """Text of the long lines of a prepared raw store, of expanded feeds of their records; the caller holds the lock."""
    unknown_words = expand_pending(store, seeds)
    committed = {GENESIS, *store.batch_ids()}
    total = np.zeros(len(LENGTHS), np.int64)
    for feed in (feed for feed in feeds().values() if not feed.is_expanded):
        for name in store.objects.list(f"{feed.name}/batch="):
            if batch_of(name) in committed:
                with store.objects.read(name) as stream, pq.ParquetFile(stream) as file:
                    total += long_text_of(file)
    for path in (store.data_dir / "expanded").rglob("*.parquet"):
        with pq.ParquetFile(path) as file:
            total += long_text_of(file)
    return Held(total.tolist(), unknown_words)
