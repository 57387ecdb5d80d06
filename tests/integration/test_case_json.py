"""Cases: JSON as it really comes (spec §1.4, §1.5 and §2.1.3). The cases c06
(values one after the other, lists in .jsonl) and c21 (bytes in JSON Lines) are of this kind.
"""

import gzip
import json

import pytest
import zstandard

from tests.support.case_runs import Files, by, errors, ledger, message, of, refused
from tests.support.forgetting import ForgettingPipeline, lines


def said(name: str) -> bytes:
    """One message of a conversation, without a line feed."""
    return json.dumps(message(name)).encode()


def pretty(name: str) -> bytes:
    return json.dumps(message(name), indent=2).encode()


def zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


HEAD = b"record_id,conversation_id,occurred_at,record_type,actor\n"
ROW = b"1,%s,2026-06-30T08:00:00Z,message,customer\n"
RS = b"\x1e"

# name -> content, and what the ledger says: status, lines, accepted, rejected. Each conversation's name is its file's.
DOCUMENTS: dict[str, tuple[bytes, tuple[str, int, int, int]]] = {
    "list.json": (b"[" + said("l1") + b",\n" + said("l2") + b"]", ("loaded", 2, 2, 0)),
    "one.json": (pretty("o1"), ("loaded", 1, 1, 0)),
    "lines.json": (said("n1") + b"\n" + said("n2") + b"\n", ("loaded", 2, 2, 0)),
    "crlf.json": (said("r1") + b"\r\n" + said("r2"), ("loaded", 2, 2, 0)),
    "firehose.json": (said("f1") + said("f2") + said("f3"), ("loaded", 3, 3, 0)),
    "spaced.json": (b"\n\n  " + said("s1") + b"   " + said("s2") + b"\t\n", ("loaded", 2, 2, 0)),
    "pretty.json": (pretty("p1") + b"\n" + pretty("p2") + pretty("p3"), ("loaded", 3, 3, 0)),
    "bom.json": (b"\xef\xbb\xbf" + said("b1") + said("b2"), ("loaded", 2, 2, 0)),
    # a list stands for its elements, wherever it comes
    "lists.json": (
        b"[" + said("m1") + b"]" + said("m2") + b"[" + said("m3") + b"," + said("m4") + b"]",
        ("loaded", 4, 4, 0),
    ),
    "braces.json": (json.dumps(message("q1", text='}{ "[{\\')).encode() + said("q2"), ("loaded", 2, 2, 0)),
    "empty_list.json": (b"[]", ("loaded", 0, 0, 0)),
    # a broken record fails the file
    "half.json": (said("x1") + said("x2")[:-9], ("failed", 0, 0, 0)),
    "commas.json": (said("x3") + b"," + said("x4"), ("failed", 0, 0, 0)),
    "broken.json": (b"[" + said("x5") + b",{]", ("failed", 0, 0, 0)),
    "open.json": (b"[" + said("x6"), ("failed", 0, 0, 0)),
    "words.json": (said("x7") + b" and more", ("failed", 0, 0, 0)),
    "nan.json": (said("x8")[:-1] + b', "score": NaN}', ("failed", 0, 0, 0)),
    "blank.json": (b" \n\t", ("failed", 0, 0, 0)),
    # packed, and endings in any case
    "packed.json.gz": (gzip.compress(said("g1") + said("g2")), ("loaded", 2, 2, 0)),
    "packed.json.zst": (zst(b"[" + said("z1") + b"]"), ("loaded", 1, 1, 0)),
    "packed.csv.gz": (gzip.compress(HEAD + ROW % b"c1"), ("loaded", 1, 1, 0)),
    "packed.csv.zst": (zst(HEAD + ROW % b"c2" + ROW % b"c3"), ("loaded", 2, 2, 0)),
    "packed.ndjson.zst": (zst(said("d1")), ("loaded", 1, 1, 0)),
    "members.jsonl.gz": (gzip.compress(said("e1") + b"\n") + gzip.compress(said("e2")), ("loaded", 2, 2, 0)),
    "UPPER.JSON": (said("u1"), ("loaded", 1, 1, 0)),
    "Upper.JsonL.GZ": (gzip.compress(said("u2")), ("loaded", 1, 1, 0)),
    "UPPER.NDJSON": (said("u3"), ("loaded", 1, 1, 0)),
    "Upper.Csv": (HEAD + ROW % b"u4", ("loaded", 1, 1, 0)),
    "cut.json.gz": (gzip.compress(said("x9"))[:-9], ("failed", 0, 0, 0)),
    "plain.json.gz": (said("x10"), ("failed", 0, 0, 0)),
    # no format of the landing zone
    "part-00000": (said("x11"), ("unknown_feed", 0, 0, 0)),
    "log.txt": (said("x12"), ("unknown_feed", 0, 0, 0)),
    "log.jsonl.bz2": (b"BZh91AY", ("unknown_feed", 0, 0, 0)),
    "log.xlsx": (b"PK\x03\x04", ("unknown_feed", 0, 0, 0)),
    "log.json.gz.txt": (b"", ("unknown_feed", 0, 0, 0)),
}

