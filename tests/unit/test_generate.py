"""Generated logs: valid, realistic in shape, reproducible."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generator import GenerateReport, generate, run
from generator.command import progress_bar

ROOT = Path(__file__).resolve().parents[2]
UNTIL = datetime(2026, 6, 30, 12, tzinfo=UTC)
CONVERSATIONS, DAYS, SEED = 3_000, 10, 7
FEEDS = {"conversation_log", "orders", "profiles", "consents", "suppressions", "message_sends", "products"}
RECORD_TYPES = {
    "message",
    "skill_changed",
    "products_recommended",
    "status_changed",
    "tags_applied",
    "link_clicked",
    "added_to_cart",
}
REQUIRED = {
    "conversation_log": ("record_id", "conversation_id", "occurred_at", "record_type"),
    "orders": ("order_id", "placed_at"),
    "profiles": ("profile_id", "updated_at"),
    "consents": ("profile_id", "channel", "status", "occurred_at"),
    "suppressions": ("profile_id", "channel", "action", "occurred_at"),
    "message_sends": ("message_id", "profile_id", "channel", "sent_at"),
    "products": ("product_id", "updated_at"),
}
REQUIRED_BY_TYPE = {
    "message": "actor",
    "skill_changed": "skill",
    "products_recommended": "products",
    "status_changed": "status",
    "tags_applied": "tags",
    "link_clicked": "url",
    "added_to_cart": "product_id",
}
VOCABULARIES = {
    ("conversation_log", "record_type"): "record_type",
    ("conversation_log", "channel"): "channel",
    ("conversation_log", "actor"): "actor",
    ("conversation_log", "status"): "status",
    ("conversation_log", "mode"): "mode",
    ("orders", "status"): "order_status",
    ("consents", "channel"): "consent_channel",
    ("consents", "status"): "consent_status",
    ("suppressions", "channel"): "suppression_channel",
    ("suppressions", "action"): "suppression_action",
    ("message_sends", "channel"): "consent_channel",
    ("message_sends", "kind"): "send_kind",
}
INSTANTS = ("occurred_at", "placed_at", "updated_at", "sent_at")

Log = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GenerateReport]:
    directory = tmp_path_factory.mktemp("generated")
    return directory, generate(directory, CONVERSATIONS, DAYS, SEED, UNTIL)


@pytest.fixture(scope="module")
def log(written: tuple[Path, GenerateReport]) -> Log:
    feeds: Log = {}
    for path in sorted(written[0].rglob("*.jsonl")):
        source, feed = path.relative_to(written[0]).parts[:2]
        feeds.setdefault(feed, []).extend(
            {"source": source, **json.loads(line)} for line in path.read_text(encoding="utf-8").splitlines()
        )
    return feeds


@pytest.fixture(scope="module")
def known_words() -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    for row in csv.DictReader((ROOT / "seeds" / "word_aliases.csv").open(encoding="utf-8")):
        words.setdefault(row["vocabulary"], set()).add(plain(row["alias"]))
    return words


def plain(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_same_arguments_write_the_same_bytes(written: tuple[Path, GenerateReport], tmp_path: Path) -> None:
    """Benchmarks compare sides on the same log; a log that changes would compare nothing."""
    generate(tmp_path, CONVERSATIONS, DAYS, SEED, UNTIL)
    assert contents(tmp_path) == contents(written[0])


def test_another_seed_writes_other_conversations_of_the_same_people(log: Log, tmp_path: Path) -> None:
    """New records on top of a history must be new, and about known shoppers."""
    generate(tmp_path, 200, 2, SEED + 1, UNTIL)
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*/conversation_log/**/*.jsonl")]
    others = [json.loads(line) for text in texts for line in text.splitlines()]
    assert not {row["record_id"] for row in others} & {row["record_id"] for row in log["conversation_log"]}
    known = {row["profile_id"] for row in log["profiles"]}
    named = {row["profile"]["profile_id"] for row in others if "profile_id" in row.get("profile", {})}
    assert named
    assert named <= known


def test_every_line_is_compact_json_and_carries_its_required_fields(
    written: tuple[Path, GenerateReport], log: Log
) -> None:
    """Lines are put together from templates: a quote that is not escaped would break one in a million."""
    for path in written[0].rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")) == line
    for feed, rows in log.items():
        for row in rows:
            assert all(row[name] for name in REQUIRED[feed])
    assert all(row[REQUIRED_BY_TYPE[row["record_type"]]] for row in log["conversation_log"])


def test_every_word_is_one_that_the_alias_seed_knows(log: Log, known_words: dict[str, set[str]]) -> None:
    """An unknown word would be refused: a generated log has no dirt of its own."""
    for (feed, name), vocabulary in VOCABULARIES.items():
        used = {plain(row[name]) for row in log[feed] if name in row}
        assert used
        assert used <= known_words[vocabulary], (feed, name)


def test_nothing_happens_after_the_end(log: Log) -> None:
    """Instants far ahead are refused, and those after as_of are seen by some marts and not by others."""
    instants = [row[name] for rows in log.values() for row in rows for name in INSTANTS if name in row]
    assert max(datetime.fromisoformat(instant) for instant in instants) <= UNTIL


def test_all_feeds_and_record_types_are_there(log: Log) -> None:
    """A benchmark without a feed would say nothing about it."""
    assert set(log) == FEEDS
    assert {row["record_type"] for row in log["conversation_log"]} == RECORD_TYPES
    assert any("merged_into" in row for row in log["profiles"])
    assert any(row.get("mode") == "preview" for row in log["conversation_log"])
    assert any(row.get("escalation_reason") for row in log["conversation_log"])
    assert {key for row in log["conversation_log"] for key in row.get("profile", {})} == {
        "profile_id",
        "email",
        "phone_number",
        "external_id",
        "anonymous_id",
    }
    assert any(isinstance(row["products"][0], dict) for row in log["conversation_log"] if "products" in row)


def test_a_conversation_has_between_six_and_seven_records(log: Log) -> None:
    """The size that the benchmarks state."""
    per_conversation = Counter(row["conversation_id"] for row in log["conversation_log"])
    assert len(per_conversation) == CONVERSATIONS
    assert 6 < len(log["conversation_log"]) / CONVERSATIONS < 7


def test_about_one_conversation_in_eight_leads_to_an_order(log: Log) -> None:
    """Attribution would be idle, or drowned, otherwise."""
    orders = {row["order_id"] for row in log["orders"]}
    assert 1 / 10 < len(orders) / CONVERSATIONS < 1 / 7
    later = [row for row in log["orders"] if row["status"] in ("cancelled", "refunded")]
    assert all(row["updated_at"] > row["placed_at"] for row in later)
    assert {row["status"] for row in later} == {"cancelled", "refunded"}


def test_few_shoppers_come_often_and_most_come_seldom(log: Log) -> None:
    """Zipf-like skew is what makes joins on the profile uneven in life."""
    named = [row["profile"]["profile_id"] for row in log["conversation_log"] if "profile_id" in row.get("profile", {})]
    visits = sorted(Counter(named).values(), reverse=True)
    assert sum(visits[: len(visits) // 10]) > 0.25 * sum(visits)
    assert visits[0] > 5 * visits[len(visits) // 2]


def test_keys_are_unique_where_the_first_delivered_holds(log: Log) -> None:
    """A generated conflict would be a refused line."""
    for feed, key in (("conversation_log", "record_id"), ("message_sends", "message_id")):
        keys = [(row["source"], row[key]) for row in log[feed]]
        assert len(set(keys)) == len(keys)


def test_the_report_counts_what_was_written(written: tuple[Path, GenerateReport], log: Log) -> None:
    """Speeds are computed from it."""
    directory, report = written
    assert report.records == {feed: len(rows) for feed, rows in log.items()}
    sizes = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
    assert (report.files, report.bytes_written) == (len(sizes), sum(sizes))
    assert report.files <= 2 * len(FEEDS) * (DAYS + 1)
    assert not list(directory.rglob("*.inprogress"))


def test_files_that_are_there_are_never_overwritten(written: tuple[Path, GenerateReport]) -> None:
    """The directory may be somebody's landing zone."""
    before = contents(written[0])
    with pytest.raises(FileExistsError, match="another directory, or another seed"):
        generate(written[0], CONVERSATIONS, DAYS, SEED, UNTIL)
    assert {path: data for path, data in contents(written[0]).items() if not path.endswith(".inprogress")} == before
    for path in written[0].rglob("*.inprogress"):
        path.unlink()


