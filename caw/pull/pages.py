"""A JSON:API answer as lines: every resource on one of its own, with the included ones that it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caw.formats.json_api import resources, with_included
from caw.formats.strict_json import NotJson, dump, parse
from caw.limits import DEFAULT_LIMITS
from caw.pull.errors import PullError

LONG = DEFAULT_LIMITS.line // 2  # bytes: an object whose parts are longer stands on several lines (spec §2.3.23)
DEPTH = DEFAULT_LIMITS.depth + 8  # a line that is too deep is landed, and refused there


@dataclass(frozen=True)
class Page:
    """An answer: its records, each with what its relationships name, and where the next one is; None at the end."""

    records: Sequence[Any]
    next: str | None


def page_of(body: bytes) -> Page:
    """Parse an answer.

    Raises:
        PullError: it is not UTF-8, not JSON, or no list of resources.
    """
    try:
        whole = parse(body.decode("utf-8"), DEPTH, lone_surrogates=True)
    except UnicodeDecodeError:
        raise PullError("the vendor's answer is not UTF-8; what came before it is written, pull again later") from None
    except NotJson:
        raise PullError("the vendor's answer is not JSON; what came before it is written, pull again later") from None
    records = whole.get("data") if isinstance(whole, dict) else None
    links = whole.get("links") if isinstance(whole, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    if not isinstance(records, list) or not (following is None or _is_url(following)):
        raise PullError("the vendor's answer is no list of resources: see to the address that is set, pull again later")
    included = resources(whole.get("included"))
    return Page([with_included(record, included) if included else record for record in records], following or None)


def _is_url(text: Any) -> bool:
    """Whether it may be one: text of ASCII alone; where it leads is looked at before it is asked for."""
    return isinstance(text, str) and text.isascii() and text.isprintable()


def line_of(record: Any) -> bytes:
    """A record as a line, without its end; half of a surrogate pair is the escape that it came as."""
    return dump(record).encode("utf-8", "backslashreplace")


def split_lines(record: dict[str, Any], member: str, parts: Sequence[Any]) -> list[bytes]:
    """An object's lines with its parts as a member: one, or as many as keep a line from being too long."""
    groups: list[list[Any]] = [[]]
    length = 0
    for part in parts:
        size = len(line_of(part))
        if groups[-1] and length + size > LONG:
            groups.append([])
            length = 0
        groups[-1].append(part)
        length += size
    return [line_of({**record, member: group}) for group in groups]
