"""Odd versions of a line, drawn: members dropped, of another type, misspelt, doubled, with instants that are none.

What is compared on them: whatever reads a line must give the same answer as the reference, and must not raise.
"""

import copy
import json
import unicodedata
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Path = tuple[str | int, ...]
# fmt: off
ODD_VALUES: tuple[Any, ...] = (
    None, "", " ", "\u00a0", [], {}, [None], [[]], True, False, 0, 1, -1, 7.0, 1.5, 1781085600, 1781085600.25, 10**17,
    "0", "7", "1e3", "12.10", "null", "[]", "{}", '["a", 2]', "[1,", "true", "no", "Sí", "e\u0301t\u00e9", "\u200b",
    "2026-06-10T10:00:00Z", "2026-06-10 10:00", "2026-06-10T10:00:00+0530", "2026-06-10T10:00:00-05", "2026-02-30",
    "2026-06-10T24:00:00Z", "2026-06-10T10:00:00.1234567 UTC", "2026-06-10T10:00:00+25:00", "1781085600", "soon",
    "redacted7@example.com", "a@x.example", "+1 500 555 0006", "<p>Hi&nbsp;<b>you</b></p>", "a < b", "x" * 300,
)
# fmt: on

HOSTILE = (
    "1e999999999999", "-1e-999999999999", "9" * 5_000, '"' + "9" * 5_000 + '"', '"&#' + "9" * 5_000 + ';"',
    '"1e999999999999"', '"NaN"', '"sNaN"', '"-Infinity"', '"0001-01-01T00:00:00+23:59"',
    '"9999-12-31T23:59:59-23:59"', '"gid://shopify/Order/' + "1" * 5_000 + '"', "[" * 450 + "]" * 450, '"' + "[" * 40_000 + '"',
)  # fmt: skip
"""Values, as JSON text, on which a library raises something else than it raises on others; a line may have them all."""


def hostile_lines(line: Any) -> Iterator[str]:
    """The JSON text of a parsed line, with each hostile value in place of each of its members and elements."""
    for path in list(member_paths(line, ())):
        changed = holder = copy.deepcopy(line)
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = "@"
        before, _, after = json.dumps(changed).rpartition('"@"')
        yield from (before + value + after for value in HOSTILE)


def odd_lines(line: Any, random: Random, count: int) -> Iterator[Any]:
    """So many odd versions of a parsed line, each with one to three changes."""
    for _ in range(count):
        changed = copy.deepcopy(line)
        for _ in range(random.randint(1, 3)):
            changed = _changed(changed, random)
        yield changed


def _changed(line: Any, random: Random) -> Any:
    paths = list(member_paths(line, ()))
    if not paths:
        return line
    path = random.choice(paths)
    holder = line
    for name in path[:-1]:
        holder = holder[name]
    random.choice(CHANGES)(holder, path[-1], random)
    return line


def member_paths(value: Any, path: Path) -> Iterator[Path]:
    """Where a parsed value has members and elements, itself aside."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield (*path, name)
        yield from member_paths(inner, (*path, name))


def _drop(holder: Any, name: Any, random: Random) -> None:
    del holder[name]


def _put_odd_value(holder: Any, name: Any, random: Random) -> None:
    holder[name] = copy.deepcopy(random.choice(ODD_VALUES))


def _put_into_a_list(holder: Any, name: Any, random: Random) -> None:
    holder[name] = [holder[name]]


def _put_into_an_object(holder: Any, name: Any, random: Random) -> None:
    holder[name] = {random.choice(["id", "data", "value", "attributes"]): holder[name]}


def _write_as_text(holder: Any, name: Any, random: Random) -> None:
    if not isinstance(holder[name], dict | list):
        holder[name] = json.dumps(holder[name]).strip('"')


def _swap(holder: Any, name: Any, random: Random) -> None:
    other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[name], holder[other] = holder[other], holder[name]


def _double(holder: Any, name: Any, random: Random) -> None:
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[name]))
    else:
        holder[respelt(name, random)] = copy.deepcopy(holder[name])


def _respell(holder: Any, name: Any, random: Random) -> None:
    if isinstance(name, str):
        holder[respelt(name, random)] = holder.pop(name)
    elif isinstance(holder[name], str):
        holder[name] = respelt(holder[name], random)


def respelt(text: str, random: Random) -> str:
    """A text in another spelling: some of them are the same word."""
    forms: tuple[Callable[[str], str], ...] = (
        str.upper,
        str.title,
        lambda one: f" {one} ",
        lambda one: one.replace(" ", "_").replace("_", "-"),
        lambda one: one.replace("_", " "),
        lambda one: one.replace("_", ""),
        lambda one: one.replace("e", "\u00e9"),
        lambda one: unicodedata.normalize("NFD", one),
        lambda one: f"${one}",
        lambda one: f"property_{one}",
    )
    return random.choice(forms)(text)


CHANGES = (_drop, _put_odd_value, _put_odd_value, _put_odd_value, _put_into_a_list, _put_into_an_object, _write_as_text,
           _swap, _double, _respell)  # fmt: skip
