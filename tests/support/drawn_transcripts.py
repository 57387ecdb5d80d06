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
    '[{"text": " one"}, "two "]', '[{"text": "###TRANSFER###"}, {"text": " two "}]', '"  spaced  "',
)  # fmt: skip
ODD_CONTENTS = ("3", "true", '{"text": "x"}', "[3]", '[{"text": 4}]', "[[]]")
ROLES = ("user", "user", "assistant", "assistant", "assistant", "tool", "tool", "system")
OTHER_NAMES = {
    "user": ("human", "Customer", "shopper"),
    "assistant": ("ai", "Model", "agent", "bot"),
    "tool": ("function",),
    "system": ("developer",),
}
ODD_ROLES = ('"User"', '" assistant "', '"narrator"', '"staff"', "null", "3", '"USER"')
PAST_INSTANTS = tuple(text for text in ODD_INSTANTS if "03-11" not in text)
CALLS = ("x1", "x2", "x3")
TOOLS = (
    "find_user_id_by_email", "get_user_details", "get_order_details", "get_product_details", "cancel_pending_order", "transfer_to_human_agents", "search_products",
    "recommend_products", "recommend_products", "think", "Get_Order_Details", "best_products",
)  # fmt: skip
ARGUMENTS = (
    '{"user_id": "p1"}', '{"user_id": 1}', '{"user_id": "p2", "summary": "asked for a human"}', '{"summary": "refund"}', '{"summary": null}', '{"summary": 3}',
    '{"products": ["k1", "k2"]}', '{"products": [{"id": "k1"}, {"sku": "s1"}]}', '{"products": []}', '{"products": "k1"}', '{"products": {"product_id": "k3"}}',
    '{"products": [{"name": "k"}]}', '{"products": [true]}', "{}", "null", "[]", "3",
    '{"products": "[\\"k1\\"]"}', '{"products": 4.0}', '{"summary": {"why": ["a", 1]}}', '{"summary": ["a"]}', '{"user_id": "n/a"}', '{"user_id": 1.0}',
)  # fmt: skip
CARTS = ('{"product_id": "k1"}', '{"product_id": 4.0}', '{"product_id": "s1", "quantity": 2}')
RESULTS = (
    '"p1"', '"p2"', '"\\"p3\\""', '"Error: no such user"', '"error"', '"{\\"products\\": [\\"k1\\"]}"', '"{\\"products\\": [{\\"product_id\\": 4}], \\"error\\": false}"',
    '"{\\"error\\": true, \\"products\\": [\\"k2\\"]}"', '"[1]"', "null", '""', '"7"', '"7.5"', '[{"text": "p1"}]', '"null"', '"true"', '" p1 "', '"Errors are none"', '{"products": ["k1"]}',
    '"{\\"error\\": \\"none such\\"}"', '"{\\"status\\": \\"Error\\", \\"products\\": [\\"k1\\"]}"', '"{\\"success\\": false}"', '"ERROR 404"',
    '"{\\"success\\": true, \\"product_id\\": \\"k2\\"}"', '"[\\"k1\\", {\\"sku\\": \\"s1\\"}]"', '"unknown"', '"1.0"', '"0"',
)  # fmt: skip


def transcript_twice(rng: Random, zone: str) -> list[Line]:
    """One transcript as two exports write it: the same instants in other forms, now and then."""
    drawn = rng.random()
    return [transcript_line(Random(drawn), zone, Random(rng.random())) for _ in range(2)]


def transcript_line(rng: Random, zone: str, pen: Random | None = None) -> Line:
    """One transcript; `pen` draws how its instants are written."""
    pen = pen or rng
    # A record that is refused as too far ahead and delivered again later is among the exceptions of spec §3.11.
    moment = min(draws.near(rng), NOW)
    messages = []
    is_timed = chance(rng, 80)  # an export without times
    for _ in range(rng.randrange(9) if chance(rng, 95) else 0):
        messages.append(_message(rng, written(pen, moment, zone) if is_timed else ""))
        moment = draws.later(rng, moment)
    names = pick(rng, (("id",), ("id",), ("conversation_id",), ("id", "conversation_id")))
    members: Members = [(name, pick(rng, IDS)) for name in names]
    listed = as_list(messages)
    members += [("messages", quoted(listed) if chance(rng, 5) else listed)]
    members += some(rng, 40, "channel", word(rng, "channel", ("web_chat", "email")))
    members += some(rng, 40, "profile", draws.profile(rng))
    members += some(rng, 60, "start_time", written(pen, min(draws.near(rng), NOW), zone))
    return Line("chat_transcripts", tuple(disturbed(rng, members)))


def _message(rng: Random, moment: str) -> str:
    role = pick(rng, ROLES)
    members: Members = [("role", quoted(pick(rng, OTHER_NAMES[role]) if chance(rng, 15) else role))]
    if role == "tool":
        members += [
            (pick(rng, ("tool_call_id", "tool_call_id", "id")), quoted(pick(rng, CALLS))),
            ("content", pick(rng, RESULTS)),
        ]
        members += some(
            rng, 15, "error", pick(rng, ("true", "false", '"true"', "null", '""', '"timeout"', '{"code": 1}'))
        )
    else:
        members += [("content", pick(rng, ODD_CONTENTS if chance(rng, 2) else CONTENTS))]
    if role == "assistant" or chance(rng, 3):
        members += some(rng, 70, "tool_calls", as_list([_call(rng) for _ in range(rng.randrange(4))]))
    members += some(rng, 80 if moment else 0, "timestamp", pick(rng, PAST_INSTANTS) if chance(rng, 3) else moment)
    if chance(rng, 3):
        members[0] = ("role", pick(rng, ODD_ROLES))
    return as_object(members)


def _call(rng: Random) -> str:
    if chance(rng, 4):
        return pick(rng, ("null", "3", "{}", '{"function": {}}', '"x"'))
    if chance(rng, 8):
        return _cart(rng)
    arguments = pick(rng, ARGUMENTS)
    if chance(rng, 40):
        arguments = quoted(arguments)
    own: Members = [("name", quoted(pick(rng, TOOLS))), ("arguments", arguments)]
    members = own if chance(rng, 50) else [("function", as_object(own))]
    return as_object([*some(rng, 95, "id", quoted(pick(rng, CALLS))), *members])


def _cart(rng: Random) -> str:
    """A call that puts a product into the cart."""
    tool = pick(rng, ("put_in_cart", "put_in_cart", "pick_product"))
    return as_object([("id", quoted(pick(rng, CALLS))), ("name", quoted(tool)), ("arguments", pick(rng, CARTS))])
