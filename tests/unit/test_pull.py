"""Pulls: what is asked for, what lands, and that nothing is lost or doubled whatever comes between."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from caw.doctor.pulls import late_pulls
from caw.pull import cursor, files
from caw.pull.errors import PullError
from caw.pull.pages import LONG
from caw.pull.rows import Row
from caw.settings import read_settings
from tests.support.dying import Died, dying
from tests.support.fake_klaviyo import KEY, FakeKlaviyo, Trouble
from tests.support.klaviyo_resources import conversation, event, every, message, metric, profile
from tests.support.pull_site import CONVERSATIONS, EVENTS, NOW, PROFILES, SINCE, PullSite, at, at_work

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MAPPED = replace(EVENTS, mapped_only=True)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullSite]:
    with at_work(tmp_path, monkeypatch) as site:
        site.fake.events = every(60, 10, NOW - DAY)
        yield site


TEN = [f"ev{number:04}" for number in range(10)]


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


def write_metrics(site: PullSite, rows: str) -> None:
    site.places.seeds.mkdir(exist_ok=True)
    (site.places.seeds / "klaviyo_metrics.csv").write_text(f"metric,integration,means\n{rows}", encoding="utf-8")


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


# Trouble on the way

BUSY = Trouble(429, {"Retry-After": "7"})


def test_what_passes_is_waited_for_and_changes_nothing_that_lands(site: PullSite) -> None:
    site.fake.troubles = {0: BUSY, 2: Trouble(500), 3: Trouble(502, {"Retry-After": "what"}), 5: Trouble(cut=True)}
    site.pull()
    assert site.ids() == TEN
    assert site.clock.waits.count(7.0) == 1
    assert site.fake.asked == 4 + 4  # each request that was in trouble once more, and no others


def test_ten_minutes_of_trouble_fail_the_row_and_the_next_pull_goes_on(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.troubles = {number: Trouble(503) for number in range(2, 200)}
    with pytest.raises(PullError, match="the vendor answers HTTP 503, and waiting did not help: pull again later"):
        site.pull()
    assert 500 < sum(site.clock.waits) < 700
    assert site.ids() == TEN[:6]
    site.fake.troubles = {}
    at(monkeypatch, HOUR)
    site.pull()
    assert site.ids() == TEN


def test_a_wait_that_is_longer_than_our_patience_is_not_begun(site: PullSite) -> None:
    site.fake.troubles = {0: Trouble(429, {"Retry-After": "86400"})}
    with pytest.raises(PullError, match="HTTP 429"):
        site.pull()
    assert site.clock.waits == []


def test_the_vendors_rate_is_kept(site: PullSite) -> None:
    site.pull()
    assert site.clock.waits == pytest.approx([60 / 3500] * 3)
    site.fake.profiles = [profile(f"p{number}", SINCE) for number in range(5)]
    site.clock.waits.clear()
    site.pull(PROFILES)
    assert site.clock.waits == pytest.approx([60 / 750])


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_stops_to_hold_in_the_middle_stops_the_row_and_loses_nothing(
    site: PullSite, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.troubles = {2: Trouble(status, body=KEY.encode())}
    with pytest.raises(PullError) as refused:
        site.pull()
    assert f"the key was refused (HTTP {status}): set CAW_PULL_KEY_ACME_US_KLAVIYO to a private key" in str(
        refused.value
    )
    assert KEY not in str(refused.value) and refused.value.__cause__ is None
    assert site.ids() == TEN[:6]
    at(monkeypatch, HOUR)
    site.pull()
    assert site.ids() == TEN


def test_nobody_who_listens_is_said_to_be_so_within_a_minute(site: PullSite) -> None:
    site.fake.url = "http://127.0.0.1:1"
    with pytest.raises(PullError, match="the vendor cannot be reached, and waiting did not help"):
        site.pull()
    assert sum(site.clock.waits) < 70


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(site: PullSite, status: int) -> None:
    """The key would go to wherever it leads."""
    with FakeKlaviyo() as other:
        site.fake.troubles = {0: Trouble(status, {"Location": f"{other.url}/api/events"})}
        with pytest.raises(PullError, match=f"redirects \\(HTTP {status}\\), which is not followed"):
            site.pull()
        assert other.asked == 0


def odd_page(site: PullSite, following: str, data: str = "[]") -> Trouble:
    return Trouble(body=f'{{"data": {data}, "links": {{"self": "x", "next": {json.dumps(following)}}}}}'.encode())


@pytest.mark.parametrize("how", ["port", "user", "backslash", "scheme", "host"])
def test_a_next_page_on_another_host_is_not_asked_for(site: PullSite, how: str) -> None:
    with FakeKlaviyo() as other:
        place = {
            "port": f"{other.url}/api/events",
            "user": f"{site.fake.url}@{other.url.removeprefix('http://')}/api/events",
            "backslash": f"{site.fake.url}\\@{other.url.removeprefix('http://')}/api/events",
            "scheme": site.fake.url.replace("http:", "https:"),
            "host": site.fake.url.replace("127.0.0.1", "127.0.0.2"),
        }[how]
        site.fake.troubles = {1: odd_page(site, place)}
        with pytest.raises(PullError, match="HTTP 404" if how == "backslash" else "next page is on another host"):
            site.pull()
        assert other.asked == 0
        assert site.fake.asked == (3 if how == "backslash" else 2)  # to whoever connects, that one is a path of ours
    assert site.ids() == TEN[:3]


def test_an_empty_page_with_a_next_one_is_gone_past(site: PullSite) -> None:
    site.fake.troubles = {0: odd_page(site, f"{site.fake.url}/api/events?page%5Bsize%5D=200")}
    site.pull()
    assert site.ids() == TEN


def test_answers_without_an_end_are_an_error(site: PullSite) -> None:
    again = f"{site.fake.url}/api/events?again"
    site.fake.troubles = {number: odd_page(site, again) for number in range(5)}
    with pytest.raises(PullError, match="named the same next page twice"):
        site.pull()
    assert site.fake.asked == 2


def test_a_page_that_is_not_known_any_more_is_given_up_and_nothing_is_doubled(
    site: PullSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull that goes on after a week may find that the vendor has forgotten where it was."""
    site.fake.troubles = {2: Trouble(401), 3: Trouble(400)}
    with pytest.raises(PullError):
        site.pull()
    at(monkeypatch, DAY)
    site.pull()
    assert site.ids() == TEN


