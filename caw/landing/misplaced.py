"""The error of a file of unknown feed, as the ledger shows it: what is wrong with its place, and how to mend it.

The words quote no name but a feed's: the ledger has the path in another column, and erasure may have to change it.
"""

from difflib import get_close_matches

from caw.feeds.declared import feeds
from caw.formats import ENDINGS, reader_for
from caw.landing.scan import LandedFile

LAYOUT = "files lie in <source>/<feed>/"
NEAR = 0.6  # difflib's own measure of what is close


def why_unknown(file: LandedFile) -> str | None:
    """The fault of the file's place or name; None where there is none."""
    parts = file.parts
    if file.source is None and len(parts) > 1:
        if parts[0].lower() in feeds():
            return f"{LAYOUT}: the folder of the source is missing around {parts[0].lower()}"
        return "the name of the source's folder is not of a-z, 0-9 and _ alone; rename it"
    if len(parts) < 3:
        return f"there is no feed folder; {LAYOUT}, and the feeds are {', '.join(feeds())}"
    if file.feed is None:
        return _no_feed(parts[1])
    if reader_for(file.name) is None:
        return f"files with this ending are not read; those are: {ENDINGS}"
    return None


def _no_feed(name: str) -> str:
    form = name.strip().lower().replace("-", "_").replace(" ", "_")
    near = get_close_matches(form, feeds(), n=1, cutoff=NEAR)
    if near:
        return f"there is no feed of the folder's name; did you mean {near[0]}?"
    return "there is no feed of the folder's name; docs/feeds.md has the feeds"
