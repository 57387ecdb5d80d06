"""The command `caw`: its arguments. Each command's work is a module in commands/, imported when it is called.

Exit codes: 0 done; 1 the work failed; 2 wrong arguments or settings, and nothing was changed; 130 interrupted.
"""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

from caw.engine import DUCKDB, ENGINES
from caw.host.disk_trouble import explained
from caw.host.leaving import ending_at_once, is_interrupt
from caw.host.printable import printable_lines
from caw.report import DAYS
from caw.settings import SettingsError
from caw.version import package_version

FAILED, USAGE_ERROR, INTERRUPTED = 1, 2, 130
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3000
LOGIN = re.compile(r"(?<=//)\S*@|(?<=password=)(?:'[^']*'|[^\s&]*)")  # of an address, as a URL or in words
UNKNOWN_COMMAND = re.compile(r"argument COMMAND: invalid choice: '([^']*)'")


def identifier(given: str) -> str:
    """An argument that is a text of the data; raises ArgumentTypeError for bytes that are none."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError("it is not UTF-8, as all data is") from None
    return given


class Parser(ArgumentParser):
    """An argument parser that says what is wrong in one line, without the login of an address that it quotes.

    Attributes:
        commands: the names of its commands, if it has some.
    """

    commands: Collection[str] = ()

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage and leaving."""
        message = LOGIN.sub("", message)
        if unknown := UNKNOWN_COMMAND.match(message):
            meant = _meant(unknown[1], self.commands)
            raise SettingsError(f"There is no command {unknown[1]!r}{meant}; `{self.prog} --help` lists them.")
        raise SettingsError(f"{message}; `{self.prog} --help` shows how it is used.")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse what is unknown here, where the command's own options are known, and name the nearest of them."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            meant = _meant(unknown[0].partition("=")[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return known, unknown


def _meant(word: str, known: Collection[str]) -> str:
    """The nearest of the known words as a question, or nothing."""
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # names and sparklines, on a terminal of another encoding
    try:
        parsed = parser().parse_args(arguments)
        command: Callable[[Namespace], int] = import_module(f"caw_dagster.commands.{parsed.command}").main
        return command(parsed)
    except SettingsError as wrong:
        print(printable_lines(f"caw: {wrong}"), file=sys.stderr)
        return USAGE_ERROR
    except OSError as refused:
        print(printable_lines(f"caw: {explained(str(refused), refused)}"), file=sys.stderr)
        return FAILED
    except (KeyboardInterrupt, RuntimeError) as ended:
        if not is_interrupt(ended):
            raise
        print("caw: interrupted; the next run takes up what this one left", file=sys.stderr)
        return INTERRUPTED


def script() -> NoReturn:
    """The command `caw` as a process of its own."""
    sys.exit(ending_at_once(main))


