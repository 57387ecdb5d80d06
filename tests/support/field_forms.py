"""Forms that fields have in real exports (spec §2.0), and what each counts as: worked out by hand."""

import json
from decimal import Decimal
from typing import Any

AT = "2026-06-01T10:00:00Z"
BAD = None
LONG = "é" * 32_768  # characters of two bytes: as many as an id keeps (spec §2.0.2)
TOO_LONG = "x" * 32_769
SHORT = "x" * 900 + "…cd72c76486c91c4032a0b357522fe03413380d37ad7d8661bd98feb5209f1bf6"  # sha256sum's
SHORT_SEVENS = "7" * 900 + "…8eea0db5ea404f6272f4f90361af6a16c63fd272125d73f4369a1c4e929c5bbb"


def log(number: int, record_type: str = "message", **more: Any) -> dict[str, Any]:
    """A record of a log."""
    record = {"record_id": f"r{number}", "conversation_id": "c", "record_type": record_type, **more}
    return record if record_type != "message" else {**record, "actor": "customer"}


# written in acme_us, whose zone is America/New_York (UTC-4 in June)
INSTANTS: dict[str, str | None] = {
    '"2026-06-30T09:00Z"': "2026-06-30 09:00:00",
    '"2026-06-30 09:00:00.5z"': "2026-06-30 09:00:00.5",
    '"2026-06-30t09:00:00,1234567 UTC"': "2026-06-30 09:00:00.123456",
    '"2026-06-30T09:00:00 utc"': "2026-06-30 09:00:00",
    '"2026-06-30 09:00 +02"': "2026-06-30 07:00:00",
    '"2026-06-30T09:00:00-0530"': "2026-06-30 14:30:00",
    '"2026-06-30T09:00:00+02:00[Europe/Paris]"': "2026-06-30 07:00:00",
    '"2026-06-30T09:00:00Z[UTC]"': "2026-06-30 09:00:00",
    '"2026-06-30T09:00:00+23:59"': "2026-06-29 09:01:00",
    '"\\u00a0 2026-06-30 08:10 "': "2026-06-30 12:10:00",
    '"2026-06-30 08:10:59,9"': "2026-06-30 12:10:59.9",
    "1782809400": "2026-06-30 08:50:00",
    "1782809400.1234567": "2026-06-30 08:50:00.123456",
    '" 1782809400000 "': "2026-06-30 08:50:00",
    "1782809400123.9999": "2026-06-30 08:50:00.123999",
    '"1782809400123456"': "2026-06-30 08:50:00.123456",
    "1782809400123456789": "2026-06-30 08:50:00.123456",
    '"1782809400123457000."': "2026-06-30 08:50:00.123457",
    "1782809400123457000.0": "2026-06-30 08:50:00.123457",
    "1.7828094e9": "2026-06-30 08:50:00",
    '"2026-06-30"': BAD,
    '"2026-06-30T09Z"': BAD,
    '"2026-06-30T24:00Z"': BAD,
    '"2026-06-30T09:00:60Z"': BAD,
    '"2026-06-30T09:00.5Z"': BAD,
    '"2026-06-30T09:00:00+24:00"': BAD,
    '"2026-06-30T09:00:00[Europe/Paris]"': BAD,
    '"2026-06-30T09:00:00Z[]"': BAD,
    '"2026-06-31T09:00:00Z"': BAD,
    '"1782809400.0.0"': BAD,
    '"+1782809400"': BAD,
    '"1.7828094e9"': BAD,
    "true": BAD,
    '["2026-06-30T09:00Z"]': BAD,
    "4102444800": BAD,
    "4102444800000": BAD,
    "99999999999999999999": BAD,
}

