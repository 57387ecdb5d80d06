"""`caw pull`: asks vendors' APIs for what is new and lands it; it takes nothing in, builds nothing (spec §2.3.24)."""

import sys
from argparse import Namespace
from collections.abc import Callable

from caw.feeds.declared import SEEDS_DIR
from caw.host.disk_trouble import explained
from caw.host.printable import printable, printable_lines
from caw.pull.errors import PullError
from caw.pull.rows import Access, Row, access_of, chosen_rows
from caw.pull.run import Places, Pulled, pull_row
from caw.settings import Settings, SettingsError, check_folders, read_settings

FAILED = 1
USAGE_ERROR = 2


def main(arguments: Namespace) -> int:
    """Pull every chosen row, one after the other, and print a line for each; the exit code.

    A row without a key is a matter of settings and asks nothing; a row that fails does not keep the others from theirs.

    Raises:
        SettingsError: before anything is asked or touched.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    rows = chosen_rows(settings, arguments.source, arguments.feed)
    check_folders(settings)
    return max(_pulled(settings, row, arguments.rescan) for row in rows)


def _pulled(settings: Settings, row: Row, rescan: bool) -> int:
    try:
        access = access_of(row.source, row.vendor)
    except SettingsError as wrong:
        _complain(row, str(wrong))
        return USAGE_ERROR
    try:
        pulled = _pull(settings, row, access, rescan)
    except PullError as failed:
        _complain(row, str(failed))
        return FAILED
    except OSError as refused:
        _complain(row, explained(f"a file cannot be written ({refused.strerror}): see to its folder", refused))
        return FAILED
    print(printable(f"{row.name}: {pulled}"), flush=True)
    return 0


def _pull(settings: Settings, row: Row, access: Access, rescan: bool) -> Pulled:
    places = Places(settings.landing_dir, settings.data_dir, settings.seeds_dir or SEEDS_DIR)
    say = _on_terminal(row)
    return pull_row(
        row,
        access,
        places,
        rescan,
        on_page=lambda so_far: say(f"page {so_far.pages:,}, {so_far.lines:,} new"),
        on_wait=say,
    )


def _on_terminal(row: Row) -> Callable[[str], None]:
    """Says how far a row is, where somebody looks on."""
    if not sys.stdout.isatty():
        return lambda words: None
    return lambda words: print(printable(f"  {row.name}: {words}"), flush=True)


def _complain(row: Row, words: str) -> None:
    print(printable_lines(f"caw: {row.name}: {words}"), file=sys.stderr, flush=True)