LINES: dict[str, tuple[bytes, tuple[str, int, int, int]]] = {
    # a list that is named .jsonl fails whole
    "pretty_list.jsonl": (b"[\n" + said("x1") + b",\n" + said("x2") + b"\n]\n", ("failed", 0, 0, 0)),
    "spaced_list.jsonl": (b"\n  \r\n \t[ \r\n" + said("x3") + b"\n]", ("failed", 0, 0, 0)),
    "bom_list.ndjson": (b"\xef\xbb\xbf[\n" + said("x4") + b"\n]", ("failed", 0, 0, 0)),
    "list_of_lines.jsonl": (b"[" + said("x5") + b",\n" + said("x6") + b"]\n", ("failed", 0, 0, 0)),
    "packed_list.jsonl.gz": (gzip.compress(b"[\n" + said("x7") + b"\n]"), ("failed", 0, 0, 0)),
    # else a line is one object, or it is refused alone
    "whole_list.jsonl": (b"[" + said("x8") + b"]\n" + said("a1"), ("loaded", 2, 1, 1)),
    "later_list.jsonl": (said("a2") + b"\n[\n", ("loaded", 2, 1, 1)),
    "firehose.jsonl": (said("x9") + said("x10") + b"\n" + said("a3") + b"\n", ("loaded", 2, 1, 1)),
    "commas.jsonl": (said("x11") + b",\n" + said("a4") + b"\n", ("loaded", 2, 1, 1)),
    "separators.jsonl": (RS + said("x12") + b"\n" + RS + said("x13") + b"\n", ("loaded", 2, 0, 2)),
    "python.jsonl": (b"{'record_id': '1', 'text': None}\n", ("loaded", 1, 0, 1)),
    "scalars.jsonl": (b'5\n"text"\nnull\ntrue\n' + said("a5"), ("loaded", 5, 1, 4)),
    "nan.jsonl": (said("x14")[:-1] + b', "n": NaN}\n' + said("x15")[:-1] + b', "n": -Infinity}\n', ("loaded", 2, 0, 2)),
    "trailing.jsonl": (said("x16")[:-1] + b",}\n", ("loaded", 1, 0, 1)),
    "surrogate.jsonl": (said("x17")[:-1] + b', "text": "\\ud83d"}\n', ("loaded", 1, 0, 1)),
    "latin.jsonl": (said("x18")[:-1] + ', "note": "é"}\n'.encode("latin-1") + said("a6"), ("loaded", 2, 1, 1)),
    # bytes that files have: none of them costs another line
    "nul.jsonl": (b"\0" * 64 + said("x19") + b"\n" + said("a7") + b"\n\0\0\0\n", ("loaded", 3, 1, 2)),
    "bom.jsonl": (b"\xef\xbb\xbf" + said("a8") + b"\r\n" + said("a9") + b"\r\n", ("loaded", 2, 2, 0)),
    "second_bom.jsonl": (said("a10") + b"\n\xef\xbb\xbf" + said("x20") + b"\n", ("loaded", 2, 1, 1)),
    "unending.jsonl": (said("a11"), ("loaded", 1, 1, 0)),
    "nothing.jsonl": (b"", ("loaded", 0, 0, 0)),
    "separated.jsonl": (
        json.dumps(message("a12", text="a\u2028b\u2029c\u0085d\x0be\x0cf"), ensure_ascii=False).encode() + b"\n"
        + json.dumps(message("a13", text="g\x00h")).encode(), ("loaded", 2, 2, 0)),
    "cases.jsonl": (
        b'{"Record_ID": "9", "record_id": "1", "Conversation_Id": "x21", "conversation_id": "a14", "occurred_at": '
        b'"2026-06-30T08:00:00Z", "Occurred_At": "?", "record_type": "message", "actor": "customer"}\n', ("loaded", 1, 1, 0)),
    "emoji.jsonl": (
        json.dumps(message("\U0001f44b\U0001f3fd", "\U0001f469\u200d\U0001f467", tags=["e\u0301", "\u00e9"]), ensure_ascii=False).encode()
        + b"\n" + json.dumps(message("\U0001f44b")).encode(), ("loaded", 2, 2, 0)),
}  # fmt: skip

