"""Members of lines that are no JSON, found by what they look like; the time grows with the line.

What does not belong here: which members name people (finding.py).
"""

import re
from collections.abc import Iterator

from caw.erasure.json_edits import Unescaped, without_nul

# In a line that is no JSON: a member's name and its text or number, which the line's end may cut off; in single quotes
# where Python printed it.
_VALUE = (
    r"""(?:"([^"\\]{0,256}(?:\\.[^"\\]{0,256}){0,64})(?:"|$)"""
    r"""|'([^'\\]{0,256}(?:\\.[^'\\]{0,256}){0,64})(?:'|$)"""
    r"|(-?[0-9]{1,64}(?:\.0+)?)(?![0-9.]))"
)
_NAME = r"""["']([^"'\\]{1,64})["'][ \t]{0,8}:[ \t]{0,8}"""
_ELEMENT = re.compile(_VALUE, re.DOTALL)
_MEMBER = re.compile(_NAME + _VALUE, re.DOTALL)
_LIST = re.compile(_NAME + r"\[([^\[\]{}]{0,4096})")


def members_in(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of the texts and numbers of a broken line's members, lists' elements one by one; also of JSON that
    is a text there."""
    text = without_nul(text)
    for given in dict.fromkeys((text, Unescaped(text, levels=1).text)):
        for name, *written in _MEMBER.findall(given):
            yield name, _value(*written)
        for name, elements in _LIST.findall(given):
            for written in _ELEMENT.findall(elements):
                yield name, _value(*written)


def _value(in_quotes: str, in_single_quotes: str, number: str) -> str:
    return _read(in_quotes or in_single_quotes) or number


def _read(written: str) -> str:
    """A JSON text without its quotes, its escapes read as far as they are whole."""
    return Unescaped(written, levels=1).text if "\\" in written else written
