"""Needs of a person, and the page that `caw doctor` shows of them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from caw.doctor.health import FailedFile, of_source
from caw.doctor.needs import Need, Place
from caw.doctor.page import (
    SHOWN_FILES,
    SHOWN_PLACES,
    SHOWN_WORDS,
    age,
    doctor_page,
    needs,
)
from caw.doctor.runs import Finished, Runs
from caw.doctor.unknowns import UnknownField, Unknowns, UnknownWord
from caw.explain.absent_feeds import LOOKED_AT
from caw.publication.notes import Transcripts
from caw.settings import read_settings
from tests.support.healthy import FLOWING, GOOD_RUN, HEALTHY, NOW, RARE


def test_a_rare_event_that_went_quiet_needs_nobody() -> None:
    assert needs(HEALTHY, GOOD_RUN, NOW) == []


@pytest.mark.parametrize("status", ["stale", "no_events"])
def test_an_agent_that_fell_silent_needs_somebody(status: str) -> None:
    silent = replace(HEALTHY, metrics=[replace(FLOWING, status=status), RARE])
    assert needs(silent, GOOD_RUN, NOW) == ["acme had conversations, and none has started in the last 24 hours."]
    assert needs(replace(silent, conversations={}), GOOD_RUN, NOW) == []


def test_failed_files_and_a_failed_run_need_somebody() -> None:
    broken = replace(HEALTHY, failed_files=[FailedFile("acme/orders/x.gz", "truncated")])
    failed = Runs(None, Finished("0123456789", NOW, "failure", "disk full"))
    assert len(needs(broken, GOOD_RUN, NOW)) == 1
    assert needs(HEALTHY, failed, NOW) == ["The last run failed: disk full"]
    assert needs(HEALTHY, Runs(None, replace(GOOD_RUN.finished, status="canceled")), NOW) == []
    shown = doctor_page(read_settings({}), broken, failed, True, NOW)
    assert "Not read      acme/orders/x.gz: truncated" in shown
    assert "files wait for the next run" in shown


def test_feeds_that_a_gate_needs_and_that_never_landed_are_shown() -> None:
    """A newcomer reads that all is well, and wonders why nobody is eligible."""
    absent = [replace(one, sources=["acme", "brand"]) for one in LOOKED_AT if one.feed in ("consents", "message_sends")]
    page = doctor_page(read_settings({}), replace(HEALTHY, absent_feeds=absent), GOOD_RUN, False, NOW)
    assert "Never landed  consents in acme, brand: gate no_consent lets nobody pass (docs/feeds.md)" in page
    assert "message_sends in acme, brand: gates messaged_recently and already_sent stop nobody" in page
    assert "Never landed" not in doctor_page(read_settings({}), HEALTHY, GOOD_RUN, False, NOW)


def test_refused_requests_need_somebody_first_each_with_file_line_reason_and_detail() -> None:
    """Nobody was forgotten, and the doctor said that nothing needs a person."""
    detail = " ".join(["requested_at is 2026-13-45 and must be a date;"] * 4)
    request = Need("1 request was refused: correct it.", [Place("acme/erasures/r.csv", 2, "bad_value", detail)])
    failed = Runs(None, Finished("0123456789", NOW, "failure", "disk full"))
    found = needs(replace(HEALTHY, needs=[request]), failed, NOW)
    assert found[:2] == ["1 request was refused: correct it.", "  acme/erasures/r.csv:2: bad_value"]
    assert " ".join(line.strip() for line in found[2:-1]) == detail
    assert found[-1] == "The last run failed: disk full"
    shown = doctor_page(read_settings({}), replace(HEALTHY, needs=[request]), GOOD_RUN, False, NOW).splitlines()
    assert "    acme/erasures/r.csv:2: bad_value" in shown[shown.index("Needs a person:") :]


def test_a_file_of_consents_that_could_not_be_read_is_reported_once() -> None:
    unreadable = Need(
        "1 file of consents could not be read: mend it.", [Place("acme/consents/c.gz", None, "truncated")]
    )
    failed = [FailedFile("acme/consents/c.gz", "truncated"), FailedFile("acme/orders/x.gz", "truncated")]
    found = needs(replace(HEALTHY, needs=[unreadable], failed_files=failed), GOOD_RUN, NOW)
    assert found == [
        "1 file of consents could not be read: mend it.",
        "  acme/consents/c.gz: truncated",
        "Files that could not be read: 1; do what their reasons say, or mend them and land them again.",
    ]


def test_a_thousand_refused_lines_are_counted_and_some_named() -> None:
    many = Need("Mend them.", [Place("acme/consents/c.csv", line, "not_json") for line in range(1, 1001)])
    found = needs(replace(HEALTHY, needs=[many]), GOOD_RUN, NOW)
    assert len(found) == 1 + SHOWN_PLACES + 1
    assert found[-1] == f"  and {1000 - SHOWN_PLACES} more"


def test_a_published_instant_that_is_yet_to_come_is_a_finding_and_blames_no_agent() -> None:
    """A clock that once ran ahead: the 24 hours before an instant to come are not over, so nothing is missing yet."""
    ahead = replace(HEALTHY, as_of=NOW + timedelta(days=3), metrics=[replace(FLOWING, status="stale"), RARE])
    assert needs(ahead, GOOD_RUN, NOW) == [
        "What is published is as of 2026-07-03 12:00:00 UTC, which is yet to come: a run's clock was ahead. Set it right "
        "and run `caw run` without --as-of."
    ]
    assert needs(replace(HEALTHY, as_of=NOW), GOOD_RUN, NOW) == []


def test_what_nothing_reads_is_shown_fields_whole_and_words_with_the_seed_row_to_add() -> None:
    fields = [
        UnknownField("acme", "orders", f"field_{number}", 30 - number, "acme/orders/a.csv", None)
        for number in range(30)
    ]
    fields[0] = replace(fields[0], field="mail", nearest="profile.email")
    words = [
        UnknownWord("acme", "consents", "status", f"word_{number}", 99 - number) for number in range(SHOWN_WORDS + 5)
    ]
    words[0] = UnknownWord("acme", "chat_transcripts", "tool", "get_order", 3529)
    unreadable = replace(
        HEALTHY,
        unknowns=Unknowns(fields, words),
        transcripts={"acme": Transcripts(200, 150), "globex": Transcripts(5, 0)},
        at_one_instant={"acme": 1, "initech": 1200},
    )
    shown = doctor_page(read_settings({}), unreadable, GOOD_RUN, False, NOW).splitlines()
    assert "  acme  orders  mail      30 lines  like profile.email  first in acme/orders/a.csv" in shown
    assert "  acme  orders  field_29  1 line                        first in acme/orders/a.csv" in shown
    assert any(
        line.split()
        == ["acme", "chat_transcripts", "tool", "get_order", "3,529", "lines", "agent_tools.csv:", "get_order,,,"]
        for line in shown
    )
    assert any(line.endswith("word_aliases.csv: consent_status,word_1,<word>") for line in shown)
    assert "  and 5 more: see health.unknown_words" in shown
    assert "  acme  150 of 200 repeat an id, and one version of each id is current" in shown
    assert not any(line.startswith("  globex") for line in shown)
    assert "  acme     1 conversation" in shown and "  initech  1,200 conversations" in shown
    assert shown[-2:] == [
        "Needs a person:",
        f"  Words that no seed knows: {SHOWN_WORDS + 4}; until its row, shown above, is in word_aliases.csv, each counts "
        "as the most careful word does.",
    ]
    tools = replace(unreadable, unknowns=Unknowns(fields, words[:1]))
    assert doctor_page(read_settings({}), tools, GOOD_RUN, False, NOW).splitlines()[-1] == "Nothing needs a person."


def test_files_of_which_nothing_was_taken_in_are_findings() -> None:
    """Every line of an export is refused, or five files lie in a folder that nothing reads, and the exit code is 0."""
    refused = [FailedFile("acme/orders/x.jsonl", "2,000 lines refused: see health.rejected_records")]
    strays = [FailedFile(f"acme/reviews/{n}.jsonl", "no feed\x1b[2J") for n in range(SHOWN_FILES + 1)]
    found = needs(replace(HEALTHY, refused_files=refused, misplaced_files=strays), GOOD_RUN, NOW)
    assert found[:3] == [
        "Files of which every line was refused: 1",
        "  acme/orders/x.jsonl: 2,000 lines refused: see health.rejected_records",
        f"Files in places that no feed reads: {SHOWN_FILES + 1}",
    ]
    assert found[-1] == "  and 1 more: see health.ingestion_ledger"
    assert "\x1b" not in doctor_page(read_settings({}), replace(HEALTHY, misplaced_files=strays), GOOD_RUN, False, NOW)


def test_a_publication_that_is_older_than_it_may_be_is_a_finding() -> None:
    """A timer that died is noticed when the agent seems to be off, a day later."""
    later = NOW + timedelta(hours=2, seconds=1)
    assert len(needs(HEALTHY, GOOD_RUN, NOW + timedelta(hours=2))) == 0
    assert needs(HEALTHY, GOOD_RUN, later)[0].startswith("The last publication is 2 hours old")
    assert needs(HEALTHY, GOOD_RUN, later, max_age=timedelta(hours=26)) == []


def test_a_landing_zone_that_is_gone_is_a_finding(tmp_path: Path) -> None:
    gone = read_settings({}, landing=str(tmp_path / "unmounted"))
    shown = doctor_page(gone, HEALTHY, GOOD_RUN, None, NOW).splitlines()
    assert any(line.startswith(f"  There is no landing zone at {tmp_path / 'unmounted'}") for line in shown)


def test_one_source_can_be_looked_at_alone() -> None:
    other = replace(FLOWING, source="globex", status="stale")
    both = replace(
        HEALTHY,
        metrics=[FLOWING, RARE, other],
        conversations={"acme": 5, "globex": 1},
        failed_files=[FailedFile("globex/orders/x.gz", "truncated")],
        needs=[
            Need("Name the people.", source="globex"),
            Need("Mend it.", [Place("globex/consents/c.csv", 1, "not_json")]),
        ],
    )
    assert len(needs(both, GOOD_RUN, NOW)) == 5
    assert needs(of_source(both, "acme"), GOOD_RUN, NOW) == []
    assert needs(of_source(both, "globex"), GOOD_RUN, NOW) == needs(both, GOOD_RUN, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (59, "59 s"), (60, "1 minute"), (7300, "2 hours"), (1e6, "11 days")]
)
def test_ages_are_reported_in_their_greatest_unit(seconds: float, words: str) -> None:
    assert age(timedelta(seconds=seconds)) == words
