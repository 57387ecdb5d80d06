"""Transcripts of one shop, acme_us, and the records that the reference makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import Warehouse, build
from .cases import at, batch, lines

PATH = "acme_us/chat_transcripts/a.jsonl"
START = "2025-03-10T10:00:00Z"


def run(seeds: Path, *files: dict[str, bytes]) -> Warehouse:
    """One batch for each dictionary of files."""
    return build([batch(one, number) for number, one in enumerate(files, 1)], seeds, at("2025-03-10 12:00"))


def call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    """A tool call as the chat-completion interface writes it."""
    return {"id": call_id, "function": {"name": name, "arguments": arguments}}


def records(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """record_id, record_type, sequence, profile_id of the records that are in conversations."""
    rows = warehouse.accepted["conversation_records"]
    names = ("record_id", "record_type", "sequence")
    return [(*(row[name] for name in names), row["profile"]["profile_id"]) for row in rows]


def made(seeds: Path, *messages: Mapping[str, Any], **fields: Any) -> Warehouse:
    """What one transcript makes."""
    return run(seeds, {PATH: lines({"id": "t", "start_time": START, "messages": list(messages), **fields})})


def parts(warehouse: Warehouse) -> list[str]:
    """The records' ids without the transcript's."""
    return [row["record_id"].removeprefix("t:") for row in warehouse.accepted["conversation_records"]]


def assistant(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A message of the assistant's with calls."""
    return {"role": "assistant", "tool_calls": list(calls), **fields}