IDS: dict[str, str | None] = {
    "1001": "1001",
    "1001.0": "1001",
    "1001.000": "1001",
    "9007199254740993.0": "9007199254740993",
    '"1001.0"': "1001.0",
    '"007"': "007",
    "1e3": BAD,
    "1001.5": BAD,
    "1001.00000001": BAD,
    "9999999999999999.995": BAD,
    "99999999999.999999": BAD,
    "9999999999999999.00000001": BAD,
    f'"{LONG}"': LONG,
    f'"{TOO_LONG}"': SHORT,
    "7" * 32_768 + ".0": "7" * 32_768,
    "7" * 32_769: SHORT_SEVENS,
    "7" * 32_769 + ".0": SHORT_SEVENS,
    "1." + "0" * 32_768: "1",
    "true": BAD,
    "{}": BAD,
}

NOBODY = [
    "null",
    " None ",
    "NIL",
    "N/A",
    "[Object Object]",
    "[object_object]",
    "(null)",
    "UNKNOWN",
    "Guest",
    "undefined",
    "0",
    "0000-0000",
    "_ - _",
    "00000000-0000-0000-0000-000000000000",
    "\u00a0",
]
SOMEBODY = ["guests", "nobody", "0001", "1", "anonymous1", "nullable", "0.1", "x0"]

BOOLEANS: dict[str, bool | None] = {
    "true": True,
    '"TRUE"': True,
    '" Yes "': True,
    "1": True,
    '"1"': True,
    "false": False,
    '"no"': False,
    "0": False,
    '"off"': BAD,
    "2": BAD,
    "[]": True,  # a list without an element is absent: true by default
    '["true"]': BAD,
}

TAGS: dict[str, list[str] | None] = {
    '"vip"': ["vip"],
    '"vip, new,,"': ["vip", " new"],
    '["a, b", null, ""]': ["a, b"],
    '"[\\"a, b\\", \\"c\\"]"': ["a, b", "c"],
    '"[vip], new"': ["[vip]", " new"],
    '"[\\"a\\",]"': ['["a"', "]"],
    f'["a", "{TOO_LONG}"]': ["a", TOO_LONG],
    "5": BAD,
    '{"a": "b"}': BAD,
}

PRODUCTS: dict[str, list[str] | None] = {
    '"p1"': ["p1"],
    "77": ["77"],
    "77.0": ["77"],
    '"p1, p2"': ["p1, p2"],
    '"[\\"p1\\", 2.0]"': ["p1", "2"],
    '"[p1]"': BAD,
    '"[\\"p1\\",]"': BAD,
    '"[NaN]"': BAD,
    "[9007199254740993.0]": ["9007199254740993"],
    "[99999999999.999999]": BAD,
    f'["a", "{LONG}"]': ["a", LONG],
    f'["a", "{TOO_LONG}", "b", "{TOO_LONG}"]': ["a", SHORT, "b"],
    f'["a", {{"sku": "{TOO_LONG}"}}]': ["a", SHORT],
    json.dumps([str(number) for number in range(9_999)]): [str(number) for number in range(9_999)],
    "[1e3]": BAD,
    '{"product_id": "p1"}': BAD,
    "true": BAD,
}

