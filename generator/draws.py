"""Random draws in blocks, ids and skew. What the draws stand for lives in the other modules.

Only `Generator.random` is used: its stream has been the same in every numpy so far, and a log's bytes depend on it.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ZIPF_EXPONENT = 0.8  # a few shoppers come back daily, most come once; 1.0 gives the first one 7 % of a million
ZIPF_OFFSET = 20.0  # Mandelbrot's offset: flattens the head, so that no shopper chats round the clock

MIX_STEP = np.uint64(0x9E3779B97F4A7C15)  # splitmix64's constants: a bijection of 64 bits, so ids never collide
MIX_FIRST = np.uint64(0xBF58476D1CE4E5B9)
MIX_SECOND = np.uint64(0x94D049BB133111EB)


def salt(*parts: object) -> int:
    """A 64-bit number that belongs to these parts alone, the same on every machine and in every process."""
    digest = hashlib.sha256("|".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def generator(seed: int, *parts: object) -> np.random.Generator:
    """An own stream of draws for one piece of work: pieces do not disturb each other, whatever their sizes."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, salt(*parts)])))


def ids(numbers: Ints, of: int) -> list[str]:
    """16 hex digits for each number; `of` is the salt of what is numbered. Their order says nothing."""
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) * MIX_STEP + np.uint64(of)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * MIX_FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * MIX_SECOND
        mixed ^= mixed >> np.uint64(31)
    return [f"{number:016x}" for number in mixed.tolist()]


def integers(random: np.random.Generator, count: int, below: int) -> Ints:
    """`count` uniform draws from 0 to `below` - 1."""
    return (random.random(count) * below).astype(np.int64)


def zipf(random: np.random.Generator, count: int, population: int) -> Ints:
    """`count` draws of a rank from 0 to `population` - 1, low ranks far more often (Zipf-Mandelbrot)."""
    power = 1.0 - ZIPF_EXPONENT
    low, high = (1.0 + ZIPF_OFFSET) ** power, (1.0 + population + ZIPF_OFFSET) ** power
    ranks = (low + random.random(count) * (high - low)) ** (1.0 / power) - (1.0 + ZIPF_OFFSET)
    drawn: Ints = np.minimum(ranks.astype(np.int64), population - 1)
    return drawn


def weighted(random: np.random.Generator, count: int, weights: Sequence[float]) -> Ints:
    """`count` draws of a position in `weights`, each as likely as its weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    positions = np.searchsorted(edges, random.random(count) * edges[-1], side="right")
    drawn: Ints = np.minimum(positions, len(weights) - 1).astype(np.int64)
    return drawn


def split(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole parts, in proportion to `weights`; they add up exactly."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    marks = np.floor(edges / edges[-1] * total + 0.5).astype(np.int64).tolist()
    return [mark - before for mark, before in zip(marks, [0, *marks[:-1]], strict=True)]


def picked(random: np.random.Generator, count: int, pool: Sequence[str]) -> list[str]:
    """`count` uniform picks from `pool`."""
    return [pool[position] for position in integers(random, count, len(pool)).tolist()]
