"""`caw export postgres`: the published tables in a Postgres database (spec §9)."""

import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence

from caw.export.postgres import ExportError, UnknownOutcomeError, export
from caw.host.printable import printable
from caw.publication.copies import remembered_copy
from caw.publication.place import published_tables
from caw.settings import Settings, SettingsError, read_settings

FAILED = 1
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def main(arguments: Namespace) -> int:
    """Export and print what was written; the exit code.

    Raises:
        SettingsError: there is no address, nothing is published, or the extra is not installed.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    if not NAME.fullmatch(arguments.url_env):  # it may be the address, with its password
        raise SettingsError("--url-env is the name of an environment variable that has the address, not the address.")
    url = os.environ.get(arguments.url_env)
    if not url:
        raise SettingsError(f"--url-env: {arguments.url_env} is not set; it holds the database's address.")
    published = published_tables(settings)
    try:
        with remembered_copy(settings.state_dir, _again(settings, arguments), may_be_there=UnknownOutcomeError):
            done = export(published, url, arguments.schema_prefix)
    except ModuleNotFoundError:
        raise SettingsError(
            "The driver for Postgres is not installed: pip install 'customer-agent-warehouse[postgres]'."
        ) from None
    except ExportError as wrong:
        print(printable(f"caw: {wrong}"), file=sys.stderr)
        return FAILED
    print(f"Exported {len(done.rows)} tables with {sum(done.rows.values()):,} rows")
    if done.without_key:
        print(f"Without a key, as values are too long for an index: {', '.join(done.without_key)}")
    return 0


def _again(settings: Settings, arguments: Namespace) -> Sequence[str]:
    """The command that writes the same schemas again, from any folder."""
    data_dir = str(settings.data_dir)
    named = ["--url-env", arguments.url_env, f"--schema-prefix={arguments.schema_prefix}", "--data-dir", data_dir]
    return ["caw", "export", "postgres", *named]
