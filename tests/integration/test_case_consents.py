"""Cases: what decides whether one may write fails closed (spec §2.0.13; §4.14, gates 4 and 5;
§4.15). The case c12, refusals of a withdrawal, is of this kind.

In each source every person agreed in January, has been recommended a lamp today, and is named after what they said in
June. `[]` may be written to.
"""

import json
from typing import Any

import pytest

from tests.support.case_runs import JANUARY, JUNE, Files, asked, gates, of, refused, subscribed
from tests.support.forgetting import ForgettingPipeline, lines

NO, SUPPRESSED = ["no_consent"], ["suppressed"]

# status as JSON -> the gates of who says so in June after subscribing in January (spec §2.0.13)
STATUSES: dict[str, list[str]] = {
    # known words
    '"subscribed"': [], '"opted_in"': [], '"Opted-In"': [], '"granted"': [], '"true"': [], '"yes"': [], '" YES "': [], "true": [],
    '"unsubscribed"': NO, '"UNSUBSCRIBED"': NO, '"opted_out"': NO, '"opted out"': NO, '"Opted-Out"': NO, '"unsubscribe"': NO,
    '"redacted"': NO, '"invalid"': NO, '"denied"': NO, '"revoked"': NO, '"false"': NO, '"no"': NO, "false": NO,
    '"never_subscribed"': NO, '"Never Subscribed"': NO, '"not_subscribed"': NO, '"NOT SUBSCRIBED"': NO, '"pending"': NO,
    '"unconfirmed"': NO, '"\\u00a0Revoked\\u2003"': NO,
    # unknown and absent ones: never_subscribed
    '"bounced"': NO, '"désinscrit"': NO, '"subscribed?"': NO, '"un subscribed"': NO, '"1"': NO, '"0"': NO, '"n"': NO, '"y"': NO,
    '""': NO, '" "': NO, "null": NO,
    # no text: a bad value, and a line that is refused may have said no
    "5": NO, "1": NO, "0": NO, "{}": NO, '["subscribed"]': NO,
}  # fmt: skip
STATUSES_REFUSED = ["5", "1", "0", "{}", '["subscribed"]']

# the words that are kept, as nobody knows them
STATUS_TEXTS = ["bounced", "désinscrit", "subscribed?", "un subscribed", "1", "0", "n", "y"]

# channel and action as JSON -> the gates of the e-mail policy for who has this suppression of June
SUPPRESSIONS: dict[tuple[str, str], list[str]] = {
    ('"all"', '"suppress"'): SUPPRESSED, ('"all"', '"suppressed"'): SUPPRESSED, ('"All"', '"unsubscribe"'): SUPPRESSED,
    ('"email"', '"bounced"'): SUPPRESSED, ('"E-Mail"', '"Spam Complaint"'): SUPPRESSED, ('"mail"', '"spam_complaint"'): SUPPRESSED,
    ('"email"', '"block"'): SUPPRESSED, ('"email"', '"SUPPRESS"'): SUPPRESSED,
    # an unknown or absent channel is all channels
    ('"*"', '"suppress"'): SUPPRESSED, ('"marketing"', '"suppress"'): SUPPRESSED, ('""', '"suppress"'): SUPPRESSED,
    ("null", '"suppress"'): SUPPRESSED, ("null", "null"): SUPPRESSED, ('"fax"', '"hard bounce"'): SUPPRESSED,
    # an unknown or absent action suppresses
    ('"email"', '"hard_bounce"'): SUPPRESSED, ('"email"', '""'): SUPPRESSED, ('"email"', "null"): SUPPRESSED,
    ('"email"', '"unsubscribed"'): SUPPRESSED, ('"email"', '"désabonné"'): SUPPRESSED, ('"email"', "true"): SUPPRESSED,
    ('"email"', "false"): SUPPRESSED, ("true", '"suppress"'): SUPPRESSED,
    # another channel is none of the policy's
    ('"sms"', '"suppress"'): [], ('"text"', '"bounced"'): [], ('"push"', '"block"'): [], ('"whatsapp"', "null"): [],
    # no text: refused, and it may have said so; whatever channel it names
    ('"email"', "5"): SUPPRESSED, ("5", '"suppress"'): SUPPRESSED, ('"email"', "{}"): SUPPRESSED, ('["sms"]', '"suppress"'): SUPPRESSED,
    ('"sms"', "5"): [],  # refused lines count channel by channel
    # lifted: it names its channel
    ('"email"', '"unsuppress"'): [],
    ('"marketing"', '"unsuppress"'): SUPPRESSED, ("null", '"unsuppress"'): SUPPRESSED,
}  # fmt: skip
SUPPRESSIONS_REFUSED = [
    ('"email"', "5"), ("5", '"suppress"'), ('"email"', "{}"), ('["sms"]', '"suppress"'), ('"sms"', "5"),
    ('"marketing"', '"unsuppress"'), ("null", '"unsuppress"'),
]  # fmt: skip

