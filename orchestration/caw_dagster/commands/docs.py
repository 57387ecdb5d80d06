"""`caw docs`: dbt's documentation of the models as one file."""

import os
import sys
from argparse import Namespace

from caw.host import atomic
from caw.host.locks import LOCK, Holder, exclusive, say_waiting
from caw.host.permissions import private_files
from caw.host.printable import printable, printable_lines
from caw.settings import SettingsError, read_settings
from caw_dagster.commands.out_file import out_file
from caw_dagster.dbt.documentation import documentation
from caw_dagster.dbt.parsing import ProjectError
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment

FAILED = 1


def main(arguments: Namespace) -> int:
    """Write the file and print where it is; the exit code.

    Raises:
        SettingsError: there is no data dir yet, or `--out` is no file elsewhere.
        OSError: the file cannot be written.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    if not settings.state_dir.is_dir():
        raise SettingsError(f"There is no data dir at {settings.data_dir}: run `caw run` first, or set --data-dir.")
    out = out_file(arguments.out, settings)
    os.environ.update(environment(settings))
    holder = Holder.now("docs")
    try:
        with private_files(), exclusive(settings.state_dir / LOCK, holder, say_waiting):
            page = documentation(load_project(settings), settings)
    except ProjectError as refused:
        print(printable_lines(f"caw: {refused}"), file=sys.stderr)
        return FAILED
    atomic.write(out, page)
    print(printable(str(out)))
    return 0
