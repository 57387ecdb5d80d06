"""Strict JSON, canonical numbers, and the prefilter, which must miss nothing that an engine reads in its own way."""

import json
import random
from decimal import ROUND_DOWN, Decimal, localcontext
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from caw.feeds.declared import feeds
from caw.formats import prefilter
from caw.formats.json_numbers import Number, canonical_number
from caw.formats.odd_bytes import BLOCK
from caw.formats.prefilter import suspicious_lines
from caw.formats.strict_json import NotJson, dump, dump_record, parse, validate
from caw.formats.validated import lines_of_texts
from caw.limits import DEFAULT_LIMITS
from tests.support.odd_values import AMOUNTS, BAD, ODD_INSTANTS

SUITE = Path(__file__).resolve().parents[3] / "shared" / "data" / "adversarial" / "json_test_suite"

MONEY = frozenset({"total", "price"})


def prefiltered(*lines: str) -> list[int]:
    return suspicious_lines(pa.array(lines, pa.string())).to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"a":NaN}',
        '{"a":nan}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":-inf}',
        '{"a":1,}',
        '{"a":[1, ]}',
        "{'a':1}",
        '{"a":01}',
        '{"a":+1}',
        '{"a":.5}',
        '{"a":1.}',
        '{"a":1}//x',
        '{"a":"\t"}',
        '{"a":"\\x41"}',
        '\ufeff{"a":1}',
        '{"a":1}\x00',
        '{"a":1}\x0b',
        '{"a":"\\ud800"}',
        '{"a":"\\udc00\\ud800"}',
        '{"a":"\\ud83dx\\ude00"}',
        '{"\\udfaa":1}',
        '{"a":"\\ud800","a":1}',
        '{"a":"\ud800"}',
        '{"a":1}{"b":2}',
    ],
)
def test_what_is_no_strict_json_is_refused_and_found_by_the_prefilter(text: str) -> None:
    assert validate(text) == ("not_json", None)
    if "\ud800" not in text:  # a raw lone surrogate cannot even be in an Arrow string
        assert prefiltered('{"a":1}', text) == [1]


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "null", " [1] ", "true"])
def test_json_that_is_no_object_says_so(text: str) -> None:
    assert validate(text) == ("not_an_object", None)
    assert prefiltered(text) == [0]


@pytest.mark.parametrize(
    "text",
    ['{"a":1}', ' \t{"a" : [1, -2, 0.5] }\r', '{"a":"\\ud83d\\ude00\\u0000"}', '{"total":12345678.90}', "{}"],
)
def test_text_that_all_engines_read_alike_stays_as_it_is(text: str) -> None:
    assert validate(text, MONEY) == (None, None)


def test_of_repeated_keys_the_last_is_kept_wherever_fields_stand() -> None:
    """DuckDB gives the first of repeated keys."""
    lines = [
        '{"a":1,"a":2}',
        '{"profile":{"email":"x","email":"y"}}',
        '{"items":[{"price":1},{"price":2,"price":3}]}',
        '{"products":["a",{"id":"b","id":"c"}]}',
        '{"a":1,"\\u0061":2}',
    ]
    assert prefiltered('{"a":1}', *lines) == [1, 2, 3, 4, 5]
    assert [validate(line)[1] for line in lines] == [
        '{"a":2}',
        '{"profile":{"email":"y"}}',
        '{"items":[{"price":1},{"price":3}]}',
        '{"products":["a",{"id":"c"}]}',
        '{"a":2}',
    ]


def test_unknown_members_are_those_of_what_is_read() -> None:
    """The profile that is read is the last, and the members that no rule reads are those of the first."""
    lines = [
        '{"profile":{"nick":1},"profile":{"city":2}}',
        '{"note":1,"profile":{"city":2}}',
        '{"total":1e2,"profile":{"city":2},"profile":"x"}',
    ]
    found = lines_of_texts([1, 2, 3], lines, {}, 0, feeds()["orders"], DEFAULT_LIMITS).validate()
    assert found.unknown_fields.to_pylist() == ['["profile.city"]', '["note", "profile.city"]', None]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("12", "12"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("5e0", "5.0"),
        ("1E+2", "100.0"),
        ("1.5e1", "15.0"),
        ("125e-2", "1.25"),
        ("0.0049999999", "0.004999"),
        ("1.9999999", "1.999999"),
        ("-1.9999999", "-1.999999"),
        ("-0.0000000001", "-0.000001"),
        ("-1e-400", "-0.000001"),
        ("1e-400", "0.0"),
        ("1e-6", "0.000001"),
        ("0e999999999999", "0.0"),
        ("-0e5", "0.0"),
        ("1e34", "9" * 34 + ".0"),
        ("1e33", "1" + "0" * 33 + ".0"),
        ("-1e400", "-" + "9" * 34 + ".0"),
        ("1e" + "9" * 5000, "9" * 34 + ".0"),
        ("0." + "0" * 5000 + "1", "0.0"),
        ("5.10", "5.10"),
    ],
)
def test_a_number_becomes_a_plain_decimal_cut_toward_zero(token: str, expected: str) -> None:
    assert canonical_number(token) == expected


