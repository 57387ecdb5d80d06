"""Spec §6.1: what a delivery, or a seed, says later of a forgotten person reaches lines that were taken in before."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from caw.erasure.earlier_lines import look_again
from caw.erasure.forgotten import follow_ups_of
from caw.erasure.run import forget_people
from tests.support.forgetting import EMAIL, NOW, ForgettingPipeline, found_in, lines, request

TALK = {"record_type": "message", "actor": "customer", "record_id": "1", "occurred_at": "2026-03-09T13:00:00Z"}
ALONE = {**TALK, "conversation_id": "late talk", "text": "qxalone"}
NAMED = {**ALONE, "record_id": "2", "text": "qxnamed", "profile": {"email": EMAIL}}
ALIASED = {**TALK, "conversation_id": "aliased", "text": "qxaliased", "shopper_mail": EMAIL}


@pytest.mark.parametrize("without_warehouse", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_what_is_learnt_of_her_reaches_all_that_was_taken_in_before(
    tmp_path: Path, before_request: ForgettingPipeline, without_warehouse: bool
) -> None:
    """A conversation that named nobody came with another `caw ingest`, and was neither redacted nor in the warehouse, or
    there was none to look into; a new alias showed her address, and what she had said, in every table."""
    later = before_request.copied_to(tmp_path)
    later.refresh({"acme/conversation_log/aliased.jsonl": lines(ALIASED), **request(email=EMAIL)})
    later.deliver({"acme/conversation_log/alone.jsonl": lines(ALONE)}, NOW)
    if without_warehouse:
        later.refresh({})
        (later.data_dir / "warehouse.duckdb").unlink()
        later.is_outdated = True
    later.refresh({"acme/conversation_log/named.jsonl": lines(NAMED)})
    assert set(found_in(later.data_dir, ["qxalone", "qxnamed", "qxaliased"])) == {"qxaliased"}
    seeds = tmp_path / "seeds"
    shutil.copytree(later.project.seeds, seeds)
    with (seeds / "field_aliases.csv").open("a", encoding="utf-8") as file:
        file.write("*,conversation_log,shopper_mail,profile.email\n")
    forget_people(replace(later.settings, seeds_dir=seeds), True, later.build_some)
    assert found_in(later.data_dir, ["qxaliased", EMAIL]) == {}
    store = later.settings.store()
    look_again(store, seeds)
    assert follow_ups_of(store.erasure).read() == []  # else each rebuild would erase again
