"""Whether a late line of profiles makes a profile (spec §6.6): one that is refused takes nothing from anybody.

Staging decides which lines are accepted; a late line is redacted before it gets there. In doubt it makes a profile:
what belongs to somebody else must not go.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from caw.adapters.transcript_values import is_absent, is_text
from caw.erasure.identifiers import id_text
from caw.formats.instants import is_instant

DATED = "updated_at"
IDS = ("profile_id", "phone_number", "external_id", "merged_into")
TEXTS = ("email",)


def makes_profile(record: Mapping[str, Any], zone: tzinfo, ingested_at: datetime) -> bool:
    """Whether the fields of a line, aliases filled in, are those of a profile.

    Args:
        record: the parsed line, or a record that an adapter made.
        zone: the source's.
        ingested_at: when the line was taken in.
    """
    given = {name: value for name, value in record.items() if not is_absent(value)}
    return (
        is_instant(given.get(DATED), zone, ingested_at)
        and all(id_text(given[name]) for name in IDS if name in given)
        and all(is_text(given[name]) for name in TEXTS if name in given)
    )