def parser() -> ArgumentParser:
    """Every command and its arguments."""
    whole = Parser(prog="caw", description="Customer Agent Warehouse: from conversation logs to tested marts.")
    whole.add_argument("--version", action="version", version=f"caw {package_version()}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    _add_init(commands.add_parser("init", help="make a folder of your own: seeds, segments, models, settings"))
    _add_run(commands.add_parser("run", help="take in what has landed, build, test and publish"))
    _add_ingest(commands.add_parser("ingest", help="take in what has landed, and build nothing"))
    _add_pull(commands.add_parser("pull", help="ask vendors' APIs for what is new, and land it"))
    _add_ui(commands.add_parser("ui", help="open the Dagster UI and keep the warehouse fresh"))
    _add_explain(commands.add_parser("explain", help="follow one shopper from log line to verdict"))
    _add_doctor(commands.add_parser("doctor", help="say whether data is flowing and whether anything needs a person"))
    _add_report(commands.add_parser("report", help="write the report page for people"))
    _add_dashboard(commands.add_parser("dashboard", help="write the dashboard for Superset as a file to import"))
    _add_docs(commands.add_parser("docs", help="write dbt's documentation of the models as one file"))
    _add_erase(commands.add_parser("erase", help="land a request to forget a person"))
    _add_compact(commands.add_parser("compact", help="rewrite the raw store's many small files as fewer ones"))
    _add_export(commands.add_parser("export", help="copy the published tables into Postgres"))
    _add_generate(commands.add_parser("generate", help="write made-up logs of any size, for trying things out"))
    whole.commands = commands.choices
    return whole


def _add_init(command: ArgumentParser) -> None:
    command.description = "A folder with all that a team may change; what is there already is left alone."
    command.add_argument(
        "directory", metavar="DIR", help="the folder, e.g. my-warehouse, or . after a clone or an upgrade"
    )
    command.set_defaults(command="init")


def _add_run(command: ArgumentParser) -> None:
    command.description = "One whole refresh: the job that the schedule and the sensor launch, in this process."
    _add_folders(command)
    command.add_argument("--as-of", metavar="INSTANT", help="the run's instant, ISO 8601, not in the future (now)")
    command.add_argument("--full-refresh", action="store_true", help="rebuild every table from the raw store")
    command.add_argument(
        "--engine",
        metavar="ENGINE",
        help=f"what the models run on, {' or '.join(ENGINES)} (CAW_ENGINE, or the data dir's, or {DUCKDB})",
    )
    command.set_defaults(command="run")


def _add_ingest(command: ArgumentParser) -> None:
    command.description = (
        "A batch of what is new in the landing zone; the next run builds from it. Several at once, each with sources "
        "of its own, read and check at the same time."
    )
    _add_folders(command)
    command.add_argument(
        "--source",
        metavar="SOURCE",
        action="append",
        default=[],
        help="an account or brand to take in; repeatable (all)",
    )
    command.set_defaults(command="ingest")


def _add_pull(command: ArgumentParser) -> None:
    command.description = (
        "Asks once for every row of pulls.csv, with the keys in the environment, and lands what is new; the next run "
        "takes it in."
    )
    _add_folders(command)
    command.add_argument("--source", metavar="SOURCE", help="the account or brand to pull for (all)")
    command.add_argument("--feed", metavar="FEED", help="the feed to pull (all)")
    command.add_argument(
        "--rescan",
        action="store_true",
        help="ask as far back as rescan_days says, which is done once a day anyway; a catalogue whole",
    )
    command.set_defaults(command="pull")


def _add_ui(command: ArgumentParser) -> None:
    command.description = "Serve the Dagster UI, with the schedule and the sensor running; Ctrl-C ends both."
    _add_folders(command)
    command.add_argument("--host", default=DEFAULT_HOST, help=f"address to bind ({DEFAULT_HOST})")
    command.add_argument("--port", default=DEFAULT_PORT, type=int, help=f"port ({DEFAULT_PORT})")
    command.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a further name under which browsers reach the UI, as behind a proxy; repeatable (loopback only)",
    )
    command.set_defaults(command="ui")


def _add_explain(command: ArgumentParser) -> None:
    command.description = "A shopper's records with their landed lines, and every gate's verdict on each trigger."
    command.add_argument(
        "profile", metavar="PROFILE", type=identifier, help="a profile_id, e-mail address or phone number"
    )
    command.add_argument("--source", metavar="SOURCE", help="the account or brand to look in (all)")
    command.add_argument("--policy", metavar="POLICY", help="the retargeting policy to show (all)")
    _add_folders(command)
    command.set_defaults(command="explain")


def _add_doctor(command: ArgumentParser) -> None:
    command.description = (
        "Metrics and diagnosis of each source, failed files, the last run; exit code 1 if a person is needed."
    )
    _add_folders(command)
    command.add_argument(
        "--send-test", action="store_true", help="land a test conversation and follow it through a run"
    )
    command.add_argument(
        "--source", metavar="SOURCE", help="the account or brand to show (all); with --send-test, to land it in"
    )
    command.add_argument(
        "--max-age",
        metavar="HOURS",
        type=float,
        help="how old what is published may be before it needs a person (2)",
    )
    command.set_defaults(command="doctor")


