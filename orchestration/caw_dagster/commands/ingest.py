"""`caw ingest`: a batch of what has landed, of all sources or of some; it builds nothing (spec §14.5)."""

from argparse import Namespace
from collections.abc import Sequence

from caw.adapters.registry import check_all_seeds
from caw.erasure.run import finish_erasure
from caw.feeds.declared import SEEDS_DIR
from caw.host import clock
from caw.host.locks import LOCK, Holder, exclusive, say_waiting
from caw.host.permissions import private_files
from caw.ingest.commit import BatchResult
from caw.ingest.ingestion import Intake, ingest_all
from caw.ingest.worker import ingest_sources
from caw.landing.scan import SOURCE_NAME
from caw.settings import Settings, SettingsError, check_folders, read_settings


def main(arguments: Namespace) -> int:
    """Ingest and print the result; the exit code.

    Raises:
        SettingsError: before anything is touched.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    sources = sorted(set(arguments.source))
    _check_sources(settings, sources)
    check_folders(settings)
    check_all_seeds(settings)
    with private_files():
        result = _ingested(settings, sources)
    failed = sum(file.status == "failed" for file in (*result.files, *result.unreadable))
    print(f"Ingested    {', '.join(sources) or 'all sources'}: {result}")
    if failed:
        print(f"Failed      {failed:,} files; `caw doctor` names them after the next run")
    print("Built       nothing: the next `caw run` builds from it")
    return 0


def _ingested(settings: Settings, sources: Sequence[str]) -> BatchResult:
    holder = Holder.now("ingest")
    intake = Intake(
        settings.landing_dir,
        settings.data_dir,
        ingested_at=clock.now(),
        limits=settings.limits,
        seeds=settings.seeds_dir or SEEDS_DIR,
        threads=settings.threads,
        sources=sources or None,
    )
    if sources:
        return ingest_sources(intake, settings, holder, say_waiting)
    with exclusive(settings.state_dir / LOCK, holder, say_waiting):
        finish_erasure(settings)
        return ingest_all(intake, settings.store().objects)


def _check_sources(settings: Settings, sources: Sequence[str]) -> None:
    for source in sources:
        if not SOURCE_NAME.fullmatch(source):
            raise SettingsError(f"--source {source!r} is no source: one is written in a-z, 0-9 and _, like acme_us.")
        if not (settings.landing_dir / source).is_dir():
            raise SettingsError(
                f"--source {source!r} has no folder in {settings.landing_dir}: check the spelling, or create it."
            )
