"""The raw store at a URL of fsspec: the same tables from it, and workers that are killed at its puts (spec §14.5)."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caw.raw_store.objects import Objects, put_bytes, read_bytes
from caw.raw_store.remote import objects_at
from tests.support.forgetting import others, planted, strangers
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy
from tests.support.warm_caw import warm_caw
from tests.support.workers import DIED, land, taken_in

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARTS = ("ingestion_ledger", "rejected_records", "activity_feed", "conversations")
TABLES = ("health.ingestion_ledger", "health.rejected_records", "events.activity_feed", "performance.conversations")
WORK = "tests.support.workers:work_until"
BUCKET = "somebody-s-bucket"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of a raw store in a bucket of an S3 server in this process."""
    pytest.importorskip("s3fs", reason="s3fs and moto's server are development dependencies")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    address, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {**keys, "AWS_ENDPOINT_URL": f"http://{address}:{port}"}.items():
            patched.setenv(name, value)
        objects_at(f"s3://{BUCKET}/x", Path()).files.mkdir(BUCKET)  # type: ignore[attr-defined]
        yield f"s3://{BUCKET}"
    server.stop()


# Puts of a worker: the empty ledger, a part, the rows that gave way, the batch's ledger.
KILLS = (11, 15, 18, 19) if "CAW_SOAK" in os.environ else (15, 19)


@pytest.fixture(params=[pytest.param("memory", marks=pytest.mark.soak), "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A raw store of its own for each test."""
    base = request.getfixturevalue("s3") if request.param == "s3" else "memory://elsewhere"
    return f"{base}/{tmp_path.name}/raw"


def test_the_same_tables_come_from_a_store_elsewhere(
    project: ProjectCopy, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The views look for the raw store next to the warehouse, or the second build passes over what came since."""
    here = Pipeline(tmp_path / "here", project, MARTS)
    there = Pipeline(tmp_path / "there", project, MARTS)
    there.objects = objects_at(url, tmp_path / "there" / "spill")
    monkeypatch.delenv("CAW_RAW_STORE", raising=False)
    deliveries = (planted() | others(), strangers())
    for files in deliveries:
        assert here.deliver(files, NOW) is not None
    here.build(NOW)  # of both batches at once
    monkeypatch.setenv("CAW_RAW_STORE", url)
    for files in deliveries:
        assert there.deliver(files, NOW) is not None
        there.build(NOW)
    expected, found = here.tables(TABLES), there.tables(TABLES)
    assert all(expected.values())
    assert {name: sorted(map(str, rows)) for name, rows in found.items()} == {
        name: sorted(map(str, rows)) for name, rows in expected.items()
    }
    assert not (tmp_path / "there" / "data" / "raw").exists()


def test_of_two_puts_of_one_name_one_is_refused(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines commit the same batch: the storage itself refuses the second, though both saw the name free."""
    objects = objects_at(f"{s3}/{tmp_path.name}", tmp_path)
    monkeypatch.setattr(objects.files, "exists", lambda path: False)  # type: ignore[attr-defined]
    with pytest.raises(FileExistsError), objects.put_once("batches/1") as late:
        late.write(b"late")
        put_bytes(objects, "batches/1", b"first")
    assert read_bytes(objects, "batches/1") == b"first"


def work(root: Path, source: str, url: str, die_at: int = 0) -> int:
    """A worker in a process of its own, which dies before one of its puts; its exit code."""
    keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    arguments = (str(root / "landing"), str(root / "data"), source, str(die_at))
    ended = warm_caw().call(WORK, *arguments, environment={**keys, "CAW_RAW_STORE": url})
    assert ended.code in (0, DIED), ended.err
    return ended.code


def undisturbed(root: Path) -> Objects:
    """What two workers leave in a store in the data dir."""
    for source in ("acme", "brand"):
        assert work(root, source, "") == 0
    return objects_at(str(root / "data" / "raw"), root)


@pytest.mark.sliced
def test_workers_that_are_killed_at_their_puts_lose_and_double_nothing(s3: str, tmp_path: Path) -> None:
    """A batch of which a part is missing, or one that is there twice: object storage has no rename and no folders."""
    land(tmp_path / "here" / "landing", 1)
    expected = taken_in(undisturbed(tmp_path / "here"))
    for die_at in KILLS:
        root = tmp_path / str(die_at)
        url = f"{s3}/{tmp_path.name}/{die_at}/raw"
        land(root / "landing", 1)
        assert work(root, "acme", url, die_at) == DIED
        assert [work(root, source, url) for source in ("brand", "acme")] == [0, 0]
        assert taken_in(objects_at(url, root)) == expected, die_at
