"""Small random pieces that scenarios are made of; alphabets are small so that ties and collisions are frequent.

Every function takes a `random.Random`, which may be Hypothesis's own. Values are given as JSON text.
"""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from tests.reference.seeds import _rows
from tests.support.project import SEEDS_DIR
from tests.support.scenarios import NOW, ZONES

T = TypeVar("T")
Members = list[tuple[str, str]]

HOURS_AGO = (0, 0, 1, 2, 16, 24, 24, 29, 48, 72, 120, 168, 192, 720, 744, -1, -24)
SMALL_STEPS = (0, 0, 0, 1, 1, 60, 3600)  # seconds
JITTER = (0, 0, 0, 0, 0, 1, -1)  # microseconds

EMAILS = ("ann@shop.example", "Ann@Shop.example", "\u00a0ann@shop.example ", "bo@shop.example", "BO@SHOP.EXAMPLE", "É@x.y", "é@x.y")
PHONES = ("+1 555 010 0001", "0015550100001", "1-555-0100001", "1234567", "001234567", "123456", "00123456", "ext", "٠١٢٣٤٥٦٧")
PROFILES = ('"p1"', '"p1"', '"p2"', '"p2"', '"p3"', '"p10"', '"P1"', "1", '"1"')
EXTERNAL_IDS = ('"e1"', '"e2"', "7", '"7"')
ANONYMOUS_IDS = ('"a1"', '"a2"', "3")
PRODUCTS = ('"k1"', '"k2"', '"k3"', "4", '"4"', '"s1"', '"s2"')
TEXTS = ("hi", "", " ", "ciao \\u2028", "l'été", 'say "no"', "a\\\\b", "tab\\t", "null", "\u200b", "日本語 🙂", "\\ud83d\\ude42", "\\u0000x")
SKILLS = ("alpha", "beta", "Alpha", " beta", "\u00a0", "")
BAD = ("true", "12", "1.5", '"?"', "[]", "{}", '["x"]', "null", '""', '" "', '"\\u3000"', "[[]]", '{"a": 1}', "[1]", '[{"b": null}]', "false")


def pick(rng: Random, values: Sequence[T]) -> T:
    """One of the values."""
    return values[rng.randrange(len(values))]


def chance(rng: Random, percent: int) -> bool:
    """True in so many of a hundred cases."""
    return rng.randrange(100) < percent


def some(rng: Random, percent: int, name: str, value: str) -> Members:
    """A member that is there in so many of a hundred cases."""
    return [(name, value)] if chance(rng, percent) else []


def quoted(text: str) -> str:
    """JSON text of a string."""
    return json.dumps(text, ensure_ascii=False)


def near(rng: Random) -> datetime:
    """An instant at, or just beside, an edge of the rules' windows before NOW."""
    return NOW - timedelta(hours=pick(rng, HOURS_AGO)) + timedelta(microseconds=pick(rng, JITTER))


def later(rng: Random, moment: datetime) -> datetime:
    """The same instant or one a little later."""
    return moment + timedelta(seconds=pick(rng, SMALL_STEPS), microseconds=pick(rng, JITTER))


def written(rng: Random, moment: datetime, zone: str) -> str:
    """An instant in one of the forms that the contract reads."""
    form = rng.randrange(12)
    if form == 0:
        return str((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))
    if form in (1, 2):
        microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        digits = str(microseconds)
        return pick(rng, [f"{digits[:-6]}.{digits[-6:]}", f"{digits[:-6]}.{digits[-6:]}9999", f"{digits}e-6", f"0.{digits}E+10"])
    if form in (3, 4):
        listed = ZONES[zone]
        local = moment.astimezone(ZoneInfo(listed[0]) if listed else UTC).replace(tzinfo=None)
        return quoted(local.isoformat(sep=pick(rng, "T ")))
    if form == 5:
        offset = pick(rng, ("+02:00", "-05:30", "+00:00", "-00:00", "+13:45", "+23:59"))
        hours, minutes = int(offset[:3]), int(offset[0] + offset[4:])
        shifted = (moment + timedelta(hours=hours, minutes=minutes)).replace(tzinfo=None)
        return quoted(shifted.isoformat() + offset)
    if form == 6:
        return quoted(f" {moment.replace(tzinfo=None).isoformat(timespec='microseconds')}789Z\u00a0")
    return quoted(moment.replace(tzinfo=None).isoformat() + "Z")