def _add_report(command: ArgumentParser) -> None:
    command.description = "Write the report page again, from what is published; nothing is built."
    command.add_argument("--source", metavar="SOURCE", help="the account or brand (all)")
    command.add_argument("--days", metavar="N", type=int, default=DAYS, help=f"whole days, until yesterday ({DAYS})")
    command.add_argument("--out", metavar="FILE", help="where to write it (published/report/ in the data dir)")
    _add_folders(command)
    command.set_defaults(command="report")


def _add_dashboard(command: ArgumentParser) -> None:
    command.description = "A zip of datasets, charts and a dashboard, for `superset import-dashboards -p FILE -u USER`."
    command.add_argument("to", metavar="superset", choices=["superset"], help="for which tool")
    command.add_argument(
        "--uri",
        metavar="URI",
        help="where Superset finds the published marts, such as duckdb:////srv/caw/data/published/marts.duckdb "
        "(those of the data dir)",
    )
    command.add_argument(
        "--out", metavar="FILE", default="caw-superset.zip", help="a new file to write (caw-superset.zip)"
    )
    _add_folders(command)
    command.set_defaults(command="dashboard")


def _add_docs(command: ArgumentParser) -> None:
    command.description = "dbt's documentation: models, columns, tests and lineage. Opens without a server."
    command.add_argument("--out", metavar="FILE", default="caw-docs.html", help="where to write it (caw-docs.html)")
    _add_folders(command)
    command.set_defaults(command="docs")


def _add_erase(command: ArgumentParser) -> None:
    command.description = "Land a request; from the next run on the person is forgotten, in all that caw keeps."
    command.add_argument("--email", metavar="ADDRESS", type=identifier, help="an address that the person has or had")
    command.add_argument(
        "--phone", metavar="NUMBER", type=identifier, help="a telephone number that the person has or had"
    )
    command.add_argument("--profile", metavar="PROFILE_ID", type=identifier, help="a profile_id of the person")
    command.add_argument("--source", metavar="SOURCE", help="the account or brand to forget in (all that have landed)")
    _add_folders(command)
    command.set_defaults(command="erase")


def _add_compact(command: ArgumentParser) -> None:
    command.description = "Rewrite the raw store's small files as fewer ones, with the same lines. It waits for a run."
    _add_folders(command)
    command.set_defaults(command="compact")


def _add_export(command: ArgumentParser) -> None:
    command.description = "The published tables in Postgres: all of them in one transaction, in schemas of their own."
    command.add_argument("to", metavar="postgres", choices=["postgres"], help="what to copy them into")
    command.add_argument("--url-env", metavar="NAME", required=True, help="the environment variable with its URL")
    command.add_argument("--schema-prefix", metavar="P", default="caw_", help="begins schemas' names (as caw_events)")
    _add_folders(command)
    command.set_defaults(command="export")


def _add_generate(command: ArgumentParser) -> None:
    command.description = (
        "Generated logs of all feeds that end now, or at --until: with it, the same bytes for the same arguments. "
        "Existing files are kept."
    )
    command.add_argument("directory", metavar="DIR", help="the landing zone to write into")
    command.add_argument("--conversations", metavar="N", type=int, default=1000, help="how many (1000)")
    command.add_argument("--days", metavar="D", type=int, default=30, help="over how many days (30)")
    command.add_argument(
        "--until", metavar="INSTANT", help="where the logs end, ISO 8601, not in the future (now); the report names it"
    )
    command.add_argument("--seed", metavar="S", type=int, default=1, help="a number: another one makes other logs (1)")
    command.set_defaults(command="generate")


def _add_folders(command: ArgumentParser) -> None:
    """The same for every command, so that a line can be called back and its verb changed."""
    command.add_argument("--landing", metavar="DIR", help="the landing zone (CAW_LANDING_DIR, or landing/)")
    command.add_argument("--data-dir", metavar="DIR", help="the folder of all that caw stores (CAW_DATA_DIR, or data/)")


if __name__ == "__main__":
    script()