REASONS = {
    ("whole_list.jsonl", 1): "not_an_object", ("later_list.jsonl", 2): "not_json", ("firehose.jsonl", 1): "not_json",
    ("commas.jsonl", 1): "not_json", ("separators.jsonl", 1): "not_json", ("separators.jsonl", 2): "not_json",
    ("python.jsonl", 1): "not_json", ("scalars.jsonl", 1): "not_an_object", ("scalars.jsonl", 2): "not_an_object",
    ("scalars.jsonl", 3): "not_an_object", ("scalars.jsonl", 4): "not_an_object", ("nan.jsonl", 1): "not_json",
    ("nan.jsonl", 2): "not_json", ("trailing.jsonl", 1): "not_json", ("surrogate.jsonl", 1): "not_json",
    ("latin.jsonl", 1): "not_utf8", ("nul.jsonl", 1): "not_json", ("nul.jsonl", 3): "not_json",
    ("second_bom.jsonl", 2): "not_json",
}  # fmt: skip


def delivery() -> Files:
    """All files in one run, those that are no lines and those that are each under a source of their own."""
    files = {
        source: of(source, {f"conversation_log/{name}": content for name, (content, _) in table.items()})
        for source, table in (("documents", DOCUMENTS), ("json_lines", LINES))
    }
    deep = {
        "json_lines/conversation_log/deep.jsonl": lines(
            json.dumps(message("deep"))[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}", message("a15")
        )
    }
    return files["documents"] | files["json_lines"] | deep


@pytest.fixture(scope="module")
def landed(cases: ForgettingPipeline) -> ForgettingPipeline:
    """The run that they were in."""
    return cases


def names(pipeline: ForgettingPipeline, source: str) -> set[str]:
    """The conversations of a source."""
    return set(by(pipeline, source, "performance.conversations", "conversation_id", "channel"))


def test_a_json_file_is_a_list_a_record_or_records_one_after_the_other(landed: ForgettingPipeline) -> None:
    """A file of BigQuery's, of a firehose or of jq's is not read, or half of it."""
    found = {path.removeprefix("conversation_log/"): row for path, row in ledger(landed, "documents").items()}
    assert found == {name: row for name, (_, row) in DOCUMENTS.items()}
    accepted = sum(row[2] for _, row in DOCUMENTS.values())
    assert len(names(landed, "documents")) == accepted
    assert not [name for name in names(landed, "documents") if name.startswith("x")]


def test_a_line_of_json_lines_is_one_object(landed: ForgettingPipeline) -> None:
    """A list that was named .jsonl loads its last record alone; one bad line costs its neighbours."""
    found = {path.removeprefix("conversation_log/"): row for path, row in ledger(landed, "json_lines").items()}
    deep = found.pop("deep.jsonl")
    assert found == {name: row for name, (_, row) in LINES.items()}
    assert deep[:2] == ("loaded", 2), "a line however deep is read or refused, and costs no other"
    assert not [name for name in names(landed, "json_lines") if name.startswith("x")]
    reasons = {
        (path.removeprefix("conversation_log/"), line): why
        for (path, line), (why, _) in refused(landed, "json_lines").items()
    }
    assert {place: why for place, why in reasons.items() if place[0] != "deep.jsonl"} == REASONS


def test_what_to_do_about_it_is_said(landed: ForgettingPipeline) -> None:
    """Spec §1.5: "a JSON list: name it .json", and of several objects on a line the same advice."""
    failed = [name for name, (_, row) in LINES.items() if row[0] == "failed"]
    details = errors(landed, "json_lines")
    assert [name for name in failed if "a JSON list: name it .json" not in details[f"conversation_log/{name}"]] == []
    (several,) = landed.query(
        "select detail from health.rejected_records where file_path like 'json_lines/%/firehose.jsonl'"
    )
    assert "name it .json" in several["detail"]


def test_texts_and_ids_are_kept_to_the_character(landed: ForgettingPipeline) -> None:
    """A line separator inside a text ends the line, or letters of ids are made alike."""
    messages = by(landed, "json_lines", "events.conversation_started", "conversation_id", "first_message")
    assert messages["a12"] == "a\u2028b\u2029c\u0085d\x0be\x0cf"
    assert messages["a13"] == "g\x00h"
    assert {"\U0001f44b\U0001f3fd", "\U0001f44b", "a14"} <= set(messages)
    tags = by(landed, "json_lines", "performance.conversations", "conversation_id", "tags")
    assert tags["\U0001f44b\U0001f3fd"] == ["e\u0301", "\u00e9"], "tags are trimmed, and else as given"