ODD_INSTANTS = (
    "0", "631152000", "631151999.9999999", "631151999", "1e9", "1741600000.1234567", "1741600000.9999999", "-1", "99999999999999999999",
    "1741600000123", '"1741600000"', '"2025-03-10"', '"2025-03-10T12:00"', '"2025-03-10T24:00:00Z"', '"2025-03-10T12:00:60Z"',
    '"2025-03-10T12:00:00.Z"', '"2025-03-10T12:00:00,5Z"', '"2025-02-29T00:00:00Z"', '"2025-03-10T12:00:00+0100"',
    '"2025-03-10T12:00:00+24:00"', '"2025-03-10t12:00:00z"', '"2025-03-10T12:00:00 Z"', '"1990-01-01T00:00:00Z"',
    '"1989-12-31T23:59:59.999999Z"', '"1990-01-01 00:00:00"', '"1989-12-31T22:00:00-05:00"', '"2025-03-09 02:00:00"', '"2025-03-09 02:30:00"',
    '"2025-03-09T03:00:00"', '"2025-03-09T01:59:59.999999"', '"2024-11-03 01:30:00"', '"2024-11-03T01:00:00"', '"2024-11-03T00:59:59"',
    '"2024-11-03T02:00:00"', '"2024-10-27T02:30:00"', '"2024-10-27T01:45:00"', '"2024-10-27T02:00:00"', '"2024-10-06T02:15:00"', '"2024-10-06T02:30:00"',
    '"2024-04-07T01:45:00"', '"2024-04-07T02:00:00"', '"2024-03-31T02:30:00"', '"2024-03-31 03:00:00"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"',
    '"2025-03-11T12:00:00Z"', '"2025-03-11T12:00:00.000001Z"', '"2025-03-11T12:00:00.0000009Z"', '"1993-04-04T02:10:00"', '"2025-3-10T12:00:00Z"',
    '"２０２５-03-10T12:00:00Z"', "1741600000.0", "1.7416e9", "17416E5", "-0", "true", "[1741600000]", '{"x": 1}', '""', "null", '"now"', '"infinity"', '"epoch"',
)
"""Instants, good and bad, that engines like to read each in their own way; local ones lie at the zones' changes."""


@cache
def aliases(vocabulary: str) -> tuple[str, ...]:
    """Every alias of a vocabulary."""
    return tuple(row["alias"] for row in _rows(SEEDS_DIR, "word_aliases.csv") if row["vocabulary"] == vocabulary)


def word(rng: Random, vocabulary: str, plain: Sequence[str] = ()) -> str:
    """A word of a vocabulary in one of its guises, or rarely one that nobody knows."""
    if plain and chance(rng, 60):
        return quoted(pick(rng, plain))
    text = pick(rng, aliases(vocabulary))
    form = rng.randrange(12)
    if form == 0:
        text = text.upper()
    elif form == 1:
        text = text.title()
    elif form == 2:
        text = text.replace(" ", "-").replace("_", " ")
    elif form == 3:
        text = text.replace(" ", "_").replace("-", "_")
    elif form == 4:
        text = f"\u00a0{text}\t"
    elif form == 5:
        text = unicodedata.normalize("NFD", text)
    elif form == 6:
        text = unicodedata.normalize("NFD", text.upper())
    elif form == 7 and chance(rng, 30):
        return pick(rng, ('"unheard of"', '"Fax"', '"unknown"', "3", "[]", '"resolved."', '" "', '"web  chat"'))
    return quoted(text)


def text(rng: Random) -> str:
    """A text as JSON."""
    return f'"{pick(rng, TEXTS).replace(chr(34), chr(92) + chr(34))}"'


def money(rng: Random) -> str:
    """An amount, good or bad."""
    return pick(rng, (
        "10", "10", "12.5", "0.005", "1.005", "2.675", '"3.335"', "1e2", "12.345e1", '"1e-3"', '" 7.10 "', '"+4"', '".5"', '"5."', "0", "-0", "-0.0",
        "0.1e1", "1234567890123456.78", "9999999999999999.994", "9999999999999999.995", "99999999999999999", "-1", "-0.001", '"-0.001"', '"1,5"', '"$1"',
        '"1_000"', '"١"', "true", "[]", '""', "0.00499999999999999999999", "0.0049999999999999999999999999999999999999", "2.5e-1", '"NaN"', '"0x10"', '"1e400"', "1e-400",
        "1.00499999999999999", "1.0049999999999999999999999", "4.35", "1.015", "1e16", "1e15", '"12345678901234.565"', "12345678901234.565",
    ))


def profile(rng: Random) -> str:
    """A profile object as JSON."""
    if chance(rng, 4):
        return pick(rng, BAD)
    members: Members = []
    members += some(rng, 30, "profile_id", pick(rng, PROFILES))
    members += some(rng, 30, "email", quoted(pick(rng, EMAILS)))
    members += some(rng, 25, "phone_number", quoted(pick(rng, PHONES)))
    members += some(rng, 20, "external_id", pick(rng, EXTERNAL_IDS))
    members += some(rng, 25, "anonymous_id", pick(rng, ANONYMOUS_IDS))
    if members and chance(rng, 4):
        members[rng.randrange(len(members))] = (pick(rng, ("email", "profile_id", "anonymous_id")), pick(rng, BAD))
    return as_object(members)


def as_object(members: Members) -> str:
    """JSON text of an object."""
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


def as_list(values: Sequence[str]) -> str:
    """JSON text of a list."""
    return "[" + ", ".join(values) + "]"


def several(rng: Random, values: Sequence[str], most: int = 3) -> list[str]:
    """None, one or several of the values, repeats included."""
    return [pick(rng, values) for _ in range(rng.randrange(most + 1))]
