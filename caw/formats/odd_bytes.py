"""Finds in the bytes of lines the numbers, words and brackets that DuckDB reads, or may read, in its own way.

A false alarm only costs time; a miss would be an error. NumPy takes half the time of one regular expression over all
text. What does not belong here: which line a position is of, and what else is looked for in it (prefilter.py).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

BLOCK = 128 * 1024  # bytes compared at once: intermediate masks then stay in the processor's cache
WALK = 40  # steps that a look along a number or a space may take before the line is simply validated
EXACT_FRACTION_DIGITS = 6
EXACT_WHOLE_DIGITS = 10  # with so many of a fraction exact in a double, below 2**33: an epoch with microseconds passes


def odd_positions(data: Bytes) -> Positions:
    """Byte positions of a number, word or bracket which DuckDB reads, or may read, in its own way."""
    # Blocks overlap by one byte: what is looked for is known by two that touch.
    found = [_candidates(data[start : start + BLOCK + 1]) + start for start in range(0, len(data), BLOCK)]
    at = np.concatenate([np.empty(0, np.int64), *found])
    # A colon that follows neither a quote nor white space is no JSON: it is within a text, as in a time of day.
    named = _at(data, at - 2)
    at = at[(named == ord('"')) | _white(named) | (_at(data, at - 1) != ord(":"))]
    byte = _at(data, at)
    first = at + (byte == ord("-"))  # of the digits or the word
    begins = _at(data, first)
    digits = _digit(begins)
    minus_zero = digits & (byte == ord("-")) & (begins == ord("0"))
    words = ((begins | 0x20) == ord("n")) | ((begins | 0x20) == ord("i"))
    closes = (byte | 0x20) == ord("}")
    return np.concatenate(
        [
            at[minus_zero],
            _odd_numbers(data, first[digits]),
            _odd_words(data, first[words]),
            _odd_closers(data, at[closes]),
        ]
    )


def _candidates(block: Bytes) -> Positions:
    """Places where a number or word may begin that is a JSON value, and a bracket closes after a comma or white space.

    Every byte of every line passes here, and nothing else looks at all of them: hence the fewest passes that will do.
    """
    low = block | 0x20  # `]` and `}` differ in that bit alone, as letters do from capitals
    gap = (block <= ord(" ")) | (block == ord(","))
    opens = gap | (block == ord(":")) | (block == ord("["))
    # From `-` to `9` there are `.` and `/`, too, which begin no value: a false alarm that `odd_positions` ends.
    begins = ((block - np.uint8(ord("-"))) <= ord("9") - ord("-")) | (low == ord("n")) | (low == ord("i"))
    return np.flatnonzero((opens[:-1] & begins[1:]) | (gap[:-1] & (low[1:] == ord("}")))) + 1


def _odd_numbers(data: Bytes, at: Positions) -> Positions:
    """Numbers, by their first digit, that binary floating point may change, or that are too long to tell here."""
    whole_ends = _walk(data, at, _digit)
    fraction = np.where(_at(data, whole_ends) == ord("."), whole_ends + 1, whole_ends)
    ends = _walk(data, fraction, _digit)
    has_fraction = fraction > whole_ends
    whole_digits = whole_ends - at
    inexact = (whole_digits == EXACT_WHOLE_DIGITS) & (_at(data, at) >= ord("8")) | (whole_digits > EXACT_WHOLE_DIGITS)
    follows = _at(data, ends + 1)
    exponent = ((_at(data, ends) | 0x20) == ord("e")) & (
        _digit(follows) | (follows == ord("+")) | (follows == ord("-"))
    )
    endless = _digit(_at(data, ends)) | _digit(_at(data, whole_ends))
    return at[exponent | endless | has_fraction & (inexact | (ends - fraction > EXACT_FRACTION_DIGITS))]


def _odd_words(data: Bytes, at: Positions) -> Positions:
    """`nan` or `inf` in any letter case: not the beginning of `information`."""
    first, second, third = (_at(data, at + step) | 0x20 for step in range(3))
    nan = (first == ord("n")) & (second == ord("a")) & (third == ord("n"))
    infinity = (first == ord("i")) & (second == ord("n")) & (third == ord("f"))
    after = _at(data, at + 3)
    ends = (after <= ord(" ")) | (after == ord(",")) | ((after | 0x20) == ord("}")) | ((after | 0x20) == ord("i"))
    return at[(nan | infinity) & ends]


def _odd_closers(data: Bytes, at: Positions) -> Positions:
    """A closing bracket after a comma, white space aside."""
    byte = _at(data, _walk(data, at - 1, _white, step=-1))
    return at[(byte == ord(",")) | _white(byte)]


def _walk(data: Bytes, at: Positions, passes: Callable[[Bytes], Mask], step: int = 1) -> Positions:
    """Step on from each position while the byte there passes; `WALK` steps at most."""
    at = at.copy()
    moving = np.arange(len(at))
    for _ in range(WALK):
        moving = moving[passes(_at(data, at[moving]))]
        if len(moving) == 0:
            break
        at[moving] += step
    return at


def _at(data: Bytes, positions: Positions) -> Bytes:
    """Bytes at positions; the text's first and last byte for positions beyond them."""
    return data.take(positions, mode="clip")


def _digit(data: Bytes) -> Mask:
    return (data - np.uint8(ord("0"))) < 10


def _white(data: Bytes) -> Mask:
    return data <= ord(" ")
