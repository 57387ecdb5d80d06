"""Pulls: what is asked for, and that what lands is not lost or doubled whatever comes between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from caw.pull.errors import PullError
from caw.pull.pages import LONG
from tests.support.klaviyo_resources import conversation, event, message, metric, profile
from tests.support.pull_site import (
    CONVERSATIONS,
    DAY,
    EVENTS,
    HOUR,
    MAPPED,
    NOW,
    PROFILES,
    SINCE,
    TEN,
    PullSite,
    at,
    write_metrics,
)


def test_a_first_pull_lands_every_event_once_with_what_it_names(site: PullSite) -> None:
    pulled = site.pull()
    assert site.ids() == TEN
    assert (pulled.pages, pulled.objects, pulled.lines, pulled.files) == (4, 10, 10, 4)
    line = site.lines()[0]
    assert line["included"] == {
        "metric": {"id": "Mplaced", "name": "Placed Order", "integration": {"name": "Shopify"}},
        "profile": {"id": "01PERSON", "email": "01PERSON@example.com"},
    }
    assert [path.name for path in site.files()] == [
        f"until_20260630T115930Z_from_20260601T000000Z_{number:08}.jsonl" for number in range(4)
    ]
    assert site.fake.queries("/api/events")[0]["filter"] == [
        "greater-or-equal(datetime,2026-06-01T00:00:00Z),less-than(datetime,2026-06-30T11:59:30Z)"
    ]


def test_a_quiet_pull_writes_no_file(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevents a pull every five minutes from landing three days of duplicates each time."""
    site.pull()
    before = {path: path.stat().st_mtime_ns for path in site.files()}
    at(monkeypatch, timedelta(minutes=5))
    assert (site.pull().objects, {path: path.stat().st_mtime_ns for path in site.files()}) == (10, before)
    assert site.fake.queries("/api/events")[4]["filter"] == [
        "greater-or-equal(datetime,2026-06-27T11:59:30Z),less-than(datetime,2026-06-30T12:04:30Z)"
    ]


