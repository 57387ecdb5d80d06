"""Memory of a row's pulls, in one SQLite file of the data dir: where each chain stands, and what was written.

A page's file is written first; then one transaction moves the chain and notes the page's lines. Of an object and its
line only hashes are kept, under a key drawn for this file, and only as long as a window may reach them; of a catalogue
the products' ids too, as long as it lists them, so that a deletion can name its product (`listings.py`). A file that is
lost only makes the next pull ask again for what is there already.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from caw.pull.errors import PullError
from caw.pull.listings import NO_LISTING, Listed, Listing

FOLDER = "pull"  # below the data dir
ENDING = ".sqlite"
HASH_BYTES = 16
ASKED_AT_ONCE = 500  # parameters of one statement
TABLES = """
create table if not exists pull (
    one integer primary key check (one = 1), key blob not null, number integer not null, finished text
);
create table if not exists chain (
    name text primary key, watermark text, rescanned text, since text,
    began text, until text, next text, rescans integer not null
);
create table if not exists written (object blob primary key, line blob not null, at text not null) without rowid;
create index if not exists written_at on written (at);
create table if not exists listed (
    object blob primary key, chain text not null, says text not null, at text not null, is_gone integer not null
) without rowid;
create index if not exists listed_at on listed (chain, is_gone, at);
"""


@dataclass(frozen=True)
class Window:
    """A window of one chain: objects from `begin` on and before `until`, both UTC."""

    begin: datetime
    until: datetime
    rescans: bool
    next: str | None = None  # the page to ask for; None for the first


@dataclass(frozen=True)
class Place:
    """The progress of a chain.

    Attributes:
        watermark: the end of the last whole window; None before the first.
        rescanned: the end of the last window that reached back as far as a rescan.
        since: the beginning of the window that reached back farthest.
        window: the one that is not whole yet.
    """

    watermark: datetime | None = None
    rescanned: datetime | None = None
    since: datetime | None = None
    window: Window | None = None


class Line(NamedTuple):
    """A line to remember: the hashes of its object and of itself, and the object's own instant."""

    object: bytes
    line: bytes
    at: datetime


