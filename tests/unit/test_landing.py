"""The landing zone: whose a file is, and which files are left alone (spec §1.1)."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caw.landing.fingerprint import landing_fingerprint
from caw.landing.misplaced import why_unknown
from caw.landing.scan import content_sha256, is_ignored, scan

DEEP = 1_200  # folders: more than Python's stack has frames


def put(landing: Path, *paths: str) -> None:
    for path in paths:
        file = landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"{}\n")


def owners(landing: Path) -> dict[str, tuple[str | None, str | None]]:
    return {file.file_path: (file.source, file.feed) for file in scan(landing)}


def test_source_and_feed_come_from_the_first_two_folders_however_deep_the_file_lies(tmp_path: Path) -> None:
    put(tmp_path, "acme_us/orders/x.jsonl", "acme_us/orders/2026/06/y.csv")
    assert owners(tmp_path) == {
        "acme_us/orders/x.jsonl": ("acme_us", "orders"),
        "acme_us/orders/2026/06/y.csv": ("acme_us", "orders"),
    }


def test_what_the_path_does_not_give_is_null(tmp_path: Path) -> None:
    put(tmp_path, "x.jsonl", "acme_us/x.jsonl", "acme_us/reviews/x.jsonl", "Acme-US/orders/x.jsonl")
    assert owners(tmp_path) == {
        "x.jsonl": (None, None),
        "acme_us/x.jsonl": ("acme_us", None),
        "acme_us/reviews/x.jsonl": ("acme_us", None),
        "Acme-US/orders/x.jsonl": (None, "orders"),
    }


@pytest.mark.parametrize("name", [".hidden", "_SUCCESS", "x.jsonl.tmp", "x.part", "x.csv.inprogress"])
def test_unfinished_and_hidden_names_are_ignored(name: str, tmp_path: Path) -> None:
    assert is_ignored(name)
    put(tmp_path, f"acme_us/orders/{name}")
    assert scan(tmp_path) == []


def test_a_folder_with_an_ignored_name_hides_what_is_in_it(tmp_path: Path) -> None:
    put(tmp_path, "acme_us/orders/_staging/x.jsonl", ".git/orders/x.jsonl")
    assert scan(tmp_path) == []


def test_the_file_that_dlt_begins_a_folder_with_is_ignored(tmp_path: Path) -> None:
    """Every delivery of dlt's shows files of an unknown feed; or a source of that name is not read."""
    put(tmp_path, "acme_us/orders/init", "acme_us/init", "init/orders/x.jsonl", "acme_us/orders/init.jsonl")
    assert [file.file_path for file in scan(tmp_path)] == ["acme_us/orders/init.jsonl", "init/orders/x.jsonl"]


def test_files_come_in_path_order_by_code_point(tmp_path: Path) -> None:
    put(
        tmp_path,
        "acme_us/orders/é.jsonl",
        "acme_us/orders/z.jsonl",
        "acme_us/orders/Z.jsonl",
        "acme_us/orders/10.jsonl",
    )
    assert [Path(file.file_path).name for file in scan(tmp_path)] == ["10.jsonl", "Z.jsonl", "z.jsonl", "é.jsonl"]


