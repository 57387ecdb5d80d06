"""Spec §6: after a request, nothing of the person is found, and every count is what it was."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from caw.engine import MIRROR
from caw.erasure import run as erasure
from caw.erasure.forgotten import Plan
from caw.erasure.rewriting import Rewriter
from tests.support.dying import Died, dying
from tests.support.forgetting import (
    EMAIL,
    GONE,
    NOW,
    PATH_WITH_HER,
    PHONE,
    PROFILE,
    ForgettingPipeline,
    found_in,
    planted,
    request,
    words_of,
)
from tests.support.pipeline import Row
from tests.support.ties import (
    OF_A_CONVERSATION,
    OF_A_REFUSED_REQUEST,
    OF_A_SHARED_PHONE,
    Tie,
    again,
    late,
    of_a_profile,
)

soak = pytest.mark.soak

HER_WORDS = sorted(words_of(planted()))
EVENTS = (
    "events.conversation_started",
    "events.conversation_resolved",
    "events.conversation_escalated",
    "events.product_recommendation_received",
)
COUNTED = (*EVENTS, "events.recommended_products", "performance.conversations")
MEMBERS = "select profile_id, count(*)::int as n from segments.segment_membership_history group by 1 order by 1"


class States(NamedTuple):
    """The same data dir before the request and after the run that met it; tests go on from copies."""

    before: ForgettingPipeline
    after: ForgettingPipeline


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory, before_request: ForgettingPipeline) -> States:
    """One run without, and one with the request."""
    before = before_request.copied_to(tmp_path_factory.mktemp("before"))
    shutil.copytree(before.data_dir / "raw", before.data_dir / MIRROR / "raw")  # as Spark has it of one elsewhere
    after = before.copied_to(tmp_path_factory.mktemp("after"))
    after.refresh(request(email=EMAIL.lower()))
    return States(before, after)


@pytest.fixture
def later(states: States, tmp_path: Path) -> ForgettingPipeline:
    """A data dir in which she was forgotten, to go on from."""
    return states.after.copied_to(tmp_path)


def counts(pipeline: ForgettingPipeline) -> dict[str, int]:
    """Rows by table, and what the ledger counts but for requests.

    Duplicates are found after redaction: what differed in her words alone is the same now.
    """
    rows = {name: len(found) for name, found in pipeline.tables(COUNTED).items()}
    (ledger,) = pipeline.query(
        "select sum(lines)::int as lines, sum(accepted)::int as accepted, sum(duplicates + rejected)::int as others "
        "from health.ingestion_ledger where feed <> 'erasures'"
    )
    return rows | ledger


def events(pipeline: ForgettingPipeline) -> dict[str, int]:
    """How many events of each kind there are."""
    return {name: len(rows) for name, rows in pipeline.tables(EVENTS).items()}


def of_others(pipeline: ForgettingPipeline) -> list[Row]:
    """All that the tables say of others."""
    found = pipeline.tables((*EVENTS, "performance.conversations", "health.rejected_records"))
    named = ("of-bob", "unknown talk", "neighbour talk", "second talk", "brand talk")
    rows = [{"table": name, **row} for name, rows in found.items() for row in rows if any(n in str(row) for n in named)]
    assert len(rows) >= 2 * len(named)
    return sorted(rows, key=str)


def assert_forgotten(pipeline: ForgettingPipeline) -> None:
    """Nothing of hers is kept, in whatever form."""
    assert found_in(pipeline.data_dir, [*HER_WORDS, *GONE]) == {}


def test_nothing_of_the_person_is_left(states: States) -> None:
    """A field, a reject, a path, a free page or a log that keeps her."""
    assert set(found_in(states.before.data_dir, HER_WORDS)) == set(HER_WORDS)  # else the search finds nothing anywhere
    assert_forgotten(states.after)


def test_counts_hold_and_others_stay_as_they_were(states: States) -> None:
    """A row that goes with her; a stranger, a neighbour with the same number or another brand's customer who does."""
    assert counts(states.after) == counts(states.before)
    assert of_others(states.after) == of_others(states.before)
    people = states.after.query("select distinct profile_id from events.activity_feed")
    assert {row["profile_id"] for row in people} == {None, "bob-1", "neighbour", "second-of-zoe"}


