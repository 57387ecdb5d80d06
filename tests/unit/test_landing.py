"""The landing zone: whose a file is, and which files are left alone (contract, section 1)."""

from pathlib import Path

import pytest

from orchestration.ingest.landing import is_ignored, scan


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