def test_a_link_out_of_the_landing_zone_is_an_obstacle_and_one_inside_is_not(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    put(landing, "acme_us/orders/x.jsonl")
    (tmp_path / "secret.jsonl").write_text("{}")
    (landing / "acme_us/orders/out.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (landing / "acme_us/orders/same.jsonl").symlink_to(landing / "acme_us/orders/x.jsonl")
    obstacles = {Path(file.file_path).name: file.obstacle for file in scan(landing)}
    assert obstacles["out.jsonl"] is not None and "leads out" in obstacles["out.jsonl"]
    assert obstacles["same.jsonl"] is None


def test_a_folder_that_is_linked_from_outside_is_not_entered(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "orders/x.jsonl")
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "acme_us").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert [file.file_path for file in scan(tmp_path / "landing") if file.obstacle is None] == []


def test_a_link_to_a_folder_is_seen_and_not_entered(tmp_path: Path) -> None:
    """A linked folder once was as if it were not there: nothing of it was read, and nothing said so."""
    landing = tmp_path / "landing"
    put(tmp_path / "outside", "orders/x.jsonl")
    put(landing, "acme/store/a.jsonl")
    (landing / "acme/orders").symlink_to(landing / "acme/store")
    (landing / "other").symlink_to(tmp_path / "outside")
    (landing / "_hidden").symlink_to(tmp_path / "outside")
    found = {file.file_path: (file.source, file.feed, file.obstacle or "") for file in scan(landing)}
    assert sorted(found) == ["acme/orders", "acme/store/a.jsonl", "other"]
    assert found["acme/orders"][:2] == ("acme", "orders") and "a link to a folder" in found["acme/orders"][2]
    assert found["other"][:2] == ("other", None) and "a link to a folder" in found["other"][2]


def test_a_folder_that_cannot_be_listed_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "acme/orders/2026/x.jsonl", "acme/profiles/p.jsonl")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "2026":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = {file.file_path: (file.source, file.feed, file.obstacle) for file in scan(tmp_path)}
    assert found["acme/profiles/p.jsonl"] == ("acme", "profiles", None)
    assert found["acme/orders/2026"][:2] == ("acme", "orders")
    assert "cannot be listed (Permission denied)" in str(found["acme/orders/2026"][2])


def test_the_landing_zone_itself_may_be_a_link_and_links_to_files_inside_are_followed(tmp_path: Path) -> None:
    put(tmp_path / "real", "acme/orders/x.jsonl")
    (tmp_path / "landing").symlink_to(tmp_path / "real")
    (tmp_path / "real/acme/orders/y.jsonl").symlink_to("x.jsonl")
    found = scan(tmp_path / "landing")
    assert [(file.file_path, file.obstacle) for file in found] == [
        ("acme/orders/x.jsonl", None),
        ("acme/orders/y.jsonl", None),
    ]
    assert len({content_sha256(file.path) for file in found}) == 1


def test_links_in_a_ring_and_to_nothing_are_seen_and_stop_nothing(tmp_path: Path) -> None:
    put(tmp_path, "acme/orders/x.jsonl")
    (tmp_path / "acme/orders/a.jsonl").symlink_to("b.jsonl")
    (tmp_path / "acme/orders/b.jsonl").symlink_to("a.jsonl")
    (tmp_path / "acme/orders/c.jsonl").symlink_to("nothing.jsonl")
    for file in scan(tmp_path):
        if file.file_path != "acme/orders/x.jsonl":
            with pytest.raises(OSError):
                content_sha256(file.path)


def test_what_is_opened_is_the_file_that_was_found_and_no_link_in_its_place(tmp_path: Path) -> None:
    """Whoever may write there must not make caw read what it alone may read."""
    landing = tmp_path / "landing"
    put(landing, "acme/orders/x.jsonl", "acme/orders/deep/y.jsonl")
    put(tmp_path / "secret", "y.jsonl")
    x, y = sorted(scan(landing), key=lambda file: file.name)
    x.path.unlink()
    x.path.symlink_to(tmp_path / "secret/y.jsonl")
    shutil.rmtree(y.path.parent)
    y.path.parent.symlink_to(tmp_path / "secret")
    for file in (x, y):
        with pytest.raises(OSError):
            content_sha256(file.path)
    x.path.unlink()
    os.mkfifo(x.path)
    with pytest.raises(OSError):
        content_sha256(x.path)


@pytest.mark.parametrize("name", ["x.TMP", "x.jsonl.Part", "x.InProgress"])
def test_unfinished_endings_count_in_any_case(name: str) -> None:
    assert is_ignored(name)


