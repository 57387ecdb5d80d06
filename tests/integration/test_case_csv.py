"""Cases: CSV as people export it (spec §1.6 and §1.8; field aliases, spec §2.0.9). The
cases c07 (a shop's own columns) and c08 (flattened profiles) are of this kind.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.case_runs import AT, JANUARY, Files, asked, by, errors, gates, ledger, of, refused, subscribed
from tests.support.forgetting import ForgettingPipeline, lines

ZOE = {"profile_id": "zoe", "updated_at": JANUARY, "email": "zoe@shop.example", "phone_number": "+31 6 1234 5678",
       "external_id": "crm-7", "anonymous_ids": ["cookie-9"]}  # fmt: skip
IDA = {"profile_id": "ida", "updated_at": JANUARY, "email": "ida@shop.example"}

# How a header is written -> the file; each is the order of its name, of 12.50 and of zoe's (spec §1.6, §1.8, §2.0.9).
HEADERS: dict[str, str] = {
    "comma": f"order_id,placed_at,total,profile.email\ncomma,{AT},12.50,zoe@shop.example\n",
    "semicolon": f"order_id;placed_at;total;profile.email\nsemicolon;{AT};12.50;zoe@shop.example\n",
    "tab": f"order_id\tplaced_at\ttotal\tprofile.email\ntab\t{AT}\t12.50\tzoe@shop.example\n",
    "bar": f"order_id|placed_at|total|profile.email\nbar|{AT}|12.50|zoe@shop.example\n",
    "sep": f"sep=;\norder_id;placed_at;total;profile.email\nsep;{AT};12.50;zoe@shop.example\n",
    "sep comma": f"sep=,\r\norder_id,placed_at,total,profile.email\r\nsep comma,{AT},12.50,zoe@shop.example\r\n",
    "capitals": f"Order_ID;Placed_At;TOTAL;Profile.Email\ncapitals;{AT};12.50;zoe@shop.example\n",
    "spaces": f" Order ID ,\tPlaced at, Total ,profile.email \nspaces,{AT},12.50,zoe@shop.example\n",
    "no-break": f"\u00a0order_id\u00a0,placed_at,total,profile.email\nno-break,{AT},12.50,zoe@shop.example\n",
    "bom": f"\ufefforder_id;placed_at;total;profile.email\nbom;{AT};12.50;zoe@shop.example\n",
    "crlf": f"order_id,placed_at,total,profile.email\r\ncrlf,{AT},12.50,zoe@shop.example\r\n",
    "quoted": f'"order_id";"placed_at";"total";"profile.email"\n"quoted";"{AT}";"12.50";"zoe@shop.example"\n',
    "names with others": f'order_id,placed_at,total,"note; of; the | customer;",profile.email\nnames with others,{AT},12.50,,zoe@shop.example\n',
    "most often": f"order_id;placed_at;total;profile.email;a,b\nmost often;{AT};12.50;zoe@shop.example;1\n",
    "a tie": f"order_id,placed_at,total,profile.email,a;b;c;d;e\na tie,{AT},12.50,zoe@shop.example,1\n",
    "line breaks": f'order_id,note,placed_at,total,profile.email\nline breaks,"a\nb, ""c""",{AT},12.50,zoe@shop.example\n',
    "no last end": f"order_id,placed_at,total,profile.email\nno last end,{AT},12.50,zoe@shop.example",
    # a field of the profile, wherever it stands
    "underscore": f"order_id,placed_at,total,profile_email\nunderscore,{AT},12.50,zoe@shop.example\n",
    "alias email": f"order_id,placed_at,total,Email\nalias email,{AT},12.50,zoe@shop.example\n",
    "alias customer": f"order_id,placed_at,total,customer email\nalias customer,{AT},12.50,ZOE@shop.example\n",
    "alias phone": f"order_id,placed_at,total,phone\nalias phone,{AT},12.50,0031612345678\n",
    "dotted phone": f"order_id,placed_at,total,profile.phone_number\ndotted phone,{AT},12.50,+31 (0)6 1234 5678\n",
    "a float phone": f"order_id,placed_at,total,profile_phone_number\na float phone,{AT},12.50,31612345678.0\n",
    "profile id": f"order_id,placed_at,total,profile_id\nprofile id,{AT},12.50,zoe\n",
    "profile_profile_id": f"order_id,placed_at,total,profile_profile_id\nprofile_profile_id,{AT},12.50,zoe\n",
    "dotted id": f"order_id,placed_at,total,profile.profile_id\ndotted id,{AT},12.50,zoe\n",
    "external": f"order_id,placed_at,total,Profile External ID\nexternal,{AT},12.50,crm-7\n",
    "anonymous": f"order_id,placed_at,total,profile.anonymous_id\nanonymous,{AT},12.50,cookie-9\n",
    "object": f'order_id,placed_at,total,profile\nobject,{AT},12.50,"{{""email"": ""zoe@shop.example""}}"\n',
    # the object goes before a.b, that before profile_<field>, that before an alias; empty ones are absent
    "object first": f'order_id,placed_at,total,profile_email,profile.email,profile\nobject first,{AT},12.50,ida@shop.example,ida@shop.example,"{{""email"": ""zoe@shop.example""}}"\n',
    "dotted first": f"order_id,placed_at,total,email,profile_email,profile.email\ndotted first,{AT},12.50,ida@shop.example,ida@shop.example,zoe@shop.example\n",
    "underscore first": f"order_id,placed_at,total,email,profile_email,profile.email\nunderscore first,{AT},12.50,ida@shop.example,zoe@shop.example,\n",
    "alias last": f"order_id,placed_at,total,email,profile_email\nalias last,{AT},12.50,zoe@shop.example,\n",
    "aliases in order": f"order_id,placed_at,total,customer_email,email\naliases in order,{AT},12.50,ida@shop.example,zoe@shop.example\n",
    "member by member": f'order_id,placed_at,total,profile.email,profile\nmember by member,{AT},12.50,zoe@shop.example,"{{""external_id"": ""crm-of-nobody""}}"\n',
    "one name twice": f"order_id,placed_at,total,profile.email,Profile.Email\none name twice,{AT},12.50,,zoe@shop.example\n",
    "first of two": f"order_id,placed_at,total,profile.email,PROFILE.EMAIL\nfirst of two,{AT},12.50,zoe@shop.example,ida@shop.example\n",
    "an absent id": f"order_id,placed_at,total,profile_id,profile_email\nan absent id,{AT},12.50,NULL,zoe@shop.example\n",
}

