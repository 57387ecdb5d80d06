"""`generate`: whole logs of any size, streamed to files block by block.

Every block has its own stream of draws, so memory does not grow with the number of conversations, and the same
arguments give the same bytes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from generator.commerce import orders, restocks, sends, whole_catalogue
from generator.conversations import conversations
from generator.day_files import DayFiles, Lines, Period
from generator.draws import Ints, generator, split
from generator.instants import DAY_MS, HOUR_MS, to_ms
from generator.market import Market
from generator.shop import catalogue, shop_of
from generator.shoppers import changes, import_before, sign_ups

DEFAULT_SOURCES = ("acme_us", "acme_eu")  # the sample's accounts that have feeds of a team's own
BLOCK = 8_192  # conversations; some 60 MB of work, and long enough that numpy's overhead vanishes
WEEKDAY_WEIGHTS = (1.1, 1.0, 1.0, 1.0, 1.1, 0.85, 0.9)  # from Monday
QUIETEST, BUSIEST = 0.1, 1.0  # conversations an hour, at the quiet end of the day and at the peak
SHOPPERS_PER_CONVERSATION = 0.4
FEWEST_SHOPPERS = 25
SHOPPERS_FROM_BEFORE = 0.6  # the rest sign up as time goes by
CHANGES_PER_CONVERSATION = 0.02
PRODUCTS = (40, 2_000)  # fewest and most of a source
CONVERSATIONS_PER_PRODUCT = 100

Progress = Callable[[int, int], None]  # conversations written so far, and in all


@dataclass(frozen=True)
class GenerateReport:
    """Counts of what was written, and how fast."""

    directory: Path
    conversations: int
    records: dict[str, int]  # by feed
    files: int
    bytes_written: int
    seconds: float

    @property
    def records_per_second(self) -> float:
        """All feeds together."""
        return sum(self.records.values()) / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class _Stretch:
    """One source's conversations within at most one day: numbers first .. first + count - 1, spread over its time."""

    first: int
    count: int
    from_ms: int
    to_ms: int


def generate(
    directory: Path,
    conversations: int,
    days: int,
    seed: int,
    until: datetime,
    sources: Sequence[str] = DEFAULT_SOURCES,
    progress: Progress | None = None,
    period: Period = "day",
) -> GenerateReport:
    """Write a landing zone of `conversations` conversations in the `days` x 24 h before `until`.

    Args:
        directory: the landing zone; may hold other files, not those that this call would write.
        conversations: 0 or more, over all sources.
        days: of 24 h, 1 or more.
        seed: names the files, too. People and products stay the same under another seed.
        until: with an offset; no record is later. It has to be in the past when the files are read.
        sources: the first has most conversations.
        progress: called after each block.
        period: one file per day, or per month (for small logs).

    Raises:
        ValueError: an argument is out of range.
        FileExistsError: a file to be written is there.
        OSError: the directory cannot be written.
    """
    if conversations < 0 or days < 1 or seed < 0 or not sources or until.tzinfo is None:
        raise ValueError(
            "give 0 or more conversations, 1 or more days, a seed of 0 or more, a source, and an `until` with an offset"
        )
    began = time.perf_counter()
    files = DayFiles(directory, seed, period)
    shares = split(conversations, [1 / place for place in range(1, len(sources) + 1)])
    done = 0
    for source, count in zip(sources, shares, strict=True):
        market = _market(source, count, seed, until)
        for lines, finished in _source_lines(market, count, to_ms(until) - days * DAY_MS, days):
            for each in lines:
                files.write(source, each)
            done += finished
            if progress:
                progress(done, conversations)
    return GenerateReport(
        directory, conversations, dict(files.records), files.finish(), files.bytes_written, time.perf_counter() - began
    )


def _market(source: str, conversations: int, seed: int, until: datetime) -> Market:
    size = min(max(conversations // CONVERSATIONS_PER_PRODUCT, PRODUCTS[0]), PRODUCTS[1])
    shoppers = max(int(conversations * SHOPPERS_PER_CONVERSATION), FEWEST_SHOPPERS)
    return Market(shop_of(source), catalogue(source, size), shoppers, seed, to_ms(until))


def _source_lines(market: Market, count: int, start_ms: int, days: int) -> Iterator[tuple[list[Lines], int]]:
    """All lines of a source, some at a time, with the number of conversations that they finish."""
    source, seed = market.shop.source, market.seed
    before = int(market.shoppers * SHOPPERS_FROM_BEFORE)
    yield [whole_catalogue(market, start_ms)], 0
    for first in range(0, before, BLOCK):
        random = generator(seed, source, "import", first)
        yield import_before(source, random, np.arange(first, min(first + BLOCK, before)), start_ms), 0
    for day in range(days):
        random = generator(seed, source, "day", day)
        yield [restocks(market, random, start_ms + day * DAY_MS, start_ms + (day + 1) * DAY_MS)], 0
    for stretch in _stretches(count, start_ms, days):
        joined = [
            before + (market.shoppers - before) * number // count
            for number in (stretch.first, stretch.first + stretch.count)
        ]
        yield _stretch_lines(market, stretch, np.arange(*joined)), stretch.count


def _stretch_lines(market: Market, stretch: _Stretch, joining: Ints) -> list[Lines]:
    source = market.shop.source
    random = generator(market.seed, source, "block", stretch.first)
    starts_ms = _starts(random, market.shop.peak_hour, stretch)
    log, visits = conversations(market, random, stretch.first, starts_ms)
    span = (stretch.from_ms, stretch.to_ms)
    few = int(stretch.count * CHANGES_PER_CONVERSATION + random.random())
    return [
        log,
        orders(market, random, stretch.first, visits),
        sends(market, random, stretch.first, stretch.count, *span),
        *sign_ups(source, random, joining, *span),
        *changes(source, random, few, market.shoppers, *span),
    ]


def _stretches(count: int, start_ms: int, days: int) -> Iterator[_Stretch]:
    """The source's conversations by day, then by block within the day."""
    weekdays = [(start_ms // DAY_MS + day + 3) % 7 for day in range(days)]  # 1970-01-01 was a Thursday
    first = 0
    for day, in_day in enumerate(split(count, [WEEKDAY_WEIGHTS[weekday] for weekday in weekdays])):
        blocks = -(-in_day // BLOCK)
        for block, size in enumerate(split(in_day, [1.0] * blocks) if blocks else []):
            span = [start_ms + day * DAY_MS + DAY_MS * edge // blocks for edge in (block, block + 1)]
            yield _Stretch(first, size, *span)
            first += size


def _starts(random: np.random.Generator, peak_hour: int, stretch: _Stretch) -> Ints:
    """Ascending instants in ms when the stretch's conversations start: more of them around the peak hour."""
    hours = np.arange(stretch.from_ms, stretch.to_ms, HOUR_MS)
    distance = (hours // HOUR_MS - peak_hour) % 24
    weights = QUIETEST + (BUSIEST - QUIETEST) * np.exp2(-((np.minimum(distance, 24 - distance) / 4.0) ** 2))
    edges = np.append(0.0, np.cumsum(weights))
    draws = np.sort(random.random(stretch.count)) * edges[-1]
    starts = np.interp(draws, edges, np.append(hours, stretch.to_ms)).astype(np.int64)
    kept: Ints = np.minimum(starts, stretch.to_ms - 1)
    return kept
