"""`caw export postgres`: the published tables in a Postgres database (spec §9)."""

import os
import sys
from argparse import Namespace

from caw.export.postgres import ExportError, export
from caw.publication.files import published_marts
from caw.settings import SettingsError, read_settings

FAILED = 1


def main(arguments: Namespace) -> int:
    """Export and print what was written; the exit code.

    Raises:
        SettingsError: there is no address, nothing is published, or the extra is not installed.
    """
    settings = read_settings(data_dir=arguments.data_dir)
    url = os.environ.get(arguments.url_env)
    if not url:
        raise SettingsError(f"--url-env: {arguments.url_env} is not set; it holds the database's address.")
    published = published_marts(settings)
    try:
        done = export(published, url, arguments.schema_prefix)
    except ModuleNotFoundError:
        raise SettingsError(
            "The driver for Postgres is not installed: pip install 'customer-agent-warehouse[postgres]'."
        ) from None
    except ExportError as wrong:
        print(f"caw: {wrong}", file=sys.stderr)
        return FAILED
    print(f"Exported {len(done.rows)} tables with {sum(done.rows.values()):,} rows")
    if done.without_key:
        print(f"Without a key, as values are too long for an index: {', '.join(done.without_key)}")
    return 0
