"""One pull of one row: its windows, page by page, each page's new lines a file.

A window begins the lookback before the last one's end, or as far back as a rescan reaches, and ends a minute before
now, whatever instants the objects have. A page's file is written whole; then the cursor moves. A pull that died goes on
with the page that it was at, under the same file's name.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from caw.host import clock
from caw.host.locks import tried
from caw.host.permissions import private_files
from caw.pull import cursor as memory
from caw.pull import files
from caw.pull.client import Client
from caw.pull.cursor import Cursor, Line, Place, Window
from caw.pull.errors import AnswerRefused, NextPageElsewhere, PullError
from caw.pull.klaviyo import ASKED_FEEDS, AUTHORIZATION, Chain, chains, instant_of, lines_with_parts
from caw.pull.listings import NO_LISTING, Listing, deletion, listed_again, listing_of
from caw.pull.pages import Page, line_of, page_of
from caw.pull.rows import Access, Row, variable

SETTLING = timedelta(minutes=1)  # events of the last moment may still be on their way to the vendor's API
LOCK = ".lock"
BETWEEN_RESCANS = timedelta(hours=24)
GONE_PAGES = frozenset({400, 404, 410})  # of a page that was named before the last pull ended


@dataclass(frozen=True)
class Pulled:
    """Counts of what one pull of a row has done."""

    pages: int = 0
    objects: int = 0  # that the answers had
    lines: int = 0  # of them, those that were new or changed
    files: int = 0
    gone: int = 0  # objects that a list has no more, each a line besides
    until: datetime | None = None  # the end of the last window that is whole
    has_more: bool = False  # the vendor's rate left the rest of a window to the next pull

    def __str__(self) -> str:
        if self.until is None and not self.has_more:
            return "nothing is due"
        counts = f"{self.lines:,} new of {self.objects:,} objects in {self.pages:,} pages, {self.files:,} files"
        counts += f", {self.gone:,} gone" if self.gone else ""
        upto = "" if self.until is None else f", up to {clock.shown(self.until)}"
        return f"{counts}{upto}{'; the next pull goes on, to keep the rate of the vendor' if self.has_more else ''}"


OnPage = Callable[[Pulled], None]


@dataclass(frozen=True)
class Places:
    """Folders that a pull reads and writes: the landing zone, the data dir, and the folder of seeds."""

    landing: Path
    data_dir: Path
    seeds: Path


def pull_row(
    row: Row,
    access: Access,
    places: Places,
    rescan: bool = False,
    on_page: OnPage = lambda _: None,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Pulled:
    """Ask once for all that is due of a row, and land what is new.

    Args:
        row: of `pulls.csv`.
        access: the vendor's address and key.
        places: where to write.
        rescan: reach back as far as a rescan does, also where none is due.
        on_page: called after each page.
        on_wait: called when the vendor makes us wait.

    Raises:
        PullError: it could not be done; what was written stays.
        OSError: a file cannot be written.
    """
    remembered = memory_of(row, places.data_dir)
    with _locked(remembered):
        feed = ASKED_FEEDS[row.feed]
        mend = f"set {variable('KEY', row.source, row.vendor)} to a private key with the scopes {feed.scopes}"
        authorization = AUTHORIZATION.format(key=access.key)
        with (
            Client(access.address, authorization, feed.headers, mend, on_wait) as client,
            memory.opened(remembered) as cursor,
        ):
            return _Pull(row, places, client, cursor, rescan, on_page).all()


@contextmanager
def _locked(remembered: Path) -> Iterator[None]:
    """Hold a row's lock for the block; its file, and that of what is remembered, are their owner's alone.

    Raises:
        PullError: another process holds it.
    """
    with private_files():
        remembered.parent.mkdir(parents=True, exist_ok=True)
        for path in (remembered, remembered.with_suffix(LOCK)):
            path.touch()
    with tried(remembered.with_suffix(LOCK)) as is_free:
        if not is_free:
            raise PullError("another pull of it is at work: wait for its end")
        yield


def memory_of(row: Row, data_dir: Path) -> Path:
    """The file of what a row's pulls remember."""
    return data_dir / memory.FOLDER / row.source / f"{row.feed}{memory.ENDING}"


