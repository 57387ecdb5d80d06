"""Makes text of the data safe for a terminal: it may contain escapes that move the cursor or change the title."""


def printable(text: str) -> str:
    """A text of one line without control characters; each becomes a replacement character."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def printable_lines(text: str) -> str:
    """A text of several lines, each made printable."""
    return "\n".join(map(printable, text.split("\n")))