def test_what_is_kept_of_her_events_is_what_the_specification_names(states: States) -> None:
    """Times, skills, categories or products go with the words, or the words stay with them."""
    after = states.after
    (escalated,) = after.query("select * from events.conversation_escalated where record_id = 'r6'")
    assert (escalated["escalation_reason"], escalated["escalation_category"]) == (None, "billing")
    assert (escalated["skill"], escalated["tags"], escalated["channel"]) == ("billing", [], "sms")
    assert str(escalated["conversation_id"]).startswith("erased-")
    (was,) = states.before.query(
        "select occurred_at, ingested_at from events.conversation_escalated where record_id = 'r6'"
    )
    assert (escalated["occurred_at"], escalated["ingested_at"]) == (was["occurred_at"], was["ingested_at"])
    (recommended,) = after.query("select products from events.product_recommendation_received")
    assert recommended["products"] == ["lamp", "rug"]
    said = after.query(
        "select count(first_message)::int as n from events.conversation_started where profile_id is null"
    )
    assert said == [{"n": 2}]  # of the shopper nobody knows, and of the other brand's
    (order,) = after.query(
        "select profile_id, total::text as total from intermediate.int_orders where order_id ~ 'erased-.*'"
    )
    assert order == {"profile_id": None, "total": "12.50"}
    paths = after.query(
        "select count(*)::int as n from health.ingestion_ledger where file_path ~ 'erased-[0-9a-f]{32}'"
    )
    assert paths == [{"n": 1}]


def test_an_event_id_follows_its_pseudonyms(states: States) -> None:
    """An event_id that was hashed from an id with the person in it would still tell, by trying."""
    (wrong,) = states.after.query(
        "select count(*) filter (where event_id <> md5("
        "'22:conversation_escalated4:acme' || length(conversation_id) || ':' || conversation_id "
        "|| length(record_id) || ':' || record_id))::int as wrong, count(*)::int as n from events.conversation_escalated"
    )
    assert wrong == {"wrong": 0, "n": 2}


def test_rows_of_her_membership_history_are_deleted(states: States) -> None:
    """The history outlives the warehouse, and her with it; or nobody's history outlives it."""
    before = {row["profile_id"]: row["n"] for row in states.before.query(MEMBERS)}
    assert {PROFILE, "bob-1"} <= set(before)
    after = {row["profile_id"]: row["n"] for row in states.after.query(MEMBERS)}
    assert after == {name: n for name, n in before.items() if name != PROFILE}


def assert_redacted_on_arrival(later: ForgettingPipeline, states: States, **profile: str) -> None:
    """Only hashes are left of her, and a record of hers is known by one; nothing else is built for it again."""
    warehouse = later.data_dir / "warehouse.duckdb"
    first = warehouse.stat().st_ino
    later.refresh(late(**profile))
    assert found_in(later.data_dir, [*HER_WORDS, *GONE, *words_of(late())]) == {}
    assert events(later)[EVENTS[0]] == events(states.after)[EVENTS[0]] + 1
    assert warehouse.stat().st_ino == first


def test_neither_a_second_delivery_nor_the_raw_store_alone_brings_her_back(
    states: States, later: ForgettingPipeline
) -> None:
    """The raw store still holds her, or what is delivered again is taken for new; a backup of the raw store restores the
    tables but not the history, the ledger, or who was forgotten."""
    later.refresh(again())
    assert_forgotten(later)
    assert events(later) == events(states.after)
    assert later.query("select * from health.rejected_records where reason = 'conflicting_duplicate'") == []
    tables = (*COUNTED, "health.ingestion_ledger", "health.rejected_records", "segments.segment_sizes")
    before, members = later.tables(tables), later.query(MEMBERS)
    for path in later.data_dir.iterdir():
        if path.name != "raw":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    later.refresh({})
    assert_forgotten(later)
    assert {name: sorted(map(str, rows)) for name, rows in later.tables(tables).items()} == {
        name: sorted(map(str, rows)) for name, rows in before.items()
    }
    assert later.query(MEMBERS) == members
    assert_redacted_on_arrival(later, states, email=EMAIL.upper())


