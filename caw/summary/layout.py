"""Lines of the summary: a heading and words that fit into 80 columns."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from caw.host.printable import printable
from caw.summary.marts import Row

HEADING = 12  # columns
WIDTH = 80 - HEADING  # columns after the heading
NO_BREAK = "\N{NO-BREAK SPACE}"
LONGEST_NAME = 40  # characters of a name from the data; `caw doctor` shows more


def together(text: str) -> str:
    """Words that stay on one line."""
    return text.replace(" ", NO_BREAK)


def in_line(text: str) -> str:
    """A name from the data, cut to what goes into a line."""
    return cut(printable(text), LONGEST_NAME)


def cut(text: str, longest: int) -> str:
    """A text of at most so many characters, with an ellipsis where more were cut off."""
    return text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def fitting(head: str, items: Sequence[str]) -> str:
    """The head and as many of the items as fit into one line, one at least, and how many more there are."""
    count = 1
    while count < len(items) and len(head + listed(items, count + 1)) <= WIDTH:
        count += 1
    return cut(head + listed(items, count), WIDTH)


def headed(heading: str, texts: Iterable[str]) -> Iterator[Row]:
    """Rows of texts, the first one with the heading."""
    for place, text in enumerate(texts):
        yield "" if place else heading, text


def wrapped(heading: str, text: str, indent: str = "") -> Iterator[Row]:
    """A row in as many lines as 80 columns ask for; a long path stays whole."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return headed(heading, (line.replace(NO_BREAK, " ") for line in lines))


def listed(items: Iterable[str], at_most: int) -> str:
    """So many of the items, and how many more there are."""
    texts = list(items)
    more = [f"and {len(texts) - at_most} more"] if len(texts) > at_most else []
    return "; ".join([*texts[:at_most], *more])


def many(count: int, noun: str) -> str:
    """A count and its noun, in the plural unless it is one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
