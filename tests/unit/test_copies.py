"""What commands wrote elsewhere, and which of it holds somebody who was forgotten since."""

import stat
from pathlib import Path

import pytest

from caw.publication.copies import FOLDER, copies_to_write_again, outdating_copies, remembered_copy

FIRST = ["caw", "export", "postgres", "--schema-prefix=a b"]
SECOND = ["caw", "report", "--out", "/x"]
LINES = ["Write again caw export postgres '--schema-prefix=a b'", "Write again caw report --out /x"]


def write(state: Path, command: list[str]) -> None:
    with remembered_copy(state, command):
        pass


def forget(state: Path) -> list[str]:
    with outdating_copies(state):
        pass
    return list(copies_to_write_again(state))


def test_a_publication_that_forgets_asks_for_every_copy_until_it_is_written_again(tmp_path: Path) -> None:
    """A database keeps a forgotten person because nobody knows of it any more."""
    write(tmp_path, FIRST)
    write(tmp_path, SECOND)
    assert list(copies_to_write_again(tmp_path)) == []
    assert forget(tmp_path) == LINES and forget(tmp_path) == LINES
    write(tmp_path, FIRST)
    assert list(copies_to_write_again(tmp_path)) == LINES[1:]
    assert {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / FOLDER).iterdir()} == {0o600}


def test_a_copy_that_was_at_work_while_the_file_was_replaced_is_outdated(tmp_path: Path) -> None:
    """It may have read the file that had the person, and ended after it was gone."""
    with remembered_copy(tmp_path, FIRST):
        assert forget(tmp_path) == LINES[:1]
    assert list(copies_to_write_again(tmp_path)) == LINES[:1]
    with outdating_copies(tmp_path):
        write(tmp_path, FIRST)
        assert list(copies_to_write_again(tmp_path)) == []
    assert list(copies_to_write_again(tmp_path)) == LINES[:1]


def test_a_copy_that_failed_is_not_remembered_and_one_from_before_stays(tmp_path: Path) -> None:
    with pytest.raises(ValueError), remembered_copy(tmp_path, FIRST):
        raise ValueError
    assert forget(tmp_path) == []
    write(tmp_path, FIRST)
    forget(tmp_path)
    with pytest.raises(ValueError), remembered_copy(tmp_path, FIRST):
        raise ValueError
    assert list(copies_to_write_again(tmp_path)) == LINES[:1]


def test_who_may_not_write_the_data_dir_writes_a_copy_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("no folder")
    with remembered_copy(tmp_path / "state", FIRST):
        pass
    assert "an erasure will not name this copy" in capsys.readouterr().err