# What a later line does about a refused one: lines of consents after January's, and the gates of the e-mail policy.
AGREED = {"channel": "email", "status": "subscribed"}
BROKEN = {"status": 5}
REFUSALS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "an unreadable instant": ([{"channel": "email", "status": "unsubscribed", "occurred_at": "last week"}], NO),
    "an instant ahead": ([{"channel": "email", "status": "unsubscribed", "occurred_at": "2026-08-01T00:00Z"}], NO),
    "no instant": ([{"channel": "email", "status": "unsubscribed", "occurred_at": None}], NO),
    "no instant though it agreed": ([{"channel": "email", "status": "subscribed", "occurred_at": ""}], NO),
    "an unknown channel": ([{"channel": "newsletter", "status": "unsubscribed"}], NO),
    "no channel": ([{"status": "unsubscribed"}], NO),
    "another channel": ([{"channel": "sms", **BROKEN}], []),
    "a bad valid_until": ([{**AGREED, "valid_until": "for ever"}], NO),
    "an epoch of 2100": ([{**AGREED, "valid_until": 4_102_444_800}], NO),
    "cleared": ([{"channel": "email", **BROKEN}, {**AGREED, "occurred_at": "2026-06-02T00:00:00Z"}], []),
    "cleared by an older one": ([{"channel": "email", **BROKEN}, {**AGREED, "occurred_at": "2025-12-01T00:00:00Z"}], []),
    "cleared on the other channel": ([{"channel": "email", **BROKEN}, {"channel": "sms", "status": "subscribed"}], NO),
    "unknown channel cleared": ([{"channel": "fax", **BROKEN}, {**AGREED, "occurred_at": "2026-06-02T00:00:00Z"}], []),
    "cleared to a no": ([{"channel": "email", **BROKEN}, {"channel": "email", "status": "unsubscribed"}], NO),
    "a duplicate clears nothing": ([{"channel": "email", **BROKEN}, {**AGREED, "occurred_at": JANUARY}], NO),
    "refused after it was cleared": ([{**AGREED, "occurred_at": JUNE}, {"channel": "email", **BROKEN}], NO),
}  # fmt: skip


def said(profile_id: str, **members: str) -> str:
    """A line of June; the members are JSON."""
    more = "".join(f', "{name}": {value}' for name, value in members.items())
    return f'{{"profile_id": {json.dumps(profile_id)}, "occurred_at": "{JUNE}"{more}}}'


def sourced(source: str, people: list[str], files: dict[str, bytes]) -> dict[str, bytes]:
    """A source in which these people agreed; `files` come after."""
    return of(source, asked(people) | {"consents/a.jsonl": subscribed(people)} | files)


def names(table: Any) -> list[str]:
    return [f"p{number}" for number in range(len(table))]


def delivery() -> Files:
    """All of the above, a source a kind."""
    statuses, suppressions = names(STATUSES), names(SUPPRESSIONS)
    texts = [one for one in STATUSES if one.startswith('"')]
    refusals = [
        {"profile_id": name, "occurred_at": JUNE, **line} for name, (later, _) in REFUSALS.items() for line in later
    ]
    return (
        sourced("statuses", statuses, {"consents/b.jsonl": lines(*(
            said(one, channel='"email"', status=status) for one, status in zip(statuses, STATUSES, strict=True)))})
        | sourced("cells", names(texts), {"consents/b.csv": ("profile_id,channel,occurred_at,status\n" + "".join(
            f"p{number},Email,{JUNE},{json.loads(one)}\n" for number, one in enumerate(texts))).encode()})
        | sourced("suppressed", suppressions, {"suppressions/b.jsonl": lines(*(
            said(one, channel=channel, action=action)
            for one, (channel, action) in zip(suppressions, SUPPRESSIONS, strict=True)))})
        | sourced("refusals", list(REFUSALS), {"consents/b.jsonl": lines(*refusals)})
        | of("merged", asked(["whole"]) | {
            "profiles/q.jsonl": lines({"profile_id": "former", "updated_at": JANUARY, "merged_into": "whole"}),
            "consents/a.jsonl": subscribed(["whole"]),
            "suppressions/a.csv": f"profile_id,channel,action,occurred_at\nformer,email,suppress,soon\nwhole,sms,suppress,{JUNE}\n".encode(),
        })
        | of("numbers", asked(["41", "42", "43"]) | {
            "consents/a.jsonl": subscribed(["41", "42", "43"]),
            "consents/b.csv": b"profile_id,channel,status\n41.0,email,unsubscribed\n",  # no instant at all
            "consents/c.jsonl": lines('{"profile_id": 42.0, "channel": "email", "status": "unsubscribed", "occurred_at": "?"}'),
        })
        | of("nobody", asked(["guest"]) | {"consents/a.jsonl": subscribed(["guest"]) + lines(said("null", status="5"))})
        | of("unsuppressed", asked(["lifted", "kept"]) | {
            "consents/a.jsonl": subscribed(["lifted", "kept"]),
            "suppressions/a.jsonl": lines(
                *({"profile_id": one, "channel": "email", "action": "bounced", "occurred_at": JANUARY} for one in ("lifted", "kept")),
                {"profile_id": "lifted", "channel": "email", "action": "unsuppress", "occurred_at": JUNE},
                {"profile_id": "kept", "channel": "email", "action": "unsupress", "occurred_at": JUNE}),
        })
        | of("sends", asked(["kinds", "flows", "stated"]) | {
            "consents/a.jsonl": subscribed(["kinds", "flows", "stated"]),
            "message_sends/m.jsonl": lines(
                # at or after the recommendation of 08:00, on the channel
                {"message_id": "1", "profile_id": "kinds", "channel": "email", "sent_at": "2026-06-30T09:00Z", "kind": "Automation"},
                {"message_id": "2", "profile_id": "flows", "channel": "email", "sent_at": "2026-06-30T09:00Z", "kind": "flow"},
                {"message_id": "3", "profile_id": "stated", "channel": "email", "sent_at": "2026-06-30T09:00Z", "kind": "transactional"}),
        })
    )  # fmt: skip


