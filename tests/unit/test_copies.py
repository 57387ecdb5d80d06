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


def test_a_copy_that_failed_during_an_erasure_is_not_asked_for(tmp_path: Path) -> None:
    """No run stops to say "Write again", of a copy that nobody has."""
    with pytest.raises(ValueError), remembered_copy(tmp_path, FIRST):
        forget(tmp_path)
        raise ValueError
    assert list(copies_to_write_again(tmp_path)) == [] == forget(tmp_path)


@pytest.mark.parametrize("is_outdated", [True, False])
def test_a_copy_from_before_is_asked_for_though_another_attempt_fails_during_the_erasure(
    tmp_path: Path, is_outdated: bool
) -> None:
    write(tmp_path, FIRST)
    if is_outdated:
        forget(tmp_path)
    with pytest.raises(ValueError), remembered_copy(tmp_path, FIRST):
        forget(tmp_path)
        raise ValueError
    assert list(copies_to_write_again(tmp_path)) == LINES[:1]


@pytest.mark.parametrize("between", [[], LINES[:1]])
def test_a_copy_stays_known_though_the_same_command_begun_before_it_fails_later(
    tmp_path: Path, between: list[str]
) -> None:
    """The one that fails found no file, and takes away the other's: an erasure would not name the copy."""
    with pytest.raises(ValueError), remembered_copy(tmp_path, FIRST):
        assert not between or forget(tmp_path) == between
        write(tmp_path, FIRST)
        raise ValueError
    assert list(copies_to_write_again(tmp_path)) == []
    assert forget(tmp_path) == LINES[:1]


def test_who_may_not_write_the_data_dir_writes_a_copy_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("no folder")
    with remembered_copy(tmp_path / "state", FIRST):
        pass
    assert "an erasure will not name this copy" in capsys.readouterr().err


def test_who_may_not_look_into_the_data_dir_writes_a_copy_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader of the published file alone got a traceback: a state dir of the owner's cannot be asked for a file."""
    with remembered_copy(tmp_path / ("n" * 300), FIRST):  # as little to be looked at, also for root
        pass
    assert "an erasure will not name this copy" in capsys.readouterr().err


def test_a_path_that_is_no_utf_8_is_remembered(tmp_path: Path) -> None:
    write(tmp_path, ["caw", "report", "--out", "/x/\udcff"])
    assert forget(tmp_path) == ["Write again caw report --out '/x/\N{REPLACEMENT CHARACTER}'"]


def test_a_copy_stays_known_though_the_same_command_begun_at_once_fails(tmp_path: Path) -> None:
    """Both find no file, the second one fails and takes away what the first one wrote."""
    with remembered_copy(tmp_path, FIRST):
        next((tmp_path / FOLDER).iterdir()).unlink()
    assert list(copies_to_write_again(tmp_path)) == LINES[:1]


def test_a_copy_that_fails_while_copies_are_outdated_does_not_stop_the_publication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure must not fail because a report did."""
    write(tmp_path, FIRST)
    found = list((tmp_path / FOLDER).iterdir())
    found[0].unlink()
    monkeypatch.setattr(Path, "glob", lambda *_: iter(found))
    assert forget(tmp_path) == []