def test_two_names_never_become_one(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "acme" / "orders")
    os.makedirs(folder)  # noqa: PTH103 - names that are no text have no Path of their own
    for name in (b"a\xff.jsonl", b"a\\xff.jsonl", b"a\\x5cxff.jsonl", "aÿ.jsonl".encode()):
        with open(os.path.join(folder, name), "wb"):  # noqa: PTH118, PTH123
            pass
    assert {Path(file.file_path).name for file in scan(tmp_path)} == {
        "a\\xff.jsonl",
        "a\\x5cxff.jsonl",
        "a\\x5cx5cxff.jsonl",
        "aÿ.jsonl",
    }


def test_folders_of_a_name_and_a_value_are_fields_and_the_deepest_counts(tmp_path: Path) -> None:
    put(
        tmp_path,
        "acme/orders/day=2026-06-01/a%20b=%C3%A9%2F=x/day=2026-06-02/x.csv",
        "acme/orders/channel=__HIVE_DEFAULT_PARTITION__/=v/n=/x.csv",
        "a=b/orders/c=d.csv",
    )
    assert {file.file_path: dict(file.folders) for file in scan(tmp_path)} == {
        "acme/orders/day=2026-06-01/a%20b=%C3%A9%2F=x/day=2026-06-02/x.csv": {"day": "2026-06-02", "a b": "é/=x"},
        "acme/orders/channel=__HIVE_DEFAULT_PARTITION__/=v/n=/x.csv": {"channel": "", "n": ""},
        "a=b/orders/c=d.csv": {},
    }


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("acme/order/x.jsonl", "did you mean orders?"),
        ("acme/Message-Sends/x.jsonl", "did you mean message_sends?"),
        ("acme/transcripts/x.jsonl", "did you mean chat_transcripts?"),
        ("acme/reviews/x.jsonl", "docs/feeds.md has the feeds"),
        ("Acme/orders/x.jsonl", "a-z, 0-9 and _"),
        ("orders/x.jsonl/y.jsonl", "there is no feed of the folder's name"),
        ("acme/x.jsonl", "there is no feed folder"),
        ("x.jsonl", "there is no feed folder"),
        ("acme/orders/x.xlsx", "jsonl, ndjson, json and csv"),
        ("acme/orders/part-0000", "jsonl, ndjson, json and csv"),
    ],
)
def test_what_is_wrong_with_a_files_place_or_name_is_said(tmp_path: Path, path: str, words: str) -> None:
    put(tmp_path, path)
    [file] = scan(tmp_path)
    assert words in str(why_unknown(file))


def test_nothing_is_wrong_with_a_file_of_a_feed_in_any_case_of_its_ending(tmp_path: Path) -> None:
    put(tmp_path, "acme/orders/x.CSV.gz", "acme/orders/x.Json.ZST", "acme/orders/x.Parquet")
    assert [why_unknown(file) for file in scan(tmp_path)] == [None, None, None]


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder with folders one in the other, as many as a path has room for, and a file in the last."""
    place = tmp_path / "acme_us" / "orders"
    subprocess.run(["mkdir", "-p", str(place / ("d/" * DEEP))], check=True)  # Python's own takes a frame a folder
    (place / ("d/" * DEEP) / "x.jsonl").write_bytes(b"{}\n")
    yield place
    subprocess.run(["rm", "-rf", str(place)], check=True)


def test_folders_of_any_depth_and_links_that_cannot_be_followed_stop_nothing(tmp_path: Path, deep: Path) -> None:
    """Each run and the sensor raised for as long as they were there."""
    (deep / "long.jsonl").symlink_to("a" * 300)
    (deep / "far.jsonl").symlink_to("b/" * 2_040)
    found = {file.file_path: file.obstacle for file in scan(tmp_path)}
    assert found.pop(f"acme_us/orders/{'d/' * DEEP}x.jsonl") is None
    assert set(found) == {"acme_us/orders/long.jsonl", "acme_us/orders/far.jsonl"}
    assert all(obstacle is not None and "cannot be followed" in obstacle for obstacle in found.values())
    assert landing_fingerprint(tmp_path) == landing_fingerprint(tmp_path)
