"""Texts that some program on the way could take for something else than text, and lines of drawn nonsense."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

from caw.feeds.declared import feeds
from tests.support.odd_values import AMOUNTS, BAD, ODD_INSTANTS, TEXTS

CANARY = "canary-of-the-hostile-texts"  # a file or table of this name must never come to be

OWN = (
    "'; drop table events.conversation_started; --",
    '"; drop schema events cascade; --',
    f"') ; copy (select 1) to '{CANARY}'; --",
    f'\'); create table events."{CANARY}" as select 1; --',
    "%' or 1=1 --",
    f"{{{{ run_query('create table events.{CANARY} as select 1') }}}}",
    "{% do exceptions.raise_compiler_error('read as Jinja') %}",
    "{# a comment #}{% raw %}{{",
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"| touch {CANARY} #",
    "${jndi:ldap://127.0.0.1/a}",
    "__import__('os').abort()",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "..",
    "~root/%2e%2e%2f",
    "two\nlines\r\nand a\ttab",
    'quote " and \\ and \\" and \'',
    "\u0000x",
    "\u202eright to left",
    "e\u0301 \u200b \ufeff \u2028 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "null",
    "NaN",
    "true",
    "1e999999",
    "%s %d %n {0} {name!r:>999}",
    "x" * 20_000,
)


def texts() -> list[str]:
    """The own ones, and the public list of such texts where it is at hand next to the repository."""
    shared_data = Path(os.environ.get("CAW_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    public = shared_data / "adversarial" / "blns.json"
    return [*OWN, *(json.loads(public.read_text(encoding="utf-8")) if public.is_file() else [])]


def name_of(text: str) -> str:
    """A text as the name of a file or folder: what no file system takes is left out, and its length is kept down."""
    return text.replace("/", "\u2215").replace("\0", "").encode("utf-8")[:80].decode("utf-8", "ignore")


def drawn_lines(feed: str, count: int, rng: Random) -> list[bytes]:
    """Lines of a feed whose fields hold anything; some are no JSON, and some no text."""
    return [_drawn_line(feed, rng) for _ in range(count)]


def _drawn_line(feed: str, rng: Random) -> bytes:
    if rng.random() < 0.05:
        return rng.choice((b"", b"  ", b"{", b"\xff{}", b"[]", b"null", b'{"a":}', b'"\\ud800"', b"{}{}"))
    names = [*feeds()[feed].kinds, "profile", "unknown", "source", "batch_id", "file_path", "verdict", "given"]
    members = [f"{json.dumps(name)}: {_value(rng, 2)}" for name in rng.sample(names, rng.randrange(len(names)))]
    return ("{" + ", ".join(members) + "}").encode("utf-8", "replace")


def _value(rng: Random, depth: int) -> str:
    if depth and rng.random() < 0.2:
        return "[" + ", ".join(_value(rng, depth - 1) for _ in range(rng.randrange(4))) + "]"
    if depth and rng.random() < 0.2:
        names: Sequence[str] = ("profile_id", "product_id", "sku", "quantity", "price", "email", "id", "x'\"x")
        chosen = rng.sample(names, rng.randrange(5))
        return "{" + ", ".join(f"{json.dumps(name)}: {_value(rng, depth - 1)}" for name in chosen) + "}"
    if rng.random() < 0.3:
        return json.dumps(rng.choice(OWN[:-1]))
    pool = rng.choice((AMOUNTS, BAD, ODD_INSTANTS))
    return (
        rng.choice(pool) if rng.random() < 0.8 else f'"{rng.choice([text for text in TEXTS if chr(34) not in text])}"'
    )
