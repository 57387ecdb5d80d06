"""Cases: what lies in the landing zone and is not a plain file (spec §1.10). The cases l1 (links to
folders) and l2 (a folder that may not be listed) are of this kind.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.case_runs import AS_OF, by, errors, ledger, message
from tests.support.forgetting import ForgettingPipeline, lines
from tests.support.pipeline import Row
from tests.support.project import SEEDS_DIR, ProjectCopy

SETPRIV = shutil.which("setpriv")
MARTS = ("ingestion_ledger", "conversations")
LISTING = "import os, sys; os.listdir(sys.argv[1])"
TAKING_IN = """
import sys
from datetime import datetime
from pathlib import Path
from caw.ingest.ingestion import ingest
landing, data, seeds, instant = sys.argv[1:]
ingest(Path(landing), Path(data), ingested_at=datetime.fromisoformat(instant), seeds=Path(seeds))
"""


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def rows(pipeline: ForgettingPipeline, source: str) -> dict[str, Row]:
    """The ledger of what lies under a source's folder, by path below it; one row a path."""
    found = pipeline.query(
        f"select * from health.ingestion_ledger where file_path = '{source}' or starts_with(file_path, '{source}/')"
    )
    named = {row["file_path"].removeprefix(source).removeprefix("/"): row for row in found}
    assert len(named) == len(found)
    return named


@pytest.fixture(scope="module")
def linked(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> ForgettingPipeline:
    """Links of all kinds, looked at by two runs; the landing zone itself is one."""
    folder = tmp_path_factory.mktemp("links")
    pipeline = ForgettingPipeline(folder, project, MARTS)
    outside = folder / "outside"
    write(outside / "conversation_log" / "a.jsonl", lines(message("through a link")))
    write(outside / "lone.jsonl", lines(message("from outside")))
    real = pipeline.landing.rename(folder / "elsewhere")
    pipeline.landing.symlink_to(real)
    for name in ("feed", "inside", "deep", "files"):
        (real / name).mkdir()
    (real / "feed" / "conversation_log").symlink_to(outside / "conversation_log")
    (real / "whole").symlink_to(outside)
    write(real / "inside" / "store" / "b.jsonl", lines(message("in a store")))
    (real / "inside" / "conversation_log").symlink_to(real / "inside" / "store")
    write(real / "deep" / "orders" / "2026" / "o.jsonl", b"")
    (real / "deep" / "orders" / "2025").symlink_to(outside / "conversation_log")
    (real / "deep" / "orders" / "loop").symlink_to(real / "deep")
    log = real / "files" / "conversation_log"
    write(log / "plain.jsonl", lines(message("plain")))
    (log / "link to plain.jsonl").symlink_to(log / "plain.jsonl")
    (log / "out.jsonl").symlink_to(outside / "lone.jsonl")
    (log / "dangling.jsonl").symlink_to(folder / "nothing")
    (log / "_draft").symlink_to(outside / "conversation_log")
    for name in (".hidden.jsonl", "_draft.jsonl", "a.jsonl.tmp", "b.PART", "c.jsonl.InProgress", "d.TMP"):
        write(log / name, lines(message(name)))
    pipeline.refresh({}, at=AS_OF)
    pipeline.refresh({}, at=AS_OF)
    return pipeline


def test_a_link_to_a_folder_is_seen_and_not_followed(linked: ForgettingPipeline) -> None:
    """The case l1: a mounted folder that is linked into the landing zone was passed over without a word."""
    expected = {
        ("feed", "conversation_log"): ("feed", "conversation_log"),
        ("whole", ""): ("whole", None),
        ("inside", "conversation_log"): ("inside", "conversation_log"),
        ("deep", "orders/2025"): ("deep", "orders"),
        ("deep", "orders/loop"): ("deep", "orders"),
    }
    for (source, path), whose in expected.items():
        row = rows(linked, source)[path]
        assert (row["status"], row["source"], row["feed"]) == ("failed", *whose), row
        assert (row["content_sha256"], row["bytes"], row["lines"]) == (None, 0, 0)
        assert "link" in row["error"], row["error"]
    assert by(linked, "deep", "performance.conversations", "conversation_id", "channel") == {}
    assert rows(linked, "inside")["store/b.jsonl"]["status"] == "unknown_feed"


def test_a_link_to_a_file_is_followed_inside_only(linked: ForgettingPipeline) -> None:
    """What a link of somebody else's points to is taken for a delivery; or an own one is not read."""
    found = rows(linked, "files")
    assert {path.removeprefix("conversation_log/"): row["status"] for path, row in found.items()} == {
        "plain.jsonl": "loaded", "link to plain.jsonl": "loaded", "out.jsonl": "failed", "dangling.jsonl": "failed",
    }  # fmt: skip
    assert set(by(linked, "files", "performance.conversations", "conversation_id", "channel")) == {"plain"}


def without_rights(*command: str) -> subprocess.CompletedProcess[str]:
    """A command of Python's, run without root's right to read everything."""
    dropped = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*dropped, sys.executable, "-c", *command], capture_output=True, text=True, check=False, cwd=SEEDS_DIR.parent,
        env={**os.environ, "PYTHONPATH": str(SEEDS_DIR.parent)},
    )  # fmt: skip


