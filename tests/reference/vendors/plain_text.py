"""HTML becomes text (spec §2.3.7)."""

from __future__ import annotations

import html
import re
from typing import Any

_MARKS = re.compile(r"</|<br|<p|<div|&[#0-9A-Za-z]+;", re.IGNORECASE)  # spec §2.3.7: what makes a text HTML
_BREAK = re.compile(r"<br\b[^>]*>|</(?:p|div|li)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")
_SOURCE_SPACE = re.compile(r"[ \t\r\n\f]+")


def plain_text(raw: Any) -> Any:
    """The text of HTML; a text without any mark of it, and what is no text, as it is.

    Tags out, `br` `/p` `/div` `/li` to line feeds, entities decoded, trimmed, no more than two line feeds in a row;
    line breaks of the source are spaces, and spaces in a row are one.
    """
    if not isinstance(raw, str) or not _MARKS.search(raw):
        return raw
    text = _SOURCE_SPACE.sub(" ", raw)
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = html.unescape(re.sub(" {2,}", " ", text))
    return re.sub("\n{3,}", "\n\n", text.strip())
