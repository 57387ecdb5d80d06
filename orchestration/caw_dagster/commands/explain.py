"""`caw explain`: one shopper's records, and each gate's verdict on each trigger with what decided it."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

import duckdb

from caw.explain.absent_feeds import absent_feeds
from caw.explain.gates import gates_of, latest_of, policies, triggers_of
from caw.explain.page import person_page
from caw.explain.people import people, sources_of, without_profiles
from caw.explain.records import sections
from caw.host.printable import printable_lines, terminal_width, wrapped
from caw.settings import SettingsError, read_settings
from caw.warehouse import ReadingError, open_warehouse
from caw_dagster.dbt.state import read_built

FAILED = 1
RULE = "\n\n" + "-" * 80 + "\n\n"


class UnknownProfileError(Exception):
    """No profile matches; the message says which sources were searched."""


def main(arguments: Namespace) -> int:
    """Print the page of each source where the profile is known; the exit code.

    Raises:
        SettingsError: there is no warehouse, or no such source or policy.
    """
    settings = read_settings(data_dir=arguments.data_dir)
    try:
        with open_warehouse(settings, "explain") as connection:
            pages = _pages(connection, arguments.profile, arguments.source, arguments.policy)
    except (ReadingError, UnknownProfileError) as wrong:
        print(printable_lines(f"caw: {wrong}"), file=sys.stderr)
        return FAILED
    except (duckdb.CatalogException, duckdb.BinderException):
        print(
            "caw: the warehouse lacks tables or columns, as an older version built it or its first build failed: "
            "run `caw run`.",
            file=sys.stderr,
        )
        return FAILED
    built = read_built(settings.state_dir)
    if built is None or not built.complete:
        print("caw: the last build did not end well, so that some of this may be older than the rest", file=sys.stderr)
    _write(wrapped(RULE.join(pages), terminal_width()))
    return 0


def _pages(
    connection: duckdb.DuckDBPyConnection, profile: str, source: str | None, policy: str | None
) -> Sequence[str]:
    _check("--source", source, sources_of(connection))
    _check("--policy", policy, policies(connection))
    found = [person for person in people(connection, profile) if source in (None, person.source)]
    if not found:
        searched = [source] if source else sources_of(connection)
        where = ", ".join(searched) or "no source, as none has landed"
        nameless = ", ".join(without_profiles(connection, searched))
        hint = (
            f" There are no profiles of {nameless}, so that only a profile_id finds somebody there." if nameless else ""
        )
        raise UnknownProfileError(
            f"no profile {profile!r} in {where}: give a profile_id, e-mail address or phone number.{hint}"
        )
    as_of = connection.execute("select cast(as_of at time zone 'UTC' as varchar) from intermediate.int_run").fetchone()
    pages = []
    for person in found:
        triggers = [each for each in triggers_of(connection, person) if policy in (None, each.policy_id)]
        of_policies = latest_of(triggers).values()
        shown = [trigger for _, latest in of_policies for trigger in latest]
        gates = gates_of(connection, shown, absent_feeds(connection, person.source))
        verdicts = [(earlier, [(trigger, gates[trigger.key]) for trigger in latest]) for earlier, latest in of_policies]
        pages.append(person_page(person, as_of[0] if as_of else "?", sections(connection, person), verdicts))
    return pages


def _check(option: str, given: str | None, known: Sequence[str]) -> None:
    if given is not None and given not in known:
        raise SettingsError(f"{option} {given!r} is not known: the warehouse has {', '.join(known) or 'none'}.")


def _write(text: str) -> None:
    """Print; a reader that closes the pipe early, like head, is no failure."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
