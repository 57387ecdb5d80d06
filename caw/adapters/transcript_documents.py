"""The id, the start and the messages of a transcript of any framework (spec §2.3.13.1).

What belongs here: names of members of the whole document, and LangChain's wrappers around one message. What does not:
what is inside a message (transcript_blocks.py, transcript_turns.py).
"""

from collections.abc import Iterator
from typing import Any

from caw.adapters.adapter import JsonPath
from caw.adapters.records import Json
from caw.adapters.transcript_values import as_id, at, is_absent, is_text, list_of

# The first that is there counts. A name with points is inside objects.
ID_NAMES = (
    "id",
    "conversation_id",
    "thread_id",
    "session_id",
    "chat_id",
    "chatId",
    "sender_id",
    "config.configurable.thread_id",
)
LIST_NAMES = ("messages", "items", "input", "events", "values.messages", "contents", "history")
START_NAMES = ("start_time", "created_at", "createdAt")
INPUT = "input"  # it counts where it is a list: a prompt is a text
MESSAGES, ID = "messages", "id"  # the fields that a refusal names

MISSING = (
    f"is missing: a transcript has an id ({', '.join(ID_NAMES)}) and a list of messages ({', '.join(LIST_NAMES)}); "
    "an answer's `data` and the chunks of a stream are none."
)
BAD = "is not as a transcript has it: an id is a text or a whole number, messages are a list of objects."


def id_of(transcript: Json) -> tuple[str, str | None, str | None]:
    """(id, None, None), or ("", reason, field): the first that is there must be usable."""
    for name in ID_NAMES:
        value = at(transcript, name)
        if not is_absent(value):
            text = as_id(value)
            return (text, None, None) if text else ("", "bad_value", name)
    return "", "missing_field", ID


def messages_of(transcript: Json) -> Any:
    """The list of messages, JSON text of one included; None where there is none; a value of another type as it is."""
    return next((found for _, _, found in _lists(transcript)), None)


def place_of_messages(transcript: Json) -> tuple[JsonPath, Any]:
    """(path, value as given) of what `messages_of` reads; ((), None) where there is none."""
    return next(((tuple(name.split(".")), given) for name, given, _ in _lists(transcript)), ((), None))


def start_of(transcript: Json) -> Any:
    """The start time; None where it is absent."""
    return next((value for name in START_NAMES if not is_absent(value := transcript.get(name))), None)


def opened(element: Json) -> tuple[JsonPath, Json]:
    """(path, message): an element of the list, or the message in one of LangChain's two wrappers around it.

    `{"lc": 1, "id": […, "HumanMessage"], "kwargs": {…}}` is its kwargs, `{"type": "human", "data": {…}}` its data; the
    type comes from the wrapper.
    """
    if "lc" in element and isinstance(kwargs := element.get("kwargs"), dict):
        names = element.get("id")
        if isinstance(names, list) and names:
            return ("kwargs",), {**kwargs, "type": names[-1]}
    data, kind = element.get("data"), element.get("type")
    if isinstance(data, dict) and is_text(kind) and "role" not in element:
        return ("data",), {**data, "type": kind}
    return (), element


def _lists(transcript: Json) -> Iterator[tuple[str, Any, Any]]:
    """(name, value as given, value as a list) of what may be the list of messages, in the order of trying."""
    for name in LIST_NAMES:
        given = at(transcript, name)
        found = list_of(given)
        if not is_absent(found) and (name != INPUT or isinstance(found, list)):
            yield name, given, found
