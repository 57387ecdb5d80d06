"""Writes the pages of a publication next to it, `report/<source>/index.html`, and removes those of gone sources."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from caw.host import atomic
from caw.host.permissions import Readers
from caw.publication.files import remove
from caw.report import DAYS
from caw.report.page import page
from caw.report.rows import open_marts, shown_tiles, subjects
from caw.report.tiles import Tile, read_tiles
from caw.version import package_version

FOLDER = "report"
PAGE = "index.html"
LONGEST_NAME = 120  # bytes of a folder's name


@dataclass(frozen=True)
class Page:
    """A source's page, and its failed tiles, a sentence each."""

    source: str
    html: str
    faults: Sequence[str] = ()


def pages(
    marts: Path, days: int = DAYS, options: Mapping[str, str] | None = None, tiles: Sequence[Tile] | None = None
) -> list[Page]:
    """The page of every landed source of a published file, by source.

    Args:
        marts: the published file.
        days: how many whole local days a page is about.
        options: DuckDB's settings.
        tiles: those to show; the declared ones where none are given.

    Raises:
        duckdb.Error: the file cannot be read.
        TileError: the declaration of the tiles is wrong.
    """
    tiles = read_tiles() if tiles is None else tiles
    with open_marts(marts, options) as connection:
        found = []
        for subject in subjects(connection, days):
            html, faults = page(subject, shown_tiles(connection, tiles, subject), package_version())
            found.append(Page(subject.source, html, faults))
        return found


def write_all(written: Sequence[Page], folder: Path, readers: Readers) -> Path:
    """Write every page below `report/` in a publication's folder; no other page stays there.

    Raises:
        OSError: a page cannot be written; those before it are.
    """
    report = folder / FOLDER
    report.mkdir(exist_ok=True)
    readers.open_folder(report)
    names = {folder_name(one.source) for one in written}
    for other in report.iterdir():
        if other.name not in names:
            remove(other)
    for one in written:
        write_page(one, page_of(folder, one.source), readers)
    return report


def write_page(one: Page, file: Path, readers: Readers | None) -> None:
    """Write one page by a rename.

    Args:
        one: the page.
        file: where; its folder is created.
        readers: who may read it, and list its folder; None for a file elsewhere, of which the umask decides.

    Raises:
        OSError: it cannot be written, and is as it was.
    """
    with atomic.replacing(file) as draft:
        draft.write_text(one.html, encoding="utf-8")
        if readers is not None:
            readers.open_folder(file.parent)
            readers.admit(draft)


def page_of(folder: Path, source: str) -> Path:
    """The file of a source's page in a publication's folder."""
    return folder / FOLDER / folder_name(source) / PAGE


def folder_name(source: str) -> str:
    """A source as a folder's name: what is no letter or digit is percent-encoded; a long one ends in a hash."""
    name = "".join(one if one.isalnum() or one in "_-" else quote(one, safe="") for one in source).replace(".", "%2E")
    if len(name.encode()) <= LONGEST_NAME:
        return name
    kept = name.encode()[: LONGEST_NAME - 17].decode("utf-8", "ignore")
    return f"{kept}-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
