"""Instants, HTML and words of vendors, worked out by hand (spec §2.3.9)."""

from __future__ import annotations

from typing import Any

import pytest

from ..jsontext import Number
from .instants import instant, utc_text
from .plain_text import plain_text
from .words import vendor_word


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("2026-06-10T10:00:00Z", "2026-06-10T10:00:00.000000Z"),
        ("2026-06-10 12:00:00+02:00", "2026-06-10T10:00:00.000000Z"),
        ("2026-06-10T12:00:00.1234567+0200", "2026-06-10T10:00:00.123456Z"),
        ("2026-06-10T12:00+02", "2026-06-10T10:00:00.000000Z"),
        ("2026-06-10T10:00:00", "2026-06-10T10:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("2026-06-10", None),
        ("2026-02-30T10:00:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        (Number("1781085600"), "2026-06-10T10:00:00.000000Z"),
        (Number("1781085600.5"), "2026-06-10T10:00:00.500000Z"),
        (Number("9" * 40), None),
        (True, None),
    ],
)
def test_instants_of_vendors(given: Any, found: str | None) -> None:
    assert utc_text(given, in_seconds=True) == found
    assert instant(given, in_seconds=True) == (given if found is None else found)


def test_numbers_are_instants_only_in_a_unit_that_is_named() -> None:
    assert utc_text(Number("1781085600")) is None
    assert instant(" ") is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("  a < b\n\n\n\nand R&D ", "  a < b\n\n\n\nand R&D "),
        ("<p>Hi&nbsp;you</p>\n<p>a&amp;b</p>", "Hi\u00a0you\n a&b"),
        ("<div>one</div><div></div><div></div><div>two</div>", "one\n\ntwo"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("1 &lt;b&gt; 2", "1 <b> 2"),
        ("line\r\n one  two <b>bold</b>", "line one two bold"),
        (None, None),
    ],
)
def test_html_becomes_text(given: Any, found: Any) -> None:
    assert plain_text(given) == found


def test_vendors_words_are_compared_without_accents() -> None:
    assert vendor_word(" Compétence-FINALE ") == vendor_word("competence finale") == "competence_finale"
