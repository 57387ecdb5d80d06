"""`caw dashboard superset`: the dashboard as a file that Superset imports (spec §9.2)."""

from argparse import Namespace

from caw.export.superset import is_marts_uri, uri_of, write_dashboard
from caw.host.printable import printable
from caw.publication.place import published_marts
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.commands.out_file import out_file


def main(arguments: Namespace) -> int:
    """Write the file and print where it is; the exit code.

    Raises:
        SettingsError: nothing is published, the address is none of a DuckDB file, or --out is none to write.
        OSError: it cannot be written.
    """
    settings = read_settings(data_dir=arguments.data_dir)
    uri = _published_uri(settings) if arguments.uri is None else arguments.uri
    if not is_marts_uri(uri):
        raise SettingsError(
            "--uri is no address of a DuckDB file: it is duckdb:/// and the absolute path of marts.duckdb where "
            "Superset runs, without % before two hexadecimal digits, such as "
            "duckdb:////srv/caw/data/published/marts.duckdb."
        )
    out = out_file(arguments.out, settings)
    try:
        write_dashboard(out, uri)
    except FileExistsError:
        raise SettingsError(f"--out: {out} is there already; remove it, or name another file.") from None
    print(printable(str(out)))
    return 0


def _published_uri(settings: Settings) -> str:
    marts = published_marts(settings)
    uri = uri_of(marts)
    if uri is None:
        raise SettingsError(
            f"The path {marts} has a ? or a % before two hexadecimal digits, which an address cannot name: mount "
            "its folder at another path, and give that path's address with --uri."
        )
    return uri
