"""The work for a line, a file or a part does not grow with how many people were forgotten, nor with what was kept of
them. Calls and sizes are counted, so that no clock decides."""

import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from caw.adapters.registry import expander
from caw.erasure import finding, late_deliveries
from caw.erasure.forgotten import Forgotten, read_forgotten
from caw.erasure.held_files import path_pseudonym, still_holding
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import Keyring, read_key
from caw.erasure.late_deliveries import redact_late_deliveries
from caw.erasure.redaction import Redaction
from caw.erasure.rewriting import Rewriter, Rewritten
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR, feeds
from caw.ingest.ingestion import ingest
from caw.landing.scan import content_sha256
from caw.raw_store.objects import LocalObjects
from caw.raw_store.schemas import LINE_SCHEMA
from caw.raw_store.store import RawStore

SOURCE = "acme"
KEYRING = Keyring(b"k" * 32)
WORDS = load_words(SEEDS_DIR)
FEW, MANY = 20, 400  # people; the lines are by and of the first of them
LINES = 60
AT = datetime(2026, 3, 10, tzinfo=UTC)


def people(count: int) -> set[Identifier]:
    """What so many people are known by."""
    return {
        identifier
        for number in range(count)
        for identifier in (
            Identifier("profile_id", f"p-{number}"),
            Identifier("email", f"p{number}@x.example"),
            Identifier("phone", f"1555{number:07}"),
            Identifier("conversation", f"c-{number}"),
        )
    }


def part(folder: Path) -> Path:
    """Lines by people who are forgotten and by others, with others' addresses in texts and ids; some are broken."""
    texts = []
    for number in range(LINES):
        person = number % FEW
        profile = {"email": f"p{person}@x.example"} if number % 2 else {"profile_id": f"other-{number}"}
        line = {"record_id": f"r-{number}", "conversation_id": f"talk {number} p{person}@x.example", "profile": profile,
                "occurred_at": "2026-03-09T10:00:00Z", "record_type": "message", "actor": "customer",
                "text": f"write to p{(person + 1) % FEW}@x.example or +1555{person:07} by 2026-03-09"}  # fmt: skip
        texts.append(json.dumps(line) if number % 10 else json.dumps(line)[:-4])
    rows = [
        {"batch_id": "00000001", "ingested_at": AT, "source": SOURCE, "file_path": f"f{number % 7}", "raw_text": text,
         "line_number": number, "is_erased": False, "problem": None if text.endswith("}") else "not_json"}
        for number, text in enumerate(texts, 1)
    ]  # fmt: skip
    path = folder / "part.parquet"
    pq.write_table(pa.Table.from_pylist(rows, LINE_SCHEMA), path, row_group_size=10)
    return path


