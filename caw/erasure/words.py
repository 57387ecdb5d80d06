"""Finds where a text names a person: e-mails, phones and ids as whole words (spec §6.4 and §6.5).

A text is cut into candidates, and each is looked up: by its plain form while a person is being forgotten, by its keyed
hash afterwards, when nothing else is known. Both see the same candidates, so that the order of delivery makes no
difference, and the number of people makes none to the time, which grows with the text alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from caw.erasure.identifiers import Identifier
from caw.feeds.keys import PHONE_DIGITS, ZERO_WIDTH, email_key, is_long_id, phone_key, short_id

FORGOTTEN = "[forgotten]"  # what is left where an e-mail or phone was cut out

MOST_LOCAL = 128  # code points before an @, and after it: standards allow 64 and 255
MOST_DOMAIN = 255
MOST_STARTS = 8  # of one address: each sign such as ' or / may belong to it or come before it
MOST_ENDS = 4
MOST_LOOKED_UP = (
    10_000  # numbers of a text that are remembered: one that repeats a few must not be hashed at each place
)
MOST_PHONE_DIGITS = 20  # numbers have 15 at most, and some are written with 00, a (0) or a .0
MOST_WORDS = 10  # of one id
MOST_PASSES = 5  # what is cut out ends words, where two of them touched
MOST_SIGNS = 2  # at either end of an id, which are no letters or digits

Knows = Callable[[Identifier], bool]
Span = tuple[int, int]

_BEFORE_ADDRESS = frozenset("._%+-")
_IN_LOCAL = _BEFORE_ADDRESS | frozenset("!#$&'*/=?^`{|}~")
_IN_DOMAIN = frozenset(".-_")
_ZERO_WIDTH = frozenset(ZERO_WIDTH)
_SPACES = " \u00a0\u2000-\u200a\u202f\u205f\u3000"
_PHONE_RUN = re.compile(rf"[0-9+()\-./{_SPACES}]{{{PHONE_DIGITS},}}")
_DIGITS = re.compile(r"[0-9]+")
_WORD = re.compile(r"[^\W_]+")


def names_contact(text: str, knows: Knows, is_id: bool = False) -> bool:
    """Whether a text, or an id or a path, contains a known e-mail or phone as a whole word."""
    return next(_contacts(text, knows, is_id), None) is not None


def names_id(text: str, kinds: tuple[str, ...], knows: Knows) -> bool:
    """Whether a text contains a known id of one of the kinds as a whole word: no letter or digit on either side."""
    words = dict.fromkeys(map(short_id, _ids(text)))
    return any(knows(Identifier(kind, word)) for word in words for kind in kinds)


def may_name(text: str, kinds: tuple[str, ...], knows: Knows) -> bool:
    """Whether an id contains a known e-mail, phone, or id of one of the kinds, or is so long that it is compared by a
    short form, in which a part of it is missing."""
    return is_long_id(text) or names_contact(text, knows, is_id=True) or names_id(text, kinds, knows)


def contact_spans(text: str, knows: Knows) -> list[Span]:
    """The places of known e-mails and phones in a text, as whole words; sorted, none within another."""
    spans: list[Span] = []
    for start, end in sorted(_contacts(text, knows)):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def without_contacts(text: str, knows: Knows) -> str:
    """A text with `[forgotten]` in place of known e-mails and phones; doing it twice changes nothing."""
    for _ in range(MOST_PASSES):
        spans = contact_spans(text, knows)
        if not spans:
            break
        text = without_spans(text, spans)
    return text


def without_spans(text: str, spans: list[Span]) -> str:
    """A text with `[forgotten]` in place of the spans, which are sorted."""
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], FORGOTTEN]
        done = end
    return "".join(parts) + text[done:]


def _contacts(text: str, knows: Knows, is_id: bool = False) -> Iterator[Span]:
    for start, end in _addresses(text):
        email = email_key(text[start:end])
        if email is not None and knows(Identifier("email", email)):
            yield start, end
    looked_up: dict[str, bool] = {}
    for start, end in _phones(text, _anywhere if is_id else _spaced):
        written = text[start:end]
        if (is_known := looked_up.get(written)) is None:
            phone = phone_key(written)
            is_known = phone is not None and knows(Identifier("phone", phone))
            if len(looked_up) < MOST_LOOKED_UP:
                looked_up[written] = is_known
        if is_known:
            yield start, end


def _addresses(text: str) -> Iterator[Span]:
    at = text.find("@")
    while at >= 0:
        ends = _ends(text, at)
        if ends:
            yield from ((start, end) for start in _starts(text, at) for end in ends)
        at = text.find("@", at + 1)


def _starts(text: str, at: int) -> list[int]:
    found: list[int] = []
    for start in range(at - 1, max(at - 1 - MOST_LOCAL, -1), -1):
        character = text[start]
        if character in _ZERO_WIDTH:
            continue
        if not (character in _IN_LOCAL or _is_letter_or_digit(character)):
            break
        before = _before(text, start)
        if not (before in _BEFORE_ADDRESS or _is_letter_or_digit(before)):
            found.append(start)
            if len(found) == MOST_STARTS:
                break
    return found


def _ends(text: str, at: int) -> list[int]:
    found: list[int] = []
    for last in range(at + 1, min(at + 1 + MOST_DOMAIN, len(text))):
        character = text[last]
        if character in _ZERO_WIDTH:
            continue
        if not (character in _IN_DOMAIN or _is_letter_or_digit(character)):
            break
        place, after = _after(text, last + 1)
        goes_on = _is_letter_or_digit(after) or (
            after in (".", "-") and _is_letter_or_digit(_after(text, place + 1)[1])
        )
        if not goes_on:
            found.append(last + 1)
            if len(found) == MOST_ENDS:
                break
    return found


def _before(text: str, place: int) -> str:
    """The character before a place that is not of zero width; "" where there is none."""
    place -= 1
    while place >= 0 and text[place] in _ZERO_WIDTH:
        place -= 1
    return text[place] if place >= 0 else ""


def _after(text: str, place: int) -> tuple[int, str]:
    """The first character from a place on that is not of zero width, and its place; "" at the end."""
    while place < len(text) and text[place] in _ZERO_WIDTH:
        place += 1
    return place, text[place : place + 1]


def _phones(text: str, may_cut: Callable[[str, int, int], bool]) -> Iterator[Span]:
    """Every part of a run of digits and separators that may be a number. A text is cut at spaces: `12 5550100` contains
    a number, the number `555-0100-22` no shorter one. An id is cut at every sign: `5550100-2026` contains one."""
    for run in _PHONE_RUN.finditer(text):
        groups = [match.span() for match in _DIGITS.finditer(text, *run.span())]
        for first, (start, _) in enumerate(groups):
            is_first = not first or may_cut(text, groups[first - 1][1], start)
            if not is_first or (start and _is_letter_or_digit(text[start - 1])):
                continue
            digits = 0
            opened = _opened(text, run.start(), start)
            for place in range(first, len(groups)):  # ends soon; a slice would copy the rest of a long line
                begin, end = groups[place]
                digits += end - begin
                if digits > MOST_PHONE_DIGITS:
                    break
                is_last = place == len(groups) - 1 or may_cut(text, end, groups[place + 1][0])
                if digits >= PHONE_DIGITS and is_last and not _is_letter_or_digit(text[end : end + 1]):
                    yield opened, end


def _spaced(text: str, start: int, end: int) -> bool:
    return any(character.isspace() for character in text[start:end])


def _anywhere(_text: str, _start: int, _end: int) -> bool:
    return True


def _opened(text: str, least: int, start: int) -> int:
    """The start of a number that has its first digit at `start`: a + or ( before it, if there is one."""
    while start > least and text[start - 1] in "+(":
        start -= 1
    return start


def _ids(text: str) -> Iterator[str]:
    """Every run of whole words, with and without the signs around it that may belong to an id."""
    yield text
    words = [match.span() for match in _WORD.finditer(text)]
    starts = [_id_starts(text, begin) for begin, _ in words]
    ends = [_id_ends(text, end) for _, end in words]
    for first, begins in enumerate(starts):
        for finishes in ends[first : first + MOST_WORDS]:
            yield from (text[start:end] for start in begins for end in finishes)


def _id_starts(text: str, begin: int) -> list[int]:
    places = range(begin, max(begin - MOST_SIGNS, 0) - 1, -1)
    return [start for start in places if not start or not _is_letter_or_digit(text[start - 1])]


def _id_ends(text: str, end: int) -> list[int]:
    places = range(end, min(end + MOST_SIGNS, len(text)) + 1)
    return [end for end in places if end == len(text) or not _is_letter_or_digit(text[end])]


def _is_letter_or_digit(character: str) -> bool:
    """True for letters and digits of all alphabets, and for the marks that belong to a letter."""
    if character.isascii():
        return character.isalnum()
    return character.isalnum() or unicodedata.category(character).startswith("M")