# path below the source -> the file; a folder name=value is a column of its rows
FOLDERS: dict[str, str] = {
    "orders/total=12.50/email=zoe%40shop.example/a.csv": f"order_id,placed_at\na folder,{AT}\n",
    f"orders/Placed At={AT.replace(':', '%3A')}/total=12.50/profile.email=zoe@shop.example/a.csv": "order_id,x\na required one,1\n",
    "orders/total=99/x/total=12.50/a.csv": f"order_id,placed_at,profile_id\nthe deepest,{AT},zoe\n",
    "orders/total=99/b.csv": f"order_id,placed_at,profile_id,total\na column goes before,{AT},zoe,12.50\n",
    "orders/profile_id=ida/email=__HIVE_DEFAULT_PARTITION__/c.csv": f"order_id,placed_at,total,profile.profile_id\nabsent,{AT},12.50,zoe\n",
    "orders/status=cancelled/d.jsonl": json.dumps(
        {"order_id": "no column", "placed_at": AT, "total": 12.5, "email": "zoe@shop.example"}
    ),
}

# the header of a file that fails whole -> its feed, the field that it lacks and the nearest column, which the words name
LACKING: dict[str, tuple[str, str, str]] = {
    "order_id,placed_on,total": ("orders", "placed_at", "placed_on"),
    "orderid;placed_at": ("orders", "order_id", "orderid"),
    "Name,Email,Financial Status,Paid at,Created at,Id": ("orders", "order_id", ""),
    "order_id:placed_at": ("orders", "order_id", ""),
    "record_id,conversation,occurred_at,record_type": ("conversation_log", "conversation_id", "conversation"),
    "profile_id,updated": ("profiles", "updated_at", "updated"),
    "product,updated_at,title": ("products", "product_id", "product"),
    "message_id,profile_id,channel,sent": ("message_sends", "sent_at", "sent"),
    "request_id,requested_at,customer,e_mail": ("erasures", "email", "e_mail"),
}
ROWED = {
    "consents": "profile_id,chanel,status,occurred_at\nzoe,email,unsubscribed,2026-06-01T00:00:00Z\n",
    "suppressions": "profile,channel,action,occurred_at\nzoe,email,suppress,2026-06-01T00:00:00Z\n",
}

