"""Spec §2.3.7: HTML as text."""

from typing import Any

import pytest

from caw.adapters.html_text import html_text
from caw.formats.json_numbers import Number


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
        ("", ""),
        (None, None),
        (Number("7"), Number("7")),
    ],
)
def test_html_becomes_text(given: Any, expected: Any) -> None:
    """A message that shows tags, runs its lines together, or loses what only looks like a tag."""
    assert html_text(given) == expected