def test_a_folder_that_cannot_be_listed_stands_in_the_ledger_and_is_tried_again(
    project: ProjectCopy, tmp_path: Path
) -> None:
    """The case l2: orders that could not be seen were no orders, and their buyers were written to."""
    if os.geteuid() == 0 and SETPRIV is None:
        pytest.skip("root lists every folder, and setpriv is not at hand to run without that right")
    pipeline = ForgettingPipeline(tmp_path, project, MARTS)
    closed = [pipeline.landing / one for one in ("shop/orders", "shop/profiles/2026", "brand")]
    write(pipeline.landing / "shop" / "conversation_log" / "ok.jsonl", lines(message("ok")))
    write(pipeline.landing / "shop" / "products" / "p.jsonl", b"{}")
    for folder in closed:
        write(folder / "conversation_log" / "x.jsonl", b"{}")
    (pipeline.landing / "shop" / "products" / "p.jsonl").chmod(0)
    for folder in closed:
        folder.chmod(0)
    try:
        if without_rights(LISTING, str(closed[0])).returncode == 0:
            pytest.skip("folders are listed here whatever their mode")
        for _ in range(2):
            places = map(str, (pipeline.landing, pipeline.data_dir, project.seeds))
            done = without_rights(TAKING_IN, *places, AS_OF.isoformat())
            assert done.returncode == 0, done.stderr
    finally:
        for folder in closed:
            folder.chmod(0o755)
    pipeline.build(AS_OF)
    shop = rows(pipeline, "shop")
    assert {path: row["status"] for path, row in shop.items()} == {
        "conversation_log/ok.jsonl": "loaded", "orders": "failed", "profiles/2026": "failed", "products/p.jsonl": "failed",
    }  # fmt: skip
    assert [(row["source"], row["feed"], row["bytes"]) for path, row in sorted(shop.items()) if path in ("orders", "profiles/2026")] == [
        ("shop", "orders", 0), ("shop", "profiles", 0),
    ]  # fmt: skip
    assert rows(pipeline, "brand")[""]["feed"] is None
    assert all("ermi" in error for error in errors(pipeline, "shop").values() if error), "permission, in words"
    (pipeline.landing / "shop" / "products" / "p.jsonl").chmod(0o644)
    (closed[0] / "conversation_log" / "x.jsonl").unlink()
    write(closed[0] / "o.jsonl", b'{"order_id": "o", "placed_at": "2026-06-30T08:00:00Z"}')
    pipeline.refresh({}, at=AS_OF)
    assert ledger(pipeline, "shop")["orders/o.jsonl"] == ("loaded", 1, 1, 0)
    assert ledger(pipeline, "shop")["products/p.jsonl"] == ("loaded", 1, 0, 1)
