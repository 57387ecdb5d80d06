"""seeds/sample: what write_sample writes, small, with the formats and the dirt that it promises."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from generator import write_sample
from generator.odd_files import EXPECTED_REJECTS, UNKNOWN_FEED_FILE

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "seeds" / "sample"
MOST_BYTES = 1_500_000


def contents(directory: Path) -> dict[str, bytes]:
    """Every file by path; compressed ones unpacked, as the packed bytes depend on the zlib at hand."""
    found = {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
    return {path: gzip.decompress(data) if path.endswith(".gz") else data for path, data in found.items()}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    write_sample(directory)
    return directory


def test_the_sample_folder_is_what_the_generator_writes(fresh: Path) -> None:
    """A sample edited by hand, or a generator changed without it, would tell another story than the documented one."""
    assert contents(SAMPLE) == contents(fresh)


def test_the_sample_is_small(fresh: Path) -> None:
    """It travels with every clone."""
    assert sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file()) < MOST_BYTES


def test_the_sample_is_never_written_over_something_else(fresh: Path) -> None:
    """A wrong path must not cost anybody a file."""
    with pytest.raises(FileExistsError, match="is not empty"):
        write_sample(fresh)


def test_the_sample_has_every_format_that_it_promises(fresh: Path) -> None:
    """The summary of the first run shows a format only if a file has it."""
    assert {"".join(Path(path).suffixes) for path in contents(fresh)} == {
        ".jsonl",
        ".jsonl.gz",
        ".json",
        ".csv",
        ".csv.gz",
    }
    assert UNKNOWN_FEED_FILE in contents(fresh)


def test_the_dirt_has_each_kind_of_refusal(fresh: Path) -> None:
    """Each reason of spec §2.1.3 but too_large, which would cost a megabyte."""
    reasons = Counter(reject.reason for reject in EXPECTED_REJECTS)
    assert set(reasons) == {
        "not_utf8",
        "not_json",
        "not_an_object",
        "missing_field",
        "bad_value",
        "conflicting_duplicate",
    }
    for reject in EXPECTED_REJECTS:
        lines = contents(fresh)[reject.file_path].splitlines()
        assert 0 < reject.line_number <= len(lines)


def test_only_the_listed_lines_break_json(fresh: Path) -> None:
    """A mistake outside the list would be a surprise in everybody's first run."""
    listed = {(reject.file_path, reject.line_number) for reject in EXPECTED_REJECTS}
    broken = set()
    for path, data in contents(fresh).items():
        if ".jsonl" in path:
            for number, line in enumerate(data.splitlines(), start=1):
                try:
                    json.loads(line) if line else None
                except ValueError:
                    broken.add((path, number))
    assert broken
    assert broken <= listed
