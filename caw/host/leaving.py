"""Ends the process of a command, and knows an interrupt by whatever name it comes."""

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Callable

INTERRUPTED_QUERY = "Query interrupted"  # DuckDB's words


def ending_at_once(work: Callable[[], int]) -> int:
    """The exit code that the work of a command returns; this process ends soon after, without taking objects apart.

    Python would take a million of them apart, those of Dagster and dbt, of which nobody sees anything: more than a
    second after each run. What libraries register for the end while the work is done comes before.
    """
    codes: list[int] = []
    atexit.register(_end, codes)
    codes.append(work())
    return codes[0]


def _end(codes: list[int]) -> None:
    """End the process with the code; an error, or output that nobody reads any more, is left to Python."""
    logging.shutdown()  # registered before, so it would come after this
    with contextlib.suppress(OSError):
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None where it was closed before
            stream.flush()
        for code in codes:
            os._exit(code)


def is_interrupt(error: BaseException) -> bool:
    """Whether it is Ctrl-C, or a signal; DuckDB, whose query one ends, raises an error of its own instead."""
    return isinstance(error, KeyboardInterrupt) or (type(error) is RuntimeError and str(error) == INTERRUPTED_QUERY)


def is_of_interrupt(words: str) -> bool:
    """The same, by what a library says of such an error: its last line is DuckDB's."""
    return words.rpartition("\n")[2].strip() == INTERRUPTED_QUERY
