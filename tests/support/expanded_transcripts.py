"""Transcripts as they are expanded, and the records that they make."""

import json
from typing import Any

from caw.adapters.records import Expansion
from caw.adapters.transcripts import expand
from caw.formats.strict_json import dump
from tests.support.transcript_messages import RULES


def made(messages: object, **fields: object) -> Expansion:
    return expand(json.dumps({"id": "t", "messages": messages, **fields}), RULES)


def records(messages: object, **fields: object) -> list[dict[str, Any]]:
    expansion = made(messages, **fields)
    assert expansion.reason is None
    return [json.loads(dump(record.fields)) for record in expansion.records]
