"""Spec §6.1: what one delivery says of a forgotten person, several of which come before the next run or without a warehouse."""

from pathlib import Path

import pytest

from tests.support.forgetting import EMAIL, NOW, ForgettingPipeline, found_in, lines, request


@pytest.mark.parametrize("without_warehouse", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_what_a_delivery_says_reaches_all_that_came_since_the_last_build(
    tmp_path: Path, before_request: ForgettingPipeline, without_warehouse: bool
) -> None:
    """A conversation that named nobody came with another `caw ingest`, and was neither redacted nor in the warehouse;
    or there was no warehouse to look into."""
    later = before_request.copied_to(tmp_path)
    later.refresh(request(email=EMAIL))
    talk = {"record_type": "message", "actor": "customer", "conversation_id": "late talk"}
    first = {**talk, "record_id": "1", "occurred_at": "2026-03-09T13:00:00Z", "text": "qxalone"}
    second = {**first, "record_id": "2", "text": "qxnamed", "profile": {"email": EMAIL}}
    later.deliver({"acme/conversation_log/first.jsonl": lines(first)}, NOW)
    if without_warehouse:
        later.refresh({})
        (later.data_dir / "warehouse.duckdb").unlink()
        later.is_outdated = True
    later.refresh({"acme/conversation_log/second.jsonl": lines(second)})
    assert found_in(later.data_dir, ["qxalone", "qxnamed", EMAIL]) == {}
