"""`caw erase`: lands a request to forget a person, as any other system may land one (spec §6.1).

It is stricter than the feed: an identifier that a person mistyped is refused here rather than landed for nobody.
"""

import json
import re
import uuid
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from caw.erasure.identifiers import normal
from caw.explain.people import Person, people
from caw.feeds.declared import ERASURES, SEEDS_DIR, feeds
from caw.host import atomic
from caw.host.printable import printable
from caw.landing.scan import SOURCE_NAME
from caw.settings import Settings, SettingsError, read_settings
from caw.warehouse import ReadingError, open_warehouse
from caw_dagster.commands.command_lines import command_line

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def main(arguments: Namespace) -> int:
    """Land the request and say when it takes effect; the exit code.

    Raises:
        SettingsError: no identifier, one that cannot identify anybody, or no source to ask in.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    identifiers = _identifiers(arguments, settings.seeds_dir or SEEDS_DIR)
    sources = _sources(settings, arguments.source)
    for path in [_land(settings.landing_dir, source, identifiers) for source in sources]:
        print(printable(f"Landed      {path}"), flush=True)
    print(f"Finds       {_shown(_found(settings, sources, identifiers))}")
    print(f"In effect   from the next run on this data, in {', '.join(sources)}: the schedule's, or")
    print(printable(f"            {command_line(settings, 'run')}"))
    return 0


def _found(settings: Settings, sources: Sequence[str], identifiers: dict[str, str]) -> Sequence[Person] | None:
    """The profiles that have one of the identifiers as of the last run; None where there is no warehouse to look in."""
    try:
        with open_warehouse(settings, "erase") as connection:
            found = {person for text in identifiers.values() for person in people(connection, text)}
    except (ReadingError, SettingsError, duckdb.Error):
        return None
    return [person for person in found if person.source in sources]


def _shown(found: Sequence[Person] | None) -> str:
    if found is None:
        return "no warehouse to look in yet: the next run says how many profiles are forgotten"
    counts = dict.fromkeys(sorted({person.source for person in found}), 0)
    for source, _ in {(person.source, person.profile_id) for person in found}:
        counts[source] += 1
    if not counts:
        return "no profile of the last run by it: check its spelling; lines that name the person go all the same"
    return ", ".join(f"{count} profile{'' if count == 1 else 's'} in {source}" for source, count in counts.items())


def _identifiers(arguments: Namespace, seeds: Path) -> dict[str, str]:
    given = {"profile_id": arguments.profile, "email": arguments.email, "phone_number": arguments.phone}
    identifiers = {name: text for name, text in given.items() if text is not None}
    if not identifiers:
        raise SettingsError("Name the person to forget: --email, --phone or --profile, one at least.")
    kinds = {"profile_id": "profile_id", "email": "email", "phone_number": "phone"}
    for name, text in identifiers.items():
        if normal(kinds[name], text, seeds) is None:
            raise SettingsError(
                f"{text!r} identifies nobody: an e-mail address or profile_id must not be blank, and a telephone "
                "number needs 7 digits or more."
            )
    if (address := identifiers.get("email")) is not None and not ADDRESS.fullmatch(address.strip()):
        raise SettingsError(f"{address!r} is not an e-mail address: one has an @ with something on both sides of it.")
    return identifiers


def _sources(settings: Settings, wanted: str | None) -> Sequence[str]:
    """The sources to land the request in: the one that was named, else every one of which something has landed."""
    if not settings.landing_dir.is_dir():
        raise SettingsError(
            f"There is no landing zone at {settings.landing_dir}: create that folder, or set --landing or "
            "CAW_LANDING_DIR."
        )
    if wanted is not None and not SOURCE_NAME.fullmatch(wanted):
        raise SettingsError(f"--source {wanted!r} is no source: one is written in a-z, 0-9 and _, like acme_us.")
    found = sorted({*_landing(settings.landing_dir), *_taken_in(settings)})
    if not found:
        raise SettingsError(
            f"Nothing has landed in {settings.landing_dir} yet, so there is nobody to forget: set --landing or "
            "CAW_LANDING_DIR if that is the wrong folder."
        )
    if wanted is not None and wanted not in found:
        raise SettingsError(
            f"--source {wanted!r} has landed nothing, so there is nobody to forget in it: the sources are "
            f"{', '.join(found)}."
        )
    return found if wanted is None else [wanted]


def _landing(landing: Path) -> set[str]:
    return {
        folder.name
        for folder in landing.iterdir()
        if SOURCE_NAME.fullmatch(folder.name) and any((folder / feed).is_dir() for feed in feeds())
    }


def _taken_in(settings: Settings) -> set[str]:
    """Sources of the raw store; their files may have been removed from the landing zone."""
    store = settings.store()
    return set(store.ledger_rows(["source"])["source"].to_pylist()) - {None} if store.ledgers() else set()


def _land(landing: Path, source: str, identifiers: dict[str, str]) -> Path:
    now = datetime.now(UTC)
    request_id = f"caw-erase-{uuid.uuid4().hex}"
    folder = landing / source / ERASURES
    if any(place.is_symlink() for place in (folder.parent, folder)):
        raise SettingsError(
            f"{folder} is reached by a link, which a run does not follow: put the folder itself into the landing zone."
        )
    record = {"request_id": request_id, "requested_at": now.isoformat(timespec="seconds"), **identifiers}
    path = folder / f"{request_id}.jsonl"
    try:
        atomic.write(path, json.dumps(record, ensure_ascii=False) + "\n", flush=False)
    except OSError as refused:
        raise SettingsError(
            f"The request cannot be landed in {folder} ({refused.strerror}): give this user the right to write there."
        ) from refused
    return path
