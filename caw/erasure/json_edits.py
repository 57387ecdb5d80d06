"""Replaces texts of a JSON line and nothing else of it: numbers, names, spaces and other texts stay as written.

What also belongs here: reading the escapes of a line that is no JSON. What does not: which texts are replaced.
"""

import json
import re
from collections.abc import Callable, Mapping
from itertools import accumulate

from caw.erasure.words import Span
from caw.formats.json_numbers import Number
from caw.formats.strict_json import quote

Path = tuple[str | int, ...]  # names of members and places in lists, from the whole line inwards
Edit = Callable[[str], str | None]  # a text's new text, or None where it stays; numbers come as `Number`

_TOKEN = re.compile(r'[\[\]{},]|"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([/"\\bfnrt]))')
_MEANING = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def edited(text: str, edits: Mapping[Path, Edit]) -> str:
    """A line, the text of JSON, with the texts and numbers at some paths replaced; repeated members each."""
    parts: list[str] = []
    done = 0
    path: list[str | int] = []
    names: list[bool] = []  # for each open object or list: whether a name comes next (never in a list)
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "{[":
            names.append(mark == "{")
            path.append("" if mark == "{" else 0)
        elif mark in "}]":
            names.pop()
            path.pop()
        elif mark == ",":
            here = path[-1]
            names[-1] = isinstance(here, str)
            path[-1] = here if isinstance(here, str) else here + 1
        elif names and names[-1]:
            path[-1] = json.loads(mark)
            names[-1] = False
        elif (edit := edits.get(tuple(path))) is not None:
            value = json.loads(mark) if mark.startswith('"') else Number(mark)
            new = edit(value)
            if new is not None and new != value:
                parts += [text[done : token.start()], quote(new)]
                done = token.end()
    return "".join(parts) + text[done:]


def inside(edits: Mapping[Path, Edit]) -> Edit:
    """An edit of a text that is itself JSON."""
    return lambda text: edited(text, edits)


def without_nul(text: str) -> str:
    """A line that is no JSON as it reads: in UTF-16 each letter of ASCII has a NUL next to it."""
    return text.replace("\0", "")


class Unescaped:
    """A text that may be JSON in part, with its escapes read, and where each of its characters was written."""

    def __init__(self, text: str, levels: int = 2) -> None:
        self.text = text
        self._ends: list[int] | None = None  # where each character ended in the text as given; None: all are one long
        for _ in range(levels):  # JSON may be a text within JSON
            if "\\" in self.text:
                self._read()

    def given(self, span: Span) -> Span:
        """The place of a span of the read text in the text as it was given."""
        start, end = span
        if self._ends is None:
            return span
        return (self._ends[start - 1] if start else 0), self._ends[end - 1]

    def _read(self) -> None:
        parts: list[str] = []
        lengths: list[int] = []
        done = 0
        for match in _ESCAPE.finditer(self.text):
            code, sign = match.groups()
            parts += [self.text[done : match.start()], chr(int(code, 16)) if code else _MEANING.get(sign, sign)]
            lengths += [1] * (match.start() - done)
            lengths.append(match.end() - match.start())
            done = match.end()
        lengths += [1] * (len(self.text) - done)
        ends = list(accumulate(lengths))
        before = self._ends
        self._ends = ends if before is None else [before[end - 1] for end in ends]
        self.text = "".join(parts) + self.text[done:]
