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
from tests.support.odd_values import AMOUNTS, BAD, TEXTS
from tests.support.project import SEEDS_DIR
from tests.support.scenarios import NOW, ZONES

T = TypeVar("T")
Members = list[tuple[str, str]]

HOURS_AGO = (0, 0, 1, 2, 16, 24, 24, 29, 48, 72, 120, 168, 192, 720, 744, -1, -24)
SMALL_STEPS = (0, 0, 0, 1, 1, 60, 3600)  # seconds
JITTER = (0, 0, 0, 0, 0, 1, -1)  # microseconds

EMAILS = (
    "ann@shop.example",
    "Ann@Shop.example",
    "\u00a0ann@shop.example ",
    "bo@shop.example",
    "BO@SHOP.EXAMPLE",
    "É@x.y",
    "é@x.y",
    "\u200bann@shop\u2060.example",
    "straße@x.y",
    "STRASSE@X.Y",
    "ﬁ@x.y",
)
PHONES = (
    "+1 555 010 0001",
    "0015550100001",
    "1-555-0100001",
    "1234567",
    "001234567",
    "123456",
    "00123456",
    "ext",
    "٠١٢٣٤٥٦٧",
    "+1 (0)555 010 0001",
    "15550100001.0",
)
PROFILES = ('"p1"', '"p1"', '"p2"', '"p2"', '"p3"', '"p10"', '"P1"', "1", '"1"', "1.0")
EXTERNAL_IDS = ('"e1"', '"e2"', "7", '"7"', "7.0")
ANONYMOUS_IDS = ('"a1"', '"a2"', "3", "3.0")
PRODUCTS = ('"k1"', '"k2"', '"k3"', "4", '"4"', "4.0", '"s1"', '"s2"')
NOBODY = (
    '"null"', '"N/A"', '"Unknown"', '" anonymous "', '"(null)"', '"[object Object]"', '"0"', '"000-0"', '"_ -"', '"nan"', '"guest"',
    '"00000000-0000-0000-0000-000000000000"',
)  # fmt: skip
"""What exports write where they know nobody."""
SKILLS = ("alpha", "beta", "Alpha", " beta", "\u00a0", "")


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


def person(rng: Random, known: Sequence[str]) -> str:
    """An identifier of a person as JSON, or one that names nobody."""
    return pick(rng, NOBODY) if chance(rng, 4) else pick(rng, known)


def email(rng: Random) -> str:
    """An e-mail address as JSON."""
    return person(rng, [quoted(one) for one in EMAILS])


def phone(rng: Random) -> str:
    """A telephone number as JSON, sometimes a number."""
    return "15550100001" if chance(rng, 6) else person(rng, [quoted(one) for one in PHONES])


def near(rng: Random) -> datetime:
    """An instant at, or just next to, an edge of the rules' windows before NOW."""
    return NOW - timedelta(hours=pick(rng, HOURS_AGO)) + timedelta(microseconds=pick(rng, JITTER))


def later(rng: Random, moment: datetime) -> datetime:
    """The same instant or one a little later."""
    return moment + timedelta(seconds=pick(rng, SMALL_STEPS), microseconds=pick(rng, JITTER))


def written(rng: Random, moment: datetime, zone: str) -> str:
    """An instant in one of the forms that are read (spec §2.0.3)."""
    form = rng.randrange(20)
    microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if form == 0:
        return str(microseconds // 1_000_000)
    if form in (1, 2):
        digits = str(microseconds)
        return pick(
            rng, [f"{digits[:-6]}.{digits[-6:]}", f"{digits[:-6]}.{digits[-6:]}9999", f"{digits}e-6", f"0.{digits}E+10"]
        )
    if form in (3, 4):
        listed = ZONES[zone]
        local = moment.astimezone(ZoneInfo(listed[0]) if listed else UTC).replace(tzinfo=None)
        return quoted(local.isoformat(sep=pick(rng, "Tt "), timespec=_shortest(local)))
    plain = moment.replace(tzinfo=None)
    if form == 5:
        offset = pick(rng, ("+02:00", "-05:30", "+00:00", "-00:00", "+13:45", "+23:59", "+0200", "-0530", "+00", "-07"))
        digits = offset.replace(":", "").ljust(5, "0")
        shifted = plain + timedelta(hours=int(digits[:3]), minutes=int(digits[0] + digits[3:]))
        text = shifted.isoformat(timespec=_shortest(shifted)) + pick(rng, ("", " ")) + offset
        return quoted(text + pick(rng, ("", "", "[Europe/Paris]")))
    if form == 6:
        return quoted(f" {plain.isoformat(timespec='microseconds')}789Z\u00a0")
    if form == 7:
        text = plain.isoformat(timespec=_shortest(plain))
        return quoted(text + pick(rng, ("z", " Z", " UTC", "utc", "Z[UTC]", "UTC[Etc/UTC]")))
    if form == 8:
        return quoted(plain.isoformat(sep="t", timespec="microseconds").replace(".", ",") + "4Z")
    if form == 9:
        milliseconds = pick(rng, (f"{microseconds // 1000}.{microseconds % 1000:03}", f"{microseconds // 1000}"))
        return pick(rng, (milliseconds, quoted(milliseconds)))
    if form == 10:
        return pick(
            rng, (f"{microseconds}", f"{microseconds}789", quoted(f"{microseconds}"), quoted(f"{microseconds}000"))
        )
    if form == 11:
        digits = str(microseconds)
        return quoted(pick(rng, (f" {digits[:-6]}.{digits[-6:]} ", digits[:-6])))
    return quoted(plain.isoformat() + "Z")


def _shortest(moment: datetime) -> str:
    """How much of an instant must be written; no seconds where there are none."""
    return "auto" if moment.second or moment.microsecond else "minutes"


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


def kept_word(rng: Random, vocabulary: str, plain: Sequence[str] = ()) -> str:
    """A word of a field that refuses no text, more often one that nobody knows, and sometimes none at all."""
    if chance(rng, 8):
        return pick(rng, ('"snoozed"', '"Snoozed "', '"*"', "true", "false", '"yes"', '"No"', "3", "null", '""', "[1]"))
    return word(rng, vocabulary, plain)


def text(rng: Random) -> str:
    """A text as JSON."""
    return f'"{pick(rng, TEXTS).replace(chr(34), chr(92) + chr(34))}"'


def money(rng: Random) -> str:
    """An amount, good or bad."""
    return pick(rng, AMOUNTS)


def profile(rng: Random) -> str:
    """A profile object as JSON."""
    if chance(rng, 4):
        return pick(rng, BAD)
    members: Members = []
    members += some(rng, 30, "profile_id", person(rng, PROFILES))
    members += some(rng, 30, "email", email(rng))
    members += some(rng, 25, "phone_number", phone(rng))
    members += some(rng, 20, "external_id", person(rng, EXTERNAL_IDS))
    members += some(rng, 25, "anonymous_id", person(rng, ANONYMOUS_IDS))
    members += some(rng, 4, "nickname", pick(rng, ('"A"', "1", "null")))
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
