"""`caw report`: the report page of the published marts, written again, for another number of days, or elsewhere."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import duckdb

from caw.host.locks import LOCK, Holder, exclusive, say_waiting
from caw.host.permissions import READERS, private_files
from caw.host.printable import printable
from caw.publication.copies import remembered_copy
from caw.publication.place import published_tables
from caw.report.tiles import TileError
from caw.report.write import Page, page_of, pages, write_page
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.commands.out_file import out_file

FAILED = 1
MOST_DAYS = 366  # a bar a day, on the width of a page


def main(arguments: Namespace) -> int:
    """Write the pages and print where they are; the exit code.

    Raises:
        SettingsError: nothing is published, there is no such source, or the arguments do not fit together.
        OSError: a page cannot be written.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    if not 1 <= arguments.days <= MOST_DAYS:
        raise SettingsError(f"--days {arguments.days} is not from 1 to {MOST_DAYS}.")
    marts = published_tables(settings)
    out = None if arguments.out is None else out_file(arguments.out, settings)
    try:
        if out is None:
            written = _next_to_marts(settings, marts, arguments)
        else:
            written = _elsewhere(settings, marts, arguments, out)
    except (duckdb.Error, TileError) as refused:
        print(printable(f"caw: the report cannot be made: {str(refused).splitlines()[0]}"), file=sys.stderr)
        return FAILED
    for one in written:
        print(printable(str(out or page_of(settings.published, one.source))))
        for fault in one.faults:
            print(printable(f"caw: {fault}"), file=sys.stderr)
    return 0


def _next_to_marts(settings: Settings, marts: Path, arguments: Namespace) -> Sequence[Page]:
    """Read and written under the run's lock: a run replaces the marts and the pages."""
    holder = Holder.now("report")
    with private_files(), exclusive(settings.state_dir / LOCK, holder, say_waiting):
        chosen = _chosen(marts, arguments)
        for one in chosen:
            write_page(one, page_of(settings.published, one.source), READERS[settings.readers])
    return chosen


def _elsewhere(settings: Settings, marts: Path, arguments: Namespace, out: Path) -> Sequence[Page]:
    command = ["caw", "report", "--days", str(arguments.days), "--out", str(out), "--data-dir", str(settings.data_dir)]
    command += ["--source", arguments.source] if arguments.source is not None else []
    with remembered_copy(settings.state_dir, command):
        chosen = _chosen(marts, arguments)
        if len(chosen) > 1:
            known = ", ".join(one.source for one in chosen)
            raise SettingsError(f"--out is one file, and several sources are published: give --source, one of {known}.")
        write_page(chosen[0], out, None)
    return chosen


def _chosen(marts: Path, arguments: Namespace) -> Sequence[Page]:
    made = pages(marts, arguments.days)
    if not made:
        raise SettingsError("What is published has no source: nothing has landed, or an older caw published it.")
    chosen = [one for one in made if arguments.source in (None, one.source)]
    if not chosen:
        known = ", ".join(one.source for one in made)
        raise SettingsError(f"--source {arguments.source!r} is not known: the sources are {known}.")
    return chosen
