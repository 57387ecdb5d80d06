"""The story of the sample, checked by a small evaluator of its own: spec §4.14, the ten gates.

It shares no code with the models, and reads the sample's files: a tale whose records do not bring about its verdict
is found here, without a warehouse. It knows only what the story's files hold (no late versions of profiles, no
merges of merges).
"""

import csv
import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from generator import SAMPLE_AS_OF, STORY, StoryCase, write_sample
from generator.sample_landing import write_shifted_sample

ROOT = Path(__file__).resolve().parents[2]
ZONES = {"acme_us": ZoneInfo("America/New_York"), "acme_eu": ZoneInfo("Europe/Paris")}
GATES = (
    "profile_unknown",
    "ordered_since_trigger",
    "escalated_recently",
    "no_consent",
    "suppressed",
    "messaged_recently",
    "already_sent",
    "superseded",
    "products_unavailable",
)
ENDS = (  # as written, and as `make run` lands it: in the hours that the clocks of Paris repeat, and skip
    SAMPLE_AS_OF,
    datetime(2026, 10, 25, 2, 40, tzinfo=UTC),
    datetime(2027, 3, 28, 2, 10, tzinfo=UTC),
)
STORY_TABLES = ("story.csv", "import.csv")  # the others tell nothing of the story's people
ESCALATED = ("escalated", "handed off", "routed to team", "transféré")

Row = dict[str, Any]


@dataclass(frozen=True)
class Trigger:
    """One recommendation of the story."""

    conversation_id: str
    profile_id: str | None
    at: datetime
    products: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """All story records of one source, by feed."""

    source: str
    feeds: dict[str, list[Row]]

    def instant(self, raw: Any) -> datetime:
        """As spec §2.0.3 reads it: epoch seconds, or ISO text that without an offset is local."""
        if isinstance(raw, int):
            return datetime.fromtimestamp(raw, UTC)
        moment = datetime.fromisoformat(raw)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONES[self.source])).astimezone(UTC)

    def of(self, feed: str, profile_id: str, **fields: str) -> list[Row]:
        """The profile's records with these fields."""
        wanted = {"profile_id": profile_id, **fields}
        return [row for row in self.feeds[feed] if all(row.get(name) == value for name, value in wanted.items())]

    def whose(self, identity: Row) -> str | None:
        """The profile of a profile object: by id and merge, else by e-mail, else by anonymous id."""
        for profile in self.feeds["profiles"]:
            if profile["profile_id"] == identity.get("profile_id"):
                return str(profile.get("merged_into") or profile["profile_id"])
        for profile in self.feeds["profiles"]:
            email, cookie = identity.get("email"), identity.get("anonymous_id")
            if (email and profile.get("email") == email.strip().lower()) or cookie in profile.get("anonymous_ids", []):
                return str(profile["profile_id"])
        return None

    def conversation_profile(self, conversation_id: str) -> str | None:
        """Of the one profile object that a story conversation has."""
        rows = [row for row in self.feeds["conversation_log"] if row["conversation_id"] == conversation_id]
        return self.whose(next(row["profile"] for row in rows if "profile" in row))

    def triggers(self) -> list[Trigger]:
        """All recommendations."""
        logged = [
            Trigger(
                row["conversation_id"],
                self.conversation_profile(row["conversation_id"]),
                self.instant(row["occurred_at"]),
                tuple(row["products"]),
            )
            for row in self.feeds["conversation_log"]
            if row["record_type"] == "products_recommended"
        ]
        return logged + [trigger for document in self.feeds["chat_transcripts"] for trigger in self.called(document)]

    def called(self, document: Row) -> list[Trigger]:
        """Recommendations made by the tool call of a transcript; the last look-up without an error says who it is."""
        found = []
        for message in document["conversations"]:
            answers = [m["content"] for m in message["messages"] if m["role"] == "tool"]
            known = [answer for answer in answers if self.whose({"profile_id": answer})]
            for turn in message["messages"]:
                for call in turn.get("tool_calls", []):
                    if call["function"]["name"] == "recommend_products":
                        products = tuple(json.loads(call["function"]["arguments"])["products"])
                        found.append(Trigger(message["id"], known[-1], self.instant(turn["timestamp"]), products))
        return found


