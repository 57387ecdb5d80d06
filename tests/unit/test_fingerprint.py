"""The landing zone's fingerprint: changes when a file could be new, and only then."""

import errno
import os
from pathlib import Path

import pytest

from caw.landing.fingerprint import landing_fingerprint, save_fingerprint, saved_fingerprint


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing" / "acme" / "orders"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("{}")
    return tmp_path / "landing"


def test_looking_again_changes_nothing(landing: Path) -> None:
    assert landing_fingerprint(landing) == landing_fingerprint(landing)


def test_new_changed_and_renamed_files_show(landing: Path) -> None:
    file = landing / "acme" / "orders" / "a.jsonl"
    seen = {landing_fingerprint(landing)}
    file.write_text("[]")  # the same size
    seen.add(landing_fingerprint(landing))
    file.rename(file.with_name("b.jsonl"))
    seen.add(landing_fingerprint(landing))
    (landing / "acme" / "c.jsonl").write_text("")
    seen.add(landing_fingerprint(landing))
    assert len(seen) == 4


def test_a_file_whose_time_was_set_back_shows(landing: Path) -> None:
    """Copies that keep the original's time are how many logs arrive."""
    file = landing / "acme" / "orders" / "a.jsonl"
    before, stat = landing_fingerprint(landing), file.stat()
    file.write_text("[]")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert landing_fingerprint(landing) != before


@pytest.mark.parametrize("name", [".a.jsonl", "_a.jsonl", "a.tmp", "a.part", "a.jsonl.inprogress", "_x/a.jsonl"])
def test_files_on_their_way_do_not_show(landing: Path, name: str) -> None:
    before = landing_fingerprint(landing)
    path = landing / "acme" / "orders" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    assert landing_fingerprint(landing) == before


def test_broken_links_and_names_that_are_no_utf_8_show(landing: Path) -> None:
    """A run says that the link cannot be read: its file may be one of consents."""
    seen = {landing_fingerprint(landing)}
    (landing / "broken").symlink_to(landing / "nowhere")
    seen.add(landing_fingerprint(landing))
    (landing / os.fsdecode(b"\xff.jsonl")).write_text("{}")
    seen.add(landing_fingerprint(landing))
    assert len(seen) == 3
    assert landing_fingerprint(landing) in seen


def test_a_folder_that_cannot_be_listed_shows(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run says so, whether or not anything was known to be in it."""
    closed = landing / "acme" / "consents"
    closed.mkdir()
    before, listed = landing_fingerprint(landing), os.scandir

    def scandir(folder: str) -> object:
        if folder == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert landing_fingerprint(landing) != before


def test_what_was_taken_in_is_remembered(tmp_path: Path) -> None:
    assert saved_fingerprint(tmp_path) is None
    save_fingerprint(tmp_path, "one")
    save_fingerprint(tmp_path, "two")
    assert saved_fingerprint(tmp_path) == "two"
