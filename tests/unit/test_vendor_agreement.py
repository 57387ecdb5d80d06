"""What `caw doctor` says of a vendor's own counts (spec §2.3.11)."""

import duckdb

from caw.doctor.agreement import disagreements


def test_a_difference_is_said_only_if_nothing_explains_it() -> None:
    """A count that everybody can explain hides the one that nobody can; or an older file ends the page."""
    with duckdb.connect() as connection:
        assert disagreements(connection) == []
        connection.execute("""
            create schema health;
            create table health.vendor_agreement as select * from (values
                ('b', 'klaviyo', 'conversation_resolved', 1200, 1100, 100, null),
                ('a', 'klaviyo', 'conversation_started', 12, 10, 2, 'repeated'),
                ('a', 'klaviyo', 'conversation_escalated', 3, 3, 0, null),
                ('a', 'klaviyo', 'conversation_resolved', 1, 2, -1, null)
            ) as t (source, vendor, name, vendor_count, our_count, difference, explanation)
        """)
        found = disagreements(connection)
    assert [need.source for need in found] == ["a", "b"]
    assert found[1].sentence.startswith(
        "b: klaviyo counts 1,200 of conversation_resolved, caw 1,100, and nothing explains"
    )
