"""Contract section 6: after a request, nothing of the person is found, and every count is what it was."""

from pathlib import Path

import pytest

from orchestration import erasure
from orchestration.ingest.erasure.forgotten import Plan
from orchestration.ingest.erasure.rewriting import Rewriter
from tests.support.dying import Died, dying
from tests.support.forgetting import (
    EMAIL,
    IDENTIFIERS,
    NOW,
    PATH_WITH_HER,
    PHONE,
    PROFILE,
    ForgettingPipeline,
    found_in,
    lines,
    others,
    planted,
    request,
    words_of,
)
from tests.support.pipeline import Row
from tests.support.project import ProjectCopy

HER_WORDS = sorted(words_of(planted()))
LATER = "2026-03-09T12:00:0"
EVENTS = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
)
COUNTED = (*EVENTS, "events.recommended_products", "performance.conversations")
LEDGER = "health.ingestion_ledger"


@pytest.fixture
def pipeline(tmp_path: Path, project: ProjectCopy) -> ForgettingPipeline:
    return ForgettingPipeline(tmp_path, project)


def counts(pipeline: ForgettingPipeline) -> dict[str, int]:
    """Rows by table, and what the ledger counts but for requests."""
    rows = {name: len(found) for name, found in pipeline.tables(COUNTED).items()}
    (ledger,) = pipeline.query(
        "select sum(lines)::int as lines, sum(accepted)::int as accepted, sum(duplicates + rejected)::int as others "
        f"from {LEDGER} where feed <> 'erasures'"
    )
    return rows | ledger


def of_bob(pipeline: ForgettingPipeline) -> list[Row]:
    """All that the tables say of somebody else."""
    found = [
        {"table": name, **row}
        for name, rows in pipeline.tables((*EVENTS, "performance.conversations", "health.rejected_records")).items()
        for row in rows
        if "of-bob" in str(row)
    ]
    assert len(found) > 3
    return found


def assert_forgotten(pipeline: ForgettingPipeline) -> None:
    """Nothing of hers is kept, in whatever form."""
    assert found_in(pipeline.data_dir, [*HER_WORDS, *IDENTIFIERS]) == {}


@pytest.mark.parametrize(
    "identifier",
    [{"email": EMAIL.lower()}, {"phone_number": PHONE, "profile_id": "zoe-31c9-once"}],
    ids=["mail", "two"],
)
def test_nothing_of_the_person_is_left_and_all_counts_hold(
    pipeline: ForgettingPipeline, identifier: dict[str, str]
) -> None:
    """A field, a reject, a path, a free page or a log that keeps her; a row that goes with her; a stranger who does."""
    pipeline.refresh(planted() | others())
    assert set(found_in(pipeline.data_dir, HER_WORDS)) == set(HER_WORDS)  # else the search finds nothing anywhere
    before, bob = counts(pipeline), of_bob(pipeline)
    categories = pipeline.query(
        "select escalation_category, count(*)::int as n from events.conversation_escalated group by 1"
    )

    pipeline.refresh(request(**identifier))

    assert_forgotten(pipeline)
    assert counts(pipeline) == before
    assert of_bob(pipeline) == bob
    found = pipeline.query(
        "select escalation_category, count(*)::int as n from events.conversation_escalated group by 1"
    )
    assert sorted(map(str, found)) == sorted(map(str, categories))
    people = pipeline.query("select distinct profile_id from events.activity_feed")
    assert {row["profile_id"] for row in people} == {None, "bob-1"}
    assert pipeline.query("select count(*)::int as n from performance.conversations where not tags = []") == [{"n": 1}]


def test_what_is_kept_of_her_events_is_what_the_contract_names(pipeline: ForgettingPipeline) -> None:
    """Times, skills, categories or products go with the words, or the words stay with them."""
    pipeline.refresh(planted())
    pipeline.refresh(request(email=EMAIL))
    (escalated,) = pipeline.query("select * from events.conversation_escalated")
    assert (escalated["escalation_reason"], escalated["escalation_category"]) == (None, "billing")
    assert (escalated["skill"], escalated["tags"], escalated["channel"]) == ("billing", [], "sms")
    assert str(escalated["conversation_id"]).startswith("erased-") and escalated["record_id"] == "r6"
    (recommended,) = pipeline.query("select * from events.product_recommendation_received")
    assert recommended["products"] == ["lamp", "rug"]
    assert {row["first_message"] for row in pipeline.query("select * from events.conversation_started")} == {None}
    (order,) = pipeline.query("select * from intermediate.int_orders where status is not null order by total limit 1")
    assert (order["profile_id"], str(order["total"])) == (None, "12.50")
    assert pipeline.query(
        "select path from (select file_path as path from health.ingestion_ledger) where path ~ '^erased-.*'"
    )
    assert pipeline.query("select * from retargeting.retargeting_eligibility where profile_id is not null") == []


