"""The invented people of a source: profiles, consents, suppressions, and how a conversation knows a person.

A shopper is a number from 0; low numbers come often. Who a shopper is depends on source and number alone, so logs of
different seeds and sizes share their people. Phone numbers come from the ranges set apart for fiction.
"""

from functools import cache

import numpy as np

from generator.day_files import Lines
from generator.draws import (
    Ints,
    ids,
    integers,
    salt,
    weighted,
    zipf,
)
from generator.instants import DAY_MS, MINUTE_MS, texts

FIRST_NAMES = ("ada", "bela", "chidi", "dora", "emre", "fenna", "goran", "hana", "ivo", "jamal", "kaja", "leon", "mira")
LAST_NAMES = ("almond", "birch", "cedar", "dale", "elmwood", "fern", "grove", "heath", "ivy", "juniper", "kelp")

PHONE_EVERY = 5  # one shopper in five has left a phone number
US_FICTION = 100  # 555-0100 to 555-0199 in each area code are set apart for fiction in North America
US_AREAS = 799  # area codes 201 to 999
EU_FICTION = 10_000  # in France 10,000 numbers behind each of these prefixes are set apart for fiction
EU_PREFIXES = ("+3363998", "+3319900", "+3326191", "+3335301", "+3346571", "+3353649")

EXTERNAL_EVERY = 4  # have a number in the shop's own customer list
ANONYMOUS_EVERY = 3  # have a browser cookie that their profile knows
GUEST_EVERY = 25  # ordered as a guest first; that profile was merged into theirs

IDENTITIES = {
    "profile_id": 0.55,
    "email": 0.13,
    "phone_number": 0.07,
    "external_id": 0.05,
    "anonymous_id": 0.13,
    "": 0.07,
}
MAIN, EMAIL, PHONE, EXTERNAL, ANONYMOUS, NOBODY = range(len(IDENTITIES))

SIGNED_UP_BEFORE_DAYS = 700  # how far back the first import's profiles go
CONSENT_ODDS = {"email": 0.85, "sms": 0.4, "whatsapp": 0.15}  # asked at sign-up
CONSENT_ANSWERS = ("subscribed",) * 8 + ("unsubscribed", "never_subscribed")
CONSENT_METHODS = ("checkout", "popup_form", "preference_page", "import")
SUPPRESSED_ONE_IN = 60
SUPPRESSION_REASONS = ("hard_bounce", "spam_complaint", "requested by phone", "invalid_number")


@cache
def _salts(source: str) -> tuple[int, int]:
    return salt(source, "shopper"), salt(source, "guest")


def profile_ids(source: str, shoppers: Ints) -> list[str]:
    """The profile_id of each shopper."""
    return ids(shoppers, _salts(source)[0])


def guest_ids(source: str, shoppers: Ints) -> list[str]:
    """The profile_id under which each shopper once ordered as a guest."""
    return ids(shoppers, _salts(source)[1])


