"""Pulls: whatever the network and the vendor answer, the row says so, and the next pull goes on."""

import json

import pytest

from caw.pull.errors import PullError
from tests.support.fake_klaviyo import KEY, FakeKlaviyo, Trouble
from tests.support.klaviyo_resources import event, profile
from tests.support.pull_site import DAY, HOUR, NOW, PROFILES, SINCE, TEN, PullSite, at

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