def test_an_event_id_follows_its_pseudonyms(pipeline: ForgettingPipeline) -> None:
    """An event_id that was hashed from an id with the person in it would still tell, by trying."""
    pipeline.refresh(planted())
    pipeline.refresh(request(email=EMAIL))
    (wrong,) = pipeline.query(
        "select count(*)::int as n from events.conversation_escalated where event_id <> md5("
        "'22:conversation_escalated4:acme' || length(conversation_id) || ':' || conversation_id "
        "|| length(record_id) || ':' || record_id)"
    )
    assert wrong == {"n": 0}


def test_a_full_refresh_and_a_second_delivery_bring_nothing_back(pipeline: ForgettingPipeline) -> None:
    """The raw store still holds her, or what is delivered again is taken for new."""
    pipeline.refresh(planted() | others())
    pipeline.refresh(request(email=EMAIL))
    events = {name: len(rows) for name, rows in pipeline.tables(EVENTS).items()}
    again = {
        path.replace("conversation_log/", "conversation_log/again ").replace("/p.jsonl", "/q.jsonl"): content + b"\n"
        for path, content in planted().items()
    }
    pipeline.refresh(again)
    assert_forgotten(pipeline)
    assert {name: len(rows) for name, rows in pipeline.tables(EVENTS).items()} == events
    (conflicts,) = pipeline.query(
        "select count(*)::int as n from health.rejected_records where reason = 'conflicting_duplicate'"
    )
    assert conflicts == {"n": 0}  # what differed in her words is the same now
    pipeline.refresh({}, full_refresh=True)
    assert_forgotten(pipeline)
    assert {name: len(rows) for name, rows in pipeline.tables(EVENTS).items()} == events


