"""A `.json` document: a list of records, or one record (contract 1 and 2.2)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestration.ingest.feeds import Feed
from orchestration.ingest.lexical import NotJson, dump, parse
from orchestration.ingest.limits import Limits
from orchestration.ingest.lines import Lines, UnreadableFile
from orchestration.ingest.readers.verdicts import Row, lines_of_rows

TRANSCRIPTS = "chat_transcripts"
TRANSCRIPT_LISTS = ("simulations", "transcripts", "conversations")
WRAPPING_LEVELS = 2  # a record may stand in a list in an object, beyond its own depth


def read(path: Path, feed: Feed, limits: Limits) -> Iterator[Lines]:
    """Read a document; each record is a line, its text the record written compactly, digit for digit.

    An element that is no object, null included, is `not_an_object`. An empty list has no lines.

    Raises:
        UnreadableFile: the file is over `limits.document` bytes, not UTF-8 or not strict JSON: a NaN or a lone
            surrogate anywhere in it too, since no part of a document that does not parse can be trusted.
        OSError: the file cannot be opened or read.
    """
    with path.open("rb") as file:
        content = file.read(limits.document + 1)
    if len(content) > limits.document:
        raise UnreadableFile(f"the document is over {limits.document} bytes, which is the limit")
    try:
        document = parse(content.decode("utf-8-sig"), limits.depth + WRAPPING_LEVELS)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"the document is not UTF-8 (byte {error.start})") from None
    except NotJson as error:
        raise UnreadableFile(f"the document does not parse: {error}") from None
    del content
    yield from lines_of_rows((Row(dump(record)) for record in _records(document, feed)), feed, limits)


def _records(document: Any, feed: Feed) -> list[Any]:
    if isinstance(document, list):
        return document
    if feed.name == TRANSCRIPTS and isinstance(document, dict) and "messages" not in document:
        for name in TRANSCRIPT_LISTS:
            if isinstance(document.get(name), list):
                return document[name]
    return [document]