@pytest.fixture(scope="module")
def consents(cases: ForgettingPipeline) -> ForgettingPipeline:
    """The run that they were in."""
    return cases


def test_every_word_of_a_consent_decides(consents: ForgettingPipeline) -> None:
    """The case c12: "opted_out", "pending" or `false` was refused, the older "subscribed" stayed, and one who said no was
    written to."""
    found = gates(consents, "statuses")
    assert {status: found[f"p{number}"] for number, status in enumerate(STATUSES)} == STATUSES
    first = list(STATUSES).index(STATUSES_REFUSED[0]) + 1
    expected = {("consents/b.jsonl", first + n): ("bad_value", "status") for n in range(len(STATUSES_REFUSED))}
    assert refused(consents, "statuses") == expected


def test_the_words_of_a_cell_are_those_of_json(consents: ForgettingPipeline) -> None:
    """A CSV of the same words says something else; an empty cell is an absent status."""
    texts = [one for one in STATUSES if one.startswith('"')]
    found = gates(consents, "cells")
    assert {status: found[f"p{number}"] for number, status in enumerate(texts)} == {one: STATUSES[one] for one in texts}
    assert refused(consents, "cells") == {}


def test_unknown_words_are_kept(consents: ForgettingPipeline) -> None:
    """Nobody can see which words the aliases lack."""
    found = consents.query(
        "select status_text as kept from staging.stg_consents where source = 'statuses' and status_text is not null"
    )
    assert sorted(row["kept"] for row in found) == sorted(STATUS_TEXTS)
    found = consents.query(
        "select word, lines from health.unknown_words where source = 'statuses' and feed = 'consents' and field = 'status'"
    )
    assert {row["word"]: row["lines"] for row in found} == dict.fromkeys(STATUS_TEXTS, 1)


def test_every_word_of_a_suppression_decides(consents: ForgettingPipeline) -> None:
    """A bounce, a complaint or a channel in other words was refused, and the address written to."""
    found = gates(consents, "suppressed")
    assert {words: found[f"p{number}"] for number, words in enumerate(SUPPRESSIONS)} == SUPPRESSIONS
    expected = {("suppressions/b.jsonl", list(SUPPRESSIONS).index(one) + 1) for one in SUPPRESSIONS_REFUSED}
    assert set(refused(consents, "suppressed")) == expected


def test_a_refused_line_blocks_until_a_later_one_is_accepted(consents: ForgettingPipeline) -> None:
    """It may have said no; whoever said so again, or agreed again, is known again."""
    assert gates(consents, "refusals") == {name: expected for name, (_, expected) in REFUSALS.items()}


def test_a_refused_line_is_found_through_merges_and_under_a_number(consents: ForgettingPipeline) -> None:
    """A line of a CSV names who it blocks as ids are read; a merged profile is the one it was merged into."""
    assert gates(consents, "merged") == {"whole": SUPPRESSED}  # an accepted line of SMS clears nothing of e-mail
    assert gates(consents, "numbers") == {"41": NO, "42": NO, "43": []}


def test_a_suppression_is_lifted_by_the_known_word_alone(consents: ForgettingPipeline) -> None:
    """A word that is misspelt suppresses."""
    assert gates(consents, "unsuppressed") == {"lifted": [], "kept": SUPPRESSED}


def test_nobody_is_blocked_by_a_line_that_names_nobody(consents: ForgettingPipeline) -> None:
    """`guest` and `null` are no ids (absent_identifiers.csv): no profile, no consent."""
    assert gates(consents, "nobody") == {None: ["profile_unknown"]}
    assert set(refused(consents, "nobody").values()) == {("missing_field", "profile_id")}


def test_a_send_of_an_unknown_kind_counts_as_campaign_and_as_flow(consents: ForgettingPipeline) -> None:
    """Gates 6 and 7 (spec §4.14): a message is sent twice, as its kind was in a tool's own words."""
    assert gates(consents, "sends") == {
        "kinds": ["messaged_recently", "already_sent"], "flows": ["messaged_recently", "already_sent"], "stated": [],
    }  # fmt: skip
