"""Differences between a vendor's own counts and ours that nothing explains (spec §2.3.11), as `caw doctor` says."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from caw.doctor.needs import Need
from caw.publication.catalog import has_table

UNEXPLAINED = """
select source, vendor, name, vendor_count, our_count
from health.vendor_agreement
where difference <> 0 and explanation is null
order by source, vendor, name
"""
SENTENCE = (
    "{source}: {vendor} counts {theirs:,} of {name}, caw {ours:,}, and nothing explains the difference: compare "
    "health.rejected_records and the export."
)


def disagreements(connection: DuckDBPyConnection) -> Sequence[Need]:
    """A sentence for each difference; none where an older version wrote the published file."""
    if not has_table(connection, "health", "vendor_agreement"):
        return []
    return [
        Need(SENTENCE.format(source=source, vendor=vendor, name=name, theirs=theirs, ours=ours), source=source)
        for source, vendor, name, theirs, ours in connection.execute(UNEXPLAINED).fetchall()
    ]
