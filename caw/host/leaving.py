"""Ends the process of a command."""

import atexit
import contextlib
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process at once, after what libraries registered for its end; as mypy does.

    Python would first take a million objects apart, those of Dagster and dbt, of which nobody sees anything: more than
    a second after each run.
    """
    with contextlib.suppress(Exception):  # which Python has shown by then
        atexit._run_exitfuncs()
    with contextlib.suppress(OSError):  # nobody reads any more: Python ends the process in its own way
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