@soak
def test_a_full_refresh_brings_nothing_back(states: States, later: ForgettingPipeline) -> None:
    """As above; it reads the raw store as a build of the raw store alone does, and has a warehouse there."""
    later.refresh(again())
    later.refresh({}, full_refresh=True)
    assert_forgotten(later)
    assert events(later) == events(states.after)


@soak
@pytest.mark.parametrize(
    "profile",
    [{"email": EMAIL.upper()}, {"phone_number": PHONE}, {"anonymous_id": "zoe-anon-17"}, {"profile_id": PROFILE}],
)
def test_what_comes_later_is_redacted_on_arrival(
    states: States, later: ForgettingPipeline, profile: dict[str, str]
) -> None:
    """Only hashes are left of her, and a record of hers is not known by one; or every delivery rebuilds everything.

    A slice: test_neither_a_second_delivery_nor_the_raw_store_alone_brings_her_back.
    """
    assert_redacted_on_arrival(later, states, **profile)


@pytest.mark.parametrize(
    "ties",
    [
        (OF_A_CONVERSATION, of_a_profile(profile_id="second-of-zoe", merged_into=PROFILE), OF_A_SHARED_PHONE),
        pytest.param((OF_A_CONVERSATION,), marks=soak),  # each alone: does it find what the other one would?
        pytest.param((of_a_profile(profile_id="second-of-zoe", merged_into=PROFILE),), marks=soak),
        pytest.param((of_a_profile(profile_id=PROFILE, merged_into="second-of-zoe"),), marks=soak),
        pytest.param((of_a_profile(profile_id="second-of-zoe", email=EMAIL),), marks=soak),
        pytest.param((OF_A_SHARED_PHONE,), marks=soak),
        pytest.param((OF_A_REFUSED_REQUEST,), marks=soak),
    ],
    ids=lambda ties: " and ".join(path for tie in ties for path in tie.files),
)
def test_what_turns_out_to_be_hers_is_forgotten_too(later: ForgettingPipeline, ties: tuple[Tie, ...]) -> None:
    """Who an old conversation was with is learnt after she was forgotten, and its words stay; a merge or an address that
    comes later leaves the second profile, and its conversations, as they were; a conversation by a phone that is hers by a
    line that was redacted on arrival goes to the neighbour, with her words; a line that waited for an erasure stays."""
    gone = {word for tie in ties for word in tie.gone}
    files = {path: content for tie in ties for path, content in tie.files.items()}
    assert set(found_in(later.data_dir, gone)) == gone
    later.refresh(files)
    assert found_in(later.data_dir, [*HER_WORDS, *GONE, *gone, *words_of(files)]) == {}


@soak
def test_a_request_by_telephone_and_profile_reaches_whoever_held_either(states: States, tmp_path: Path) -> None:
    """The identifiers of one request are taken together: each must have its holders."""
    pipeline = states.before.copied_to(tmp_path)
    pipeline.refresh(request(phone_number=PHONE, profile_id="zoe-31c9-once"))
    assert_forgotten(pipeline)
    assert counts(pipeline) == counts(states.before)


@soak
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
    states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, after: int
) -> None:
    """Half of the store is rewritten, and who she was is known no more. A slice: test_erasure_crashes.py, without dbt."""
    pipeline = states.before.copied_to(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(where, name, dying(after, getattr(where, name)))
        with pytest.raises(Died):
            pipeline.refresh(request(email=EMAIL))
    pipeline.refresh({})
    assert_forgotten(pipeline)
    assert counts(pipeline) == counts(states.before)


def test_a_path_that_names_her_is_known_by_its_hash_alone(later: ForgettingPipeline) -> None:
    """The file is read again at every run, because its path is another one now."""
    assert later.deliver({}, ingested_at=NOW) is None
    assert (later.landing / PATH_WITH_HER).exists()  # the landing zone is its owner's


def test_only_its_owner_reads_the_key(later: ForgettingPipeline) -> None:
    """Whoever reads the key can find out by trying who was forgotten."""
    assert (later.data_dir / "raw" / "erasure" / "key").stat().st_mode & 0o777 == 0o600
