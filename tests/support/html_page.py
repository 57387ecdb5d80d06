"""What a browser would make of a report page: its elements, attributes and words."""

from html.parser import HTMLParser

# All that a page is made of; whatever else is in one came out of the data.
ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "div", "section", "span"}
    | {"strong", "footer", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "line", "text", "g"}
)
ATTRIBUTES = frozenset(
    {"lang", "charset", "http-equiv", "content", "name", "id", "class", "scope", "data-of", "role", "aria-label"}
    | {"aria-hidden", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "fill", "stroke", "text-anchor"}
)


class Elements(HTMLParser):
    """The elements and attributes of a document, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def elements(html: str) -> Elements:
    """The elements of a page."""
    found = Elements()
    found.feed(html)
    return found


def foreign(html: str) -> set[str]:
    """The elements, attributes and characters of a page that are none of its own: none, where all data is escaped."""
    found = elements(html)
    control = {character for character in html if not character.isprintable() and character != "\n"}
    return (found.names - ELEMENTS) | (found.attributes - ATTRIBUTES) | control