def late(**profile: str) -> dict[str, bytes]:
    """A new conversation of hers, of two records, and one more record of an old one that names nobody."""
    talk = {"conversation_id": "late one", "record_type": "message", "actor": "customer"}
    return {
        f"acme/conversation_log/late for {EMAIL.lower()}.jsonl": lines(
            {**talk, "record_id": "l0", "occurred_at": LATER + "0Z", "text": "qxbefore"},
            {**talk, "record_id": f"l1-{PROFILE}", "occurred_at": LATER + "1Z", "text": "qxlate", "profile": profile},
            {**talk, "conversation_id": "conversation-by-cookie", "record_id": "l2", "occurred_at": LATER + "2Z",
             "text": "qxanonymous"},
            f'{{"broken": "{EMAIL}", "qxtail',
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "profile",
    [{"email": EMAIL.upper()}, {"phone_number": PHONE}, {"anonymous_id": "zoe-anon-17"}, {"profile_id": PROFILE}],
)
def test_what_comes_later_is_redacted_on_arrival(pipeline: ForgettingPipeline, profile: dict[str, str]) -> None:
    """Only hashes are left of her, and a record of hers is not known by one."""
    pipeline.refresh(planted() | others() | request(email=EMAIL))
    assert_forgotten(pipeline)
    warehouse = pipeline.data_dir / "warehouse.duckdb"
    first = warehouse.stat().st_ino
    started = len(pipeline.tables(EVENTS)[EVENTS[0]])
    pipeline.refresh(late(**profile))
    assert found_in(pipeline.data_dir, [*HER_WORDS, *IDENTIFIERS, *words_of(late())]) == {}
    assert len(pipeline.tables(EVENTS)[EVENTS[0]]) == started + 1
    assert warehouse.stat().st_ino == first  # an ordinary delivery: nothing is rebuilt


def test_a_later_line_that_ties_an_old_conversation_to_her_takes_that_one_too(pipeline: ForgettingPipeline) -> None:
    """Who an old conversation was with is learnt after she was forgotten, and its words stay."""
    anonymous = {"record_id": "x1", "conversation_id": "unknown", "occurred_at": LATER + "0Z", "record_type": "message",
                 "actor": "customer", "text": "qxanybody"}  # fmt: skip
    pipeline.refresh(planted() | {"acme/conversation_log/x.jsonl": lines(anonymous)})
    pipeline.refresh(request(email=EMAIL))
    assert set(found_in(pipeline.data_dir, ["qxanybody"])) == {"qxanybody"}
    known = {**anonymous, "record_id": "x2", "profile": {"email": EMAIL}}
    pipeline.refresh({"acme/conversation_log/y.jsonl": lines(known)})
    assert found_in(pipeline.data_dir, [*HER_WORDS, *IDENTIFIERS, "qxanybody"]) == {}


def test_a_profile_that_turns_out_to_be_hers_is_forgotten_with_what_is_its_own(pipeline: ForgettingPipeline) -> None:
    """A merge or an address that comes later leaves the second profile, and its conversations, as they were."""
    second = {"profile_id": "second-of-zoe", "updated_at": "2026-01-01T00:00:00Z", "email": "qxsecond@example.com"}
    talk = {"record_id": "s1", "conversation_id": "second talk", "occurred_at": LATER + "0Z", "record_type": "message",
            "actor": "customer", "text": "qxtalk", "profile": {"email": "qxsecond@example.com"}}  # fmt: skip
    pipeline.refresh(planted() | {"acme/profiles/s.jsonl": lines(second), "acme/conversation_log/s.jsonl": lines(talk)})
    pipeline.refresh(request(email=EMAIL))
    assert found_in(pipeline.data_dir, ["qxtalk"])
    merged = {"profile_id": "second-of-zoe", "updated_at": "2026-02-01T00:00:00Z", "merged_into": PROFILE}
    pipeline.refresh({"acme/profiles/merge.jsonl": lines(merged)})
    gone = [*HER_WORDS, *IDENTIFIERS, "qxtalk", "qxsecond", "second-of-zoe"]
    assert found_in(pipeline.data_dir, gone) == {}


def test_a_shared_telephone_forgets_nobody_else(pipeline: ForgettingPipeline) -> None:
    """A family's number, held by the forgotten and by another, makes the other's conversations hers."""
    household = "+49 30 1234567"
    profiles = lines(
        {"profile_id": PROFILE, "updated_at": "2026-01-01T00:00:00Z", "email": EMAIL, "phone_number": household},
        {"profile_id": "bob-1", "updated_at": "2026-01-02T00:00:00Z", "phone_number": household},
    )
    talk = {"record_id": "t1", "conversation_id": "of-bob", "occurred_at": LATER + "0Z", "record_type": "message",
            "actor": "customer", "text": "still here", "profile": {"phone_number": household}}  # fmt: skip
    pipeline.refresh({"acme/profiles/a.jsonl": profiles, "acme/conversation_log/a.jsonl": lines(talk)})
    pipeline.refresh(request(email=EMAIL))
    (started,) = pipeline.query("select profile_id, first_message from events.conversation_started")
    assert started == {"profile_id": "bob-1", "first_message": "still here"}


def test_another_source_is_another_world(pipeline: ForgettingPipeline) -> None:
    """A request of one brand erases the customers of another."""
    talk = {"record_id": "t1", "conversation_id": "c", "occurred_at": LATER + "0Z", "record_type": "message",
            "actor": "customer", "text": "still here", "profile": {"email": "same@example.com"}}  # fmt: skip
    pipeline.refresh({"acme/conversation_log/a.jsonl": lines(talk), "other/conversation_log/a.jsonl": lines(talk)})
    pipeline.refresh(request(email="same@example.com"))
    rows = pipeline.query("select source, first_message from events.conversation_started order by source")
    assert rows == [{"source": "acme", "first_message": None}, {"source": "other", "first_message": "still here"}]


def test_rows_of_her_membership_history_are_deleted(pipeline: ForgettingPipeline) -> None:
    """The history outlives the warehouse, and her with it."""
    pipeline.refresh(planted() | others())
    members = "select profile_id, count(*)::int as n from segments.segment_membership_history group by 1 order by 1"
    before = {row["profile_id"]: row["n"] for row in pipeline.query(members)}
    assert {PROFILE, "bob-1"} <= set(before)
    pipeline.refresh(request(email=EMAIL))
    assert {row["profile_id"]: row["n"] for row in pipeline.query(members)} == {"bob-1": before["bob-1"]}


@pytest.mark.parametrize(
    ("where", "name", "after"),
    [
        (Rewriter, "part", 0),
        (Rewriter, "part", 9),
        (Rewriter, "ledger", 1),
        (erasure, "forget_members", 0),
        (erasure, "_remove_copies", 0),
        (erasure, "expand_pending", 0),
        (Plan, "drop", 0),
    ],
)
def test_an_erasure_that_died_is_finished_by_the_next_run(
    pipeline: ForgettingPipeline, monkeypatch: pytest.MonkeyPatch, where: object, name: str, after: int
) -> None:
    """Half of the store is rewritten, and who she was is known no more."""
    pipeline.refresh(planted() | others())
    before = counts(pipeline)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, dying(after, getattr(where, name)))
        with pytest.raises(Died):
            pipeline.refresh(request(email=EMAIL))
    pipeline.refresh({})
    assert_forgotten(pipeline)
    assert counts(pipeline) == before


def test_a_path_that_names_her_is_known_by_its_hash_alone(pipeline: ForgettingPipeline) -> None:
    """The file is read again at every run, because its path is another one now."""
    pipeline.refresh(planted())
    pipeline.refresh(request(email=EMAIL))
    assert pipeline.deliver({}, ingested_at=NOW) is None
    assert (pipeline.landing / PATH_WITH_HER).exists()  # the landing zone is its owner's
