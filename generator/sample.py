"""`write_sample`: the landing zone of seeds/sample - a month of generated logs, the story, other formats, dirt; and two
accounts that vendors alone feed.
"""

import gzip
from datetime import datetime
from pathlib import Path

from generator.intercom_files import intercom_files
from generator.klaviyo_files import klaviyo_files
from generator.logs import DEFAULT_SOURCES, generate
from generator.odd_files import odd_files
from generator.shopify_files import shopify_files
from generator.story import story_records
from generator.story_time import SAMPLE_AS_OF
from generator.tales import dumps

SAMPLE_CONVERSATIONS = 400  # a few hundred: enough for every daily rate to mean something, under a megabyte
SAMPLE_DAYS = 30
SAMPLE_SEED = 1
STORY_FILE = "2026/06/story.jsonl"
GZIP_LEVEL = 9
COMPRESSED_FEEDS = (("acme_eu", "conversation_log"),)  # one file of the sample is a .jsonl.gz


def write_sample(directory: Path) -> list[Path]:
    """Write the sample into an empty or missing directory; returns the paths of all its files, sorted.

    Raises:
        FileExistsError: the directory holds something.
    """
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty: remove it first, the sample is written whole")
    generate(directory, SAMPLE_CONVERSATIONS, SAMPLE_DAYS, SAMPLE_SEED, SAMPLE_AS_OF, period="month")
    for path, content in {**_story_files(), **odd_files(), **vendor_files(SAMPLE_AS_OF)}.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return sorted(path for path in directory.rglob("*") if path.is_file())


def vendor_files(until: datetime) -> dict[str, bytes]:
    """The files of the accounts that vendors alone feed, by path, with records until `until`."""
    return {**klaviyo_files(until), **intercom_files(until), **shopify_files(until)}


def _story_files() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for source in DEFAULT_SOURCES:
        for feed, record in story_records(source):
            path = f"{source}/{feed}/{STORY_FILE}"
            files[path] = files.get(path, b"") + dumps(record).encode() + b"\n"
    for source, feed in COMPRESSED_FEEDS:
        path = f"{source}/{feed}/{STORY_FILE}"
        files[path + ".gz"] = gzip.compress(files.pop(path), GZIP_LEVEL, mtime=0)  # no clock in the bytes
    return files
