"""The sample's story in the built mart: every tale's verdict, and the summary that `make run` prints of it."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from caw.feeds.declared import SEEDS_DIR, retargeting_gates
from caw.publication import FILE_NAME
from generator import STORY, StoryCase
from generator.odd_files import EXPECTED_REJECTS
from generator.sample_seeds import SAMPLE_HOLDOUT_PERCENT, with_holdout, write_sample_seeds
from generator.tales import EMAIL_POLICY, SMS_POLICY
from tests.support.sample_run import SampleRun

# The shipped policies hold nobody out; the sample's do, and these two are eligible otherwise.
HELD_OUT = {("tara-transcript", EMAIL_POLICY), ("sol-one-left", SMS_POLICY)}
# policy, conversation -> profile_id, status, failed gates
RowByTrigger = Mapping[tuple[str, str], tuple[str | None, str, tuple[str, ...]]]


def is_held_out(profile_id: str | None, policy_id: str) -> bool:
    """By the formula of spec §4.14, gate 10."""
    if profile_id is None:
        return False
    drawn = hashlib.md5(f"{policy_id}|{profile_id}".encode()).hexdigest()[:8]
    return int(drawn, 16) % 100 < SAMPLE_HOLDOUT_PERCENT[policy_id]


@pytest.fixture(scope="module")
def verdicts(sample_run: SampleRun) -> RowByTrigger:
    """The published rows by policy and conversation, each of which has one trigger."""
    with duckdb.connect(str(sample_run.data_dir / "published" / FILE_NAME), read_only=True) as connection:
        rows = connection.execute(
            "select policy_id, conversation_id, profile_id, status, failed_gates "
            "from retargeting.retargeting_eligibility where conversation_id like 'story-%'"
        ).fetchall()
    return {
        (policy, conversation): (profile, status, tuple(gates)) for policy, conversation, profile, status, gates in rows
    }


@pytest.mark.parametrize("case", STORY, ids=lambda case: f"{case.conversation_id}-{case.policy_id.rsplit('_', 1)[1]}")
def test_the_mart_tells_the_story(case: StoryCase, verdicts: RowByTrigger) -> None:
    """Prevents a gate that decides otherwise than the records of the person who shows it were written for."""
    status, gates = case.expected_status, case.expected_gates
    if is_held_out(case.profile_id, case.policy_id):
        status, gates = "expired" if status == "expired" else "blocked", (*gates, "holdout")
    assert verdicts[case.policy_id, case.conversation_id] == (case.profile_id, status, gates)


def test_the_holdout_alone_stops_the_two_that_the_sample_means_and_nobody_else_of_the_story(
    verdicts: RowByTrigger,
) -> None:
    """Prevents percentages that spoil another shopper's tale: whoever else is held out was not to be written to."""
    held_out = {
        (profile, policy)
        for (policy, _), (profile, status, gates) in verdicts.items()
        if status == "blocked" and gates == ("holdout",)
    }
    assert held_out == HELD_OUT


def test_every_gate_blocks_somebody_and_the_summary_names_an_example(
    sample_run: SampleRun, verdicts: RowByTrigger
) -> None:
    """`make run` promises at least one profile blocked at each gate, some waiting and some eligible."""
    blocked = {gate for _, status, gates in verdicts.values() if status == "blocked" for gate in gates}
    assert blocked == set(retargeting_gates())
    lines = sample_run.said.splitlines()
    examples = [line.split()[-4:] for line in lines if "  e.g. " in line]
    assert len(examples) == len(retargeting_gates())
    assert not any("no trigger at" in line for line in lines)
    counts = next(line.split() for line in lines if EMAIL_POLICY in line)
    assert all(int(count) > 0 for count in counts[1:])


def test_the_summary_shows_a_month_of_conversations_and_their_resolution_rate(sample_run: SampleRun) -> None:
    lines = sample_run.said.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("Per day"))
    conversations, rates = lines[place].split()[2], lines[place + 1].split()[0]
    assert all(len(line) <= 80 for line in lines[place : place + 3])
    assert len(conversations) == len(rates) == 30
    assert set(conversations + rates) <= set("▁▂▃▄▅▆▇█")
    assert re.fullmatch(r"conversations: [0-9]+ to [0-9]+", " ".join(lines[place].split()[3:]))
    assert re.fullmatch(r"resolved by the agent: [0-9]+% to [0-9]+%", " ".join(lines[place + 1].split()[1:]))
    assert lines[place + 2].strip() == "30 days to 2026-06-30"


def test_the_summary_says_how_many_lines_were_refused_and_why(sample_run: SampleRun) -> None:
    reasons = Counter(" ".join(filter(None, (each.reason, each.field))) for each in EXPECTED_REJECTS)
    (reason, times), *_ = reasons.most_common(1)
    assert f" {len(EXPECTED_REJECTS)} refused" in sample_run.said
    assert f" {times} {reason}" in sample_run.said


def test_a_run_leaves_other_seeds_as_they_were(sample_run: SampleRun, tmp_path: Path) -> None:
    """dbt writes what it makes of a seed to target/<its path>, which for an absolute path is the seed itself."""
    before = {path.name: path.read_bytes() for path in write_sample_seeds(tmp_path).iterdir()}
    assert {path.name: path.read_bytes() for path in sample_run.seeds.iterdir()} == before


def test_the_sample_s_policies_differ_in_the_holdout_only() -> None:
    """Prevents a sample that is not refreshed by the rules that the project ships."""
    shipped = (SEEDS_DIR / "retargeting_policies.csv").read_text(encoding="utf-8")
    before, after = (
        list(csv.DictReader(text.splitlines())) for text in (shipped, with_holdout(shipped, SAMPLE_HOLDOUT_PERCENT))
    )
    assert {row["holdout_percent"] for row in before} == {"0"}
    assert {row["policy_id"]: row["holdout_percent"] for row in after} == {EMAIL_POLICY: "15", SMS_POLICY: "3"}
    assert [row | {"holdout_percent": "0"} for row in after] == before
