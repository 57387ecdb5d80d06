"""A `.json` document cut into its elements, so that it is never parsed whole: 64 MiB of JSON can take gigabytes.

What belongs here: where elements begin and end, and the size and hash of one too large to be parsed. What does not:
what an element says (`strict_json.py`).
"""

import hashlib
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from caw.formats.strict_json import NotJson, parse

HELD_BACK = 1 << 20  # bytes of compact text that are hashed at once
CLOSER = {b"[": b"]", b"{": b"}"}

_BLANK = re.compile(rb"[ \t\r\n]*+")
# Possessive, so that a long text is walked once and without a memory of its escapes.
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_MARK = re.compile(rb"[\[\]{},]|" + _STRING + rb'|"', re.DOTALL)
_KEY = re.compile(rb"[ \t\r\n]*+(" + _STRING + rb")[ \t\r\n]*+:", re.DOTALL)
_SCALAR = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+'
_TOKEN = re.compile(rb"[ \t\r\n]*+(?:([\[\]{},:])|(" + _SCALAR + rb"(?:[eE][+-]?[0-9]++)?+|true|false|null))")


@dataclass(frozen=True)
class Measure:
    """An element that is too large to be parsed, without the white space between its tokens."""

    head: bytes
    length: int  # bytes
    sha256: str  # lower-case hex


def elements(content: bytes, start: int, end: int, depth: int) -> Generator[tuple[int, int], None, int]:
    """Starts and ends of a list's elements, or of an object's members; returns where it has closed.

    Args:
        content: a document in UTF-8.
        start: where the list or object begins, white space before it aside.
        end: where it ends at the latest.
        depth: levels of nesting allowed.

    Raises:
        NotJson: brackets or quotes do not match, an element is missing, or the nesting is too deep. The
            elements' content is not looked at beyond that.
    """
    open_brackets: list[bytes] = []
    begin, several = start, False
    for match in _MARK.finditer(content, start, end):
        mark = match.group()
        if mark in CLOSER:
            open_brackets.append(mark)
            if len(open_brackets) > depth:
                raise NotJson("nested too deep")
            if len(open_brackets) == 1:
                _refuse_any(content, start, match.start())
                begin = match.end()
        elif mark in (b"]", b"}"):
            if not open_brackets or CLOSER[open_brackets.pop()] != mark:
                raise NotJson("brackets do not match")
            if not open_brackets:
                if several or not _is_blank(content, begin, match.start()):
                    yield _element(content, begin, match.start())
                return match.end()
        elif mark == b",":
            if len(open_brackets) == 1:
                yield _element(content, begin, match.start())
                begin, several = match.end(), True
        elif len(mark) == 1:
            raise NotJson("a text does not end")
    raise NotJson("brackets do not match")


def value_begin(content: bytes, start: int, end: int) -> int | None:
    """The start of the next value; None where nothing but white space is left."""
    blank = _BLANK.match(content, start, end)
    begin = blank.end() if blank else start
    return begin if begin < end else None


def value_end(content: bytes, begin: int, end: int, depth: int) -> int:
    """The end of the object or scalar that begins here; raises NotJson as `elements` does."""
    if content[begin : begin + 1] in CLOSER:
        return _closing(content, begin, end, depth)
    token = _TOKEN.match(content, begin, end)
    if token is None or token.group(2) is None:
        raise NotJson("not strict JSON")
    behind = content[token.end() : token.end() + 1]
    if token.group(2)[-1:] != b'"' and (behind.isalnum() or behind in (b".", b"-", b"_")):
        raise NotJson("not strict JSON")  # 12abc and 007 are no two values
    return token.end()


def is_closed(content: bytes) -> bool:
    """Whether the bracket that a text begins with is closed in it."""
    try:
        return _closing(content, 0, len(content), len(content)) > 0
    except NotJson:
        return False


