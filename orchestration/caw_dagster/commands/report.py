"""`caw report`: the report page of the published marts, written again, for another number of days, or elsewhere."""

import sys
from argparse import Namespace
from pathlib import Path

import duckdb

from caw.host.locks import LOCK, Holder, exclusive
from caw.host.permissions import READERS, private_files
from caw.host.printable import printable
from caw.publication.files import published_marts
from caw.report.tiles import TileError
from caw.report.write import Page, page_of, pages, write_page
from caw.settings import Settings, SettingsError, read_settings
from caw.warehouse import say_waiting

FAILED = 1
MOST_DAYS = 3660


def main(arguments: Namespace) -> int:
    """Write the pages and print where they are; the exit code.

    Raises:
        SettingsError: nothing is published, there is no such source, or the arguments do not fit together.
        OSError: a page cannot be written.
    """
    settings = read_settings(data_dir=arguments.data_dir)
    if not 1 <= arguments.days <= MOST_DAYS:
        raise SettingsError(f"--days {arguments.days} is not from 1 to {MOST_DAYS}.")
    marts = published_marts(settings)
    try:
        made = pages(marts, arguments.days)
    except (duckdb.Error, TileError) as refused:
        print(f"caw: the report cannot be made: {str(refused).splitlines()[0]}", file=sys.stderr)
        return FAILED
    chosen = _chosen(made, arguments.source, arguments.out)
    if arguments.out is None:
        _write_beside_marts(settings, chosen)
    else:
        write_page(chosen[0], Path(arguments.out).expanduser().resolve(), None)
    for one in chosen:
        print(printable(str(arguments.out or page_of(settings.published, one.source))))
        for fault in one.faults:
            print(printable(f"caw: {fault}"), file=sys.stderr)
    return 0


def _chosen(made: list[Page], source: str | None, out: str | None) -> list[Page]:
    if not made:
        raise SettingsError("No source has landed yet: there is nothing to report on.")
    known = ", ".join(one.source for one in made)
    chosen = [one for one in made if source is None or one.source == source]
    if not chosen:
        raise SettingsError(f"--source {source!r} is not known: there are {known}.")
    if out is not None and len(chosen) > 1:
        raise SettingsError(f"--out is one file, and there are several sources: give --source, one of {known}.")
    return chosen


def _write_beside_marts(settings: Settings, chosen: list[Page]) -> None:
    """Under the run's lock: a run writes the same files."""
    holder = Holder.now("report")
    with private_files(), exclusive(settings.state_dir / LOCK, holder, say_waiting):
        for one in chosen:
            write_page(one, page_of(settings.published, one.source), READERS[settings.readers])
