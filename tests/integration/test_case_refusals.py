"""Cases: what a vendor's refused line says of who may be written to, or is to be forgotten, counts (spec §2.3.2, §4.15,
§6.1): the line makes nothing else.

In each source a vendor names the people, everybody agreed in January and has been recommended a lamp today, and is
named after what came for them since. `[]` may be written to.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.support.case_runs import (
    JANUARY,
    JUNE,
    Files,
    ThreeRuns,
    asked,
    by,
    gates,
    ledger,
    of,
    refused,
    subscribed,
)
from tests.support.forgetting import ForgettingPipeline, found_in, lines
from tests.support.refused_lines import (
    AGAIN,
    BOTH,
    EVENTS,
    INTERCOM,
    KLAVIYO,
    LATER,
    LEFT,
    LISTED,
    NAMELESS,
    NO,
    REDACTIONS,
    SHOPIFY,
    TABLE,
    cells,
    event,
    first,
    klaviyo,
)


def sent(table: Mapping[str, tuple[list[Any], list[str]]]) -> list[Any]:
    return [line for said, _ in table.values() for line in said]


def sourced(source: str, table: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A source in which these people agreed by the team's own feed."""
    return of(source, asked(table) | {"consents/a.jsonl": subscribed(table)} | files)


def delivery() -> Files:
    """All of the above; in `own_refusals` nobody names a vendor, so that Klaviyo's people are nobody's."""
    merge = lines({"profile_id": "former", "updated_at": JANUARY, "merged_into": "whole"})
    left = [klaviyo("own", "soon", LEFT), klaviyo(None, JUNE, LEFT), '{"broken']
    return (
        of("k_refusals", asked(KLAVIYO) | {
            "profiles/merge.jsonl": merge,
            "klaviyo_profiles/a.jsonl": lines(*(first(name) for name in (*KLAVIYO, "former"))),
            "klaviyo_profiles/b.jsonl": lines(*sent(KLAVIYO)),
            "klaviyo_profiles/d.json": json.dumps({"data": [klaviyo("in a document", "soon", LEFT), klaviyo("next to it", LATER, AGAIN)]}),
            "klaviyo_profiles/t.csv": TABLE + cells("in a table", "soon", LEFT) + "\n",
            "suppressions/team.jsonl": lines({"profile_id": "lifted by the team", "channel": "email", "action": "unsuppress", "occurred_at": LATER}),
        })
        | sourced("k_nameless", {"somebody": []}, {
            "klaviyo_profiles/n.jsonl": lines(*(line for line, _ in NAMELESS)),
            "klaviyo_profiles/n.csv": TABLE + cells("somebody", "soon", LEFT) + ",more,cells\n",
            "klaviyo_events/n.jsonl": lines(event("Unsubscribed from Email Marketing", None), '{"broken'),
        })
        | sourced("k_events", EVENTS, {"klaviyo_events/e.jsonl": lines(*sent(EVENTS))})
        | sourced("s_refusals", SHOPIFY, {"shopify_customers/c.jsonl": lines(*sent(SHOPIFY))})
        | sourced("i_refusals", INTERCOM, {"intercom_contacts/c.jsonl": lines(*sent(INTERCOM))})
        | sourced("own_refusals", {"own": []}, {"klaviyo_profiles/b.jsonl": lines(*left)})
        | of("redactions", {"shopify_customers/r.jsonl": lines(*(line for line, _ in REDACTIONS))})
    )  # fmt: skip


def wanted(table: Mapping[str, tuple[list[Any], list[str]]]) -> dict[str, list[str]]:
    return {name: failed for name, (_, failed) in table.items()}


