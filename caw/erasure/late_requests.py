"""Late lines that are requests to forget somebody and will be carried out: those are not redacted on arrival (spec §6).

The erasure that such a request asks for redacts it, with all that it names. A request that is refused forgets nobody:
it is redacted like any other line. In doubt it is taken for one that is accepted, so that it is heard.
"""

import pyarrow as pa

from caw.adapters.members import first_of
from caw.erasure.finding import IdentifierFinder
from caw.erasure.identifiers import id_text
from caw.feeds.declared import ERASURES
from caw.formats.instants import is_instant
from caw.formats.strict_json import parse


def is_request(finder: IdentifierFinder, lines: pa.Table, row: int) -> bool:
    """Whether a row of late lines, those of the finder's feed and source, is such a request."""
    if ERASURES not in finder.feed.record_feeds or lines["problem"][row].is_valid:
        return False
    text = lines["document"][row].as_py() or lines["raw_text"][row].as_py()
    if finder.feed.is_expanded:
        made = finder.expand(finder.feed.name, text)
        return made.reason is None and any(one.feed == ERASURES for one in made.records)
    line = parse(text)
    request_id, requested_at = (
        first_of(*(line.get(one) for one in (name, *finder.aliases.get(name, ()))))
        for name in ("request_id", "requested_at")
    )
    ingested_at = lines["ingested_at"][row].as_py()
    return bool(id_text(request_id)) and is_instant(requested_at, finder.zone, ingested_at, dates=True)
