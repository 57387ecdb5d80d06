"""Ingestion in a process of its own, and the most memory that it took; run as a module, see `measure`."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR

PEAK = "VmHWM:"  # kB; what getrusage gives a new process also counts the one that started it


@dataclass(frozen=True)
class Measured:
    """What ingestion made of a landing zone.

    Attributes:
        files: path -> (status, lines, error) of each file.
        rejections: path -> what is wrong with its lines, in order; None for one without. Only of files of a few lines.
        peak: bytes of memory at the highest.
    """

    files: dict[str, tuple[str, int, str]]
    rejections: dict[str, list[str | None]]
    peak: int


def measure(landing: Path, data_dir: Path, unpacked: int | None = None) -> Measured:
    """Take a landing zone in; raises AssertionError if that fails.

    Args:
        landing: the landing zone.
        data_dir: an empty folder, or none yet.
        unpacked: CAW_MAX_UNPACKED_BYTES; the default where it is None.
    """
    command = [sys.executable, "-m", "tests.support.measured_ingestion", str(landing), str(data_dir)]
    ended = subprocess.run(
        [*command, *([str(unpacked)] if unpacked else [])],
        capture_output=True,
        text=True,
        cwd=SEEDS_DIR.parent,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    return Measured({path: tuple(file) for path, file in found["files"].items()}, found["rejections"], found["peak"])


def _main(landing: Path, data_dir: Path, unpacked: int | None) -> None:
    import pyarrow.parquet as pq

    from caw.ingest.ingestion import ingest
    from caw.limits import DEFAULT_LIMITS, Limits

    limits = Limits(unpacked=unpacked) if unpacked else DEFAULT_LIMITS
    report = ingest(landing, data_dir, datetime.now(UTC), limits=limits)
    peak = _peak()
    few = {file.file_path for file in report.files if file.lines <= 10}
    rejections: dict[str, list[str | None]] = {}
    for part in sorted(data_dir.glob("raw/*/batch=00000001/*.parquet")):
        for row in pq.ParquetFile(part).read(columns=["file_path", "problem"]).to_pylist():
            if row["file_path"] in few:
                rejections.setdefault(row["file_path"], []).append(row["problem"])
    files = {
        file.file_path: (file.status, file.lines, file.error or "") for file in [*report.files, *report.unreadable]
    }
    print(json.dumps({"files": files, "rejections": rejections, "peak": peak}))


def _peak() -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(PEAK):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
