"""Permissions, and requests to be forgotten, in a refused line of a vendor's (spec §2.3.2).

Such a line makes no records, but what decides whether one may write fails closed (spec §4.15), and a request to forget
somebody must not go unheard: these records stay, refused like their line. What cannot be read names nobody.
"""

from collections.abc import Sequence

from caw.adapters.records import Expansion, Record
from caw.feeds.declared import ERASURES, PERMISSIONS
from caw.formats.strict_json import dump_record
from caw.formats.validated import TOO_LARGE
from caw.limits import DEFAULT_LIMITS, Limits

BESIDES_TEXT = 500  # characters of a record that are not from its line
SAY_WHO = ("profile_id", "channel", "request_id", "email", "phone_number", "phone")
HEEDED = frozenset({*PERMISSIONS, ERASURES})


def refused(
    made: Expansion, reason: str, field: str | None, object_id: str | None = None, listed: Sequence[Expansion] = ()
) -> Expansion:
    """A line that is refused for a field.

    Args:
        made: what it would have made.
        reason: `missing_field` or `bad_value`, or why none of its fields counts.
        field: the member's name.
        object_id: the object's, where it can be read.
        listed: what the objects would have made of a list in it, which no line may hold.
    """
    each = [made, *listed]
    records = [record for one in each for record in one.records if record.feed in HEEDED]
    people = made.people if len(each) == 1 else [person for one in each for person in one.people]
    return Expansion(reason=reason, field=field, object_id=object_id, records=records, people=people, listed=listed)


def within_limits(made: Expansion, text: str, limits: Limits = DEFAULT_LIMITS) -> Expansion:
    """The same, or the line refused where one text of it is in so many records that these come to too much.

    Args:
        made: what it makes.
        text: the line.
        limits: say how much that is.
    """
    left = limits.made_of(len(text))
    listed = len(made.parts) + len(made.marks)  # a row each, with the object's id, whether they make a record or not
    # No record has more than its line three times: as its id, and as part of its key and its object's.
    if made.reason is not None or (len(made.records) + listed) * (3 * len(text) + BESIDES_TEXT) <= left:
        return made
    of_object = len(made.object_id or "")
    left -= of_object * listed
    for record in made.records:
        if left < 0:
            break
        left -= len(dump_record(record.fields)) + of_object
    return made if left >= 0 else _too_large(made)


def _too_large(made: Expansion) -> Expansion:
    return refused(made.with_records(_once_each(made.records)), TOO_LARGE, None, made.object_id)


def _once_each(records: Sequence[Record]) -> Sequence[Record]:
    """Of permissions and requests that are to be refused, one for each person and channel that they block."""
    said: dict[tuple[str, ...], Record] = {}
    for one in records:
        if one.feed in HEEDED:
            said.setdefault((one.feed, *(repr(one.fields.get(name)) for name in SAY_WHO)), one)
    return list(said.values())


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