def test_long_money_becomes_a_string_and_other_numbers_do_not() -> None:
    """A binary double has 15 sure digits; a numeric string keeps all of them."""
    text = '{"total":12345678901234.56,"items":[{"price":1e20}],"quantity":12345678901234.56}'
    assert validate(text, MONEY) == (
        None,
        '{"total":"12345678901234.56","items":[{"price":"100000000000000000000.0"}],"quantity":12345678901234.56}',
    )
    assert validate('{"price":12345678901234.56}', frozenset()) == (None, '{"price":12345678901234.56}')
    assert validate('{"price":1234567890123.45}', MONEY) == (None, None)


def test_depth_is_limited_and_never_overflows_the_stack() -> None:
    deep = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    assert validate(deep) == ("not_json", None)
    assert validate('{"a":' * 100_000) == ("not_json", None)
    assert validate('{"a":' + "[" * 499 + "]" * 499 + "}") == (None, None)
    assert validate('{"a":' + "[" * 500 + "]" * 500 + "}") == ("not_json", None)
    assert validate('{"a":"' + "[" * 1000 + '"}') == (None, None), "brackets in a string nest nothing"
    assert validate('{"a":"' + '\\"[' * 100_000) == ("not_json", None)
    assert prefiltered('{"a":' + "[" * 600 + "]" * 600 + "}") == [0]


def test_parsing_and_writing_keeps_every_digit() -> None:
    text = '{"a":1.10,"b":[1e5,-0,12345678901234567890],"c":{"d":"é\\n","e":null,"f":true}}'
    assert dump(parse(text)) == text
    assert isinstance(parse("1.0"), Number)
    with pytest.raises(NotJson):
        parse("[1,]")


def test_the_prefilter_finds_what_lies_across_its_blocks() -> None:
    for shift in range(6):
        filler = "x" * (BLOCK - len('{"a":"","b":1e') + shift - 3)
        assert prefiltered(f'{{"a":"{filler}","b":1e5}}') == [0]


def test_the_prefilter_leaves_ordinary_lines_alone() -> None:
    """Each false alarm costs a slow look; dates, clocks, ids and words must not raise one."""
    assert (
        prefiltered(
            '{"occurred_at": "2026-03-01T00:00:30.123456789Z", "n": -0.5}',
            '{"id":"3e1a-4e12-9","text":"More information, 5 euros, and 1e in finance"}',
            '{"occurred_at":1700000000.123456,"total":199.99,"items":[],"profile":{}}',
            '{"a":[{"b":1}, {"b":2}],"profile":null}',
        )[1:]
        == []
    )


@pytest.mark.parametrize(
    "value",
    ["-0", "-0.5", "1e5", "-1E+2", "0.1234567", "8000000000.5", "12345678901.5", "nan", "-inf", f"{'1' * 50}.5"],
)
@pytest.mark.parametrize(
    "around", ['{{"a":{}}}', '{{"a" :\t{}}}', '{{"a":["b",{}]}}', '{{"a":[{} ]}}', '{{"t":"12:1 ","a": {}}}']
)
def test_a_value_that_engines_read_in_their_own_way_is_found_wherever_it_may_stand(value: str, around: str) -> None:
    """The prefilter knows a value by the bytes before it; one way of writing it that it does not know is a wrong sum."""
    assert prefiltered('{"a":1}', around.format(value), '{"t":"12:30:15,2"}') == [1]