class _Pull:
    """A pull at work: what it has been given, and the count of what it has done."""

    def __init__(self, row: Row, places: Places, client: Client, cursor: Cursor, rescan: bool, on_page: OnPage) -> None:
        self.row = row
        self.feed = ASKED_FEEDS[row.feed]
        self.seeds = places.seeds
        self.folder = places.landing / row.source / row.feed
        self.client = client
        self.cursor = cursor
        self.rescan = rescan
        self.on_page = on_page
        self.done = Pulled()

    def all(self) -> Pulled:
        """First the windows that a pull left, whose next file has its name already; then those up to now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files.sweep(self.folder)
        for name in self.cursor.unfinished():
            if not self.is_spent():
                self.left(Chain(name, self.feed))
        end = _end()
        for chain in chains(self.client, self.row.feed, self.row.mapped_only, self.seeds):
            place = self.cursor.place(chain.name)
            window = next_window(place, self.row, end, self.rescan)
            if window is not None and not self.is_spent():
                self.cursor.move(chain.name, replace(place, window=window))
                self.window(chain, place, window)
        self.cursor.finish(clock.now(), end - self.reach)
        return self.done

    def is_spent(self) -> bool:
        """Whether this pull has asked as often as one may, so that the rest is the next one's."""
        most = self.feed.most_requests
        if most is not None and self.client.requests >= most:
            self.done = replace(self.done, has_more=True)
        return self.done.has_more

    @property
    def reach(self) -> timedelta:
        """The time before a window's end that the next ones may ask for."""
        return max(self.row.lookback, self.row.rescan) + BETWEEN_RESCANS

    def left(self, chain: Chain) -> None:
        """Go on with a window; one whose page is not there any more is given up, and asked for again."""
        place, pages = self.cursor.place(chain.name), self.done.pages
        if place.window is None:
            return
        try:
            self.window(chain, place, place.window)
        except (AnswerRefused, NextPageElsewhere) as refused:
            # Its page has expired, or another address was set since then.
            is_gone = not isinstance(refused, AnswerRefused) or refused.status in GONE_PAGES
            if not is_gone or place.window.next is None or self.done.pages > pages:
                raise
            self.cursor.move(chain.name, replace(place, window=None))

    def window(self, chain: Chain, place: Place, window: Window) -> None:
        """Ask for a window page by page to its end."""
        asked = {window.next}
        while True:
            page = page_of(self.page(chain, window))
            if page.next is None:
                rescanned = window.until if window.rescans else place.rescanned
                place = Place(window.until, rescanned, min(window.begin, place.since or window.begin))
                self.done = replace(self.done, until=window.until)
            else:
                place = replace(place, window=replace(window, next=page.next))
            self.take(chain, place, window, page)
            if page.next is None or self.is_spent():
                return
            if page.next in asked:
                raise PullError("the answers have no end: the vendor named the same next page twice; pull again later")
            asked.add(page.next)
            window = replace(window, next=page.next)

    def page(self, chain: Chain, window: Window) -> bytes:
        """A page's body."""
        if window.next is not None:
            return self.client.follow(window.next, chain.feed.per_minute)
        path, parameters = chain.first(window.begin, window.until)
        return self.client.get(path, parameters, chain.feed.per_minute)

    def take(self, chain: Chain, place: Place, window: Window, page: Page) -> None:
        """Write a page's new lines, then move the cursor."""
        found = self.found(chain, page.records, window)
        new = self.new_of(found)
        listing = self.listing(chain, window, page, found)
        texts = [text for one in new for text in self.texts(one)]
        texts += [deletion(one.says, window.until) for one in listing.gone]
        if texts:
            files.write(self.folder / files.file_name(window.begin, window.until, self.cursor.number), texts)
        # What a list has is remembered as long as the list has it, so each listing says so.
        kept = [one.line for one in (found if self.feed.lists else new) if one.line.at >= window.until - self.reach]
        self.cursor.move(chain.name, place, kept, self.cursor.number + 1, listing)
        done = self.done
        self.done = replace(
            done,
            pages=done.pages + 1,
            objects=done.objects + len(page.records),
            lines=done.lines + len(new),
            files=done.files + bool(texts),
            gone=done.gone + len(listing.gone),
        )
        self.on_page(self.done)

    def texts(self, one: "_Found") -> Sequence[bytes]:
        """The lines of an object, with what belongs to it, if anything does."""
        return [one.text] if self.feed.parts is None else lines_with_parts(self.client, one.record, self.feed)

    def found(self, chain: Chain, records: Sequence[Any], window: Window) -> Sequence["_Found"]:
        """The objects of a page."""
        found: list[_Found] = []
        for record in records:
            text = line_of(record)
            given = chain.identity(record)
            identity = text if given is None else given.encode("utf-8", "backslashreplace")
            at = instant_of(record, chain) or window.until
            line = Line(self.cursor.hashed(identity), self.cursor.hashed(text), at)
            is_back = self.feed.lists and self.cursor.is_gone(line.object)
            found.append(_Found(line, listed_again(record, window.until) if is_back else text, record, bool(is_back)))
        return found

    def listing(self, chain: Chain, window: Window, page: Page, found: Sequence["_Found"]) -> Listing:
        """The objects of a page of a list, and after the last page what the list has no more."""
        if not self.feed.lists:
            return NO_LISTING
        missing = self.cursor.missing(chain.name, window.until) if page.next is None else ()
        return listing_of(window.until, [(one.line.object, one.record) for one in found], missing)

    def new_of(self, found: Sequence["_Found"]) -> Sequence["_Found"]:
        """Those that differ from the last written of theirs, in the page's order."""
        last = self.cursor.lines_of([one.line.object for one in found])
        new: list[_Found] = []
        for one in found:
            if one.is_back or last.get(one.line.object) != one.line.line:
                last[one.line.object] = one.line.line
                new.append(one)
        return new


class _Found(NamedTuple):
    """An object of an answer: what is remembered of it, its text, itself, and whether it landed as gone before."""

    line: Line
    text: bytes
    record: Any
    is_back: bool


def next_window(place: Place, row: Row, end: datetime, rescan: bool) -> Window | None:
    """The window that is due; None where none is.

    Args:
        place: where the chain stands.
        row: whose chain it is.
        end: a minute before now.
        rescan: reach back as far as a rescan does, also where none is due.
    """
    if place.watermark is None or (place.since is not None and row.since < place.since):  # it was set earlier
        begin, rescans = row.since, True
    else:
        last = place.rescanned
        rescans = rescan or last is None or not timedelta(0) <= end - last < BETWEEN_RESCANS
        if ASKED_FEEDS[row.feed].lists:
            return Window(row.since, end, rescans=True) if rescans and row.since < end else None
        begin = min(place.watermark, end) - row.lookback  # a clock that was ahead has moved it too far
        if rescans:
            begin = min(begin, end - row.rescan)
        begin = max(begin, row.since)
    return Window(begin, end, rescans) if begin < end else None


def _end() -> datetime:
    return (clock.now() - SETTLING).replace(microsecond=0)
