"""What stays of a refused line that holds a page of people, when some of them are forgotten (spec §2.3.10)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from caw.adapters.records import restored
from caw.adapters.registry import expander
from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import is_pseudonym
from caw.erasure.redaction import Redaction
from caw.feeds.declared import SEEDS_DIR, feeds
from tests.support.redacting import SOURCE, redaction_of

FEED = "klaviyo_profiles"
ANNS_EMAIL = Identifier("email", "ann@x.example")


def profile(profile_id: str, said_no: bool = True) -> dict[str, Any]:
    """A profile of a page; whoever has said nothing has no consent."""
    marketing = {"consent": "UNSUBSCRIBED", "last_updated": "2026-06-01T10:00:00Z"}
    attributes = {"email": f"{profile_id}@x.example", "updated": "2026-06-01T10:00:00Z"}
    subscriptions = {"subscriptions": {"email": {"marketing": marketing}}} if said_no else {}
    return {"type": "profile", "id": profile_id, "attributes": attributes | subscriptions}


def of_people(*identifiers: Identifier) -> Redaction:
    """How lines lose these people where the vendor names the people."""
    redaction = redaction_of(frozenset(identifiers))
    return replace(redaction, words=replace(redaction.words, people={SOURCE: "klaviyo"}))


def left_of(page: list[dict[str, Any]], *identifiers: Identifier) -> str:
    """A page on one line, without these people."""
    given = expander(SEEDS_DIR)(FEED, json.dumps({"data": page}))
    return of_people(*identifiers).own_expansion(feeds()[FEED], given)


def shown(left: str) -> list[str]:
    """Who has records in what is left of a line; all pseudonyms as one word."""
    named = [str(record.fields["profile_id"]) for record in restored(left).records]
    return ["erased" if is_pseudonym(one) else one for one in named]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ([profile("ann", said_no=False), profile("bob")], ["bob"]),
        ([profile("ann"), profile("bob")], ["erased", "bob"]),
        ([profile("ann"), profile("bob"), profile("cleo")], ["erased", "bob", "cleo"]),
        ([profile("ann")], ["erased"]),
    ],
)
@pytest.mark.parametrize("known", [[ANNS_EMAIL], [ANNS_EMAIL, Identifier("profile_id", "ann")]])
def test_whoever_is_not_forgotten_stays_and_the_forgotten_one_goes(
    page: list[dict[str, Any]], expected: list[str], known: list[Identifier]
) -> None:
    """Bob, who has left, would be written to; or Ann's id, of which no profile was ever accepted, would stay."""
    assert shown(left_of(page, *known)) == expected


def test_what_is_left_of_a_page_loses_the_next_one_who_is_forgotten_and_nobody_else() -> None:
    """Any later erasure looks at the line again."""
    left = left_of([profile("ann", said_no=False), profile("bob"), profile("cleo")], ANNS_EMAIL)
    for forgotten, expected in (("zoe", ["bob", "cleo"]), ("bob", ["erased", "cleo"]), ("dan", ["erased", "cleo"])):
        redaction = of_people(Identifier("profile_id", forgotten))
        left = redaction.own_expansion(feeds()[FEED], restored(left), was_redacted=True)
        assert shown(left) == expected
