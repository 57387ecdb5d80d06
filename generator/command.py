"""`caw generate`, once its arguments are parsed: generate, show progress, report."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from generator.logs import DEFAULT_SOURCES, GenerateReport, Progress, generate

BAR_WIDTH = 30
REFRESH_SECONDS = 0.1  # more often than a person sees only costs time
MIB = 1024 * 1024
EXIT_USAGE = 2  # a mistake in the arguments, as argparse has it


def progress_bar(stream: TextIO) -> Progress | None:
    """A bar on `stream`; None where that is no terminal."""
    if not stream.isatty():
        return None
    shown_at = 0.0

    def show(done: int, total: int) -> None:
        nonlocal shown_at
        if done < total and time.monotonic() - shown_at < REFRESH_SECONDS:
            return
        shown_at = time.monotonic()
        share = done / total if total else 1.0
        bar = ("#" * int(share * BAR_WIDTH)).ljust(BAR_WIDTH, ".")
        end = "\n" if done >= total else ""
        stream.write(f"\r[{bar}] {share:4.0%}  {done:,} of {total:,} conversations{end}")
        stream.flush()

    return show


def summary(report: GenerateReport, until: datetime) -> str:
    """Two lines for people."""
    feeds = ", ".join(f"{count:,} {feed}" for feed, count in sorted(report.records.items()))
    return (
        f"{report.directory}: {report.conversations:,} conversations until {until.astimezone(UTC).isoformat()} "
        f"in {report.files:,} files, {report.bytes_written / MIB:,.1f} MiB, "
        f"{report.records_per_second:,.0f} records/s\n{feeds}"
    )


def run(
    directory: Path,
    conversations: int,
    days: int,
    seed: int,
    until: datetime,
    sources: Sequence[str] = DEFAULT_SOURCES,
) -> int:
    """Generate a log that ends at `until` and say what was written; returns the exit code."""
    try:
        report = generate(directory, conversations, days, seed, until, sources, progress_bar(sys.stderr))
    except (ValueError, OSError) as error:
        print(f"caw generate: {error}", file=sys.stderr)
        return EXIT_USAGE
    print(summary(report, until))
    return 0
