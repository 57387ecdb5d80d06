"""CTEs that a statement names more than once, computed once: Spark puts a CTE's query wherever its name stands.

A name in a CTE that is named several times itself multiplies, until a statement of some pages is one of hundreds of
joins, and planning it takes longer than its rows. Here such a CTE becomes a table of its own, for as long as the whole
takes. What does not belong here: what the rows are, which is the models' alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/|[A-Za-z_]\w*|[^\s\w]|\d\w*""", re.DOTALL
)
COMMENTS = ("--", "/*")
WRITES = re.compile(r"\s*(?:/\*.*?\*/)?\s*create table\b", re.DOTALL)  # rows that outlast what they were made of
SPARED = 6  # readings of relations that a statement must save to be worth another one


@dataclass(frozen=True)
class Steps:
    """A statement, and the tables that it reads and that are to be made before it: each one's name and its query."""

    kept: Mapping[str, str]
    statement: str


@dataclass(frozen=True)
class Word:
    """A word or a sign of a statement, in small letters, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Query:
    """A CTE's name, and where its query stands: from after its bracket to the bracket that closes it."""

    name: str
    start: int
    end: int


def in_steps(statement: str, tables: str) -> Steps:
    """A statement that makes a table, with what it names several times made before it; any other as it is.

    Args:
        statement: of Spark's SQL.
        tables: how the names begin of the tables that hold what is made before.
    """
    words = _words(statement) if WRITES.match(statement) else []
    queries = _queries(words)
    chosen = _chosen(words, queries)
    kept: dict[str, str] = {}
    bodies = {query.name: statement[query.start : query.end] for query in queries}
    for name in chosen:
        listed = ", ".join(f"{one} as ({bodies[one]})" for one in _needed(name, bodies))
        kept[tables + name] = f"with {listed} select * from {name}"
        bodies[name] = f"select * from {tables}{name}"
    return Steps(kept, _put(statement, queries, bodies) if kept else statement)


def _words(statement: str) -> Sequence[Word]:
    found = (Word(match[0].lower(), match.start(), match.end()) for match in TOKEN.finditer(statement))
    return [word for word in found if not word.text.startswith(COMMENTS)]


def _queries(words: Sequence[Word]) -> Sequence[Query]:
    """The CTEs of the outermost `with`; none where one lists its columns, which its query alone does not have."""
    texts = [word.text for word in words]
    queries: list[Query] = []
    begins = (n for n, text in enumerate(texts) if text == "with" and texts[n + 2 : n + 3] in (["as"], ["("]))
    place = next(begins, None)
    while place is not None:
        end = _closing(texts, place + 3) if texts[place + 2 : place + 4] == ["as", "("] else None
        if end is None:
            return []
        queries.append(Query(texts[place + 1], words[place + 3].end, words[end].start))
        place = end + 1 if texts[end + 1 : end + 2] == [","] else None
    return queries


def _closing(texts: Sequence[str], opening: int) -> int | None:
    depth = 0
    for place in range(opening, len(texts)):
        depth += (texts[place] == "(") - (texts[place] == ")")
        if depth == 0:
            return place
    return None


def _read(words: Sequence[Word]) -> Iterator[str]:
    """The relations that some words read: names after `from` and `join`, without their schema's tables."""
    texts = ["", *(word.text for word in words), ""]
    for earlier, before, text, after in zip(texts, texts[1:], texts[2:], texts[3:], strict=False):
        if before in ("from", "join") and earlier != "distinct" and text != "(":
            yield f"{text}." if after == "." else text


def _chosen(words: Sequence[Word], queries: Sequence[Query]) -> Sequence[str]:
    """The CTEs that are worth a statement, in their order."""
    names = {query.name for query in queries}
    times = [name for name in _read(words) if name in names]
    weights: dict[str, int] = {}
    chosen = []
    for query in queries:
        inner = [word for word in words if query.start <= word.start < query.end]
        weight = max(1, sum(weights.get(name, 1) for name in _read(inner)))
        worth = (times.count(query.name) - 1) * (weight - 1) >= SPARED
        weights[query.name] = 1 if worth else weight
        chosen += [query.name] if worth else []
    return chosen


def _needed(name: str, bodies: Mapping[str, str]) -> Sequence[str]:
    """The CTEs that one needs, in their order, and it."""
    names = list(bodies)
    needed = {name}
    for one in reversed(names[: names.index(name) + 1]):
        if one in needed:
            needed |= {word.text for word in _words(bodies[one])} & set(names[: names.index(one)])
    return [one for one in names if one in needed]


def _put(statement: str, queries: Sequence[Query], bodies: Mapping[str, str]) -> str:
    """The statement with these bodies."""
    for query in reversed(queries):
        statement = statement[: query.start] + bodies[query.name] + statement[query.end :]
    return statement
