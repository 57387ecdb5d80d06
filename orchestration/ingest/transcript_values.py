"""How single values of a transcript are read (contract 2 and 2.2): texts, ids, and what stands at a path."""

from typing import Any

from orchestration.ingest.lexical import NotJson, Number, parse

# Unicode's White_Space; Python's own strip() takes four control characters more.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def text_of(content: Any) -> str:
    """A content's text: itself, or the texts of its parts put together; parts without text (images) have none."""
    if isinstance(content, list):
        texts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "".join(text for text in texts if _is_text(text))
    return content if _is_text(content) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def parsed(text: str) -> Any:
    """What a JSON text holds; None for any other text."""
    try:
        return parse(text)
    except NotJson:
        return None


def in_result(result: Any, text: str, path: str) -> Any:
    """`result` is the result itself, a plain text or the JSON value it is; `result.a.b` stands inside its JSON."""
    _, _, inner = path.partition(".")
    if inner:
        return at(result, inner)
    return text if result is None else result


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of names, or None."""
    for name in path.split(".") if path else [""]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_id(value: Any) -> str:
    """An id as text (contract 2): a non-blank text, trimmed, or a JSON integer; "" for anything else."""
    if isinstance(value, Number):
        return str(value) if value.lstrip("-").isdigit() else ""
    return value.strip(WHITE) if isinstance(value, str) else ""


def is_absent(value: Any) -> bool:
    """True for null and blank texts (contract 2)."""
    return value is None or (isinstance(value, str) and not value.strip(WHITE))