def test_an_event_that_appears_late_lands(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events have no arrival time: within the lookback each pull finds it, beyond it the daily rescan."""
    site.pull()
    site.fake.events.append(event("late", NOW - 71 * HOUR))
    site.fake.events.append(event("very late", NOW - 20 * DAY))
    at(monkeypatch, HOUR / 2)
    site.pull()
    assert site.ids() == [*TEN, "late"]
    at(monkeypatch, 25 * HOUR)
    site.pull()
    assert site.ids() == [*TEN, "late", "very late"]


def test_a_rescan_is_made_when_it_is_asked_for(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pull()
    site.fake.events.append(event("very late", NOW - 20 * DAY))
    at(monkeypatch, HOUR)
    site.pull(rescan=True)
    assert site.ids()[10:] == ["very late"]


def test_an_event_that_lies_ahead_lands_in_its_time_and_moves_nothing(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor that took the greatest event's instant would pass over a year of events."""
    site.fake.events.append(event("ahead", NOW + 300 * DAY))
    site.pull()
    site.fake.events.append(event("after", NOW + HOUR))
    at(monkeypatch, 2 * HOUR)
    site.pull()
    assert site.ids() == [*TEN, "after"]
    at(monkeypatch, 301 * DAY)
    site.pull()
    assert site.ids() == [*TEN, "after", "ahead"]


def test_an_event_that_changes_and_changes_back_is_landed_each_time(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge gives old events another profile; the last delivered version is the one that holds."""
    site.pull()
    for hours, person in ((1, "02OTHER"), (2, "01PERSON")):
        site.fake.events[4] = event("ev0004", NOW - 20 * HOUR, profile=person)
        at(monkeypatch, hours * HOUR)
        site.pull()
    people = [one["relationships"]["profile"]["data"]["id"] for one in site.lines() if one["id"] == "ev0004"]
    assert people == ["01PERSON", "02OTHER", "01PERSON"]


def test_a_clock_that_was_ahead_passes_over_nothing(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 400 * DAY)
    site.pull()
    at(monkeypatch, HOUR)
    site.fake.events.append(event("next", NOW))
    site.pull()
    assert set(site.ids()) == {*TEN, "next"}  # by then the others were forgotten: they are duplicates once


def test_an_earlier_first_day_is_asked_for_by_the_next_pull(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.fake.events.append(event("old", SINCE))
    later = replace(EVENTS, since=NOW - 2 * DAY)
    site.pull(later)
    at(monkeypatch, HOUR)
    site.pull(later)
    assert site.ids() == TEN
    site.pull(EVENTS)
    assert site.ids() == [*TEN, "old"]
    at(monkeypatch, 2 * HOUR)
    assert site.pull(EVENTS).objects == 10  # once


def test_a_row_whose_first_day_is_ahead_asks_nothing(site: PullSite) -> None:
    assert str(site.pull(replace(EVENTS, since=NOW + DAY))) == "nothing is due"
    assert site.fake.exchanges == []


def test_profiles_are_asked_for_from_a_second_earlier_and_land_when_they_change(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor's filter on `updated` knows no `at or after`."""
    site.fake.profiles = [profile("p1", SINCE), profile("p2", NOW - DAY)]
    site.pull(PROFILES)
    site.fake.profiles[0] = profile("p1", NOW + HOUR, title="changed")
    at(monkeypatch, 2 * HOUR)
    site.pull(PROFILES)
    assert site.ids(PROFILES) == ["p1", "p2", "p1"]
    assert site.lines(PROFILES)[0]["attributes"]["subscriptions"]["email"]["marketing"]["consent"] == "SUBSCRIBED"
    query = site.fake.queries("/api/profiles")[0]
    assert query["filter"] == ["greater-than(updated,2026-05-31T23:59:59Z),less-than(updated,2026-06-30T11:59:30Z)"]
    assert (query["additional-fields[profile]"], query["page[size]"]) == (["subscriptions"], ["100"])


# Metrics


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        ("placed-order,,order_placed\n", ["Mplaced"]),  # as words are matched
        ("Placed Order,Shopify,order_placed\n", ["Mplaced"]),
        ("Placed Order,API,order_placed\nDébut,,conversation_started\n", ["Mdebut"]),  # another integration's
        (
            "Placed Order,,order_placed\nPlaced Order,Shopify,\nMopened,,message_received:email\n",
            ["Mopened"],
        ),  # blanked; by its id
        (
            "Opened Email,,\nMopened,,message_received:email\nPlaced Order,,order_placed\n",
            ["Mplaced"],
        ),  # its name goes before its id
        ("debut,,conversation_started\nPlaced Order,,order_placed\n", ["Mdebut", "Mplaced"]),  # without accents
    ],
)
def test_mapped_asks_for_the_metrics_that_the_seed_knows(site: PullSite, rows: str, asked: list[str]) -> None:
    site.fake.metrics.append(metric("Mdebut", "Début"))
    write_metrics(site, rows)
    site.pull(MAPPED)
    bounds = "greater-or-equal(datetime,2026-06-01T00:00:00Z),less-than(datetime,2026-06-30T11:59:30Z)"
    filters = list(dict.fromkeys(one["filter"][0] for one in site.fake.queries("/api/events")))
    assert filters == [f'equals(metric_id,"{name}"),{bounds}' for name in asked]


