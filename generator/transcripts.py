"""The sample's chat transcripts, as an agent framework keeps them: tool calls, a failed one, markers, content parts."""

import json
from typing import Any

from generator.story_time import before, written
from generator.tales import US, dumps

TARA_HOURS = 24  # from the recommendation in her transcript to SAMPLE_AS_OF


def _message(role: str, hours: float, seconds: int, content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, "timestamp": written(US, before(hours - seconds / 3600))} | fields


def _call(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": call_id, "function": {"name": name, "arguments": dumps(arguments)}}


def _look_up(call_id: str, email: str) -> dict[str, Any]:
    return _call(call_id, "find_user_id_by_email", email=email)


def _tara() -> dict[str, Any]:
    """Identified by the second look-up, then shown two products, exactly TARA_HOURS before SAMPLE_AS_OF."""
    hours = TARA_HOURS
    return {
        "id": "story-tara-transcript",
        "channel": "web_chat",
        "messages": [
            {"role": "system", "content": "You help shoppers."},
            _message("user", hours, -120, "Hi, I would like a lamp like the one that I bought in spring."),
            _message(
                "assistant",
                hours,
                -110,
                None,
                tool_calls=[_look_up("t1", "tara@example.com")],
            ),
            _message("tool", hours, -109, "Error: user not found", tool_call_id="t1"),
            _message("assistant", hours, -100, "Which address did you order with?"),
            _message("user", hours, -60, "tara-transcript@example.com"),
            _message(
                "assistant",
                hours,
                -55,
                None,
                tool_calls=[_look_up("t2", "tara-transcript@example.com")],
            ),
            _message("tool", hours, -54, "tara-transcript", tool_call_id="t2"),
            _message(
                "assistant",
                hours,
                0,
                "These are close to it.",
                tool_calls=[_call("t3", "recommend_products", products=["story-lamp", "story-rug"])],
            ),
            _message("tool", hours, 1, "shown", tool_call_id="t3"),
            _message("user", hours, 90, [{"type": "text", "text": "The first one is it, thank you. ###STOP###"}]),
        ],
    }


def _theo() -> dict[str, Any]:
    """Found by search, never identified, handed over to staff."""
    hours = 50
    return {
        "conversation_id": "story-theo-transcript",
        "start_time": written(US, before(hours)),
        "messages": [
            {"role": "user", "content": "Is there a bench that stays outside in winter?"},
            _message("assistant", hours, 5, None, tool_calls=[_call("s1", "search_products", query="bench outdoor")]),
            _message("tool", hours, 6, dumps({"products": [{"product_id": "story-bench"}]}), tool_call_id="s1"),
            _message("assistant", hours, 8, "This one is made of larch."),
            _message("user", hours, 70, "Can somebody tell me on the phone how heavy it is?"),
            _message(
                "assistant",
                hours,
                75,
                "I am handing you over.",
                tool_calls=[_call("s2", "transfer_to_human_agents", summary="Shopper asked for a person on the phone")],
            ),
        ],
    }


def transcript_document() -> bytes:
    """A `.json` file of both transcripts."""
    return (json.dumps({"conversations": [_tara(), _theo()]}, ensure_ascii=False, indent=1) + "\n").encode()
