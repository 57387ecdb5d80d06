"""Whole words of texts, looked up one by one: what is found, and that the time grows with the text alone."""

import json
import time
from collections.abc import Callable
from random import Random

import pytest

from caw.adapters.registry import expander
from caw.erasure.finding import IdentifierFinder
from caw.erasure.forgotten import Forgotten, names_in_path
from caw.erasure.identifiers import Identifier
from caw.erasure.json_edits import edited
from caw.erasure.keyring import Keyring, is_pseudonym
from caw.erasure.words import contact_spans, names_contact, names_id, without_contacts
from caw.feeds.declared import SEEDS_DIR, feeds
from tests.support.redacting import redaction_of

SMALL, GROWTH = 2_000, 8
MOST = 24  # a linear search takes 8 times as long for 8 times the text, a quadratic one 64 times
ALPHABET = "ab@.-_+%'/ 0123\u0301\u200b\u00e4\"\\"


def steps(text: str) -> int:
    """How many candidates of a text are looked up."""
    looked_up: list[Identifier] = []
    contact_spans(text, lambda identifier: looked_up.append(identifier) is not None)
    return len(looked_up)


HARD = {
    "letters": lambda n: "a" * n,
    "letters and an at": lambda n: "a" * (n - 3) + "@b.c",
    "ats": lambda n: "@" * n,
    "addresses without a space": lambda n: "a@" * (n // 2),
    "signs": lambda n: "'@a" * (n // 3),
    "points": lambda n: "a@b" + "." * n,
    "zero width": lambda n: "a@b" + "\u200b" * n,
    "zero width between": lambda n: "a\u200b@" * (n // 3),
    "digits": lambda n: "1" * n,
    "groups": lambda n: "1 " * (n // 2),
    "joined groups": lambda n: "1-" * (n // 2),
    "signs of numbers": lambda n: "+(" * (n // 2),
    "backslashes": lambda n: "\\" * n,
    "quotes": lambda n: '"' * n,
    "members": lambda n: '"email":"' * (n // 9),
    "colons": lambda n: '"a" : ' * (n // 6),
    "open lists": lambda n: '"anonymous_ids":["a",' * (n // 21),
    "base64": lambda n: "aGVsbG8+/w=="[: n % 12] + "aGVsbG8+/w0x" * (n // 12),
}  # fmt: skip


@pytest.mark.parametrize("shape", HARD)
def test_candidates_grow_with_the_text(shape: str) -> None:
    """One line without an @ once took time with the square of its length: a day for 1 MiB of base64."""
    text = HARD[shape]
    assert steps(text(SMALL * GROWTH)) <= (steps(text(SMALL)) + 10) * (GROWTH + 1)


@pytest.mark.parametrize("shape", HARD)
def test_time_grows_with_the_text(shape: str) -> None:
    """The same for what looks for candidates and finds none."""
    redaction = redaction_of(frozenset({Identifier("email", "ann@x.example")}))
    finder = IdentifierFinder(feeds()["profiles"], "acme", expander(SEEDS_DIR))

    def look(text: str) -> None:
        redaction.broken_line(text)
        finder.in_broken_line(text)

    text = HARD[shape]
    small = min(seconds(look, text(SMALL)) for _ in range(3))
    large = min(seconds(look, text(SMALL * GROWTH)) for _ in range(3))
    assert large < max(MOST * small, 0.05)


def test_time_grows_with_an_id_of_many_numbers() -> None:
    """At each of its numbers the rest of a line was copied."""

    def look(text: str) -> None:
        names_contact(text, lambda _: False, is_id=True)

    number = "123456789012345678901-"  # too long for a phone
    small = min(seconds(look, number * 5_000) for _ in range(3))
    large = min(seconds(look, number * 5_000 * GROWTH) for _ in range(3))
    assert large < max(MOST * small, 0.05)


def seconds(work: Callable[[str], None], text: str) -> float:
    """Processor seconds of one call: other processes do not count."""
    start = time.process_time()
    work(text)
    return time.process_time() - start


def test_thousands_of_people_take_no_longer_than_one() -> None:
    """Every text was once compared with everybody."""
    text = "ring +1 555 0100 or write to ann@x.example, bob@x.example; " * 200
    few = {Identifier("email", "ann@x.example")}
    many = few | {Identifier("email", f"p{number}@x.example") for number in range(20_000)}
    times = [
        min(
            seconds(lambda given, known=known: without_contacts(given, known.__contains__) and None, text)
            for _ in range(3)
        )
        for known in (few, many)
    ]
    assert times[1] < 5 * times[0] + 0.02


def test_plain_and_hashed_lookups_cut_the_same_words() -> None:
    """What is cut out depends on whether the line came before or after the request."""
    rng = Random(7)
    found = 0
    for _ in range(2_000):
        emails = {"".join(rng.choices(ALPHABET, k=2)) + "@" + rng.choice(["a", "b.a", "ä-b"]) for _ in range(3)}
        phones = {"".join(rng.choices("0123", k=7)) for _ in range(3)}
        known = {Identifier("email", one) for one in emails} | {Identifier("phone", one) for one in phones}
        pieces = [*emails, *phones, *rng.choices(ALPHABET, k=8), "0123 012"]
        text = "".join(rng.choices(pieces, k=8))
        keyring = Keyring(b"k")
        hashes = keyring.hashes("acme", known)
        plain = without_contacts(text, known.__contains__)
        assert plain == without_contacts(text, lambda one: keyring.hash("acme", one) in hashes)  # noqa: B023
        assert without_contacts(plain, known.__contains__) == plain
        found += plain != text
    assert found > 500


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("chat-p-1", True),
        ("p-1", True),
        ("xp-1", False),
        ("p-10", False),
        ("a/p-1.b", True),
        ("P-1", False),
        ("-k=", True),
        ("a:-k=.b", True),
        ("a-k=", False),
        ("a k", False),
        ("gid://shop/Customer/9", True),
        ("x:gid://shop/Customer/9", True),
        ("gid://shop/Customer/99", False),
    ],
)
def test_an_id_is_found_as_a_whole_word(text: str, is_named: bool) -> None:
    """An id that begins or ends with a sign, or has several words, is not found; or a part of a longer one is."""
    known = {Identifier("profile_id", one) for one in ("p-1", "-k=", "gid://shop/Customer/9")}
    assert names_id(text, ("profile_id",), known.__contains__) is is_named


@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("acme/orders/of ann@x.example.csv", True),
        ("acme/orders/of ann@x.example.JSONL.gz", True),
        ("acme/orders/of ann@x.example.au.csv", False),
        ("acme/orders/ann@x.example.csv/1.csv", False),
        ("acme/orders/of ann@x.example", True),
        ("acme/orders/ann@x.example/1.csv", True),
        ("acme/orders/joann@x.example/1.csv", False),
        ("acme/orders/+1 555 0100.csv", True),
        ("acme/orders/cust-1.csv", True),
        ("acme/orders/cust-10.csv", False),
        ("acme/orders/1001.csv", False),
        ("acme/orders/customer/1.csv", False),
        ("acme/orders/2026/06/30/15550100.jsonl", True),
        ("acme/orders/2026-06-30-15550100.jsonl", True),
        ("acme/orders/2026-06-30-115550100.jsonl", False),
        ("acme/orders/email=ann%40x.example/1.csv", True),
        ("acme/orders/email=joann%40x.example/1.csv", False),
        ("acme/orders/phone=%2B1%20555%200100/1.csv", True),
        ("acme/orders/profile_id=cust%2D1/1.csv", True),
    ],
)
def test_a_path_names_somebody_by_whole_words_of_what_is_no_mere_number(path: str, is_named: bool) -> None:
    """A date's or a part's number is somebody's profile_id by chance; an external_id may be any word."""
    known = {
        Identifier("email", "ann@x.example"),
        Identifier("phone", "15550100"),
        Identifier("profile_id", "cust-1"),
        Identifier("profile_id", "1001"),
        Identifier("external_id", "customer"),
    }
    assert names_in_path(path, known.__contains__) is is_named


@pytest.mark.parametrize(
    ("given", "is_named"),
    [
        ("15550100-1456789012@g.us", True),
        ("20260309-15550100", True),
        ("wa/1-555-0100/2", True),
        ("15550100", True),
        ("20260309-115550100", False),
        ("20260309-15550100a", False),
        ("c15550100-1", False),
        ("2026-03-09", False),
    ],
)
def test_an_id_is_cut_at_every_sign_and_a_text_at_spaces(given: str, is_named: bool) -> None:
    """A conversation goes by a number and an instant, as messengers name it; a number in a text is no part of another."""
    known = {Identifier("phone", "15550100")}
    assert names_contact(given, known.__contains__, is_id=True) is is_named
    assert names_contact(given, known.__contains__) is (given == "15550100")


def test_a_path_that_the_ledger_holds_is_not_looked_into() -> None:
    """Every file name of a large landing zone was hashed word by word at every run."""
    forgotten = Forgotten(__file__, Keyring(b"k"), {"acme": {"-"}})  # type: ignore[arg-type]
    names = [f"acme/orders/{'part-' * 40}{number}.csv" for number in range(2_000)]
    known = set(names)
    assert seconds(lambda _: [forgotten.shown_path("acme", name, known) for name in names] and None, "") < 0.1


def test_a_pseudonym_is_known_by_its_whole_form() -> None:
    """An id that only begins like one is kept, with the person in it."""
    keyring = Keyring(b"k")
    given = "erased- ann@x.example"
    assert not is_pseudonym(given) and is_pseudonym(keyring.pseudonym("acme", "id", given))
    assert keyring.pseudonym("acme", "id", keyring.pseudonym("acme", "id", given)) == keyring.pseudonym(
        "acme", "id", given
    )


def test_an_edit_leaves_everything_else_as_it_was_written() -> None:
    """A number's digits, an escape or a repeated member of somebody else's line change with her words."""
    text = ' {"a" : "x", "n": 1.50e+3, "u":"\\u00e4\\/", "l": [ 1, {"a": "x"}, "x"], "a": "\\u0078", "o": {}, "e": [], "b": true}'
    edits = {("a",): lambda _: "y", ("l", 1, "a"): lambda _: "z", ("l", 2): str.upper, ("n",): lambda _: None}
    expected = text.replace('"a" : "x"', '"a" : "y"').replace('{"a": "x"}', '{"a": "z"}').replace('}, "x"]', '}, "X"]')
    assert edited(text, edits) == expected.replace('"a": "\\u0078"', '"a": "y"')
    assert json.loads(edited(text, edits))["a"] == "y"


def test_a_name_is_found_in_no_part_of_a_longer_one() -> None:
    """`mariana@example.com` contains `ana@example.com`."""
    known = {Identifier("email", "ana@example.com")}
    assert not names_contact("mariana@example.com", known.__contains__)
    assert names_contact("maria, ana@example.com", known.__contains__)
