"""Cases: how real exports write instants (spec §2.0.3).

Each form is the first message of a conversation, so that what is read is a published table's. Expected values are
worked out by hand from the form: local time minus offset.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.case_runs import Files, ThreeRuns, by, of, recommended, refused, utc
from tests.support.forgetting import ForgettingPipeline, lines

# form -> UTC; the sources' zone is UTC unless said otherwise
READ: list[tuple[Any, str]] = [
    # seconds may be left out
    ("2026-06-30T09:00Z", "2026-06-30 09:00"),
    ("2026-06-30T09:00", "2026-06-30 09:00"),
    ("2026-06-30 09:00", "2026-06-30 09:00"),
    ("2026-06-30t09:00z", "2026-06-30 09:00"),
    ("2026-06-30T09:00+02:00", "2026-06-30 07:00"),
    ("2026-06-30 09:00 +02", "2026-06-30 07:00"),
    # a fraction after a point or a comma, cut at microseconds
    ("2026-06-30T09:00:01.5Z", "2026-06-30 09:00:01.500"),
    ("2026-06-30T09:00:01,25Z", "2026-06-30 09:00:01.250"),
    ("2026-06-30T09:00:01.1234567Z", "2026-06-30 09:00:01.123456"),
    ("2026-06-30T09:00:01,999999999Z", "2026-06-30 09:00:01.999999"),
    ("2026-06-30 09:00:01.000001999+02", "2026-06-30 07:00:01.000001"),
    # every offset form, with or without a space before it
    ("2026-06-30T09:00:00+0200", "2026-06-30 07:00"),
    ("2026-06-30T09:00:00+02", "2026-06-30 07:00"),
    ("2026-06-30 09:00:00 +02:00", "2026-06-30 07:00"),
    ("2026-06-30 09:00:00 +0200", "2026-06-30 07:00"),
    ("2026-06-30 09:00:00 -03", "2026-06-30 12:00"),
    ("2026-06-30 09:00:00-0330", "2026-06-30 12:30"),
    ("2026-06-30T09:00:00+05:45", "2026-06-30 03:15"),
    ("2026-06-30 09:00:00+00", "2026-06-30 09:00"),
    ("2026-06-30 09:00:00.25+00", "2026-06-30 09:00:00.250"),
    ("2026-06-30T09:00:00-00:00", "2026-06-30 09:00"),
    ("2026-06-30T09:00:00+23:59", "2026-06-29 09:01"),
    ("2026-06-29T09:00:00-23:59", "2026-06-30 08:59"),
    ("2026-06-30 09:00:00 UTC", "2026-06-30 09:00"),
    ("2026-06-30 09:00:00UTC", "2026-06-30 09:00"),
    ("2026-06-30T09:00 utc", "2026-06-30 09:00"),
    ("2026-06-30 09:00:00.5 Utc", "2026-06-30 09:00:00.500"),
    ("2026-06-30 09:00:00 Z", "2026-06-30 09:00"),
    ("2026-06-30 09:00:00 z", "2026-06-30 09:00"),
    # a [zone] after any offset, Z or UTC is passed over
    ("2026-06-30T09:00:00+02:00[Europe/Paris]", "2026-06-30 07:00"),
    ("2026-06-30T09:00+02:00[America/New_York]", "2026-06-30 07:00"),
    ("2026-06-30T09:00:00.5Z[UTC]", "2026-06-30 09:00:00.500"),
    ("2026-06-30T09:00:00+0200[Europe/Berlin]", "2026-06-30 07:00"),
    ("2026-06-30 09:00:00 UTC[Etc/UTC]", "2026-06-30 09:00"),
    # epochs by their size: seconds, milliseconds, microseconds, nanoseconds; as a number or its text
    (1782806400, "2026-06-30 08:00"),
    ("1782806400", "2026-06-30 08:00"),
    (1782806400.123, "2026-06-30 08:00:00.123"),
    ("1782806400.5", "2026-06-30 08:00:00.500"),
    (1782806400123, "2026-06-30 08:00:00.123"),
    ("1782806400123", "2026-06-30 08:00:00.123"),
    (1782806400123456, "2026-06-30 08:00:00.123456"),
    ("1782806400123456", "2026-06-30 08:00:00.123456"),
    (1782806400123456789, "2026-06-30 08:00:00.123456"),
    ("1782806400123456789", "2026-06-30 08:00:00.123456"),
    (1782806400000.0, "2026-06-30 08:00"),
    (631152000, "1990-01-01 00:00"),
    (631152000000, "1990-01-01 00:00"),
    (631152000000000, "1990-01-01 00:00"),
    (631152000000000000, "1990-01-01 00:00"),
    # edges of the calendar, and of what is too old or too far ahead (24 h after 2026-06-30 12:00)
    ("2024-02-29T23:59:59.999999Z", "2024-02-29 23:59:59.999999"),
    ("1990-01-01T00:00Z", "1990-01-01 00:00"),
    ("2026-07-01T11:59Z", "2026-07-01 11:59"),
]

# form -> reason
REFUSED: list[tuple[Any, str]] = [
    ("2026-06-30", "bad_value"),  # date and time
    ("2026-06-30T09Z", "bad_value"),
    ("2026-06-30T9:00Z", "bad_value"),  # written YYYY-MM-DD and HH:MM
    ("2026-6-30T09:00Z", "bad_value"),
    ("30/06/2026 09:00", "bad_value"),
    ("2026/06/30 09:00", "bad_value"),
    ("20260630T090000Z", "bad_value"),
    ("09:00 2026-06-30", "bad_value"),
    ("2026-06-30T09:00.5Z", "bad_value"),  # a fraction only of seconds
    ("2026-06-30 09:00,25", "bad_value"),
    ("2026-06-30T24:00Z", "bad_value"),
    ("2026-06-29T24:00:00Z", "bad_value"),
    ("2026-06-30T09:60Z", "bad_value"),
    ("2026-06-30T09:00:60Z", "bad_value"),
    ("2026-06-30T23:59:60", "bad_value"),
    ("2026-06-30T09:00:00+24:00", "bad_value"),
    ("2026-06-30T09:00:00+02:60", "bad_value"),
    ("2026-06-30T09:00:00+2", "bad_value"),
    ("2026-06-30T09:00:00+2:00", "bad_value"),
    ("2026-06-30T09:00:00+020", "bad_value"),
    ("2026-06-30T09:00:00 CEST", "bad_value"),
    ("2026-06-30T09:00:00 GMT", "bad_value"),
    ("2026-06-30T09:00:00[Europe/Paris]", "bad_value"),  # a zone stands after an offset
    ("2026-06-30T09:00:00Z[UTC", "bad_value"),
    ("2025-02-29T09:00Z", "bad_value"),
    ("2026-06-31T09:00Z", "bad_value"),
    ("2026-13-01T09:00Z", "bad_value"),
    ("2026-00-10T09:00Z", "bad_value"),
    ("1989-12-31T23:59:59.999Z", "bad_value"),
    ("2026-07-01T12:00:01Z", "bad_value"),
    ("yesterday", "bad_value"),
    ("infinity", "bad_value"),
    ("now", "bad_value"),
    ("epoch", "bad_value"),
    ("1_782_806_400", "bad_value"),  # an epoch's text has digits and at most one point
    ("1.782.806.400", "bad_value"),
    ("1782806400,5", "bad_value"),
    ("1.7828064e9", "bad_value"),
    ("0x6a437980", "bad_value"),
    (0, "bad_value"),
    (-1782806400, "bad_value"),
    (631151999, "bad_value"),  # a second before 1990
    (631151999999, "bad_value"),
    (99_999_999_999, "bad_value"),  # seconds of the year 5138
    (100_000_000_000, "bad_value"),  # milliseconds of 1973
    (99_999_999_999_999, "bad_value"),  # milliseconds of 5138
    (100_000_000_000_000, "bad_value"),  # microseconds of 1973
    (100_000_000_000_000_000, "bad_value"),  # nanoseconds of 1973
    (4_102_444_800, "bad_value"),  # from 2100 on
    (4_102_444_800_000, "bad_value"),
    (2**70, "bad_value"),
    (True, "bad_value"),
    ({"seconds": 1782806400}, "bad_value"),
    ("", "missing_field"),
    ("  ", "missing_field"),
    (None, "missing_field"),
]

# source, local time without an offset, UTC: the clocks of both zones are changed on other days
LOCAL = [
    ("acme_us", "2026-06-30T04:00", "2026-06-30 08:00"),  # New York, 4 h behind in summer
    ("acme_us", "2026-01-30 04:00:00.5", "2026-01-30 09:00:00.500"),  # 5 h in winter
    ("acme_us", "2025-11-02T01:30", "2025-11-02 05:30"),  # repeated: its first, at -04:00
    ("acme_us", "2026-03-08T02:30", "2026-03-08 07:30"),  # skipped: the offset before the gap, -05:00
    ("acme_us", "2026-06-30T09:00 UTC", "2026-06-30 09:00"),  # a zone that is given goes before
    ("acme_us", "1782806400123", "2026-06-30 08:00:00.123"),  # an epoch has none
    ("acme_eu", "2026-06-30 10:00", "2026-06-30 08:00"),  # Paris, 2 h ahead in summer
    ("acme_eu", "2025-10-26T02:30", "2025-10-26 00:30"),  # repeated: its first, at +02:00
    ("acme_eu", "2026-03-29T02:30", "2026-03-29 01:30"),  # skipped: +01:00
]


def is_cell(form: Any) -> bool:
    """Whether the form goes into the CSV too: a cell with an exponent may be read as a JSON number, where one is due."""
    return isinstance(form, str) and "e9" not in form


def said(conversation_id: str, occurred_at: Any) -> dict[str, Any]:
    """A message that was written at an instant of some form."""
    record = {"record_id": "1", "conversation_id": conversation_id, "occurred_at": occurred_at}
    return {**record, "record_type": "message", "actor": "customer", "channel": "sms"}


def ended() -> list[dict[str, Any]]:
    """An agent's log whose instants are Java's: at a full minute they lose their seconds, and here that is the escalation."""
    return [
        recommended("lost", "mia", occurred_at="2026-06-30T08:59:58Z"),
        {"record_id": "2", "conversation_id": "lost", "occurred_at": "2026-06-30T09:00Z", "record_type": "status_changed",
         "status": "escalated", "escalation_reason": "asked for a person"},
        recommended("kept", "tom", occurred_at=1782806400000),
    ]  # fmt: skip


def deliveries() -> Sequence[Files]:
    """All forms in one run: JSON of every kind, and the texts among them as CSV too."""
    forms = [(form, number) for number, (form, _) in enumerate([*READ, *REFUSED])]
    texts = [f'"{form}",{number}' for form, number in forms if is_cell(form)]
    local = {
        source: [said(f"{place}", form) for place, (at, form, _) in enumerate(LOCAL) if at == source]
        for source, _, _ in LOCAL
    }
    head = "occurred_at,conversation_id,record_id,record_type,actor\n"
    return (
        of("forms", {"conversation_log/all.jsonl": lines(*(said(str(number), form) for form, number in forms))})
        | of("cells", {"conversation_log/all.csv": head + "".join(f"{text},1,message,customer\n" for text in texts)})
        | {f"{source}/conversation_log/local.jsonl": lines(*records) for source, records in local.items()}
        | of("java", {
            "conversation_log/log.jsonl": lines(*ended()),
            "profiles/p.jsonl": lines(*({"profile_id": one, "updated_at": "2026-01-01T00:00"} for one in ("mia", "tom"))),
            "consents/c.jsonl": lines(*(
                {"profile_id": one, "channel": "email", "status": "subscribed", "occurred_at": "2026-01-01T00:00Z"}
                for one in ("mia", "tom")
            ), {"profile_id": "tom", "channel": "email", "status": "unsubscribed", "occurred_at": 1782806399999}),
        }),
    )  # fmt: skip


@pytest.fixture
def instants(three_runs: ThreeRuns) -> ForgettingPipeline:
    """All forms, taken in."""
    return three_runs.pipeline


def values_of(pipeline: ForgettingPipeline, source: str) -> dict[str, Any]:
    """When each conversation of a source began."""
    return by(pipeline, source, "performance.conversations", "conversation_id", "first_record_at")


def test_an_instant_is_read_in_every_form(instants: ForgettingPipeline) -> None:
    """An export in another form loses its records, or has them hours off; a cell's text means something else."""
    found = values_of(instants, "forms")
    assert {json.dumps(READ[int(number)][0]): instant for number, instant in found.items()} == {
        json.dumps(form): utc(text) for form, text in READ
    }
    cells = {number: instant for number, instant in found.items() if is_cell(READ[int(number)][0])}
    assert values_of(instants, "cells") == cells


