"""How single values of a transcript are read (contract 2 and 2.2): texts, ids, and what stands at a path."""

from typing import Any

from orchestration.ingest.lexical import NotJson, Number, canonical_number, parse


def text_of(content: Any) -> Any:
    """A content's text: itself, or the texts of its parts put together; parts without text (images) have none.

    What is of another type comes back as it is: staging refuses the record that holds it.
    """
    if not isinstance(content, list):
        return "" if content is None else content
    texts = [part.get("text") if isinstance(part, dict) else part for part in content]
    texts = [text for text in texts if text is not None]
    return next((text for text in texts if not is_text(text)), "".join(map(str, texts)))


def is_text(value: Any) -> bool:
    """True for a JSON string; numbers are kept as texts of their own kind."""
    return isinstance(value, str) and not isinstance(value, Number)


def parsed(text: str) -> Any:
    """What a JSON text holds; None for any other text."""
    try:
        return parse(text)
    except NotJson:
        return None


def in_result(result: Any, content: Any, path: str) -> Any:
    """`result` is the result itself, a plain text or the JSON value it is; `result.a.b` stands inside its JSON."""
    _, _, inner = path.partition(".")
    if inner:
        return at(result, inner)
    is_plain = result is None and is_text(content) and content.strip() != "null"
    return content if is_plain else result


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of names, or None."""
    for name in path.split(".") if path else [""]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_id(value: Any) -> str:
    """An id as text (contract 2): a non-blank text as it was given, or a JSON integer; "" for anything else."""
    if isinstance(value, Number):
        return str(canonical_number(value)) if value.lstrip("-").isdigit() else ""
    return value if isinstance(value, str) and value.strip() else ""


def is_absent(value: Any) -> bool:
    """True for null, blank texts, and lists of nothing but these (contract 2)."""
    if isinstance(value, list):
        return all(is_absent(element) for element in value)
    return value is None or (isinstance(value, str) and not value.strip())