def email(shopper: int) -> str:
    """An address of the domain that nobody owns."""
    first = FIRST_NAMES[shopper % len(FIRST_NAMES)]
    last = LAST_NAMES[shopper // len(FIRST_NAMES) % len(LAST_NAMES)]
    return f"{first}.{last}{shopper}@example.com"


def phone(source: str, shopper: int) -> str | None:
    """A fictional number; None for shoppers without one, and when the ranges are used up."""
    if shopper % PHONE_EVERY:
        return None
    number = shopper // PHONE_EVERY
    if source.endswith("_eu"):
        prefix, rest = divmod(number, EU_FICTION)
        return f"{EU_PREFIXES[prefix]}{rest:04d}" if prefix < len(EU_PREFIXES) else None
    area, rest = divmod(number, US_FICTION)
    return f"+1 {201 + area}-555-{100 + rest:04d}" if area < US_AREAS else None


def identities(source: str, random: np.random.Generator, shoppers: Ints) -> list[str]:
    """A profile object (JSON) for each visit of a shopper, or an empty text for one who stays unknown."""
    kinds = weighted(random, len(shoppers), list(IDENTITIES.values())).tolist()
    as_guest = random.random(len(shoppers)) < 0.5
    known = zip(
        shoppers.tolist(),
        kinds,
        profile_ids(source, shoppers),
        guest_ids(source, shoppers),
        as_guest.tolist(),
        strict=True,
    )
    return [_identity(source, *parts) for parts in known]


def _identity(source: str, shopper: int, kind: int, profile_id: str, guest_id: str, as_guest: bool) -> str:
    if kind == MAIN:
        guest = as_guest and shopper % GUEST_EVERY == 0
        return f'{{"profile_id":"{guest_id if guest else profile_id}","email":"{email(shopper)}"}}'
    if kind == NOBODY:
        return ""
    if kind == PHONE and (number := phone(source, shopper)):
        return f'{{"phone_number":"{number}"}}'
    if kind == EXTERNAL and shopper % EXTERNAL_EVERY == 0:
        return f'{{"external_id":"crm-{shopper:07d}"}}'
    if kind == ANONYMOUS:
        return f'{{"anonymous_id":"{_cookie(shopper)}"}}'  # two in three are of a browser that no profile knows
    return f'{{"email":"{email(shopper).title() if as_guest else email(shopper)}"}}'  # people type capitals


def _cookie(shopper: int) -> str:
    return f"anon-{shopper:07d}"


def _profile(source: str, shopper: int, profile_id: str, updated: str) -> str:
    number = phone(source, shopper)
    return (
        f'{{"profile_id":"{profile_id}","updated_at":"{updated}","email":"{email(shopper)}"'
        + (f',"phone_number":"{number}"' if number else "")
        + (f',"external_id":"crm-{shopper:07d}"' if shopper % EXTERNAL_EVERY == 0 else "")
        + (f',"anonymous_ids":["{_cookie(shopper)}"]' if shopper % ANONYMOUS_EVERY == 0 else "")
        + "}"
    )


def sign_ups(source: str, random: np.random.Generator, shoppers: Ints, from_ms: int, to_ms: int) -> list[Lines]:
    """Profiles, merged guests, consents and suppressions of shoppers who signed up between two instants."""
    count = len(shoppers)
    signed_ms = from_ms + integers(random, count, max(to_ms - from_ms, 1))
    merged_ms = np.minimum(signed_ms + MINUTE_MS, to_ms)
    main = profile_ids(source, shoppers)
    signed, merged = texts(signed_ms), texts(merged_ms)
    profiles = [_profile(source, *parts) for parts in zip(shoppers.tolist(), main, signed, strict=True)]
    guests = [
        f'{{"profile_id":"{guest}","updated_at":"{instant}","email":"{email(shopper)}","merged_into":"{profile_id}"}}'
        for shopper, guest, profile_id, instant in zip(
            shoppers.tolist(), guest_ids(source, shoppers), main, merged, strict=True
        )
        if shopper % GUEST_EVERY == 0
    ]
    guest_ms = merged_ms[shoppers % GUEST_EVERY == 0]
    suppressed = np.flatnonzero(integers(random, count, SUPPRESSED_ONE_IN) == 0)
    return [
        Lines("profiles", np.concatenate([signed_ms, guest_ms]), profiles + guests),
        *(_consents(random, main, signed_ms, channel, odds) for channel, odds in CONSENT_ODDS.items()),
        _suppressions(random, [main[position] for position in suppressed.tolist()], merged_ms[suppressed]),
    ]


def import_before(source: str, random: np.random.Generator, shoppers: Ints, start_ms: int) -> list[Lines]:
    """As `sign_ups`, for shoppers older than the log: their rows arrive at once, on its first day."""
    earlier = sign_ups(source, random, shoppers, start_ms - SIGNED_UP_BEFORE_DAYS * DAY_MS, start_ms)
    return [Lines(lines.feed, np.full(len(lines.texts), start_ms), lines.texts) for lines in earlier]


def _consents(random: np.random.Generator, main: list[str], at_ms: Ints, channel: str, odds: float) -> Lines:
    asked = np.flatnonzero(random.random(len(main)) < odds)
    rows = zip(
        [main[position] for position in asked.tolist()],
        [CONSENT_ANSWERS[answer] for answer in integers(random, len(asked), len(CONSENT_ANSWERS)).tolist()],
        [CONSENT_METHODS[method] for method in integers(random, len(asked), len(CONSENT_METHODS)).tolist()],
        texts(at_ms[asked]),
        strict=True,
    )
    lines = [
        f'{{"profile_id":"{profile_id}","channel":"{channel}","status":"{status}","occurred_at":"{instant}","method":"{method}"}}'
        for profile_id, status, method, instant in rows
    ]
    return Lines("consents", at_ms[asked], lines)


def _suppressions(random: np.random.Generator, main: list[str], at_ms: Ints) -> Lines:
    channels = integers(random, len(main), 4).tolist()
    reasons = integers(random, len(main), len(SUPPRESSION_REASONS)).tolist()
    lines = [
        f'{{"profile_id":"{profile_id}","channel":"{("email", "email", "sms", "all")[channel]}","action":"suppress",'
        f'"occurred_at":"{instant}","reason":"{SUPPRESSION_REASONS[reason]}"}}'
        for profile_id, channel, reason, instant in zip(main, channels, reasons, texts(at_ms), strict=True)
    ]
    return Lines("suppressions", at_ms, lines)


def changes(
    source: str, random: np.random.Generator, count: int, shoppers: int, from_ms: int, to_ms: int
) -> list[Lines]:
    """Later versions of profiles, and consents given or taken back, between two instants."""
    changed = zipf(random, count, shoppers)
    at_ms = from_ms + integers(random, count, max(to_ms - from_ms, 1))
    main, instants = profile_ids(source, changed), texts(at_ms)
    profiles = [_profile(source, *parts) for parts in zip(changed.tolist(), main, instants, strict=True)]
    return [Lines("profiles", at_ms, profiles), _consents(random, main, at_ms, "email", 1.0)]
