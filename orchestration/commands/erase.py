"""`caw erase`: lands a request to forget a person, as any other system may land one (contract, section 6)."""

import json
import uuid
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from orchestration.erasure.identifiers import normal
from orchestration.ingest.feeds import feeds
from orchestration.ingest.landing import SOURCE_NAME
from orchestration.settings import Settings, SettingsError, read_settings

FEED = "erasures"


def main(arguments: Namespace) -> int:
    """Land the request and say when it takes effect; the exit code.

    Raises:
        SettingsError: no identifier, one that cannot identify anybody, or no source to ask in.
    """
    settings = read_settings(landing=arguments.landing)
    identifiers = _identifiers(arguments)
    sources = _sources(settings, arguments.source)
    landed = [_land(settings.landing_dir, source, identifiers) for source in sources]
    for path in landed:
        print(f"Landed      {path}")
    print(f"Takes hold  with the next run, in {', '.join(sources)}: `caw run`, or the schedule's next tick")
    return 0


def _identifiers(arguments: Namespace) -> dict[str, str]:
    given = {"profile_id": arguments.profile, "email": arguments.email, "phone_number": arguments.phone}
    identifiers = {name: text for name, text in given.items() if text is not None}
    if not identifiers:
        raise SettingsError("Say whom to forget: --email, --phone or --profile, one at least.")
    kinds = {"profile_id": "profile_id", "email": "email", "phone_number": "phone"}
    for name, text in identifiers.items():
        if normal(kinds[name], text) is None:
            raise SettingsError(
                f"{text!r} identifies nobody: an e-mail address or profile_id must not be blank, and a telephone "
                "number needs 7 digits or more."
            )
    return identifiers


def _sources(settings: Settings, wanted: str | None) -> Sequence[str]:
    """The sources to ask in: the one that was named, else every one that has landed something."""
    if not settings.landing_dir.is_dir():
        raise SettingsError(
            f"There is no landing zone at {settings.landing_dir}: create that folder, or set --landing or "
            "CAW_LANDING_DIR."
        )
    if wanted is not None:
        if not SOURCE_NAME.fullmatch(wanted):
            raise SettingsError(f"--source {wanted!r} is no source: one is written in a-z, 0-9 and _, like acme_us.")
        return [wanted]
    found = sorted(
        folder.name
        for folder in settings.landing_dir.iterdir()
        if SOURCE_NAME.fullmatch(folder.name) and any((folder / feed).is_dir() for feed in feeds())
    )
    if not found:
        raise SettingsError(f"Nothing has landed in {settings.landing_dir} yet: name the account with --source.")
    return found


def _land(landing: Path, source: str, identifiers: dict[str, str]) -> Path:
    now = datetime.now(UTC)
    request_id = f"caw-erase-{uuid.uuid4().hex}"
    folder = landing / source / FEED
    record = {"request_id": request_id, "requested_at": now.isoformat(timespec="seconds"), **identifiers}
    path = folder / f"{request_id}.jsonl"
    draft = path.with_name(f".{path.name}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as refused:
        raise SettingsError(
            f"The request cannot be landed in {folder} ({refused.strerror}): give this user the right to write there."
        ) from refused
    return path
