"""A small warehouse with one published run, and more landed since: where runs are made to die, again and again."""

import pickle
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR
from caw.publication import FILE_NAME
from tests.support.kept_whole import (
    Content,
    Reader,
    below,
    difference,
    files_below,
    published,
    refused_sum,
    warehouse_tables,
)
from tests.support.sudden_ends import Point
from tests.support.warm_caw import Ended, Started, WarmCaw

BEFORE = "2026-06-01T12:00:00Z"
AFTER = "2026-06-30T12:00:00Z"
KILLED = -9
COMMIT = "link raw/batches/00000002.parquet"  # of the files that the second run takes in
LOCK_WORDS = ("Could not set lock", "database is locked", "Conflicting lock")
KNOWN = "site.pickle"
AFTERWARDS = "afterwards.duckdb"  # what an undisturbed run has published


@dataclass
class CrashSite:
    """The folders, and what undisturbed runs make of them.

    Attributes:
        caw: starts the commands.
        root: holds `landing`, `data`, and `kept`, the data dir as the first run left it.
        points: what an undisturbed second run passes, in order.
        contents: what is published before, if anything is, and after an undisturbed second run.
        files: the data dir's files after it.
        tables: the warehouse's tables after it.
    """

    caw: WarmCaw
    root: Path
    points: Sequence[Point] = ()
    contents: list[Content] = field(default_factory=list)
    files: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    options: Sequence[str] = ("--as-of", AFTER)

    @property
    def landing(self) -> Path:
        """The landing zone."""
        return self.root / "landing"

    @property
    def data_dir(self) -> Path:
        """The data dir; always the same path, so that nothing is parsed again."""
        return self.root / "data"

    def start(self, point: Point | None = None) -> Started:
        """A `caw run` at work."""
        return self.caw.start(self.landing, self.data_dir, *self.options, point=point)

    def run(self, *options: str, point: Point | None = None, environment: Mapping[str, str] | None = None) -> Ended:
        """One `caw run`."""
        given = options or self.options
        return self.caw.run(self.landing, self.data_dir, *given, point=point, environment=environment)

    def restore(self) -> None:
        """Put the data dir back to where the first run left it; to nothing, if there was none."""
        self.data_dir.mkdir(exist_ok=True)
        for path in self.data_dir.iterdir():  # the folder itself stays: it may be a disk of its own
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if (self.root / "kept").exists():
            shutil.copytree(self.root / "kept", self.data_dir, symlinks=True, dirs_exist_ok=True)

    def reader(self) -> Reader:
        """A BI tool that accepts what is published before and after."""
        return Reader(self.data_dir, self.contents)

    def wrongs(self, reader: Reader) -> list[str]:
        """What is not as after an undisturbed run, in words."""
        files, tables = files_below(self.data_dir), warehouse_tables(self.data_dir)
        found = [
            difference(published(self.data_dir), self.contents[-1]),
            "; ".join(f"the ledger does not add up: {row}" for row in refused_sum(self.data_dir)),
            "; ".join(f"stray file {name}" for name in sorted(files - self.files)),
            "; ".join(f"lost file {name}" for name in sorted(self.files - files)),
            "; ".join(f"stray table {name}" for name in sorted(tables ^ self.tables)),
            *reader.complaints[:3],
            "" if reader.looks else "the reader never read",
        ]
        return [words for words in found if words]


def made(caw: WarmCaw, root: Path, from_nothing: bool = False, full_refresh: bool = False) -> CrashSite:
    """The sample's logs of May, published; those of June, landed; and what an undisturbed run makes of both.

    Args:
        caw: starts the commands.
        root: an empty folder.
        from_nothing: nothing has been published, and all logs have just landed.
        full_refresh: the runs are made with --full-refresh.
    """
    site = CrashSite(caw, root)
    if full_refresh:
        site.options = (*site.options, "--full-refresh")
    sample = SEEDS_DIR / "sample"
    _land(sample, site.landing, june=False)
    if not from_nothing:
        first = site.run("--as-of", BEFORE)
        assert first.code == 0, first.err
        shutil.copytree(site.data_dir, root / "kept", symlinks=True)
        site.contents.append(published(site.data_dir))
    _land(sample, site.landing, june=True)
    census = root / "census"
    second = caw.run(site.landing, site.data_dir, *site.options, census=census)
    assert second.code == 0, second.err
    shutil.copyfile(site.data_dir / "published" / FILE_NAME, root / AFTERWARDS)
    site.points = points_of(census)
    site.contents.append(published(site.data_dir))
    site.files = frozenset(files_below(site.data_dir))
    site.tables = frozenset(warehouse_tables(site.data_dir))
    return site


def assert_reported(site: CrashSite, ended: Ended, words: str) -> None:
    """A run failed with one line that says why, and what was published is as it was."""
    assert ended.code == 1, ended.err
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith("caw: ") and words in last, ended.err
    assert "Traceback" not in ended.err
    assert published(site.data_dir) == site.contents[0]
    assert below(site.data_dir / "published") == below(site.root / "kept" / "published")


def keep(site: CrashSite) -> None:
    """Write down in its folder what is known of a site, for `kept` to read."""
    known = (site.points, site.contents, site.files, site.tables)
    (site.root / KNOWN).write_bytes(pickle.dumps(known))


def kept(caw: WarmCaw, root: Path) -> CrashSite:
    """The site whose folder, or a copy of it, this is."""
    return CrashSite(caw, root, *pickle.loads((root / KNOWN).read_bytes()))


def points_of(census: Path) -> list[Point]:
    """The points that a census names, each with its occurrence."""
    passed: dict[str, int] = {}
    points = []
    for name in census.read_text(encoding="utf-8").splitlines():
        passed[name] = passed.get(name, 0) + 1
        points.append(Point(name, passed[name]))
    return points


def _land(sample: Path, landing: Path, june: bool) -> None:
    for path in sorted(sample.rglob("*")):
        if path.is_file() and ("05-" in path.name) != june:
            place = landing / path.relative_to(sample)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
