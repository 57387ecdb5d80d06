"""The forms in which identifiers are matched are one rule in Python and in SQL, for every code point (spec §3.3).

A macro is called with a column of texts. All code points that it might treat in a way of its own go in one by one, the
others packed by the hundred: case folding and the removal of characters look at one character at a time.
"""

import os
import runpy
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from caw.feeds.keys import LONGEST_ID, ZERO_WIDTH, email_key, phone_key, short_id
from tests.support.macros import expressions
from tests.support.project import ProjectCopy, locations

ROOT = Path(__file__).resolve().parents[2]
SURROGATES = range(0xD800, 0xE000)
PACKED = 128  # code points in one text
COLUMN = "texts.one"
MACROS = ("email_key", "phone_key", "case_folded")
LONG = (1_000, 1_001, 2_500)  # characters of an id
# what is added before and after each character that is not plain: composition and trimming look at neighbours
AROUND = (("", ""), ("x", "@y.example"), ("\u0301", "e"), ("e", "\u0301"), ("\u00a0", "\u2003"), ("I", "\u0307"))


def code_points() -> Iterator[str]:
    """Every character there is."""
    return (chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES)


def is_odd(character: str) -> bool:
    """Whether some rule may treat it in a way of its own: case, composition, white space, digits, what is left out."""
    return (
        character.casefold() != character
        or character.lower() != character
        or character.upper() != character
        or unicodedata.normalize("NFC", character) != character
        or unicodedata.combining(character) != 0
        or character.isspace()
        or character.isdigit()
        or character in ZERO_WIDTH
        or ord(character) < 0x300
    )


@cache
def odd_characters() -> frozenset[str]:
    """The characters that are looked at one by one."""
    return frozenset(filter(is_odd, code_points()))


@cache
def folding_texts() -> list[str]:
    """Odd characters one by one and among others, plain ones packed.

    Characters that this Python's Unicode does not have yet stand apart from each other: a newer one may order them.
    """
    odd = sorted(odd_characters())
    others = (one for one in code_points() if one not in odd_characters())
    plain = "".join(f"{one}-" if unicodedata.category(one) == "Cn" else one for one in others)
    packed = [plain[at : at + PACKED] for at in range(0, len(plain), PACKED)]
    return ["", *packed, *(before + one + after for one in odd for before, after in AROUND)]


def phone_texts() -> list[str]:
    """Numbers as people write them, with each odd character at every end and in the middle."""
    odd = sorted(odd_characters())
    numbers = [
        "+49 (0)30 1234567", "0049301234567", "00000000000", "1234567", "123456", "12345678.0", "12345678.00", "1234567.0.0",
        "(0)(0)1234567", "(00)1234567", " 1234567.0 ", "1234567.0\u00a0", "tel:1234567", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "", "000", "001234567", "(0)01234567",
        "(000) 000-0000", "+00 000 0000", "0000000", "000000001",
    ]  # fmt: skip
    return [
        *numbers,
        *(f"{one}1234567" for one in odd),
        *(f"1234567{one}" for one in odd),
        *(f"123{one}4567.0" for one in odd),
    ]


@pytest.fixture(scope="module")
def sql(project: ProjectCopy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the macros write for a column, by name."""
    folder = tmp_path_factory.mktemp("keys")
    os.environ["CAW_DATA_DIR"] = str(folder)
    calls = {name: f"{name}('{COLUMN}')" for name in MACROS} | {"kept_id": f"kept_id('{COLUMN}', {LONGEST_ID})"}
    return expressions(calls, project.manifest(), locations(project.directory, folder / "target"))


def answers(expression: str, texts: Sequence[str]) -> list[str | None]:
    """What an SQL expression makes of each text."""
    with duckdb.connect() as connection:
        given = pa.table({"place": range(len(texts)), "one": list(texts)})
        connection.register("given", given)
        return [
            one for (one,) in connection.execute(f"select {expression} from given as texts order by place").fetchall()
        ]


def differences(
    expression: str, rule: Callable[[str], str | None], texts: Sequence[str]
) -> list[tuple[str, str | None, str | None]]:
    """Texts of which SQL makes something else than Python: (text, in SQL, in Python)."""
    found = zip(texts, answers(expression, texts), map(rule, texts), strict=True)
    return [(text, in_sql, in_python) for text, in_sql, in_python in found if in_sql != in_python]


def test_case_folding_is_unicode_s_for_every_code_point(sql: dict[str, str]) -> None:
    """SQL only lowers: STRASSE is not straße to it, and a person is not found."""
    assert differences(sql["case_folded"], str.casefold, folding_texts())[:10] == []


def test_an_address_has_one_form_in_python_and_in_sql(sql: dict[str, str]) -> None:
    """Who is matched by the models is not forgotten by Python, or the other way round."""
    assert differences(sql["email_key"], email_key, folding_texts())[:10] == []


def test_a_number_has_one_form_in_python_and_in_sql(sql: dict[str, str]) -> None:
    """As above; digits of other scripts are none."""
    assert differences(sql["phone_key"], phone_key, phone_texts())[:10] == []


def long_ids() -> list[str]:
    """Every character in ids of which some are shortened; and their short forms."""
    every = "".join(folding_texts())
    given = [every[at : at + length] for length in LONG for at in range(0, len(every), length)]
    return [*given, *map(short_id, given)]


def test_an_id_has_one_short_form_in_python_and_in_sql(sql: dict[str, str]) -> None:
    """An erasure compares ids of tables, whole or shortened, with those of lines."""
    assert {len(short_id(one)) for one in long_ids() if len(one) >= LONG[1]} == {965}
    assert differences(sql["kept_id"], short_id, long_ids())[:1] == []


def test_a_null_stays_one(sql: dict[str, str]) -> None:
    """An absent address matches the empty one."""
    with duckdb.connect() as connection:
        for name in ("email_key", "phone_key"):
            row = connection.execute(f"select {sql[name]} from (select null::varchar as one) as texts").fetchone()
            assert row == (None,)


def test_every_code_point_is_among_the_texts() -> None:
    """A range that is left out is tested by nobody."""
    seen = set("".join(folding_texts()))
    assert [one for one in code_points() if one not in seen] == []


def test_the_macro_is_what_its_script_writes() -> None:
    """A new Python knows more letters, or the file was edited by hand: run docs/make_case_folding.py."""
    writer = runpy.run_path(str(ROOT / "docs" / "make_case_folding.py"))
    assert writer["TARGET"].read_text(encoding="utf-8") == writer["macro"]()