@pytest.mark.parametrize(
    ("source", "table"),
    [("k_refusals", KLAVIYO), ("k_events", EVENTS), ("s_refusals", SHOPIFY), ("i_refusals", INTERCOM),
     ("own_refusals", {"own": ([], [])})],
)  # fmt: skip
def test_a_refused_line_of_a_vendor_blocks_until_a_later_one_says_more(
    cases: ForgettingPipeline, source: str, table: Mapping[str, tuple[list[Any], list[str]]]
) -> None:
    """An export with one odd instant lost an unsubscription, the older "subscribed" stayed, and who had said no was
    written to.
    """
    assert gates(cases, source) == wanted(table)


def test_a_refused_line_is_refused_once(cases: ForgettingPipeline) -> None:
    """What it would have made was counted among the refused records as well."""
    own_refusals = {"k_refusals": 1}  # of an accepted line: the profile without an instant
    for source in ("k_refusals", "k_events", "k_nameless", "s_refusals", "i_refusals", "own_refusals"):
        rows = cases.query(f"select file_path, line_number from health.rejected_records where source = '{source}'")
        lines_refused = sum(count for *_, count in ledger(cases, source).values())
        assert len(rows) == len(refused(cases, source)) == lines_refused + own_refusals.get(source, 0)


def test_a_line_that_blocks_is_named_with_what_is_wrong_with_it(cases: ForgettingPipeline) -> None:
    """`caw explain` shows a gate's own words: of lines that block, the last, and how many more."""
    evidence = {
        gate: by(cases, "k_refusals", f"intermediate.int_gate_{gate} inner join intermediate.int_retargeting_triggers "
                 "using (policy_id, event_id)", "profile_id", "evidence", where="policy_id = 'recommendation_follow_up_email'")
        for gate in ("no_consent", "suppressed")
    }  # fmt: skip
    line = 1 + sent(KLAVIYO).index(KLAVIYO["left and listed"][0][0])
    place = f"refused line k_refusals/klaviyo_profiles/b.jsonl:{line}: bad_value updated"
    agreed = "subscribed for email since 2026-01-01 00:00:00"
    assert [evidence["no_consent"]["left and listed"][n] for n in (0, 2)] == [place, agreed]
    assert evidence["suppressed"]["left and listed"][0] == place, "two reasons of one line are one line"
    assert evidence["no_consent"]["left and listed"][1].startswith("updated is no id")
    assert evidence["no_consent"]["twice"][0].endswith("; 1 more refused")
    assert evidence["no_consent"]["agreed"] == ["subscribed for email since 2026-06-02 00:00:00"]


def needs(pipeline: ForgettingPipeline, source: str) -> list[tuple[str, str, str, int]]:
    """(need, feed, file below the source, line) of what needs a person."""
    rows = pipeline.query(f"select * from intermediate.int_needs_a_person where source = '{source}'")
    return sorted(
        (row["need"], row["feed"], row["file_path"].removeprefix(f"{source}/"), row["line_number"]) for row in rows
    )


def test_a_refused_line_that_names_nobody_needs_a_person(cases: ForgettingPipeline) -> None:
    """Somebody said no in it, and nothing but a warning among others says so."""
    assert gates(cases, "k_nameless") == {"somebody": []}
    found = {(file, line) for need, _, file, line in needs(cases, "k_nameless") if need == "nameless_permissions"}
    assert found == {
        *(("klaviyo_profiles/n.jsonl", n) for n, (_, is_loud) in enumerate(NAMELESS, 1) if is_loud),
        ("klaviyo_events/n.jsonl", 1),
        ("klaviyo_events/n.jsonl", 2),
        ("klaviyo_profiles/n.csv", 1),
    }
    first_line = [
        feed for _, feed, file, line in needs(cases, "k_nameless") if (file, line) == ("klaviyo_profiles/n.jsonl", 1)
    ]
    assert first_line == ["consents", "suppressions"]
    assert needs(cases, "own_refusals") == []


