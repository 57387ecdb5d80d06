"""HTML as text (spec §2.3.7)."""

import html
import re
from typing import Any

from caw.adapters.transcript_values import is_text

_IS_HTML = re.compile(r"</|<br|<p|<div|&(?:#[0-9]+|#x[0-9a-f]+|[a-z][0-9a-z]*);", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\v]+")  # of the source; a no-break space is a character of the text
_TAG = re.compile(r"<(/?)([a-z!][a-z0-9]*)[^>]*>", re.IGNORECASE)  # `a < b` has none
_LONG_NUMBER = re.compile("&#0*([0-9]{8})[0-9]*")  # no character's: Python makes no number of more than 4,300 digits
_LINE_ENDS = {("", "br"), ("/", "br"), ("/", "p"), ("/", "div"), ("/", "li")}
_MANY_LINE_FEEDS = re.compile(r"\n{3,}")


def html_text(value: Any) -> Any:
    """The text of HTML: no tags, entities decoded, a line feed where a line or a paragraph ends.

    A text without any sign of HTML, and what is no text, stays as it is.
    """
    if not is_text(value) or not _IS_HTML.search(value):
        return value
    text = re.sub(" +", " ", _without_tags(_SPACES.sub(" ", value)))
    return _MANY_LINE_FEEDS.sub("\n\n", html.unescape(_LONG_NUMBER.sub(r"&#\1", text)).strip())


def _without_tags(source: str) -> str:
    """A source without its tags, none of which ends after its last `>`: each of thousands would look there for one."""
    before, end, rest = source.rpartition(">")
    return _TAG.sub(_line_end, before + end) + rest


def _line_end(tag: re.Match[str]) -> str:
    return "\n" if (tag[1], tag[2].lower()) in _LINE_ENDS else ""