class Cursor:
    """A row's memory, open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")  # what is forgotten does not stay in free pages
        connection.executescript(TABLES)
        connection.execute(
            "insert or ignore into pull values (1, ?, 0, null)", (secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE),)
        )
        connection.commit()
        self._key, self.number = connection.execute("select key, number from pull").fetchone()

    def hashed(self, text: bytes) -> bytes:
        """The keyed hash of an id or a line."""
        return hashlib.blake2b(text, digest_size=HASH_BYTES, key=self._key).digest()

    def place(self, chain: str) -> Place:
        """The progress of a chain."""
        row = self._connection.execute(
            "select watermark, rescanned, since, began, until, next, rescans from chain where name = ?", (chain,)
        ).fetchone()
        if row is None:
            return Place()
        watermark, rescanned, since, began, until, following, rescans = row
        window = None if began is None else Window(_read(began), _read(until), bool(rescans), following)
        return Place(_read_or_none(watermark), _read_or_none(rescanned), _read_or_none(since), window)

    def unfinished(self) -> Sequence[str]:
        """The chains with a window that is not whole yet."""
        rows = self._connection.execute("select name from chain where began is not null order by name")
        return [name for (name,) in rows.fetchall()]

    def missing(self, chain: str, at: datetime) -> Sequence[Listed]:
        """Objects that were listed before the window that ends at `at`, and have not been in it nor landed as gone."""
        rows = self._connection.execute(
            "select object, says from listed where chain = ? and is_gone = 0 and at < ? order by says",
            (chain, _written(at)),
        )
        return [Listed(found, says) for found, says in rows.fetchall()]

    def is_gone(self, found: bytes) -> bool:
        """Whether an object landed as gone when it was last missing from its list."""
        row = self._connection.execute("select is_gone from listed where object = ?", (found,)).fetchone()
        return row is not None and bool(row[0])

    def lines_of(self, objects: Sequence[bytes]) -> dict[bytes, bytes]:
        """The hash of the line that was last written of each of these objects, of those that are remembered."""
        found: dict[bytes, bytes] = {}
        for at in range(0, len(objects), ASKED_AT_ONCE):
            some = objects[at : at + ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            found.update(
                self._connection.execute(f"select object, line from written where object in ({marks})", some).fetchall()
            )
        return found

    def move(
        self,
        chain: str,
        place: Place,
        lines: Sequence[Line] = (),
        number: int | None = None,
        listed: Listing = NO_LISTING,
    ) -> None:
        """Move a chain and remember what was written, in one step that survives a power cut.

        Args:
            chain: its name.
            place: where it stands now.
            lines: that were written.
            number: of the next file.
            listed: what a list has and has no more.
        """
        window = place.window
        with self._connection:
            self._connection.execute(
                "insert or replace into chain values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    chain,
                    _written(place.watermark),
                    _written(place.rescanned),
                    _written(place.since),
                    _written(window.begin) if window else None,
                    _written(window.until) if window else None,
                    window.next if window else None,
                    window.rescans if window else False,
                ),
            )
            self._connection.executemany(
                "insert or replace into written values (?, ?, ?)",
                [(one.object, one.line, _written(one.at)) for one in lines],
            )
            self._connection.executemany(
                "insert or replace into listed values (?, ?, ?, ?, 0)",
                [(one.object, chain, one.says, _written(listed.at)) for one in listed.there],
            )
            self._connection.executemany(
                "update listed set is_gone = 1 where object = ?", [(one.object,) for one in listed.gone]
            )
            if number is not None:
                self._connection.execute("update pull set number = ?", (number,))
        self.number = self.number if number is None else number

    def give_up_windows(self) -> None:
        """Forget the windows that are not whole yet."""
        with self._connection:
            self._connection.execute("update chain set began = null, until = null, next = null, rescans = 0")

    def finish(self, at: datetime, before: datetime) -> None:
        """Note that a pull has come to its end, and forget lines whose objects no window reaches any more.

        Args:
            at: now.
            before: of objects, the instant from which on windows may reach them.
        """
        with self._connection:
            self._connection.execute("update pull set finished = ?", (_written(at),))
            self._connection.execute("delete from written where at < ?", (_written(before),))


@contextmanager
def opened(path: Path) -> Iterator[Cursor]:
    """Open a row's memory; the caller holds the row's lock.

    Raises:
        PullError: it cannot be read or written.
    """
    try:
        connection = sqlite3.connect(path)
        try:
            yield Cursor(connection)
        finally:
            connection.close()
    except sqlite3.Error as refused:
        raise PullError(
            f"what earlier pulls remembered, {path}, cannot be used ({refused}): take the file away, and the next pull "
            "asks again for what is there already"
        ) from None


def last_finished(path: Path) -> datetime | None:
    """The instant at which a row's last whole pull ended; None before the first. Only reads.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    if not path.is_file():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute("select finished from pull").fetchone()
    return None if row is None else _read_or_none(row[0])


def forget_pages(folder: Path) -> None:
    """Forget at which page pulls stand, for an erasure: a vendor's text for it may hold somebody's id.

    A window that was not whole is asked for again from its beginning. A file that is none is removed.

    Args:
        folder: of all rows' memories.

    Raises:
        sqlite3.OperationalError: a file cannot be written now.
    """
    for path in sorted(folder.glob(f"*/*{ENDING}")):
        try:
            with closing(sqlite3.connect(path)) as connection:
                Cursor(connection).give_up_windows()
        except sqlite3.OperationalError:  # a pull holds it for too long: the erasure comes back
            raise
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)


def _written(instant: datetime | None) -> str | None:
    """Fixed in length, so that texts compare as instants do."""
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="microseconds")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _read_or_none(text: str | None) -> datetime | None:
    return None if text is None else _read(text)
