"""Permissions, and requests to be forgotten, in a refused line of a vendor's (spec §2.3.2).

Such a line makes no records, but what decides whether one may write fails closed (spec §4.15), and a request to forget
somebody must not go unheard: these records stay, refused like their line. What cannot be read names nobody.
"""

from collections.abc import Sequence

from caw.adapters.records import Expansion, Record
from caw.feeds.declared import ERASURES, PERMISSIONS

HEEDED = frozenset({*PERMISSIONS, ERASURES})


def refused(
    made: Expansion, reason: str, field: str, object_id: str | None = None, listed: Sequence[Expansion] = ()
) -> Expansion:
    """A line that is refused for a field.

    Args:
        made: what it would have made.
        reason: `missing_field` or `bad_value`.
        field: the member's name.
        object_id: the object's, where it can be read.
        listed: what the objects would have made of a list in it, which no line may hold.
    """
    each = [made, *listed]
    records = [record for one in each for record in one.records if record.feed in HEEDED]
    people = made.people if len(each) == 1 else [person for one in each for person in one.people]
    return Expansion(reason=reason, field=field, object_id=object_id, records=records, people=people, listed=listed)


def unreadable(makes: Sequence[str], text: str | None, request: str) -> Sequence[Record]:
    """The record of nobody that a line which is no object may have been.

    Args:
        makes: the feeds of the records that lines of its feed make.
        text: the line, or its beginning.
        request: a member by which a request to forget somebody is recognised; blank where the feed has none.
    """
    if request and request in (text or ""):
        return [Record(ERASURES, {})]
    return [Record(feed, {}) for feed in PERMISSIONS if feed in makes][:1]
