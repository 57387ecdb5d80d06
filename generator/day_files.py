"""Files of generated lines: JSON Lines files by source, feed and the UTC day (or month) of delivery."""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from generator.draws import Ints
from generator.instants import DAY_MS, day_of

Period = Literal["day", "month"]

UNFINISHED = ".inprogress"  # names that end so are ignored in a landing zone: nobody reads half a file


@dataclass(frozen=True)
class Lines:
    """JSON Lines of one feed, and when each is delivered."""

    feed: str
    delivered_ms: Ints  # since 1970
    texts: list[str]  # without line breaks


@dataclass
class DayFiles:
    """Writes lines below `directory`; files stay `.inprogress` until `finish`.

    The number of files is bounded by sources x feeds x days; none is held open, none in memory.
    """

    directory: Path
    seed: int
    period: Period = "day"
    records: Counter[str] = field(default_factory=Counter)  # by feed
    bytes_written: int = 0
    _begun: dict[Path, Path] = field(default_factory=dict)  # unfinished path by final path

    def write(self, source: str, lines: Lines) -> None:
        """Append lines to the files of their days, in the order of delivery.

        Raises:
            FileExistsError: a file of that name was there before.
            OSError: the directory cannot be written.
        """
        if not lines.texts:
            return
        order = np.argsort(lines.delivered_ms, kind="stable")
        texts = [lines.texts[position] for position in order.tolist()]
        days = lines.delivered_ms[order] // DAY_MS
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(texts)]
        for start, end in itertools.pairwise(edges):
            self._append(self._path(source, lines.feed, int(days[start])), texts[start:end])
        self.records[lines.feed] += len(texts)

    def _path(self, source: str, feed: str, day: int) -> Path:
        date = day_of(day * DAY_MS)
        name = f"{date:%Y/%m/%d}" if self.period == "day" else f"{date:%Y/%m}"
        return self.directory / source / feed / f"{name}-seed{self.seed}.jsonl"

    def _append(self, path: Path, texts: list[str]) -> None:
        first = path not in self._begun
        if first:
            if path.exists():
                raise FileExistsError(f"{path} exists already: give another directory, or another seed")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._begun[path] = path.with_name(path.name + UNFINISHED)
        data = ("\n".join(texts) + "\n").encode()
        with self._begun[path].open("wb" if first else "ab") as file:
            file.write(data)
        self.bytes_written += len(data)

    def finish(self) -> int:
        """Give all files their final names; returns how many there are."""
        for path, unfinished in self._begun.items():
            unfinished.rename(path)
        return len(self._begun)
