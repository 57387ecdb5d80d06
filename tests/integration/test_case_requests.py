"""Cases: a request to be forgotten is taken however it is written (spec §2.0.8; §3.3 for the forms of
addresses and numbers). The case e5, refused requests, is of this kind.
"""

from collections.abc import Sequence
from typing import Any

from tests.support.case_runs import JANUARY, Files, ThreeRuns, by, message, of, refused
from tests.support.forgetting import found_in, lines

# How a request may be written; each person has one conversation and one word of their own.
REQUESTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "greek": ({"email": "ΝΙΚΟΣ@MAIL.example"}, {"email": "νικος@mail.example"}),
    "turkish": ({"email": "İPEK@mail.example"}, {"email": "i\u0307pek@mail.example"}),
    "german": ({"email": "strasse@mail.example"}, {"email": "STRAẞE@mail.example"}),
    "ligature": ({"email": "ﬁona@mail.example"}, {"email": "FIONA@mail.example"}),
    "composed": ({"email": "ev\u0065\u0301@mail.example"}, {"email": "EV\u00c9@mail.example"}),
    "zerowidth": ({"email": "zw@mail.example"}, {"email": "\ufeffz\u200bw@mail.example\u2060 "}),
    "phone": ({"phone_number": "+1 (555) 010-4477"}, {"phone": "0015550104477"}),
    "number": ({"phone_number": "+1 555 010 4478"}, {"phone_number": 15550104478}),
    "floating": ({"phone_number": "15550104479"}, {"phone": 15550104479.0}),
    "trunk": ({"phone_number": "+44 (0)20 7946 0018"}, {"phone_number": "+442079460018"}),
    "either": ({"phone_number": "+1 555 010 4480"}, {"phone": "+1 555 010 4480", "phone_number": "+1 555 010 4999"}),
    "date": ({"email": "date@mail.example"}, {"email": "date@mail.example", "requested_at": "2026-06-30"}),
    "minute": ({"email": "minute@mail.example"}, {"email": "minute@mail.example", "requested_at": "2026-06-30T09:00"}),
    "epoch": ({"email": "epoch@mail.example"}, {"email": "epoch@mail.example", "requested_at": 1782806400000}),
    "whole": ({}, {"profile_id": 77.0}),
    "beside": ({"email": "beside@mail.example"}, {"email": "beside@mail.example", "phone": "12"}),
}  # fmt: skip
NAMES_NOBODY = [
    {"profile_id": "null"},
    {"email": " "},
    {"phone": "n/a"},
    {"email": "\u200b"},
    {"customer": "ana@mail.example"},
    {"profile_id": "0000"},
    {"phone": "555-010"},  # fewer than 7 digits are no phone
    {"phone_number": 123456},
    {"phone": "(000) 000-0000"},
    {"phone": "0012 (0) 3456", "email": "none"},
]


def deliveries() -> Sequence[Files]:
    """People and their requests, in one run."""
    people = [
        {"profile_id": "77" if name == "whole" else f"of {name}", "updated_at": JANUARY, **held}
        for name, (held, _) in REQUESTS.items()
    ]
    log = [
        message(name, profile={"profile_id": one["profile_id"]}, text=f"qx{name}")
        for name, one in zip(REQUESTS, people, strict=True)
    ]
    asked = [
        {"request_id": name, "requested_at": "2026-06-30T09:00:00Z", **named} for name, (_, named) in REQUESTS.items()
    ]
    nobody = [
        {"request_id": f"n{number}", "requested_at": "2026-06-30", **named} for number, named in enumerate(NAMES_NOBODY)
    ]
    stays = {"profile_id": "stays", "updated_at": JANUARY, "email": "ipek@mail.example", "phone_number": "0"}
    return (
        of("dsar", {
            "profiles/p.jsonl": lines(*people, stays),
            "conversation_log/l.jsonl": lines(*log, message("stays", profile={"profile_id": "stays"}, text="still here")),
            "erasures/e.jsonl": lines(*asked, *nobody),
            "erasures/t.csv": "Request ID;Requested At;E-Mail;Email;Phone\nt1;2026-06-29;x;desk@mail.example;\nt2;30/06/2026;;late@mail.example;\nt3;2026-06-29;;;555 010\n",
        }) | of("desk", {
            "erasures/t.csv": "request_id,requested_at,email,phone\nt1,2026-06-30,desk@mail.example,\n",
            "profiles/p.csv": f"profile_id,updated_at,email\ndesk,{JANUARY},Desk@mail.example\n",
            "conversation_log/l.jsonl": lines(message("talk", profile={"email": "desk@mail.example"}, text="qxdesk")),
        }),
    )  # fmt: skip


def test_a_request_is_taken_however_it_is_written(three_runs: ThreeRuns) -> None:
    """The case e5: a request with a date, or with `phone`, was refused, and the person stayed. One that names nobody is
    refused."""
    pipeline = three_runs.pipeline
    known = by(pipeline, "dsar", "performance.conversations", "conversation_id", "profile_id")
    assert {name: profile for name, profile in known.items() if profile} == {"stays": "stays"}
    assert by(pipeline, "desk", "performance.conversations", "conversation_id", "profile_id") == {"talk": None}
    first = len(REQUESTS) + 1
    assert refused(pipeline, "dsar") == {
        **{
            ("erasures/e.jsonl", first + number): ("missing_field", "profile_id") for number in range(len(NAMES_NOBODY))
        },
        ("erasures/t.csv", 2): ("bad_value", "requested_at"),
        ("erasures/t.csv", 3): ("missing_field", "profile_id"),
    }
    assert found_in(pipeline.data_dir, [f"qx{name}" for name in [*REQUESTS, "desk"]]) == {}