def test_what_is_no_instant_is_refused(instants: ForgettingPipeline) -> None:
    """A guess puts a record at another time, where it changes what happened."""
    found = {line: detail for (_, line), detail in refused(instants, "forms").items()}
    first = len(READ) + 1
    assert {json.dumps(REFUSED[line - first][0]): why for line, why in found.items() if line >= first} == {
        json.dumps(form): (reason, "occurred_at") for form, reason in REFUSED
    }
    assert min(found) == first
    texts = [form for form, _ in REFUSED if is_cell(form)]
    assert len(refused(instants, "cells")) == len(texts)


def test_a_time_without_offset_is_in_the_source_s_zone(instants: ForgettingPipeline) -> None:
    """Spec §2.0.3: a local time that the clocks repeat is its first, one that they skip takes the offset before the
    gap."""
    found = {**values_of(instants, "acme_us"), **values_of(instants, "acme_eu")}
    assert found == {str(place): utc(expected) for place, (_, _, expected) in enumerate(LOCAL)}


def test_instants_at_a_full_minute_and_in_milliseconds_count(instants: ForgettingPipeline) -> None:
    """The cases c01 and c03: an escalation of a full minute and a withdrawal in milliseconds were refused, and two
    people were written to. Spec §4.14, gates 3 and 4."""
    found = by(
        instants,
        "java",
        "retargeting.retargeting_eligibility",
        "profile_id",
        "failed_gates",
        where="policy_id = 'recommendation_follow_up_email'",
    )
    assert found == {"mia": ["escalated_recently"], "tom": ["no_consent"]}
    assert refused(instants, "java") == {}
