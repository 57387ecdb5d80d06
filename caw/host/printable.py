"""What landed, as it may reach a terminal: a name or a text may hold escapes that move its cursor or its title."""


def printable(text: str) -> str:
    """A text of one line without control characters; each becomes a replacement character."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def printable_lines(text: str) -> str:
    """A text of several lines, each made printable."""
    return "\n".join(map(printable, text.split("\n")))
