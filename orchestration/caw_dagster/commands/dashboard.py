"""`caw dashboard superset`: the dashboard as a file that Superset imports (spec §9.2)."""

from argparse import Namespace
from pathlib import Path

from caw.export.superset import is_marts_uri, uri_of, write_dashboard
from caw.host.printable import printable
from caw.publication.files import published_marts
from caw.settings import SettingsError, read_settings


def main(arguments: Namespace) -> int:
    """Write the file and print where it is; the exit code.

    Raises:
        SettingsError: nothing is published, the address is none of a DuckDB file, or there is such a file already.
        OSError: it cannot be written.
    """
    uri = arguments.uri
    if uri is None:
        uri = uri_of(published_marts(read_settings(data_dir=arguments.data_dir)))
    if not is_marts_uri(uri):
        raise SettingsError(
            "--uri is no address of a DuckDB file: it is duckdb:/// and the absolute path of marts.duckdb where "
            "Superset runs, such as duckdb:////srv/caw/data/published/marts.duckdb."
        )
    out = Path(arguments.out).expanduser().resolve()
    try:
        write_dashboard(out, uri)
    except FileExistsError:
        raise SettingsError(f"--out: {out} is there already; remove it, or name another file.") from None
    print(printable(str(out)))
    return 0
