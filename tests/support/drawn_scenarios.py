"""Random scenarios: what lands at one account, in which order and steps, in which files."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.support import drawn_feeds, drawn_log, drawn_people, drawn_shop, drawn_transcripts
from tests.support.draws import chance, pick
from tests.support.scenarios import ZONES, Line, Scenario, Table

FORMATS = (
    "jsonl", "jsonl", "jsonl.gz", "jsonl.zst", "json", "json", "json.gz", "csv", "csv", "csv", "csv.gz", "csv.zst",
)  # fmt: skip
FOLDERS = {
    "conversation_log": ("skill=gam%6Da", "Mode=live"),
    "orders": ("currency=AUD", "currency=__HIVE_DEFAULT_PARTITION__", "Status=refunded"),
    "consents": ("method=import", "channel=sms"),
    "suppressions": ("reason=a/reason=b",),
    "message_sends": ("POLICY ID=another",),
    "products": ("sku=s9", "in_stock=no"),
}
"""Feed -> folders that give rows a field, where no column does."""
STRAY_LINES = (
    b"", b"   ", b"\t\r", b"[]", b"[1]", b"null", b"3", b'"x"', b"{", b"{}", b'{"record_id": NaN}', b'{"a": "\\ud800"}', b'{"a": "\xff\xfe"}',
    b"{'a': 1}", b'{"a": 1,}', b'{"a": 01}', b'{"a": .5}', b'{"a": 1} x', b"\xc3\xa9", b'{"a": -Infinity}', b"not json", b"[" * 600, b"\xef\xbb\xbf{}",
    b"\x00", b'{"a": "\x01"}', b'{"record_id": "r1", "record_id": null}', b"\x0b", b"\xc2\xa0", b'{"a": 1e400}', b'{"\\u0000": 1}',
)  # fmt: skip
STRAY_FILES = (
    ("conversation_log/broken.jsonl.gz", b"\x1f\x8b\x08broken"),
    ("conversation_log/broken.json", b'[{"a": 1}'),
    ("orders/nan.json", b'[{"total": NaN}]'),
    ("conversation_log/empty.jsonl", b""),
    ("conversation_log/empty.json", b""),
    ("conversation_log/empty.csv", b""),
    ("conversation_log/none.json", b"[]"),
    ("conversation_log/odd.json", b'[1, null, {"record_id": 2}, []]'),
    ("conversation_log/one.json", b'{"record_id": "r1"}'),
    ("conversation_log/quotes.csv", b'record_id,text\n"a\nb",x\n\n"",y\nc\nd,e,f\n'),
    ("conversation_log/open.csv", b'record_id\n"a'),
    ("conversation_log/notes.txt", b"x"),
    ("no_such_feed/a.jsonl", b"{}\n"),
    ("a.jsonl", b"{}\n"),
    ("conversation_log/_draft/a.jsonl", b"{}\n"),
    ("conversation_log/.hidden.jsonl", b"{}\n"),
    ("conversation_log/a.jsonl.part", b"{}\n"),
    ("conversation_log/a.parquet", b"no parquet"),
    ("conversation_log/a.jsonl.zst", b"no zstd"),
    ("conversation_log/bom.jsonl", b"\xef\xbb\xbf"),
    ("conversation_log/deep/er/a.ndjson", b"\n\n{}"),
    ("conversation_log/list.jsonl", b'\n[\n{"record_id": "r1"}\n]\n'),
    ("conversation_log/open_list.jsonl", b'[{"record_id": "]"},\n{"record_id": "r1"}]\n'),
    ("conversation_log/whole_list.jsonl", b'[{"record_id": "r1"}]\n{}\n'),
    ("conversation_log/values.json", b'{"record_id": "r1"}{}\n[1, {}] 3'),
    ("conversation_log/commas.json", b"{},{}"),
    ("conversation_log/blank.json", b" \n"),
    ("conversation_log/packed.JSON.gz", gzip.compress(b"{}{}", mtime=0)),
    ("conversation_log/cut.csv.gz", gzip.compress(b"record_id\n1", mtime=0)[:-4]),
    ("conversation_log/columns.csv", b"record_id,conversation_id,occurred_at\nr1,c1,2025-03-10T10:00Z\n"),
    ("conversation_log/UPPER.CSV", b"Record ID|conversation_id|OCCURRED_AT|record type\nr1|c1|x|message\n|c1||\n"),
    ("conversation_log/none.csv.gz", gzip.compress(b"", mtime=0)),
    ("conversation_log/a.jsonl.PART", b"{}\n"),
    ("consents/columns.csv", b"sep=;\nprofile_id;status\np1;unsubscribed\n\n;;\n"),
    ("suppressions/columns.csv", b"Profile ID\np2\n"),
    ("products/tabs.csv", b"product_id\tupdated_at\nk9\t2025-03-10T10:00Z\n\t\nk8\t\tx\n"),
    ("erasures/columns.csv", b"request_id,requested_at\nx,2025-03-09\n"),
    ("orders/columns.csv", b"order_id,created_at,E-Mail\no9,2025-03-10T10:00Z,a@x\n"),
)

Draw = Callable[[Random], Scenario]


def log_scenario(rng: Random) -> Scenario:
    """Conversations and the people in them."""
    zone = pick(rng, list(ZONES))
    lines = drawn_log.conversation_lines(rng, zone)
    if chance(rng, 60):
        lines += [drawn_feeds.profile_line(rng, zone) for _ in range(1 + rng.randrange(5))]
    return landed(rng, zone, lines)


def mart_scenario(rng: Random) -> Scenario:
    """Everything that the marts look at."""
    zone = pick(rng, list(ZONES))
    lines = drawn_log.conversation_lines(rng, zone)
    for draw in drawn_feeds.FEED_LINES:
        if chance(rng, 80):
            lines += [draw(rng, zone) for _ in range(1 + rng.randrange(6))]
    return landed(rng, zone, lines)


def shop_scenario(rng: Random) -> Scenario:
    """Valid records only, at the edges of the marts' windows."""
    scenario = landed(rng, pick(rng, list(ZONES)), drawn_shop.shop_lines(rng))
    return replace(scenario, lines=tuple(line for line in scenario.lines if line.raw is None))


