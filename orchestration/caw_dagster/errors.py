"""Sanitizes errors for logs, messages and Dagster's history: what went wrong and where, and no value of the data.

Databases and parsers quote the value that they fail on, and file names may contain names of customers. So a step's
errors pass through `sanitized`, and dbt's words through `of_dbt`. Whoever looks for a fault in the data runs again with
CAW_SHOW_VALUES=1 and reads everything, in the terminal and in logs. What does not belong here: retries (retries.py).
"""

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

import caw
import caw_dagster
from caw.host.leaving import is_interrupt
from caw.settings import SHOW_VALUES, values_are_shown

HINT = f"its words may quote the data; {SHOW_VALUES}=1 caw run shows them"
PACKAGES = tuple(Path(package.__file__ or "").resolve().parent for package in (caw, caw_dagster))
# What these say is about the project's SQL, files of the data dir, or the machine.
SAFE_DATABASE_ERRORS = frozenset(
    {"Binder Error", "Catalog Error", "Parser Error", "IO Error", "Out of Memory Error", "Dependency Error"}
)
# Named one by one: a word of the data may come before ` Error: `, too.
DATABASE_ERROR = re.compile(
    r"\b((?:Binder|Catalog|Parser|IO|Out of Memory|Dependency|Conversion|Constraint|Invalid Input|Invalid Type"
    r"|Out of Range|Mismatch Type|Divide by Zero|Not implemented|Serialization|TransactionContext|Permission"
    r"|INTERRUPT|INTERNAL|FATAL) Error): "
)
# Of dbt, about the project and its tests, without a database: `Got 2 results, configured to fail if != 0`.
SAFE_DBT_WORDS = re.compile(r"\s*(Got \d+ results?, |Compilation Error|Parsing Error)")


@contextmanager
def sanitized(data_dir: Path) -> Iterator[None]:
    """Turn a step's error into a failure that quotes no value; Dagster's own exceptions pass.

    Args:
        data_dir: files below it may be named.

    Raises:
        KeyboardInterrupt: an interrupt ended a query; it is no failure of the step.
    """
    try:
        yield
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        if values_are_shown():
            raise
        raise dg.Failure(described(error, data_dir), allow_retries=False) from None


def described(error: BaseException, data_dir: Path) -> str:
    """One line on an error."""
    words = " ".join(str(error).split())
    kind = type(error)
    if values_are_shown():
        return f"{kind.__name__}: {words}"
    if kind.__module__.partition(".")[0] in {package.name for package in PACKAGES}:
        return words  # ours, written for people
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{_named(error, data_dir)}"
    if database := _database_error(words):
        return database
    return f"{kind.__name__}{_place(error)} ({HINT})"


def of_dbt(message: str, about_seed: bool = False) -> str:
    """One line on a node that failed, from dbt's words.

    Args:
        message: dbt's words.
        about_seed: the node is a seed or tests one: these are settings, and the row that is wrong must be named.
    """
    words = " ".join(message.split())
    if about_seed or values_are_shown() or SAFE_DBT_WORDS.match(message):
        return words
    return _database_error(words) or f"it failed ({HINT})"


def _database_error(words: str) -> str | None:
    """A database's error, whole where its kind quotes no data; None if it is none."""
    found = DATABASE_ERROR.search(words)
    if found is None:
        return None
    return words if found[1] in SAFE_DATABASE_ERRORS else f"{found[1]} ({HINT})"


def _named(error: OSError, data_dir: Path) -> str:
    names = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    ours = [str(name) for name in names if name.is_relative_to(data_dir)]
    return f": {' -> '.join(ours)}" if ours else ""


def _place(error: BaseException) -> str:
    """The last line of this package that the error went through, as ` at file:line`."""
    ours = [
        f" at {Path(frame.filename).relative_to(package.parent)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        for package in PACKAGES
        if Path(frame.filename).is_relative_to(package)
    ]
    return ours[-1] if ours else ""
