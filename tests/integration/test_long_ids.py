"""Long ids (spec §2.0.2): kept whole while the raw store has few lines, shortened from the run on in which it has many."""

from pathlib import Path

import pytest

from caw.feeds.keys import short_id
from caw.raw_store import longest_id
from tests.support.forgetting import NOW, ForgettingPipeline, found_in, lines, request
from tests.support.project import ProjectCopy

HERS = "zoe-" + "q" * 1_996
HIS = HERS[:-1] + "r"  # of the same begin
TALK = f"talk of {HERS}, the first"
SKU = "lamp" * 500
AT = "2026-03-09T10:00:"
MARTS = ("conversations", "conversation_escalated", "orders", "order_items", "shoppers", "retargeting_eligibility")
SHOWN = (
    "performance.conversations",
    "events.conversation_escalated",
    "performance.orders",
    "performance.order_items",
    "segments.shoppers",
    "retargeting.retargeting_eligibility",
)


def message(record_id: str, conversation_id: str, profile: dict[str, str], **more: str) -> dict[str, object]:
    """A customer's message."""
    record = {"record_type": "message", "actor": "customer", "text": "hi", "profile": profile, **more}
    return {"record_id": record_id, "conversation_id": conversation_id, "occurred_at": AT + "00Z", **record}


FIRST = {
    "acme/profiles/p.jsonl": lines(
        {"profile_id": HERS, "updated_at": "2026-01-01T00:00:00Z", "email": "zoe@example.com"},
        {"profile_id": HIS, "updated_at": "2026-01-01T00:00:00Z", "email": "bob@example.com"},
        {"profile_id": "once", "updated_at": "2026-01-01T00:00:00Z", "merged_into": HERS},
    ),
    "acme/consents/c.jsonl": lines(
        {"profile_id": HERS, "channel": "email", "status": "subscribed", "occurred_at": "2026-01-01T00:00:00Z"}
    ),
    "acme/conversation_log/a.jsonl": lines(
        message("1", TALK, {"email": "zoe@example.com"}),
        message("2", TALK, {}, record_type="status_changed", status="escalated", actor="agent"),
        message("3", "of bob", {"profile_id": HIS}),
    ),
    "acme/orders/o.jsonl": lines(
        {"order_id": "o1", "placed_at": AT + "30Z", "profile": {"email": "zoe@example.com"}, "items": [{"sku": SKU}]},
        {"order_id": HIS, "placed_at": AT + "31Z", "profile": {"profile_id": HIS}},
    ),
}
FEW = sum(content.count(b"\n") for content in FIRST.values())
SECOND = {
    "acme/conversation_log/b.jsonl": lines(message("4", TALK, {"profile_id": "once"})),
    "acme/orders/p.jsonl": lines({"order_id": "o2", "placed_at": AT + "40Z", "profile": {"profile_id": HERS}}),
}
LATE = {
    "acme/conversation_log/c.jsonl": lines(message("5", TALK, {}), message("6", "another", {"profile_id": HERS})),
    "acme/profiles/q.jsonl": lines(
        {"profile_id": HERS, "updated_at": "2026-02-01T00:00:00Z", "phone_number": "1234567"}
    ),
}


def test_a_raw_store_that_comes_to_many_lines_is_built_as_if_it_had_had_them_at_once(
    project: ProjectCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A buyer whose order is refused, or who is two people from some run on, is written to as if they had not bought."""
    monkeypatch.setattr(longest_id, "FEW_LINES", FEW)
    step, whole = (ForgettingPipeline(tmp_path / name, project, MARTS) for name in ("step", "whole"))
    step.deliver(FIRST, NOW)
    step.build(NOW)
    ids = "select distinct profile_id as id from performance.orders order by 1"
    assert [row["id"] for row in step.query(ids)] == [HERS, HIS]
    step.deliver(SECOND, NOW)
    step.build(NOW)
    assert [row["id"] for row in step.query(ids)] == sorted(map(short_id, (HERS, HIS)))
    bought = f"select count(*) as n from performance.orders where profile_id = '{short_id(HERS)}'"
    assert step.query(bought) == [{"n": 2}]
    [talk] = step.query("select conversation_id as id, profile_id from performance.conversations where id <> 'of bob'")
    assert talk == {"id": short_id(TALK), "profile_id": short_id(HERS)}
    assert step.query("select distinct sku from performance.order_items") == [{"sku": short_id(SKU)}]

    whole.deliver(FIRST, NOW)
    whole.deliver(SECOND, NOW)
    whole.build(NOW)
    stepped, at_once = (
        {name: sorted(rows, key=repr) for name, rows in one.tables(SHOWN).items()} for one in (step, whole)
    )
    assert stepped == at_once


@pytest.mark.parametrize(
    "few",
    [
        pytest.param(FEW, id="the request is of the run in which lines are many"),
        pytest.param(1_000, id="lines are few", marks=pytest.mark.soak),
        pytest.param(1, id="lines are many", marks=pytest.mark.soak),
    ],
)
def test_who_has_a_long_id_is_forgotten(
    project: ProjectCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Tables have her id whole or shortened, lines have it whole, and hashes are of one form."""
    monkeypatch.setattr(longest_id, "FEW_LINES", few)
    pipeline = ForgettingPipeline(tmp_path, project, (*MARTS, "segment_membership_history"))
    pipeline.refresh(FIRST)
    assert found_in(pipeline.data_dir, [HERS[:500]])
    pipeline.refresh(request(profile_id=HERS))
    pipeline.refresh(LATE)
    # his id has the same begin; of hers nothing is left, whole or shortened
    assert found_in(pipeline.data_dir, [HERS, short_id(HERS), TALK[:500], "zoe@example"]) == {}
    talks = pipeline.query(
        "select profile_id, customer_messages as n from performance.conversations order by profile_id, customer_messages desc"
    )
    his = HIS if few == 1_000 else short_id(HIS)
    assert talks == [{"profile_id": his, "n": 1}, {"profile_id": None, "n": 2}, {"profile_id": None, "n": 1}]
    assert pipeline.query("select count(*) as n, count(profile_id) as known from performance.orders") == [
        {"n": 2, "known": 1}
    ]