def _closing(content: bytes, start: int, end: int, depth: int) -> int:
    """The place after the bracket that opens at `start`; raises NotJson as `elements` does."""
    open_brackets: list[bytes] = []
    for match in _MARK.finditer(content, start, end):
        mark = match.group()
        if mark in CLOSER:
            open_brackets.append(mark)
            if len(open_brackets) > depth:
                raise NotJson("nested too deep")
        elif mark in (b"]", b"}"):
            if CLOSER[open_brackets.pop()] != mark:
                raise NotJson("brackets do not match")
            if not open_brackets:
                return match.end()
        elif mark == b'"':
            raise NotJson("a text does not end")
    raise NotJson("brackets do not match")


def member(content: bytes, start: int, end: int) -> tuple[str, int]:
    """An object's member: its name, and where its value begins; raises NotJson."""
    match = _KEY.match(content, start, end)
    if match is None:
        raise NotJson("a member without a name")
    return str(parse(match.group(1).decode("utf-8"))), match.end()


def measured(content: bytes, start: int, end: int, depth: int, kept: int = 0) -> Measure:
    """Check and measure an element without building it.

    Args:
        content: the document.
        start: where the element begins.
        end: where it ends.
        depth: levels of nesting allowed.
        kept: bytes of the compact text to keep.

    Raises:
        NotJson: it is not strict JSON, or nested too deep.
    """
    digest, held, head, length = hashlib.sha256(), bytearray(), bytearray(), 0
    for token in _tokens(content, start, end, depth):
        held += token
        if len(held) >= HELD_BACK:
            digest.update(held)
            head += held[: max(kept - len(head), 0)]
            length += len(held)
            held.clear()
    digest.update(held)
    head += held[: max(kept - len(head), 0)]
    return Measure(bytes(head), length + len(held), digest.hexdigest())


def compact(content: bytes, start: int, end: int, depth: int) -> str:
    """An element without the white space between its tokens; raises NotJson."""
    return b"".join(_tokens(content, start, end, depth)).decode("utf-8")


def first_byte(content: bytes, start: int, end: int) -> bytes:
    """The first byte that is no white space; empty where there is none."""
    blank = _BLANK.match(content, start, end)
    return content[blank.end() : blank.end() + 1] if blank else b""


def _tokens(content: bytes, start: int, end: int, depth: int) -> Iterator[bytes]:
    """The tokens of one value, in order; `expected` says what may come next."""
    open_brackets: list[bytes] = []
    expected = "value"
    while not (expected == "end" and _is_blank(content, start, end)):
        match = _TOKEN.match(content, start, end)
        if match is None:
            raise NotJson("not strict JSON")
        start = match.end()
        mark, scalar = match.groups()
        expected = _next(expected, mark, scalar, open_brackets)
        if len(open_brackets) > depth:
            raise NotJson("nested too deep")
        if scalar is not None and scalar[:1] == b'"' and b"\\u" in scalar:
            parse(scalar.decode("utf-8"))  # half a surrogate pair
        yield mark or scalar


def _next(expected: str, mark: bytes | None, scalar: bytes | None, open_brackets: list[bytes]) -> str:
    """The tokens that may follow one; `open_brackets` is kept up to date."""
    if scalar is not None:
        if expected in ("name", "name or close"):
            if scalar[:1] == b'"':
                return "colon"
        elif expected in ("value", "value or close"):
            return "comma or close" if open_brackets else "end"
    elif mark in CLOSER and expected in ("value", "value or close"):
        open_brackets.append(mark)
        return "value or close" if mark == b"[" else "name or close"
    elif mark == b":" and expected == "colon":
        return "value"
    elif mark == b"," and expected == "comma or close":
        return "value" if open_brackets[-1] == b"[" else "name"
    elif mark in (b"]", b"}") and expected.endswith("or close") and CLOSER[open_brackets[-1]] == mark:
        open_brackets.pop()
        return "comma or close" if open_brackets else "end"
    raise NotJson("not strict JSON")


def _element(content: bytes, begin: int, end: int) -> tuple[int, int]:
    if _is_blank(content, begin, end):
        raise NotJson("an element is missing")
    return begin, end


def _refuse_any(content: bytes, start: int, end: int) -> None:
    if not _is_blank(content, start, end):
        raise NotJson("there is something before the bracket")


def _is_blank(content: bytes, start: int, end: int) -> bool:
    return _BLANK.fullmatch(content, start, end) is not None
