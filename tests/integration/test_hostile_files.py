"""No file takes more than a fixed memory, whatever it is made of; each is refused, or loaded, for a reason."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.hostile_files import BOMBS, DOCUMENTS, LINES, MANY_LINES, TRANSCRIPTS, Hostile
from tests.support.measured_ingestion import measure

MIB = 1024 * 1024
MOST_MEMORY = 512 * MIB
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the memory of a process is read in /proc")


def assert_taken_in(
    tmp_path: Path, files: Sequence[tuple[Hostile, int]], unpacked: int | None = None, feed: str = "consents"
) -> None:
    """Land files that stand for so many bytes, take them in, and see what became of each, and of the memory.

    In a feed whose files may lack columns, so that none fails for that.
    """
    folder = tmp_path / "landing" / "acme" / feed
    folder.mkdir(parents=True)
    for file, size in files:
        file.write(folder / file.name, size)
    found = measure(tmp_path / "landing", tmp_path / "data", unpacked)
    for file, _ in files:
        path = f"acme/{feed}/{file.name}"
        status, lines, error = found.files[path]
        assert (status, file.words in error) == (file.status, True), (path, status, error)
        assert (lines > 0) == (status == "loaded"), path
        if file.rejections is not None:
            assert tuple(found.rejections[path]) == file.rejections, path
    assert found.peak <= MOST_MEMORY, f"{found.peak / MIB:.0f} MiB"


@pytest.mark.parametrize(
    ("files", "size"),
    [(LINES, 100_000_000), *(([file], 18_000_000) for file in MANY_LINES), (DOCUMENTS[:1], 5_000_000)],
    ids=lambda value: value[0].name if isinstance(value, Sequence) else "",
)
def test_files_that_stand_for_far_more_than_their_bytes_stay_within_a_fixed_memory(
    tmp_path: Path, files: Sequence[Hostile], size: int
) -> None:
    """One file takes the machine down, and with it every run after this one.

    Those of one line each in one run: if all stay within the memory, each does.
    """
    assert_taken_in(tmp_path, [(file, size) for file in files])


def test_files_that_unpack_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    """A few kilobytes fill the disk."""
    assert_taken_in(tmp_path, [(file, 20_000_000) for file in BOMBS], unpacked=10_000_000)


@pytest.mark.soak
def test_transcripts_of_very_many_messages_stay_within_a_fixed_memory(tmp_path: Path) -> None:
    """What a transcript is expanded to is held for all transcripts of a batch."""
    assert_taken_in(tmp_path, [(TRANSCRIPTS, 12_000_000)], feed="chat_transcripts")


@pytest.mark.soak
@pytest.mark.parametrize("file", LINES, ids=lambda file: file.name)
def test_a_line_or_row_of_two_gigabytes_stays_within_a_fixed_memory(tmp_path: Path, file: Hostile) -> None:
    """As above, at full size, one by one."""
    assert_taken_in(tmp_path, [(file, 2_000_000_000)])


@pytest.mark.soak
@pytest.mark.parametrize("file", [*MANY_LINES, *DOCUMENTS], ids=lambda file: file.name)
def test_the_densest_files_stay_within_a_fixed_memory(tmp_path: Path, file: Hostile) -> None:
    """Many lines, and the largest documents that there may be."""
    assert_taken_in(tmp_path, [(file, 64_000_000)])


@pytest.mark.soak
@pytest.mark.parametrize("file", BOMBS, ids=lambda file: file.name)
def test_a_bomb_of_many_gigabytes_is_refused(tmp_path: Path, file: Hostile) -> None:
    """As above, with what a person would set."""
    assert_taken_in(tmp_path, [(file, 6_000_000_000)], unpacked=2_000_000_000)
