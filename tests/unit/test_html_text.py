"""Spec §2.3.7: HTML as text."""

from typing import Any

import pytest

from caw.adapters.html_text import html_text
from caw.formats.json_numbers import Number
from tests.unit.test_words import GROWTH, MOST, SMALL, seconds


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>Hello</p><p>you &amp; me</p>", "Hello\nyou & me"),
        ("one<br>two<BR />three", "one\ntwo\nthree"),
        ("<div>a</div>\n\n<div></div><div></div><div></div><div>b</div>", "a\n \n\nb"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("a <b>bold</b>\r\n  word</p>", "a bold word"),
        ("1 &lt; 2&nbsp;&#33;", "1 < 2\u00a0!"),
        ("<p>if a < b and c > d</p>", "if a < b and c > d"),
        ("plain & simple: a < b\n\n\n\nc", "plain & simple: a < b\n\n\n\nc"),
        ("<b>no sign of HTML", "<b>no sign of HTML"),
        ("<p>if x <y and z</p> <b>a <br", "if x a <br"),
        (f"a&#{'9' * 5000};b</p>", "a\ufffdb"),
        (f"&#{'0' * 5000}65;&#x{'0' * 5000}41;&#00000033;</p>", "AA!"),
        ("", ""),
        (None, None),
        (Number("7"), Number("7")),
    ],
)
def test_html_becomes_text(given: Any, expected: Any) -> None:
    """A message that shows tags, runs its lines together, or loses what only looks like a tag."""
    assert html_text(given) == expected


@pytest.mark.parametrize("piece", ["<a", "<br", "</", "<!", "&#", "&#9", "&a", "<a>", " \n"])
def test_time_grows_with_the_text(piece: str) -> None:
    """A message of tags that do not end took time with the square of its length: hours for 1 MiB, in every later run."""
    small = min(seconds(html_text, "<br>" + piece * SMALL) for _ in range(3))
    assert seconds(html_text, "<br>" + piece * SMALL * GROWTH) < max(MOST * small, 0.05)
