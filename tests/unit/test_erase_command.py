"""`caw erase`: lands a request that staging accepts, or says in one line why it cannot."""

import json
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caw.feeds.declared import SEEDS_DIR
from caw.ingest.ingestion import ingest
from caw_dagster.cli import main


def run(tmp_path: Path, *arguments: str) -> int:
    """The command on a landing zone of its own, without a warehouse."""
    return main(["erase", "--landing", str(tmp_path), "--data-dir", str(tmp_path / "none"), *arguments])


def landed(tmp_path: Path) -> dict[str, list[dict[str, str]]]:
    """Requests by source."""
    found: dict[str, list[dict[str, str]]] = {}
    for path in tmp_path.glob("*/erasures/*"):
        assert path.suffix == ".jsonl" and not path.name.startswith(".")
        found.setdefault(path.parts[-3], []).extend(json.loads(line) for line in path.read_text().splitlines())
    return found


def test_a_request_lands_in_every_source_that_has_landed_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A brand is left out, or a folder that is no source gets one. A bare `caw run` builds another data dir."""
    for folder in ("acme_us/orders", "acme_eu/conversation_log", "no feed/orders", "empty", "x/reviews"):
        (tmp_path / folder).mkdir(parents=True)
    assert run(tmp_path, "--email", "ann@x.example", "--phone", "+1 555 0100 22") == 0
    found = landed(tmp_path)
    assert set(found) == {"acme_us", "acme_eu"}
    (request,) = found["acme_us"]
    assert (request["email"], request["phone_number"]) == ("ann@x.example", "+1 555 0100 22")
    assert set(request) == {"request_id", "requested_at", "email", "phone_number"}
    assert request["request_id"] != found["acme_eu"][0]["request_id"]
    shown = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert shown[shown.index("run") :] == ["run", "--landing", str(tmp_path), "--data-dir", str(tmp_path / "none")]


def test_a_source_that_has_left_the_landing_zone_is_known_by_the_raw_store(tmp_path: Path) -> None:
    """Its people could be forgotten no more."""
    path = tmp_path / "landing" / "acme_us" / "orders" / "o.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    ingest(tmp_path / "landing", tmp_path / "data", ingested_at=datetime(2026, 1, 1, tzinfo=UTC), seeds=SEEDS_DIR)
    shutil.rmtree(tmp_path / "landing" / "acme_us")
    folders = ["--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]
    assert main(["erase", *folders, "--profile", "p1", "--source", "acme_us"]) == 0
    assert landed(tmp_path / "landing")["acme_us"][0]["profile_id"] == "p1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name the person to forget"),
        (("--email", "  "), "identifies nobody"),
        (("--phone", "12345"), "7 digits"),
        (("--email", "notanemail"), "is not an e-mail address"),
        (("--email", "a@b.example"), "Nothing has landed"),
        (("--email", "a@b.example", "--source", "../acme"), "is no source"),
        (("--email", "a@b.example", "--landing", "/nowhere/at/all"), "no landing zone"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    """A traceback, or a request that forgets nobody and says nothing."""
    assert run(tmp_path, *arguments) == 2
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1
    assert landed(tmp_path) == {}


def test_a_request_never_leaves_the_landing_zone_by_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It said that the next run forgets the person, and no run follows the link."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "landing" / "acme" / "orders").mkdir(parents=True)
    (tmp_path / "landing" / "acme" / "erasures").symlink_to(outside)
    assert run(tmp_path / "landing", "--email", "a@b.example") == 2
    assert "is reached by a link" in capsys.readouterr().err and not list(outside.iterdir())


def test_a_source_that_nobody_knows_is_not_made_by_a_slip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of a new source, a request in it, and the person stays."""
    (tmp_path / "acme_us" / "orders").mkdir(parents=True)
    assert run(tmp_path, "--email", "a@b.example", "--source", "acme_uk") == 2
    assert "the sources are acme_us" in capsys.readouterr().err
    assert not (tmp_path / "acme_uk").exists()
