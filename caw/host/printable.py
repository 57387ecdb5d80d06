"""Makes text of the data safe for a terminal: it may contain escapes that move the cursor or change the title; and fits
lines into its width.
"""

import re
import shutil
import sys
import textwrap

COLUMN = re.compile(r"\S {2,}(?=\S)")  # what stands between two columns of a table
LEAST_WIDTH = 20  # a narrower terminal says nothing of its width
WIDEST_HANGING = 0.6  # of the width: where the last column begins beyond it, the next lines begin at the left


def printable(text: str) -> str:
    """A text of one line without control characters; each becomes a replacement character."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def printable_lines(text: str) -> str:
    """A text of several lines, each made printable."""
    return "\n".join(map(printable, text.split("\n")))


def terminal_width() -> int | None:
    """Characters in a line of the terminal; None where output goes into a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(page: str, width: int | None) -> str:
    """A page's lines in as many as a width asks for; what follows stands under the last column, or a little indented.

    Args:
        page: lines of text.
        width: of the terminal; None where there is none, and lines stay as they are for who reads them.
    """
    if width is None or width < LEAST_WIDTH:
        return page
    return "\n".join(line if len(line) <= width else _wrapped(line, width) for line in page.split("\n"))


def _wrapped(line: str, width: int) -> str:
    """One line in several; a long word, such as a path, stays whole, and so do the columns' gaps."""
    words = line.lstrip()
    indent = min(len(line) - len(words), int(width * WIDEST_HANGING))  # far in, if a row begins with blanks
    line = " " * indent + words
    columns = [found.end() for found in COLUMN.finditer(line)]
    is_hanging = bool(columns) and columns[-1] <= width * WIDEST_HANGING
    if columns and not is_hanging and columns[-1] <= width:  # the last column does not fit: it begins on the next line
        below = " " * (indent + 2) + line[columns[-1] :]
        return "\n".join((line[: columns[-1]].rstrip(), below if len(below) <= width else _wrapped(below, width)))
    start = columns[-1] if is_hanging else indent
    rest = textwrap.wrap(
        line[start:],
        width - start,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
        subsequent_indent="" if is_hanging else "  ",
    )
    return "\n".join((line[:start] if place == 0 else " " * start) + part for place, part in enumerate(rest))