def test_an_address_that_has_changed_gives_the_open_window_up(site: PullSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next page is on the old one, to which nothing goes any more: the row would be stuck for ever."""
    site.fake.troubles = {2: Trouble(401)}
    with pytest.raises(PullError):
        site.pull()
    with FakeKlaviyo() as moved:
        moved.events, site.fake = site.fake.events, moved
        at(monkeypatch, HOUR)
        site.pull()
    assert site.ids() == TEN


# Odd answers


def test_a_line_lands_as_it_came(site: PullSite) -> None:
    """Digits of a number are not a float's, the last of repeated keys counts, half a surrogate pair is refused later."""
    digits = "1234567890123456789012345678901234567890"
    data = f'[{{"id": "a", "id": "b", "n": {digits}, "m": 12.10, "e": 1E400, "t": "\\ud83d \\u00e9\\n", "x": null}}, 7]'
    site.fake.troubles = {0: Trouble(body=f'{{"data": {data}, "links": {{"next": null}}}}'.encode())}
    site.pull()
    assert [path.read_bytes() for path in site.files()] == [
        f'{{"id":"b","n":{digits},"m":12.10,"e":1E400,"t":"\\ud83d é\\n","x":null}}\n7\n'.encode()
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"data": [{"id": "\xff"}]}', "is not UTF-8"),
        (b'{"data": [{"id": NaN}]}', "is not JSON"),
        (b"<html>Sign in</html>", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"data": {"id": "a"}}', "is no list of resources"),
        (b'{"data": [], "links": {"next": []}}', "is no list of resources"),
        (b'{"data": [], "links": {"next": "http://127.0.0.1\\ud800"}}', "is no list of resources"),
        (b"[]", "is no list of resources"),
    ],
)
def test_an_answer_that_is_none_fails_the_row_after_the_pages_before_it(
    site: PullSite, body: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.troubles = {1: Trouble(body=body)}
    with pytest.raises(PullError, match=words):
        site.pull()
    assert site.ids() == TEN[:3]
    at(monkeypatch, HOUR)
    site.pull()
    assert site.ids() == TEN


def test_a_page_of_twenty_megabytes_is_taken(site: PullSite) -> None:
    site.fake.events = [event("large", NOW - HOUR, text="x" * 20_000_000)]
    assert site.pull().lines == 1
    assert site.files()[0].stat().st_size > 20_000_000


# What is remembered


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
@pytest.mark.parametrize("step", ["fsync", "rename", "sync of the folder", "move"])
def test_a_pull_that_dies_goes_on_under_the_same_names(
    site: PullSite, step: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing doubled, wherever it ends; the second try is an hour later, with a late event."""
    owner, name = {
        "fsync": (os, "fsync"),
        "rename": (Path, "replace"),
        "sync of the folder": (files.atomic, "sync"),
        "move": (cursor.Cursor, "move"),
    }[step]
    write_metrics(site, "Placed Order,,order_placed\nOpened Email,,message_received:email\n")
    site.fake.events += [event(f"op{number}", NOW - DAY, metric="Mopened") for number in range(5)]
    with monkeypatch.context() as dies:
        dies.setattr(owner, name, dying(after, getattr(owner, name)))
        with pytest.raises(Died):
            site.pull(MAPPED)
    before = {path.name for path in site.files() if path.suffix == ".jsonl"}
    at(monkeypatch, HOUR)
    site.fake.events.append(event("late", NOW - DAY + timedelta(minutes=90)))
    site.pull(MAPPED)
    assert sorted(site.ids()) == sorted([*TEN, "late", *(f"op{number}" for number in range(5))])
    assert before <= {path.name for path in site.files()}
    assert {path.suffix for path in site.files()} == {".jsonl"}
