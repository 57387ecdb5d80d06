"""Unknown fields and words: what a published file says, and the seed row that makes a word known."""

from pathlib import Path

import duckdb
import pytest

from caw.doctor.unknowns import Unknowns, UnknownWord, unknowns_of
from tests.support.published_health import UNKNOWN, health_file, inserted
from tests.support.toy_vendor import FEED, registered


def read(file: Path) -> Unknowns:
    with duckdb.connect(str(file), read_only=True) as connection:
        return unknowns_of(connection)


def test_the_most_frequent_come_first_and_tools_are_told_from_words(tmp_path: Path) -> None:
    file = health_file(
        tmp_path,
        UNKNOWN,
        inserted(
            "health.unknown_words",
            [
                ("acme", "chat_transcripts", "tool", "find", 3),
                ("acme", "consents", "status", "paused", 9),
                ("acme", "chat_transcripts", "tool", "get_order", 40),
                ("acme", "chat_transcripts", "role", "narrator", 2),
            ],
        ),
        inserted(
            "health.unknown_fields",
            [
                ("acme", "orders", "mail", 2, "acme/orders/a.csv", "profile.email"),
                ("acme", "orders", "colour", 7, "acme/orders/a.csv", None),
            ],
        ),
    )
    found = read(file)
    assert [word.word for word in found.words] == ["get_order", "paused", "find", "narrator"]
    assert [word.word for word in found.tools] == ["get_order", "find"]
    assert [word.word for word in found.other_words] == ["paused", "narrator"]
    assert [(one.field, one.nearest) for one in found.fields] == [("colour", None), ("mail", "profile.email")]


def test_a_file_of_an_older_version_says_nothing_of_them(tmp_path: Path) -> None:
    assert read(health_file(tmp_path)) == Unknowns([], [])


@pytest.mark.parametrize(
    ("feed", "field", "word", "row"),
    [
        ("chat_transcripts", "tool", "get_order", "agent_tools.csv: get_order,,,"),
        ("consents", "status", "paused", "word_aliases.csv: consent_status,paused,<word>"),
        ("suppressions", "channel", "fax", "word_aliases.csv: suppression_channel,fax,<word>"),
        ("chat_transcripts", "role", "narrator", "word_aliases.csv: role,narrator,<word>"),
        ("orders", "status", 'on, "hold"', 'word_aliases.csv: order_status,"on, ""hold""",<word>'),
    ],
)
def test_the_seed_row_names_the_vocabulary_of_the_field(feed: str, field: str, word: str, row: str) -> None:
    assert UnknownWord("acme", feed, field, word, 1).seed_row == row


@pytest.mark.parametrize(
    ("field", "row", "is_of_fixed_set"),
    [
        ("mood", "toy_moods.csv: Début,<means>", False),
        ("channel", "word_aliases.csv: channel,Début,<word>", True),
        ("status", "word_aliases.csv: order_status,Début,<word>", True),
        ("kind", "word_aliases.csv: send_kind,Début,<word>", True),
    ],
)
def test_the_seed_row_of_a_vendors_word_is_its_adapters(field: str, row: str, is_of_fixed_set: bool) -> None:
    """A message asks for a new metric in the aliases, where nothing reads it; or each one that means nothing is a trouble."""
    with registered():
        word = UnknownWord("acme", FEED, field, "Début", 1)
        assert (word.seed_row, word.is_of_fixed_set) == (row, is_of_fixed_set)