SHOP = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Id,Phone
#1,zoe@shop.example,paid,2026-06-29 10:00:00 +0200,fulfilled,EUR,80.90,80.90,2026-06-29 09:59:00 +0200,1,77,
"""
RENAMED = """\
order_id,placed_at,status,currency,total,email
#1,2026-06-30 10:30:00 +0200,paid,eur,80.90,zoe@shop.example
#1,,,,,zoe@shop.example
#2,2026-06-30 10:31:00 +0200,wc-completed,,1,ida@shop.example
"""


def table(name: str, rest: str) -> str:
    return f"{name}\n{rest}\n"


def delivery() -> Files:
    """All files in one run."""
    people = {"profiles/p.jsonl": lines(ZOE, IDA)}
    log = "record_id,conversation_id,occurred_at,record_type,actor,channel,{}\n1,{},2026-06-30T07:30:00Z,message,user,sms,{}\n"
    lacking = {
        f"{feed}/{number}.csv": table(head, "1,2,3,4") for number, (head, (feed, _, _)) in enumerate(LACKING.items())
    }
    comma = f"order_id;placed_at;total\ncomma;{AT};12,50\npoint;{AT};12.50\n"
    return (
        of("headers", {f"orders/{number:02d}.csv": text for number, text in enumerate(HEADERS.values())} | people)
        | of("folders", FOLDERS | people)
        | of("lacking", lacking)
        | of("rowed", asked(["zoe"]) | {"consents/a.jsonl": subscribed(["zoe"])} | {f"{feed}/b.csv": text.encode() for feed, text in ROWED.items()})
        | of("log", people | {
            "conversation_log/a.csv": log.format("profile.email", "dotted", "zoe@shop.example"),
            "conversation_log/b.csv": log.format("profile_email", "underscored", "zoe@shop.example"),
            "conversation_log/c.csv": log.format("PROFILE ID", "named", "zoe"),
            "conversation_log/d.csv": log.format("email", "no alias", "zoe@shop.example"),
        })
        | of("shop", asked(["zoe", "ida"]) | {
            "profiles/people.jsonl": lines(ZOE, IDA), "consents/c.jsonl": subscribed(["zoe", "ida"]),
            "orders/export.csv": SHOP, "orders/renamed.csv": RENAMED})
        | of("commas", {"orders/o.csv": comma}) | of("nothing", {"orders/o.csv": "", "conversation_log/l.csv": ""})
    )  # fmt: skip


@pytest.fixture(scope="module")
def tables(cases: ForgettingPipeline) -> ForgettingPipeline:
    """The run that they were in."""
    return cases


def orders(pipeline: ForgettingPipeline, source: str) -> dict[str, Any]:
    return by(pipeline, source, "intermediate.int_orders", "order_id", "total", "profile_id")


def test_a_header_is_read_however_it_is_written(tables: ForgettingPipeline) -> None:
    """A column that is not found is an order without a buyer, and the buyer is written to as if they had not bought."""
    assert orders(tables, "headers") == dict.fromkeys(HEADERS, (Decimal("12.50"), "zoe"))
    assert refused(tables, "headers") == {}


def test_a_folder_of_name_and_value_is_a_column(tables: ForgettingPipeline) -> None:
    """Files that a lake has partitioned lose what their folders say."""
    found = orders(tables, "folders")
    assert found == dict.fromkeys(
        ("a folder", "a required one", "the deepest", "a column goes before", "absent", "no column"),
        (Decimal("12.50"), "zoe"),
    )
    statuses = by(tables, "folders", "intermediate.int_orders", "order_id", "status")
    assert set(statuses.values()) == {"placed"}, "of CSV and Parquet rows only"


def test_a_file_without_a_required_column_fails_with_one_sentence(tables: ForgettingPipeline) -> None:
    """Thousands of refused rows say less than a sentence that names the column."""
    found = ledger(tables, "lacking")
    said = errors(tables, "lacking")
    for number, (head, (feed, field, nearest)) in enumerate(LACKING.items()):
        path = f"{feed}/{number}.csv"
        assert found[path] == ("failed", 0, 0, 0), head
        assert field in said[path] and nearest in said[path], said[path]
        assert "\n" not in said[path]


def test_rows_without_a_required_column_of_consents_are_refused_one_by_one(tables: ForgettingPipeline) -> None:
    """A file of withdrawals that fails whole would be seen by no gate (spec §1.9)."""
    assert ledger(tables, "rowed")["consents/b.csv"] == ("loaded", 1, 0, 1)
    assert ledger(tables, "rowed")["suppressions/b.csv"] == ("loaded", 1, 0, 1)
    assert refused(tables, "rowed") == {
        ("consents/b.csv", 1): ("missing_field", "channel"), ("suppressions/b.csv", 1): ("missing_field", "profile_id"),
    }  # fmt: skip
    assert gates(tables, "rowed") == {"zoe": ["no_consent"]}


def test_columns_of_a_profile_name_who_it_is(tables: ForgettingPipeline) -> None:
    """The case c08. Aliases are orders' own: in the log an `email` next to the profile is a field that nobody reads."""
    found = by(tables, "log", "performance.conversations", "conversation_id", "profile_id")
    assert found == {"dotted": "zoe", "underscored": "zoe", "named": "zoe", "no alias": None}
    unknown = by(tables, "log", "health.unknown_fields", "field", "feed", "lines", "first_file_path")
    assert unknown == {"email": ("conversation_log", 1, "log/conversation_log/d.csv")}


