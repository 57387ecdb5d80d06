"""Resolutions of the last publication that are none any more: a helpdesk takes one back when its shopper returns
(spec §2.3.16.2), and what was published yesterday changes.
"""

import contextlib
from pathlib import Path

import duckdb

# Asked only of conversations that the build has touched. One that is gone as a whole, or has another id since its
# shopper was forgotten, is not taken back.
TAKEN_BACK = """
select count(*)
from (
    select distinct source, conversation_id
    from last_publication.events.conversation_resolved
    semi join intermediate.int_conversations_to_rebuild using (source, conversation_id)
) as before
anti join events.conversation_resolved as now using (source, conversation_id)
semi join performance.conversations as conversations using (source, conversation_id)
"""


def resolutions_taken_back(warehouse: Path, published: Path | None) -> int:
    """The number of conversations that are resolved in the last publication, and in the warehouse are not.

    Args:
        warehouse: the built warehouse; the caller holds the data dir's lock.
        published: the file that shows the last publication; None where there is none.
    """
    if published is None:
        return 0
    place = str(published).replace("'", "''")
    # of a file of an older version, or a broken one, nothing is known
    with contextlib.suppress(duckdb.Error), duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"attach '{place}' as last_publication (read_only)")
        row = connection.execute(TAKEN_BACK).fetchone()
        return int(row[0]) if row else 0
    return 0