def load(directory: Path, source: str) -> Account:
    feeds: dict[str, list[Row]] = {}
    for feed in ("conversation_log", "orders", "profiles", "consents", "suppressions", "message_sends", "products"):
        rows = feeds.setdefault(feed, [])
        for path in sorted((directory / source / feed / "2026" / "06").glob("*")):
            if path.name == "story.jsonl":
                rows += [json.loads(line) for line in path.read_text().splitlines()]
            if path.name == "story.jsonl.gz":
                rows += [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
            if path.name in STORY_TABLES:
                rows += [{key: cell for key, cell in row.items() if cell} for row in csv.DictReader(path.open())]
    feeds["chat_transcripts"] = [json.loads(path.read_text()) for path in (directory / source).glob("chat_*/**/*.json")]
    return Account(source, feeds)


@pytest.fixture(scope="module", params=ENDS, ids=str)
def until(request: pytest.FixtureRequest) -> datetime:
    """The instant at which the sample's logs end."""
    end: datetime = request.param
    return end


@pytest.fixture(scope="module")
def accounts(until: datetime, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Account]:
    directory = tmp_path_factory.mktemp("story")
    if until == SAMPLE_AS_OF:
        write_sample(directory)
    else:
        write_shifted_sample(directory, until)
    return {source: load(directory, source) for source in ZONES}


@pytest.fixture(scope="module")
def policies() -> dict[str, Row]:
    with (ROOT / "seeds" / "retargeting_policies.csv").open(encoding="utf-8") as file:
        return {row["policy_id"]: row for row in csv.DictReader(file)}


def failed_gates(account: Account, trigger: Trigger, policy: Row, judged_at: datetime) -> list[str]:
    if trigger.profile_id is None:
        return ["profile_unknown"]
    who, channel = trigger.profile_id, policy["message_channel"]

    def until_judged(rows: list[Row], name: str) -> list[tuple[datetime, Row]]:
        dated = [(account.instant(row[name]), row) for row in rows]
        return sorted(((at, row) for at, row in dated if at <= judged_at), key=lambda pair: pair[0])

    orders = [row for row in account.feeds["orders"] if account.whose(row["profile"]) == who]
    handovers = [
        row
        for row in account.feeds["conversation_log"]
        if row.get("status") in ESCALATED and account.conversation_profile(row["conversation_id"]) == who
    ]
    consents = until_judged(account.of("consents", who, channel=channel), "occurred_at")
    actions = [
        until_judged(account.of("suppressions", who, channel=word), "occurred_at")[-1:] for word in (channel, "all")
    ]
    sends = until_judged(account.of("message_sends", who, channel=channel), "sent_at")
    last_consent = consents[-1][1] if consents else {"status": "none"}
    valid_until = last_consent.get("valid_until")
    escalated_after = judged_at - timedelta(days=int(policy["exclude_escalated_days"]))
    messaged_after = judged_at - timedelta(hours=int(policy["min_hours_since_last_message"]))
    verdicts = (
        False,
        any(at >= trigger.at for at, _ in until_judged(orders, "placed_at")),
        any(at > escalated_after for at, _ in until_judged(handovers, "occurred_at")),
        last_consent["status"] != "subscribed" or (valid_until and account.instant(valid_until) <= judged_at),
        any(row["action"] == "suppress" for latest in actions for _, row in latest),
        any(at > messaged_after and row["kind"] != "transactional" for at, row in sends),
        any(
            at >= trigger.at
            and row["kind"] == "flow"
            and row.get("policy_id") in (None, policy["policy_id"])
            and "event_id" not in row
            for at, row in sends
        ),
        any(
            other.profile_id == who and trigger.at < other.at <= judged_at and other != trigger
            for other in account.triggers()
        ),
        all(sold_out(account, product) for product in trigger.products),
    )
    return [gate for gate, failed in zip(GATES, verdicts, strict=True) if failed]


def sold_out(account: Account, product: str) -> bool:
    versions = [row for row in account.feeds["products"] if product in (row["product_id"], row.get("sku"))]
    current = max(versions, key=lambda row: account.instant(row["updated_at"]), default=None)
    return current is not None and current["in_stock"] == "false"


@pytest.mark.parametrize("case", STORY, ids=lambda case: f"{case.conversation_id}-{case.policy_id.rsplit('_', 1)[1]}")
def test_the_records_bring_about_the_verdict(
    case: StoryCase, until: datetime, accounts: dict[str, Account], policies: dict[str, Row]
) -> None:
    """A tale that does not happen would be found by a reader of the first run, or by nobody."""
    account, policy = accounts[case.source], policies[case.policy_id]
    [trigger] = [trigger for trigger in account.triggers() if trigger.conversation_id == case.conversation_id]
    expires_at = trigger.at + timedelta(hours=int(policy["expires_after_hours"]))
    gates = failed_gates(account, trigger, policy, min(until, expires_at))
    waiting = trigger.at + timedelta(hours=int(policy["delay_hours"])) > until
    status = "blocked" if gates else "waiting" if waiting else "eligible"
    assert trigger.profile_id == case.profile_id
    assert ("expired" if expires_at <= until else status, tuple(gates)) == (
        case.expected_status,
        case.expected_gates,
    )


@pytest.mark.parametrize("policy_id", ["recommendation_follow_up_email", "recommendation_follow_up_sms"])
def test_every_status_and_every_gate_is_in_the_story(policy_id: str) -> None:
    """`make run` promises at least one profile blocked at each gate that the shipped policies can produce."""
    cases = [case for case in STORY if case.policy_id == policy_id]
    assert {case.expected_status for case in cases} == {"eligible", "waiting", "blocked", "expired"}
    blocked = [case.expected_gates for case in cases if case.expected_status == "blocked"]
    assert {gates[0] for gates in blocked if len(gates) == 1} == set(GATES)


def test_each_blocked_gate_has_a_shopper_of_its_own() -> None:
    """One shopper blocked by everything would explain nothing."""
    by_gate: dict[str, set[str | None]] = {gate: set() for gate in GATES}
    for case in STORY:
        if case.expected_status == "blocked" and len(case.expected_gates) == 1:
            by_gate[case.expected_gates[0]].add(case.profile_id)
    assert all(by_gate.values())
    listed = [profile for profiles in by_gate.values() for profile in profiles if profile is not None]
    assert len(set(listed)) == len(listed)