def test_a_shop_s_export_is_read_and_so_it_is_with_columns_renamed(tables: ForgettingPipeline) -> None:
    """The case c07: the order was nobody's, and the buyer was written to."""
    assert ledger(tables, "shop")["orders/export.csv"] == ("loaded", 1, 1, 0)
    found = by(tables, "shop", "intermediate.int_orders", "order_id", "status", "currency", "total", "profile_id")
    assert found == {
        "77": ("placed", "EUR", Decimal("80.90"), "zoe"),
        "#1": ("placed", "EUR", Decimal("80.90"), "zoe"),
        "#2": ("placed", "USD", Decimal("1.00"), "ida"),
    }
    assert refused(tables, "shop") == {("orders/renamed.csv", 2): ("missing_field", "placed_at")}
    assert gates(tables, "shop") == {"zoe": ["ordered_since_trigger"], "ida": ["ordered_since_trigger"]}


def test_odd_rows_cost_no_other_row(tables: ForgettingPipeline) -> None:
    """A decimal comma is a bad value, not another amount; a file of no bytes has no lines."""
    assert refused(tables, "commas") == {("orders/o.csv", 1): ("bad_value", "total")}
    assert set(orders(tables, "commas")) == {"point"}
    assert ledger(tables, "nothing") == {
        "orders/o.csv": ("loaded", 0, 0, 0),
        "conversation_log/l.csv": ("loaded", 0, 0, 0),
    }