def test_a_metric_that_is_mapped_later_is_asked_for_from_the_first_day(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.events.append(event("opened", SINCE, metric="Mopened"))
    write_metrics(site, "Placed Order,,order_placed\n")
    site.pull(MAPPED)
    assert site.ids() == TEN
    write_metrics(site, "Placed Order,,order_placed\nOpened Email,,message_received:email\n")
    at(monkeypatch, HOUR)
    site.pull(MAPPED)
    assert site.ids() == [*TEN, "opened"]


def test_mapped_without_a_metric_that_is_known_says_what_to_do(site: PullSite) -> None:
    write_metrics(site, "Placed Order,,order_paid\n")
    with pytest.raises(PullError, match=r"klaviyo_metrics\.csv.*not 'order_paid'"):
        site.pull(MAPPED)
    write_metrics(site, "Nothing,,order_placed\n")
    with pytest.raises(PullError, match="knows none of the account's metrics: add rows to it"):
        site.pull(MAPPED)


# Conversations of the agent


def test_a_conversation_lands_with_its_messages_and_again_when_it_has_changed(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API knows no `updated since`: those of the lookback are listed again, and older ones while they are not closed."""
    fake = site.fake
    fake.conversations = [
        conversation("closed", SINCE),
        conversation("waits", SINCE + DAY, "routed-to-team"),
        conversation("young", NOW - DAY, "open"),
    ]
    fake.messages = {"closed": [message(str(number), SINCE) for number in range(5)], "waits": [], "young": []}
    site.pull(CONVERSATIONS)
    lines = {line["id"]: [one["id"] for one in line["messages"]] for line in site.lines(CONVERSATIONS)}
    assert lines == {"young": [], "waits": [], "closed": ["0", "1", "2", "3", "4"]}
    assert fake.queries("/api/customer-agent-conversations") == [
        {"page[size]": ["100"], "filter": ["greater-or-equal(created_at,2026-06-01T00:00:00Z)"]},
        {"page[size]": ["100"], "filter": ['any(status,["open","routed-to-team"])']},
    ]
    asked = fake.asked
    for later in (1, 2):
        at(monkeypatch, later * HOUR)
        assert site.pull(CONVERSATIONS).lines == 0
    assert fake.asked == asked + 4  # two lists each time, and no messages of what is as it was
    fake.conversations[1] = conversation("waits", SINCE + DAY, "routed-to-team", updated=NOW + HOUR)
    fake.messages["waits"] = [message("0", NOW + HOUR)]
    at(monkeypatch, 3 * HOUR)
    site.pull(CONVERSATIONS)
    assert [line["id"] for line in site.lines(CONVERSATIONS)][3:] == ["waits"]
    assert site.lines(CONVERSATIONS)[3]["messages"][0]["attributes"]["content"] == "Where is my order?"


def test_conversations_are_left_to_the_next_pull_at_the_vendors_rate_and_none_is_lost(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 requests a minute, one for each conversation: a first pull would else keep all other rows waiting for hours."""
    count = 450
    fake = site.fake
    fake.page_size = 100
    fake.conversations = [conversation(f"c{number}", SINCE + number * timedelta(minutes=1)) for number in range(count)]
    fake.messages = {f"c{number}": [] for number in range(count)}
    pulled = [site.pull(CONVERSATIONS)]
    assert str(pulled[0]) == (
        "200 new of 200 objects in 2 pages, 2 files; the next pull goes on, to keep the rate of the vendor"
    )
    assert sum(site.clock.waits) == pytest.approx(201, abs=1)  # seconds
    while pulled[-1].has_more:
        at(monkeypatch, len(pulled) * HOUR)
        pulled.append(site.pull(CONVERSATIONS))
    assert sorted(site.ids(CONVERSATIONS)) == sorted(fake.messages)
    assert len(pulled) == 3


def test_a_conversation_that_goes_away_between_two_requests_lands_without_messages(site: PullSite) -> None:
    site.fake.conversations = [conversation("gone", SINCE)]
    site.pull(CONVERSATIONS)
    assert [line.get("messages") for line in site.lines(CONVERSATIONS)] == [None]


def test_a_conversation_that_is_too_long_for_a_line_stands_on_several(site: PullSite) -> None:
    """Each is a version with some of the parts; a line that is too large would be refused whole."""
    content = "x" * (LONG // 3)
    site.fake.conversations = [conversation("long", SINCE)]
    site.fake.messages = {"long": [message(str(number), SINCE, content) for number in range(7)]}
    site.pull(CONVERSATIONS)
    parts = [[one["id"] for one in line["messages"]] for line in site.lines(CONVERSATIONS)]
    assert parts == [["0", "1"], ["2", "3"], ["4", "5"], ["6"]]
    assert {line["id"] for line in site.lines(CONVERSATIONS)} == {"long"}