def people_scenario(rng: Random) -> Scenario:
    """Valid records of people who are known by many keys."""
    scenario = landed(rng, "utc", drawn_people.people_lines(rng))
    return replace(scenario, lines=tuple(line for line in scenario.lines if line.raw is None))


def transcript_scenario(rng: Random) -> Scenario:
    """Transcripts, sometimes next to a log of the same conversations."""
    zone = pick(rng, list(ZONES))
    lines = [drawn_transcripts.transcript_line(rng, zone) for _ in range(1 + rng.randrange(5))]
    if chance(rng, 25):
        lines += drawn_transcripts.transcript_twice(rng, zone)
    if chance(rng, 30):
        lines += drawn_log.conversation_lines(rng, zone)
    lines += [drawn_feeds.profile_line(rng, zone) for _ in range(rng.randrange(3))]
    return landed(rng, zone, lines)


def odd_scenario(rng: Random) -> Scenario:
    """Lines and files that are no records, and feeds that have no part in conversations."""
    zone = pick(rng, list(ZONES))
    lines = [Line("conversation_log", raw=pick(rng, STRAY_LINES)) for _ in range(1 + rng.randrange(4))]
    lines += [drawn_feeds.erasure_line(rng, zone) for _ in range(rng.randrange(5))]
    scenario = landed(rng, zone, lines)
    strays = [pick(rng, STRAY_FILES) for _ in range(rng.randrange(4))]
    others = tuple((rng.randrange(scenario.steps), path, content) for path, content in dict(strays).items())
    return replace(scenario, others=others)


def any_scenario(rng: Random) -> Scenario:
    """One of the kinds."""
    return pick(
        rng,
        (
            log_scenario,
            log_scenario,
            people_scenario,
            mart_scenario,
            shop_scenario,
            shop_scenario,
            transcript_scenario,
            odd_scenario,
        ),
    )(rng)


def landed(rng: Random, zone: str, lines: list[Line]) -> Scenario:
    """Deal lines into steps and files: in order or not, with repetitions and strays."""
    lines = list(lines)
    if chance(rng, 50):
        shuffle(rng, lines)
    for _ in range(rng.randrange(4)):
        lines.insert(rng.randrange(len(lines) + 1), pick(rng, lines))
    for _ in range(rng.randrange(3) if chance(rng, 30) else 0):
        lines.insert(rng.randrange(len(lines) + 1), Line("conversation_log", raw=pick(rng, STRAY_LINES)))
    steps = 1 + rng.randrange(6) if chance(rng, 70) else 1
    files = 3 if chance(rng, 30) else 1
    dealt = [replace(line, step=rng.randrange(steps), file=rng.randrange(files)) for line in lines]
    feeds = sorted({line.feed for line in dealt})
    formats = {feed: pick(rng, FORMATS) for feed in feeds if chance(rng, 40)}
    if any(line.raw is not None for line in dealt):
        formats.pop("conversation_log", None)
    for feed in [feed for feed, form in formats.items() if form.startswith("csv")]:
        if any(len({name for name, _ in line.members}) < len(line.members) for line in dealt if line.feed == feed):
            del formats[feed]
    style = rng.randrange(16) if chance(rng, 30) else 0
    return Scenario(zone, tuple(dealt), formats, style, _table(rng, formats), grows=chance(rng, 25))


def _table(rng: Random, formats: dict[str, str]) -> Table:
    """How the CSV files are written."""
    if not any(form.startswith("csv") for form in formats.values()):
        return Table()
    folders = {feed: pick(rng, FOLDERS[feed]) for feed in formats if feed in FOLDERS and chance(rng, 15)}
    # A compressed file that is still being written cannot be read at all.
    may_be_cut = not any(form in ("csv.gz", "csv.zst") for form in formats.values())
    return Table(
        pick(rng, ",,;\t|"),
        chance(rng, 10),
        pick(rng, ("plain", "plain", "loud")),
        pick(rng, ("object", "dotted", "flat")),
        folders,
        rng.randrange(12) if may_be_cut and chance(rng, 40) else None,
    )


def shuffle(rng: Random, lines: list[Line]) -> None:
    """Any order, with only the calls that Hypothesis follows well."""
    for place in range(len(lines) - 1, 0, -1):
        other = rng.randrange(place + 1)
        lines[place], lines[other] = lines[other], lines[place]