LONG_IDS: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "conversation_log": [
        (
            log(200, occurred_at=AT, skill=TOO_LONG, text=TOO_LONG, profile={"email": TOO_LONG}),
            {"skill": TOO_LONG, "text": TOO_LONG, "email": TOO_LONG},
        ),
        (log(201, occurred_at=AT, profile={"anonymous_id": TOO_LONG}), {"anonymous_id": SHORT}),
    ],
    "products": [
        (
            {"product_id": LONG, "updated_at": AT, "title": TOO_LONG, "sku": TOO_LONG, "url": TOO_LONG},
            {"product_id": LONG, "title": TOO_LONG, "sku": SHORT, "url": TOO_LONG},
        ),
    ],
    "orders": [
        (
            {"order_id": TOO_LONG, "placed_at": AT, "items": [{"sku": LONG}, {"product_id": TOO_LONG}]},
            {
                "order_id": SHORT,
                "items": [
                    {"product_id": None, "sku": LONG, "quantity": Decimal(1), "price": None},
                    {"product_id": SHORT, "sku": None, "quantity": Decimal(1), "price": None},
                ],
            },
        ),
    ],
    "profiles": [
        (
            {"profile_id": LONG, "updated_at": AT, "phone_number": "7" * 32_769, "anonymous_ids": ["a", TOO_LONG]},
            {"profile_id": LONG, "phone_number": "7" * 32_769, "anonymous_ids": ["a", SHORT]},
        ),
        (
            {"profile_id": "l1", "updated_at": AT, "anonymous_ids": ["a", "0" * 32_769], "merged_into": TOO_LONG},
            {"anonymous_ids": ["a"], "merged_into": SHORT},  # zeros name nobody
        ),
        ({"profile_id": "l2", "updated_at": AT, "external_id": "0" * 32_769}, {"external_id": None}),
    ],
    "erasures": [
        (
            {"request_id": TOO_LONG, "requested_at": AT, "profile_id": TOO_LONG},
            {"request_id": SHORT, "profile_id": SHORT},
        ),
    ],
}
"""Records of each feed with long ids, and what is kept of them."""

SEQUENCES: dict[str, int | None] = {
    "2.0": 2,
    "99999999999.999999": BAD,
    '" 2 "': 2,
    '"2.0"': 2,
    '"-3"': -3,
    "9223372036854775807": 2**63 - 1,
    "9223372036854775808": BAD,
    "2.5": BAD,
    "2.00000001": BAD,
    '"two"': BAD,
}

QUANTITIES: dict[str, Decimal | None] = {
    "2": Decimal(2),
    '"2.5"': Decimal("2.5"),
    "0": Decimal(0),
    "-1": BAD,
    '"1,5"': BAD,
    "true": BAD,
}

ALIASES = [
    "acme_us,consents,opt,status",
    "*,consents,opt_in,status",
    "acme_us,consents,optin,status",
    "*,consents,Customer Id,profile_id",
    "*,conversation_log,labels,tags",
]


def lines(*records: Any) -> bytes:
    """JSON Lines of records, or of lines as they are."""
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in records).encode()


def with_member(base: dict[str, Any], name: str, value: str) -> str:
    """The JSON of a record and one more member, whose JSON text is given."""
    return f'{json.dumps(base)[:-1]}, "{name}": {value}}}'


def each(name: str, values: Any, **base: Any) -> list[str]:
    """A line for each value of a member."""
    return [with_member(log(number, **base), name, value) for number, value in enumerate(values)]


def consent(**members: Any) -> dict[str, Any]:
    """A consent by e-mail."""
    return {"profile_id": "p1", "channel": "email", "occurred_at": AT, **members}


CONSENTS = [
    (consent(status="subscribed"), "subscribed", None),
    (consent(status="perhaps"), "never_subscribed", "perhaps"),
    (consent(status=""), "never_subscribed", None),
    (consent(), "never_subscribed", None),
    (consent(status=True), "subscribed", None),
    (consent(status=False), "unsubscribed", None),
    (consent(status="Opted-Out"), "unsubscribed", None),
    (consent(opt_in="yes"), "subscribed", None),
    (consent(status="no", opt_in="yes"), "unsubscribed", None),
    (consent(status=" ", opt_in="yes", optin="no"), "unsubscribed", None),
    (consent(opt_in="yes", optin="no", opt="perhaps later"), "never_subscribed", "perhaps later"),
]

SUPPRESSIONS: list[tuple[dict[str, Any], str | None, str | None, str | None, str | None]] = [
    ({}, "all", None, "suppress", None),
    ({"channel": "*"}, "all", "*", "suppress", None),
    ({"channel": "sms", "action": "bounced"}, "sms", None, "suppress", None),
    ({"channel": "sms", "action": "maybe"}, "sms", None, "suppress", "maybe"),
    ({"channel": True, "action": False}, "all", "true", "suppress", "false"),
    ({"channel": "sms", "action": "unsuppress"}, "sms", None, "unsuppress", None),
]
