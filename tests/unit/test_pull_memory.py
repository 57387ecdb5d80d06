"""Pulls: what is remembered between them, and that one which dies goes on."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from caw.doctor.pulls import late_pulls
from caw.pull import cursor
from caw.pull.errors import PullError
from caw.pull.rows import Row
from caw.settings import read_settings
from tests.support.fake_klaviyo import KEY, Trouble
from tests.support.klaviyo_resources import event, profile
from tests.support.pull_site import (
    DAY,
    DEATHS,
    EVENTS,
    HOUR,
    MAPPED,
    NOW,
    PROFILES,
    SINCE,
    TEN,
    PullSite,
    at,
    die_in_a_pull,
    write_metrics,
)


def test_what_is_remembered_has_nothing_of_a_person_or_of_the_key(site: PullSite) -> None:
    """An erasure does not look into it: an id, too, is somebody's."""
    site.fake.profiles = [profile("01PERSON", SINCE), profile("02PERSON", NOW - DAY)]
    site.pull()
    site.pull(PROFILES)
    assert len(site.remembered()) > 1_000
    for text in (KEY, "PERSON", "example.com", "ev0001"):
        assert text.encode() not in site.remembered(), text


def test_what_is_remembered_is_bounded_by_the_windows(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def remembered(row: Row) -> int:
        with cursor.opened(site.root / "data" / "pull" / row.source / f"{row.feed}.sqlite") as memory:
            return int(memory._connection.execute("select count(*) from written").fetchone()[0])

    site.fake.events += [event(f"old{number}", NOW - 100 * DAY) for number in range(5)]
    row = replace(EVENTS, since=NOW - 200 * DAY)
    site.pull(row)
    assert remembered(row) == 10
    at(monkeypatch, 40 * DAY)
    site.pull(row)
    assert remembered(row) == 0


def test_a_data_dir_that_is_lost_only_asks_again(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pull()
    first = {path: path.read_bytes() for path in site.files()}
    for path in (site.root / "data").rglob("*.sqlite"):
        path.unlink()
    at(monkeypatch, HOUR)
    site.pull()
    assert {path: path.read_bytes() for path in site.files() if path in first} == first
    assert sorted(set(site.ids())) == TEN


def test_a_memory_that_cannot_be_read_says_what_to_do(site: PullSite) -> None:
    site.pull()
    (path,) = (site.root / "data").rglob("*.sqlite")
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(PullError, match=r"klaviyo_events\.sqlite, cannot be used .*: take the file away"):
        site.pull()


def test_a_second_pull_of_a_row_at_once_ends_and_says_so(site: PullSite) -> None:
    complaints: list[str] = []

    def second(number: int) -> None:
        if number == 1:
            try:
                site.pull()
            except PullError as refused:
                complaints.append(str(refused))

    site.fake.before = second
    site.pull()
    assert complaints == ["another pull of it is at work: wait for its end"]
    assert site.ids() == TEN


def test_an_erasure_forgets_where_pulls_stand_and_the_window_is_asked_for_again(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor's text for a page may hold the id at which it begins, which is somebody's."""
    site.fake.profiles = [profile(f"p{number}PERSON", SINCE + number * DAY) for number in range(7)]
    site.fake.troubles = {2: Trouble(401)}
    with pytest.raises(PullError):
        site.pull(PROFILES)
    place = base64.b64encode(b"p5PERSON").rstrip(b"=")
    assert place in site.remembered()
    cursor.forget_pages(site.root / "data" / "pull")
    assert place not in site.remembered()
    at(monkeypatch, HOUR)
    site.pull(PROFILES)
    assert set(site.ids(PROFILES)) == {f"p{number}PERSON" for number in range(7)}


def test_doctor_names_a_row_that_nobody_pulls_or_that_fails(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh goes on without the pull: nothing else would say that a key has stopped to hold."""
    site.places.seeds.mkdir()
    header = "source,vendor,feed,metrics,since,lookback_hours,rescan_days\n"
    (site.places.seeds / "pulls.csv").write_text(f"{header}acme_us,klaviyo,klaviyo_events,,2026-06-01,,\n")
    given = {"CAW_SEEDS_DIR": str(site.places.seeds), "CAW_DATA_DIR": str(site.places.data_dir)}

    def late(after: timedelta) -> list[str]:
        return list(late_pulls(read_settings(given), NOW + after, 2 * HOUR))

    command = "`caw pull --source acme_us --feed klaviyo_events` says why."
    never = f"acme_us klaviyo_events is in pulls.csv, and no pull of it has come to its end yet: {command}"
    assert late(HOUR) == [never]
    site.fake.troubles = {2: Trouble(401)}
    with pytest.raises(PullError):
        site.pull()
    assert late(HOUR) == [never]
    site.pull()
    assert late(HOUR) == []
    assert late(3 * HOUR) == [f"The last whole pull of acme_us klaviyo_events was at 2026-06-30 12:00 UTC: {command}"]


# Sudden ends


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("step", DEATHS)
def test_a_pull_that_dies_goes_on_under_the_same_names(
    site: PullSite, step: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing doubled, wherever it ends; the second try is an hour later, with a late event."""
    write_metrics(site, "Placed Order,,order_placed\nOpened Email,,message_received:email\n")
    site.fake.events += [event(f"op{number}", NOW - DAY, metric="Mopened") for number in range(5)]
    before = die_in_a_pull(site, MAPPED, step, after, monkeypatch)
    at(monkeypatch, HOUR)
    site.fake.events.append(event("late", NOW - DAY + timedelta(minutes=90)))
    site.pull(MAPPED)
    assert sorted(site.ids()) == sorted([*TEN, "late", *(f"op{number}" for number in range(5))])
    assert before <= {path.name for path in site.files()}
    assert {path.suffix for path in site.files()} == {".jsonl"}