class Looked(set[Any]):
    """A set that counts how often it is asked, and refuses to be gone through."""

    def __init__(self, elements: Iterable[Any], count: Counter[str]) -> None:
        super().__init__(elements)
        self.count = count

    def __contains__(self, element: object) -> bool:
        self.count["lookups"] += 1
        return super().__contains__(element)

    def __iter__(self) -> Any:
        raise AssertionError("all people are gone through")


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many hashes are made, and how many identifiers tables of lines are joined with."""
    counted: Counter[str] = Counter()
    hashed: Callable[..., str] = Keyring.hash
    joined: Callable[..., pa.Table] = finding.rows_with

    def hash_counted(self: Keyring, source: str, identifier: Identifier) -> str:
        counted["hashes"] += 1
        return hashed(self, source, identifier)

    def join_counted(found: pa.Table, identifiers: Any) -> pa.Table:
        counted["joined with"] += len(identifiers)
        return joined(found, identifiers)

    monkeypatch.setattr(Keyring, "hash", hash_counted)
    for module in (finding, late_deliveries):
        monkeypatch.setattr(module, "rows_with", join_counted)
        monkeypatch.setattr("caw.erasure.rewriting.ROWS_AT_ONCE", 10)
        monkeypatch.setattr("caw.erasure.late_deliveries.ROWS_AT_ONCE", 10)
    return counted


def test_an_erasure_does_as_much_for_a_line_for_many_people_as_for_few(tmp_path: Path, count: Counter[str]) -> None:
    """Once each id of a line was held against everybody: 3.7 ms a line for 2,000 people."""
    counts = []
    for number in (FEW, MANY):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = part(folder)
        count.clear()
        known: Any = Looked(people(number), count)
        redaction = Redaction(SOURCE, known, KEYRING, WORDS, known.__contains__, known.__contains__)
        done = Rewritten()
        objects = LocalObjects(folder)
        Rewriter(objects, {SOURCE: redaction}, {"elsewhere": "erased-path"}, expander(SEEDS_DIR)).part(
            path.name, feeds()["conversation_log"], done
        )
        counts.append((done.lines, dict(count)))
    assert counts[0] == counts[1]
    assert counts[0][0] == LINES / 2 and counts[0][1]["lookups"] > LINES


def test_a_late_delivery_does_as_much_for_a_line_after_many_people_as_after_few(
    tmp_path: Path, count: Counter[str]
) -> None:
    """Once every batch of lines was joined with all who were met so far, and every line of theirs copied them."""
    counts = []
    for number in (FEW, MANY):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = part(folder)
        hashes = KEYRING.hashes(SOURCE, people(number))
        kept = {Identifier("order", f"o-{one}") for one in range(number)}
        forgotten = Forgotten(LocalObjects(folder), KEYRING, {SOURCE: Looked(hashes, count)}, {SOURCE: kept})
        count.clear()
        done, follow_ups = redact_late_deliveries(
            LocalObjects(folder), {"conversation_log": [path.name]}, forgotten, WORDS, expander(SEEDS_DIR)
        )
        counts.append((done.lines, len(follow_ups), dict(count)))
    assert counts[0] == counts[1]
    assert counts[0][0] == LINES / 2 and counts[0][2]["hashes"] > LINES


def test_identifiers_of_a_batch_are_compared_with_that_batch_alone(tmp_path: Path, count: Counter[str]) -> None:
    """The last of a million lines costs more than the first."""
    path = part(tmp_path)
    forgotten = Forgotten(LocalObjects(tmp_path), KEYRING, {SOURCE: KEYRING.hashes(SOURCE, people(FEW))})
    redact_late_deliveries(
        LocalObjects(tmp_path), {"conversation_log": [path.name]}, forgotten, WORDS, expander(SEEDS_DIR)
    )
    assert count["joined with"] <= 4 * LINES  # an address and a conversation a line, by two passes


def test_a_file_name_is_hashed_as_often_after_many_people_as_after_few(tmp_path: Path, count: Counter[str]) -> None:
    """A path is cut into words, each looked up once; nobody is looked for one by one."""
    counts = []
    for number in (FEW, MANY):
        forgotten = Forgotten(
            LocalObjects(tmp_path), KEYRING, {SOURCE: Looked(KEYRING.hashes(SOURCE, people(number)), count)}
        )
        count.clear()
        shown = [forgotten.shown_path(SOURCE, f"acme/orders/2026/03/part-{one}.jsonl", ()) for one in range(10)]
        assert not any(path.startswith("erased-") for path in shown)
        counts.append(dict(count))
    assert counts[0] == counts[1]


def test_files_that_hold_somebody_are_found_by_one_hash_a_file_name(
    tmp_path: Path, count: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every run ends with this: once each name in the landing zone was cut into words, and each file read again."""
    landing, data = tmp_path / "landing", tmp_path / "data"
    (landing / "acme" / "orders").mkdir(parents=True)
    for number in range(5):
        (landing / "acme" / "orders" / f"of p{number}@x.example.jsonl").write_text('{"order_id": "1"}\n')
    ingest(landing, data, AT)
    store = RawStore(data)
    forgotten = Forgotten(store.erasure, read_key(store.erasure), {SOURCE: {"h"}})
    versions = store.known_versions()
    forgotten.files = {(path, digest) for path, digest in versions if "p3" in path or "p4" in path}
    forgotten.files |= {
        (path_pseudonym(forgotten.keyring, "acme/orders/of p0@x.example.jsonl"), one[1]) for one in versions
    }
    forgotten.save()
    count.clear()
    read: list[str] = []
    monkeypatch.setattr(
        "caw.landing.digest_cache.content_sha256", lambda path: read.append(path.name) or content_sha256(path)
    )
    held = still_holding(landing, store)
    assert held == [f"acme/orders/of p{number}@x.example.jsonl" for number in (0, 3, 4)]
    assert count["hashes"] == 3  # of the names that are not known as they are
    assert read == ["of p0@x.example.jsonl"]  # the run before knew it by its own name


def test_a_found_file_is_noted_without_writing_all_of_them_again(tmp_path: Path) -> None:
    """The list of files was written whole after each part of the raw store: ten thousand parts, a hundred million rows."""
    memory = LocalObjects(tmp_path)
    forgotten = Forgotten(memory, read_key(memory), {SOURCE: {"h"}}, {}, {("a", "1")})
    forgotten.save()
    whole = (tmp_path / "files.parquet").read_bytes()
    forgotten.remember_files([("a", "1"), ("b\n", "2")])
    forgotten.remember_files([("ç", "3")])
    forgotten.remember_files([("a", "1")])
    assert (tmp_path / "files.parquet").read_bytes() == whole
    assert memory.list("files_added") == ["files_added-00000000.jsonl", "files_added-00000001.jsonl"]
    (tmp_path / "files_added.jsonl").write_text('["e", "5"]\n["d", "')  # where an older version's run died
    read = read_forgotten(memory)
    assert read is not None and read.files == {("a", "1"), ("b\n", "2"), ("ç", "3"), ("e", "5")}
    read.save()
    again = read_forgotten(memory)
    assert again is not None and again.files == read.files
    assert memory.list("files_added") == []


def test_a_late_delivery_leaves_the_conversations_known_before_alone(tmp_path: Path, count: Counter[str]) -> None:
    """Each run hashed every word of every id of all conversations that were ever forgotten."""
    forgotten = Forgotten(
        LocalObjects(tmp_path), KEYRING, {SOURCE: {"h"}}, {SOURCE: {Identifier("conversation", "old 1")}}
    )
    redaction = Redaction(SOURCE, frozenset(), KEYRING, WORDS, forgotten.knows_of(SOURCE), forgotten.knows_of(SOURCE))
    forgotten.remember_records(SOURCE, redaction, [])
    assert count["hashes"] == 0
    forgotten.rewrite_records(SOURCE, redaction)
    assert count["hashes"] > 0
    assert forgotten.kept == {SOURCE: {Identifier("conversation", "old 1")}}


@pytest.mark.parametrize("key", [b"k" * 32, b"", b"k" * 100])
def test_a_keyed_hash_is_hmac_sha256(key: bytes) -> None:
    """What was forgotten under an older version is recognised no more."""
    for source, identifier in (("acme", Identifier("email", "ä@x.example")), ("", Identifier("path", "a\udcff"))):
        message = "\0".join((source, *identifier)).encode("utf-8", "surrogatepass")
        assert Keyring(key).hash(source, identifier) == hmac.digest(key, message, "sha256").hex()[:32]