def test_a_refused_redaction_is_a_refused_request(cases: ForgettingPipeline) -> None:
    """A shop's request to forget a customer was lost among refused lines: nobody was forgotten, and nobody knew."""
    assert refused(cases, "redactions") == {
        ("shopify_customers/r.jsonl", number): why for number, (_, why) in enumerate(REDACTIONS, 1)
    }
    assert needs(cases, "redactions") == [
        ("refused_requests", "erasures", "shopify_customers/r.jsonl", number)
        for number in range(1, len(REDACTIONS) + 1)
    ]


GOES, STAYS, FOLLOWS = "goer-77", "stayer-77", "follower-77"
PEOPLE = {GOES: "goer-77@mail.example", STAYS: "stayer-77@mail.example", FOLLOWS: "follower-77@mail.example"}
PAGE = {"data": [klaviyo(GOES, LATER, LEFT), klaviyo(STAYS, LATER, LEFT | LISTED), klaviyo(FOLLOWS, LATER, LEFT)]}
PAGE["data"][0]["attributes"] |= {"email": PEOPLE[GOES], "first_name": "qxgoer"}


def asks(request_id: str, name: str) -> bytes:
    return lines({"request_id": request_id, "requested_at": JUNE, "email": PEOPLE[name]})


def deliveries() -> Sequence[Files]:
    """A page on one line; one of its people is forgotten, then another; the page comes once more. And a table that is
    still being written: its last row breaks off within the id.
    """
    growing = TABLE + cells("gr", "soon", LEFT)
    shoppers = asked(["gr", "grown"]) | {"consents/a.jsonl": subscribed(["gr", "grown"])}
    held = [{"profile_id": name, "updated_at": JANUARY, "email": email} for name, email in PEOPLE.items()]
    return (
        of("pages", asked(PEOPLE) | {
            "profiles/people.jsonl": lines(*held),
            "klaviyo_profiles/a.jsonl": lines(*(first(name) for name in PEOPLE)),
            "klaviyo_profiles/b.jsonl": lines(PAGE, klaviyo(GOES, "soon", LEFT)),
        }) | of("growing_refusals", {**shoppers, "klaviyo_profiles/t.csv": growing}),
        of("pages", {"erasures/1.jsonl": asks("1", GOES)}) | of("growing_refusals", {"klaviyo_profiles/t.csv": growing + "own\n"}),
        of("pages", {"erasures/2.jsonl": asks("2", FOLLOWS), "klaviyo_profiles/c.jsonl": lines(PAGE)}),
    )  # fmt: skip


def blocked(pipeline: ForgettingPipeline) -> dict[str, list[str]]:
    """The gates of the people of the pages who are not forgotten."""
    known = "profile_id is not null and policy_id = 'recommendation_follow_up_email'"
    return by(pipeline, "pages", "retargeting.retargeting_eligibility", "profile_id", "failed_gates", where=known)


def test_who_stays_is_blocked_by_a_page_of_which_others_are_forgotten(three_runs: ThreeRuns) -> None:
    """A page that names many is redacted for one of them, and the others may be written to; or it keeps her words."""
    assert blocked(three_runs.first) == {GOES: NO, STAYS: BOTH, FOLLOWS: NO}
    assert blocked(three_runs.pipeline) == {STAYS: BOTH}
    assert found_in(three_runs.pipeline.data_dir, ["qxgoer", GOES, FOLLOWS]) == {}
    texts = three_runs.pipeline.query(
        "select raw_text from health.rejected_records where source = 'pages' order by file_path, line_number"
    )
    named = [[one["fields"]["profile_id"] for one in json.loads(row["raw_text"])["records"]] for row in texts]
    of_page = [STAYS] * 3  # a consent and two suppressions
    assert [[one for one in ids if one == STAYS] for ids in named] == [of_page, [], of_page]


def test_a_row_that_gave_way_blocks_nobody(three_runs: ThreeRuns) -> None:
    """Whoever has the beginning of another one's id stays blocked, and no later line is about them."""
    assert gates(three_runs.first, "growing_refusals") == {"gr": NO, "grown": []}
    assert gates(three_runs.pipeline, "growing_refusals") == {"gr": [], "grown": NO}