def test_shapes_known_from_earlier_chunks_are_told_from_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of one line of each shape the keys are looked at, once a thread."""
    monkeypatch.setattr(prefilter, "MOST_SHAPES", 3)
    lines = [
        '{"a":1}',
        '{"a":1,"a":2}',
        '{"items":[{"b":1,"b":2}]}',
        '{"items":[{"b":1}]}',
        '{"c":1}',
        '{"c":',
        '{"d":1,"d":1}',
    ]
    for first in (*range(len(lines)), *range(len(lines))):
        turned = lines[first:] + lines[:first]
        assert [turned[index] for index in prefiltered(*turned)] == [
            line for line in turned if line in (lines[1], lines[2], lines[5], lines[6])
        ]


def test_the_prefilter_takes_slices_and_empty_columns() -> None:
    lines = pa.array(['{"a":1e5}', '{"a":1}', '{"a":1e5}', "x"])
    assert suspicious_lines(lines.slice(1, 2)).to_pylist() == [1]
    assert suspicious_lines(lines.slice(4)).to_pylist() == []
    assert suspicious_lines(pa.array(["", '{"a":1}', ""])).to_pylist() == [0, 2]
    assert suspicious_lines(pa.array([""])).to_pylist() == [0]


def _random_token(dice: random.Random) -> str:
    whole = dice.choice(["0", str(dice.randrange(1, 10)), str(dice.randrange(10 ** dice.randrange(1, 22)) + 1)])
    fraction = dice.choice(["", "." + "".join(dice.choices("0123456789", k=dice.randrange(1, 12)))])
    exponent = dice.choice(["", "", "", f"{dice.choice('eE')}{dice.choice(['', '+', '-'])}{dice.randrange(30)}"])
    return dice.choice(["", "-"]) + whole + fraction + exponent


def test_the_engine_reads_every_number_as_exact_decimal_arithmetic_does() -> None:
    """The one property that all number rules serve: no double may change money, to six decimals."""
    dice = random.Random(7)
    tokens = [_random_token(dice) for _ in range(4000)]
    lines = [f'{{"total":{dice.choice(["", " "])}{token}}}' for token in tokens]
    documents = list(lines)
    for index in prefiltered(*lines):
        documents[index] = validate(lines[index], MONEY)[1] or lines[index]
    read = duckdb.execute("select unnest(?::varchar[])->>'total'", [documents]).fetchall()
    with localcontext(prec=80):
        for token, (text,) in zip(tokens, read, strict=True):
            exact = Decimal(token)
            cut = exact.quantize(Decimal("0.000001"), ROUND_DOWN)
            if exact < 0 and cut == 0:
                cut = Decimal("-0.000001")
            if abs(exact) < 10**34:
                assert Decimal(text) == cut, token
            else:
                assert abs(Decimal(text)) >= 10**30, token
            assert any(mark in text for mark in ".e") == any(mark in token for mark in ".eE"), token


@pytest.mark.skipif(not SUITE.is_dir(), reason="the shared adversarial data is not here")
def test_the_json_test_suite_is_told_apart() -> None:
    """Every n_ case that is one line of UTF-8 is not_json; every y_ case gets past that."""
    seen = 0
    for case in sorted(SUITE.glob("[yn]_*.json")):
        try:
            text = case.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "\n" in text or not text.strip(" \t\r"):
            continue
        for line in (text, f'{{"a":{text}}}'):
            rejection = validate(line)[0] if prefiltered(line) else None
            expected = ("not_json",) if case.name.startswith("n_") else (None, "not_an_object")
            assert rejection in expected, (case.name, line)
        seen += 1
    assert seen > 200


def test_canonical_text_is_json_itself() -> None:
    canonical = validate('{"é":"\\u2028\\"","a":[1e1,{"b":[],"c":{}}],"total":-0.00000001}', MONEY)[1]
    assert canonical is not None
    assert json.loads(canonical) == {"é": '\u2028"', "a": [10.0, {"b": [], "c": {}}], "total": -0.000001}


@pytest.mark.parametrize("outside", ["{%s}", '{"a":{%s}}', '{"a":{"b":{%s}}}', '{"a":[{"b":[{%s}]}]}'])
def test_a_record_is_written_as_a_canonical_document_at_every_depth(outside: str) -> None:
    """Derived records and the lines that engines read would have other numbers and texts."""
    values = [*BAD, *AMOUNTS, *ODD_INSTANTS, '"say \\"no\\""', '"日本語 🙂\\u2028"']
    value = parse(outside % ",".join(f'"m {place} \\n":{token}' for place, token in enumerate(values)))
    assert dump_record(value) == dump(value, canonical=True)


@pytest.mark.parametrize("value", [parse("[" * 400 + "]" * 400), 2**70, "\ud800", parse("1e400"), parse("-0.0")])
def test_a_record_is_written_whatever_is_in_it(value: object) -> None:
    """One record that the quick writer refuses, or writes in its own way, ends the run or is another version."""
    record = {"a": {"b": [value]}, "c": "d"}
    assert dump_record(record) == dump(record, canonical=True)
