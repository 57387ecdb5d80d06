"""Spec §6.1: what one delivery says of a forgotten person, several of which come before the next run or without a warehouse."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from caw.erasure.run import forget_people
from caw.raw_store.store import RawStore
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


def test_an_alias_that_comes_later_shows_whose_a_line_is(tmp_path: Path, before_request: ForgettingPipeline) -> None:
    """The rebuild that a changed seed asks for showed her address, and what she had said, in every table."""
    later = before_request.copied_to(tmp_path)
    talk = {"record_type": "message", "actor": "customer", "conversation_id": "aliased", "shopper_mail": EMAIL}
    record = {**talk, "record_id": "1", "occurred_at": "2026-03-09T13:00:00Z", "text": "qxaliased"}
    later.refresh({"acme/conversation_log/aliased.jsonl": lines(record), **request(email=EMAIL)})
    assert set(found_in(later.data_dir / "raw", ["qxaliased"])) == {"qxaliased"}
    seeds = tmp_path / "seeds"
    shutil.copytree(later.project.seeds, seeds)
    with (seeds / "field_aliases.csv").open("a", encoding="utf-8") as file:
        file.write("*,conversation_log,shopper_mail,profile.email\n")
    RawStore(later.data_dir).write_run_context("again", NOW, "-")
    forget_people(replace(later.settings, seeds_dir=seeds), True, later.build_some)
    assert found_in(later.data_dir, ["qxaliased", EMAIL]) == {}
