"""Random chat-completion transcripts with tool calls."""

from random import Random

from tests.support import draws
from tests.support.drawn_log import disturbed
from tests.support.draws import Members, as_list, as_object, chance, pick, quoted, some, word, written
from tests.support.odd_values import ODD_INSTANTS
from tests.support.scenarios import NOW, Line

IDS = ('"c1"', '"c1"', '"c2"', '"t1"', "7", '"7"')
CONTENTS = (
    '"hello"', '"hello"', "null", '""', '" "', '"###STOP###"', '"bye ###STOP###"', '"###TRANSFER###done###STOP###"', '" ###TRANSFER### "', '"###stop###"',
    '"###STOP"', '"#####STOP###"', '[{"type": "text", "text": "part"}]', '[{"text": "one"}, {"text": "two ###STOP###"}]', "[]", '[{"image": 1}]', '["a", null]',
)  # fmt: skip
ODD_CONTENTS = ("3", "true", '{"text": "x"}', "[3]", '[{"text": 4}]', "[[]]")
ROLES = ("user", "user", "assistant", "assistant", "assistant", "tool", "system")
PAST_INSTANTS = tuple(text for text in ODD_INSTANTS if "03-11" not in text)
CALLS = ("x1", "x2", "x3")
TOOLS = (
    "find_user_id_by_email", "get_user_details", "get_order_details", "get_product_details", "cancel_pending_order", "transfer_to_human_agents", "search_products",
    "recommend_products", "think", "Get_Order_Details",
)  # fmt: skip
ARGUMENTS = (
    '{"user_id": "p1"}', '{"user_id": 1}', '{"user_id": "p2", "summary": "asked for a human"}', '{"summary": "refund"}', '{"summary": null}', '{"summary": 3}',
    '{"products": ["k1", "k2"]}', '{"products": [{"id": "k1"}, {"sku": "s1"}]}', '{"products": []}', '{"products": "k1"}', '{"products": {"product_id": "k3"}}',
    '{"products": [{"name": "k"}]}', '{"products": [true]}', "{}", "null", "[]", "3",
)  # fmt: skip
RESULTS = (
    '"p1"', '"p2"', '"\\"p3\\""', '"Error: no such user"', '"error"', '"{\\"products\\": [\\"k1\\"]}"', '"{\\"products\\": [{\\"product_id\\": 4}], \\"error\\": false}"',
    '"{\\"error\\": true, \\"products\\": [\\"k2\\"]}"', '"[1]"', "null", '""', '"7"', '"7.5"', '[{"text": "p1"}]', '"null"', '"true"', '" p1 "', '"Errors are none"', '{"products": ["k1"]}',
)  # fmt: skip


def transcript_line(rng: Random, zone: str) -> Line:
    """One transcript."""
    # A record that is refused as too far ahead and delivered again later is left to the contract's "aside".
    moment = min(draws.near(rng), NOW)
    messages = []
    for _ in range(rng.randrange(9) if chance(rng, 95) else 0):
        messages.append(_message(rng, written(rng, moment, zone)))
        moment = draws.later(rng, moment)
    names = pick(rng, (("id",), ("id",), ("conversation_id",), ("id", "conversation_id")))
    members: Members = [(name, pick(rng, IDS)) for name in names]
    members += [("messages", as_list(messages))]
    members += some(rng, 40, "channel", word(rng, "channel", ("web_chat", "email")))
    members += some(rng, 40, "profile", draws.profile(rng))
    members += some(rng, 60, "start_time", written(rng, min(draws.near(rng), NOW), zone))
    return Line("chat_transcripts", tuple(disturbed(rng, members)))


def _message(rng: Random, moment: str) -> str:
    role = pick(rng, ROLES)
    members: Members = [("role", quoted(role))]
    if role == "tool":
        members += [
            (pick(rng, ("tool_call_id", "tool_call_id", "id")), quoted(pick(rng, CALLS))),
            ("content", pick(rng, RESULTS)),
        ]
        members += some(rng, 15, "error", pick(rng, ("true", "false", '"true"')))
    else:
        members += [("content", pick(rng, ODD_CONTENTS if chance(rng, 2) else CONTENTS))]
    if role == "assistant" or chance(rng, 3):
        members += some(rng, 70, "tool_calls", as_list([_call(rng) for _ in range(rng.randrange(4))]))
    members += some(rng, 80, "timestamp", pick(rng, PAST_INSTANTS) if chance(rng, 3) else moment)
    if chance(rng, 3):
        members[0] = ("role", pick(rng, ('"User"', '" assistant "', '"developer"', "null", "3", '"USER"')))
    return as_object(members)


def _call(rng: Random) -> str:
    if chance(rng, 4):
        return pick(rng, ("null", "3", "{}", '{"function": {}}', '"x"'))
    arguments = pick(rng, ARGUMENTS)
    if chance(rng, 40):
        arguments = quoted(arguments)
    own: Members = [("name", quoted(pick(rng, TOOLS))), ("arguments", arguments)]
    members = own if chance(rng, 50) else [("function", as_object(own))]
    return as_object([*some(rng, 95, "id", quoted(pick(rng, CALLS))), *members])
