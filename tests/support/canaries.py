"""Logs in which every field of every feed holds a word that occurs nowhere else, and a search for such words."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from caw.feeds.declared import declarations

SIGN = "kanari"
INSTANT = "2025-07-01T00:00:00Z"
GOOD_WORDS = {
    "record_type": "message",
    "actor": "customer",
    "status": "resolved",
    "consent_status": "subscribed",
    "consent_channel": "email",
    "suppression_channel": "all",
    "action": "suppress",
    "suppression_action": "suppress",
    "order_status": "placed",
}
# Where a set of fixed words is due and none of these fits, the default holds.
_numbers = count(1)


def canary(kind: str) -> str:
    """A new word; `kind` says what it stands for: `text`, `id` or `path`."""
    return f"{SIGN}{kind}{next(_numbers)}x"


def land_canaries(landing: Path, source: str = "acme_us") -> None:
    """Land files of all feeds and formats: good records, one bad record a field, lines that are none, broken files."""
    for feed, declared in declarations().items():
        if feed == "chat_transcripts":
            lines: list[Any] = list(_transcripts())
        else:
            lines = list(_records(declared))
        broken = [f'{{"{canary("text")}": ', f'["{canary("text")}"]', f'{{"id": "{canary("text")}"}}']
        text = "\n".join([*map(json.dumps, lines), *broken]).encode() + b"\n\xff " + canary("text").encode() + b"\n"
        _write(landing / source / feed / f"{canary('path')}@example.com.jsonl", text)
        _write(landing / source / feed / f"{canary('path')}.json", f'[{{"a": "{canary("text")}"'.encode())
        _write(landing / source / feed / f"{canary('path')}.jsonl.gz", gzip.compress(text)[:-9])
        _write(landing / source / feed / f"{canary('path')}.parquet", b"PAR1" + canary("text").encode() * 9 + b"PAR1")
        _write(landing / source / feed / f"{canary('path')}.csv", f'a,a\n"{canary("text")}\n'.encode())
        _write(landing / source / feed / f"{canary('path')}.pdf", canary("text").encode())
    _write(landing / source / canary("path") / f"{canary('path')}.jsonl", canary("text").encode())
    _write(landing / f"{canary('path')}.txt", canary("text").encode())


def found_in(folder: Path, left_out: Sequence[str]) -> dict[str, set[str]]:
    """The files of a folder that hold a canary, in content or name, with what they hold; relative paths, but for those
    that begin as one of `left_out`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not path.is_symlink() and not name.startswith(tuple(left_out)):
            words = words_in(name.encode() + b"\n" + path.read_bytes())
            if words:
                found[name] = words
    return found


def words_in(content: bytes) -> set[str]:
    """The canaries, by kind and number, in some bytes."""
    pieces = content.split(SIGN.encode())[1:]
    return {SIGN + piece.split(b"x")[0][:12].decode("ascii", "replace") for piece in pieces}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _records(declared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    fields = declared["fields"]
    kinds = declared.get("record_types", {"": {}})
    for record_type in kinds:
        base = {field["name"]: _good(field) for field in fields if _good(field) is not None}
        if record_type:
            base["record_type"] = record_type
        base[canary("text")] = canary("text")
        yield base
        for field in fields:
            for bad in (canary("text"), [canary("text")], {"a": canary("text")}, 10**6):
                yield {**base, **_ids(fields), field["name"]: bad}


def _ids(fields: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {field["name"]: canary("id") for field in fields if field["kind"] == "id"}


def _good(field: Mapping[str, Any]) -> Any:
    match field["kind"]:
        case "id":
            return canary("id")
        case "text":
            return f"{canary('text')} said so"
        case "texts" | "ids":
            return [canary("text"), f"{canary('text')} too"]
        case "products":
            return [canary("id"), {"product_id": canary("id")}]
        case "items":
            return [{"product_id": canary("id"), "quantity": 1, "price": 2}]
        case "profile":
            names = ("profile_id", "email", "phone_number", "external_id", "anonymous_id")
            return {name: canary("id") for name in names}
        case "instant":
            return INSTANT
        case "choice":
            return field["words"][0]
        case "word" if field["name"] == "channel" and field.get("unknown"):
            return canary("text")
        case "word":
            return GOOD_WORDS.get(field["vocabulary"], GOOD_WORDS.get(field["name"]))
        case _:
            return None


def _transcripts() -> Iterator[dict[str, Any]]:
    for channel in (canary("text"), [canary("text")]):
        yield {
            "id": canary("id"),
            "start_time": INSTANT,
            "channel": channel,
            "profile": {"email": f"{canary('id')}@example.com"},
            "messages": [
                {"role": "system", "content": canary("text")},
                {"role": "user", "content": [{"text": canary("text")}, {"text": canary("text")}]},
                {
                    "role": "assistant",
                    "content": f"{canary('text')} ###TRANSFER###",
                    "tool_calls": [
                        {"id": canary("id"), "name": f"{canary('text')} tool", "arguments": {"a": canary("text")}},
                        {"id": canary("id"), "function": {"name": "recommend", "arguments": f'{{"{canary("text")}'}},
                    ],
                },
                {"role": "tool", "tool_call_id": canary("id"), "content": f"Error: {canary('text')}"},
            ],
        }
    yield {"id": canary("id"), "messages": canary("text")}
