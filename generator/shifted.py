"""`shifted`: a landed file's bytes with every instant in them moved by the same time, and no other byte changed.

An instant is a date with a time as spec §2.0.3 and §2.3.6 read them, or epoch seconds or milliseconds of 2008 to 2033;
what is broken stays broken. This is for the sample, in which no text or id looks like an instant.
"""

import gzip
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

WRITTEN = re.compile(
    rb"(?<![\w-])(?P<day>\d{4}-\d\d-\d\d)(?P<between>[T ])(?P<hours>\d\d:\d\d)(?P<seconds>:\d\d)?(?P<fraction>\.\d+)?"
    rb"(?P<offset> ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?(?![\w:.])"
)
EPOCH = re.compile(rb"(?<![\w.+-])(?P<seconds>1[2-9]\d{8})(?P<milliseconds>\d{3})?(?![\w.-])")
MINUTE = timedelta(minutes=1)
PACKED = ".gz"
TEXTS = (".jsonl", ".json", ".csv")


def shifted(name: str, content: bytes, by: timedelta, zone: ZoneInfo) -> bytes:
    """The content of a file of the sample with its instants later by whole minutes, each written as it was.

    Args:
        name: the file's name, whose end says its format.
        content: of text, or text packed by gzip.
        by: whole minutes, so that instants written without seconds stay so.
        zone: of instants without an offset. The second of two that its clocks repeat gets one: spec §2.0.3.

    Raises:
        ValueError: a format that the sample does not have, or no whole minutes.
    """
    if by % MINUTE:
        raise ValueError(f"{by} is not of whole minutes")
    if name.endswith(PACKED):
        return gzip.compress(shifted(name.removesuffix(PACKED), gzip.decompress(content), by, zone), mtime=0)
    if not name.endswith(TEXTS):
        raise ValueError(f"{name} is none of {', '.join(TEXTS)}")
    content = WRITTEN.sub(lambda found: _written(found, by, zone), content)
    return EPOCH.sub(lambda found: _epoch(found, by), content)


def _written(found: re.Match[bytes], by: timedelta, zone: ZoneInfo) -> bytes:
    """A date and a time later; its seconds, fraction and offset are kept."""
    before = datetime.strptime(f"{found['day'].decode()} {found['hours'].decode()}", "%Y-%m-%d %H:%M")
    if found["offset"]:
        after, offset = before + by, found["offset"].decode()
    else:
        after = (before.replace(tzinfo=zone).astimezone(UTC) + by).astimezone(zone)
        offset = f"{after:%z}" if after.fold else ""
    text = f"{after:%Y-%m-%d}{found['between'].decode()}{after:%H:%M}"
    return text.encode() + (found["seconds"] or b"") + (found["fraction"] or b"") + offset.encode()


def _epoch(found: re.Match[bytes], by: timedelta) -> bytes:
    """Epoch seconds or milliseconds later, in the same unit."""
    after = int(found["seconds"]) + by // timedelta(seconds=1)
    return str(after).encode() + (found["milliseconds"] or b"")