@pytest.mark.parametrize("conversations", [0, 1, 2, 9])
def test_tiny_logs_have_exactly_the_conversations_asked_for(conversations: int, tmp_path: Path) -> None:
    """Shares of sources, days and blocks must add up at any size."""
    generate(tmp_path, conversations, 3, 1, datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), ("one", "two", "three"))
    texts = [path.read_text() for path in tmp_path.glob("*/conversation_log/**/*.jsonl")]
    assert len({json.loads(line)["conversation_id"] for text in texts for line in text.splitlines()}) == conversations


def test_wrong_arguments_are_one_line_and_a_non_zero_exit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback tells nobody what to do."""
    assert run(tmp_path, 10, 0, 1, UNTIL) != 0
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file", 10, 1, 1, UNTIL) != 0
    assert capsys.readouterr().err.count("\n") == 1


def test_run_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `caw generate` prints; without a terminal there is no bar."""
    assert run(tmp_path, 20, 2, 1, UNTIL) == 0
    printed = capsys.readouterr()
    assert "20 conversations" in printed.out
    assert printed.err == ""


def test_the_bar_reaches_the_end_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar that stops at 99 % looks like a hang."""
    stream = io.StringIO()
    assert progress_bar(stream) is None
    monkeypatch.setattr(stream, "isatty", lambda: True)
    show: Callable[[int, int], None] | None = progress_bar(stream)
    assert show is not None
    show(1, 4)
    show(4, 4)
    assert stream.getvalue().endswith("100%  4 of 4 conversations\n")
