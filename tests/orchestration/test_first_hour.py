"""What somebody does in the first hour: `make run`, a test conversation, README's own logs. By the clock, as they would."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import caw
from caw.ingest.ingestion import ingest
from generator.odd_files import EXPECTED_REJECTS
from generator.sample_landing import land_sample
from generator.sample_seeds import write_sample_seeds
from generator.tales import EMAIL_POLICY, SMS_POLICY
from tests.support.cold_caw import cold_caw
from tests.support.readme import blocks, section, shell
from tests.support.sample_run import SampleRun
from tests.support.warm_caw import keep_parsed, lay_parsed, warm_caw

RUN = re.compile(r"`\.venv/bin/caw (run [^`]*)`")
EXPLAIN = re.compile(r"`\.venv/bin/caw (explain [^`]*)`")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """What `make run` makes in an empty data dir, now."""
    folder = tmp_path_factory.mktemp("made")
    landing, _ = land_sample(folder / "data", datetime.now(UTC))
    sample = SampleRun(landing, folder / "data", write_sample_seeds(folder / "data" / "sample_seeds"))
    ran = sample.caw("run")
    assert ran.returncode == 0, ran.stderr
    return sample


def statuses(sample: SampleRun) -> set[tuple[str, str]]:
    found = caw.read("retargeting.retargeting_eligibility", columns=["policy_id", "status"], data_dir=sample.data_dir)
    return set(found.itertuples(index=False, name=None))


def test_after_make_run_each_policy_has_eligible_waiting_blocked_and_expired_triggers(made: SampleRun) -> None:
    """Logs of a fixed instant would all have expired by the clock."""
    every = {"eligible", "waiting", "blocked", "expired"}
    assert statuses(made) == {(policy, status) for policy in (EMAIL_POLICY, SMS_POLICY) for status in every}


def test_the_shifted_sample_is_refused_where_it_is_to_be_and_nowhere_else(made: SampleRun) -> None:
    columns = ["file_path", "line_number", "reason", "field"]
    rejected = caw.read("health.rejected_records", columns=columns, data_dir=made.data_dir)
    found = {(path, int(line), reason, field if isinstance(field, str) else None)
             for path, line, reason, field in rejected.itertuples(index=False, name=None)}  # fmt: skip
    assert found == {(each.file_path, each.line_number, each.reason, each.field) for each in EXPECTED_REJECTS}


def test_a_second_make_run_would_read_nothing_new(made: SampleRun) -> None:
    """The sample lands in another place, or is shifted again: all of its lines would be there twice."""
    assert land_sample(made.data_dir, datetime.now(UTC))[0] == made.landing
    assert ingest(made.landing, made.data_dir, datetime.now(UTC), seeds=made.seeds).batch_id is None


def test_a_test_conversation_is_followed_to_the_mart_and_its_run_publishes_in_the_same_place(made: SampleRun) -> None:
    """A run as of the sample's fixed instant published next to what the sensor's runs had published."""
    before = caw.read("health.last_run", data_dir=made.data_dir)["as_of"][0]
    ran = made.caw("doctor", "--send-test", "--source", "acme_us")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    steps = [line.split()[0] for line in ran.stdout.splitlines() if line.startswith("  ")]
    assert steps == ["ok"] * 5
    assert ran.stdout.splitlines()[-1] == "Data flows."
    [landed] = made.landing.rglob("caw-doctor-test-*")
    assert landed.parent == made.landing / "acme_us" / "conversation_log"
    events = caw.read("events.activity_feed", columns=["conversation_id"], data_dir=made.data_dir)["conversation_id"]
    assert not events.str.startswith("caw-doctor-test").any()
    assert caw.read("health.last_run", data_dir=made.data_dir)["as_of"][0] > before
    assert not (made.data_dir / "published" / "as_of").exists()
    assert "eligible" in {status for _, status in statuses(made)}


def test_readme_s_five_minutes_end_in_an_eligible_shopper(tmp_path: Path) -> None:
    """Instructions that nobody runs go stale: dates that have expired, a feed without which nobody is eligible."""
    text = section("With feeds written for it")
    landing, look = blocks(text)
    shell(landing, tmp_path)
    lay_parsed(tmp_path / "my-data")
    [run], [explain] = RUN.findall(text), EXPLAIN.findall(text)
    ran = cold_caw(run.split(), tmp_path)
    keep_parsed(tmp_path / "my-data")
    assert ran.returncode == 0, ran.stderr
    assert "3 files, 5 lines: 5 accepted" in ran.stdout
    assert "1 conversation_resolved" in ran.stdout
    assert "dagster" not in ran.stderr.lower().replace("starting: dagster and dbt", "")
    assert {path.name for path in tmp_path.iterdir()} == {".venv", "landing", "my-data"}
    explained = warm_caw().command(explain.split(), {}, tmp_path)
    assert explained.code == 0, explained.err
    assert f"{EMAIL_POLICY}: ELIGIBLE" in explained.out
    for said in (ran.stdout, explained.out):  # she may have bought, or said no: nobody knows
        for feed in ("orders", "suppressions", "message_sends"):
            assert f"no {feed} have landed in my_shop" in " ".join(said.split())
    assert "no_consent" in shell(look, tmp_path)
    found = caw.read("retargeting.retargeting_eligibility", data_dir=tmp_path / "my-data")
    assert {(row.profile_id, row.policy_id, row.status, tuple(row.failed_gates)) for row in found.itertuples()} == {
        ("ana", EMAIL_POLICY, "eligible", ()),
        ("ana", SMS_POLICY, "blocked", ("no_consent",)),
    }
