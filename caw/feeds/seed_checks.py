"""Checks the seeds' files before a run touches anything.

What a seed must be is declared once, in `seeds/_seeds.yml`: its columns, their types, and the arguments of its dbt test
`valid_seed`. That test checks the same of the loaded tables wherever dbt is run by hand; for a run it comes too late,
as dbt's and DuckDB's errors about a file that they cannot load name no line that an editor shows. What does not belong
here: what the seeds are for.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from caw.feeds.declared import SEEDS_DIR
from caw.feeds.policy_checks import EXPERIMENTS, FLOWS, POLICIES, policies_in_other_letters, unlike_their_policies
from caw.feeds.seed_rules import Rule, Value, broken_rules
from caw.feeds.seeds import NoCsvError, rows_in, seed_file
from caw.host import clock
from caw.host.yaml_files import read_yaml
from caw.settings import Settings, SettingsError

DECLARED = "_seeds.yml"
MOST_MISTAKES = 10  # that are shown at once
TEST = "valid_seed"
TEXTS_REMEMBERED = 32  # twice as many as there are seeds
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
WHOLE = re.compile(r"\s*([+-]?[0-9]{1,10})(?:\.0*)?\s*")
MOST_WHOLE = 2**31 - 1
TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
SEED_NAME = re.compile(r"[a-z][a-z0-9_]*\.csv")


@dataclass(frozen=True, eq=False)  # one object a seed, by which what is found is remembered
class Declared:
    """A seed as the yml declares it.

    Attributes:
        name: without `.csv`.
        types: of its columns, as DuckDB names them, in the yml's order.
        unique_key: columns that no two rows share.
        filled: columns that are never blank.
        words: by column, the only values it may have, blank aside.
        complete: by column, the values that must occur.
        rules: `holds`, a condition in SQL with calls of macros, and `says`, with `{column}` for the row's value.
    """

    name: str
    types: Mapping[str, str]
    unique_key: Sequence[str]
    filled: Sequence[str]
    words: Mapping[str, Sequence[str]]
    complete: Mapping[str, Sequence[str]]
    rules: Sequence[Rule]


@dataclass(frozen=True)
class Mistake:
    """A mistake in a seed; `line` is the one that an editor shows, None where it is about the whole file."""

    line: int | None
    says: str


@dataclass(frozen=True)
class Row:
    """A row's values by column, and the line in which it begins."""

    line: int
    values: Mapping[str, Value]


def check_seeds(settings: Settings, names: Collection[str] | None = None) -> None:
    """Raise unless a run can work with its seeds.

    Args:
        settings: whose folder of seeds.
        names: of the seeds to check; all of them where it is None.

    Raises:
        SettingsError: with a sentence for each mistake, the first ten, that names the file and the line.
    """
    folder = settings.seeds_dir or SEEDS_DIR
    found: list[str] = []
    for path in sorted(folder.glob("*.csv")):
        if SEED_NAME.fullmatch(path.name) is None:
            found.append(f"{path}: a seed's name is of small letters, digits and _ alone; rename it or take it away")
    for seed in (one for one in declared_seeds() if names is None or one.name in names):
        path = seed_file(folder, seed.name)
        found += [f"{path}{_place(mistake)}: {mistake.says}" for mistake in mistakes_of(seed, path)]
    if names is None and not found:
        found = list(_against_policies(folder))
    if found:
        more = f"; and {len(found) - MOST_MISTAKES:,} more" if len(found) > MOST_MISTAKES else ""
        raise SettingsError(f"{'; '.join(found[:MOST_MISTAKES])}{more}.")


def checked_rows(settings: Settings, name: str) -> Sequence[Mapping[str, Value]]:
    """The rows of one seed, in its order and typed as the yml declares; blank cells are None.

    Raises:
        SettingsError: the seed has a mistake, as of `check_seeds`.
    """
    check_seeds(settings, [name])
    seed = next(one for one in declared_seeds() if one.name == name)
    return list(_rows_of(seed, seed_file(settings.seeds_dir or SEEDS_DIR, name)).values())


def packaged_instead(settings: Settings) -> Sequence[str]:
    """The files and columns that a team's folder of seeds lacks, so that a run takes the packaged ones."""
    folder = settings.seeds_dir
    if folder is None:
        return []
    lacking: list[str] = []
    for seed in declared_seeds():
        path = folder / f"{seed.name}.csv"
        if not path.is_file():
            lacking.append(path.name)
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        lacking += [f"the column {name} of {path.name}" for name in seed.types if name not in header]
    return lacking


@cache
def declared_seeds(path: Path = SEEDS_DIR / DECLARED) -> Sequence[Declared]:
    """The yml's declarations of seeds, in its order."""
    return [_declared(seed) for seed in read_yaml(path)["seeds"]]


def mistakes_of(seed: Declared, path: Path) -> Sequence[Mistake]:
    """Mistakes in one file, by its lines; what makes no sense after another mistake is not looked at."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as refused:
        return [Mistake(None, f"it cannot be read ({refused.strerror})")]
    except UnicodeDecodeError as refused:
        line = refused.object.count(b"\n", 0, refused.start) + 1
        return [Mistake(line, "it is not UTF-8; save the file as UTF-8")]
    return _mistakes_in(seed, text)


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _mistakes_in(seed: Declared, text: str) -> Sequence[Mistake]:
    """Of a file's text; `caw run` asks before it starts Dagster, and each run again once it has the lock."""
    if not text.strip():
        return [Mistake(None, f"it is empty; its first line must be {','.join(seed.types)}")]
    try:
        (first, header), *rows = rows_in(text)
    except NoCsvError as refused:
        return [Mistake(refused.line, str(refused))]
    if found := list(_of_header(seed, first, header)):
        return found
    found = [mistake for line, cells in rows for mistake in _of_cells(seed, header, line, cells)]
    wrong = {mistake.line for mistake in found}
    typed = [_typed(seed, header, line, cells) for line, cells in rows if line not in wrong]
    found += [mistake for row in typed for mistake in _of_row(seed, row)]
    found += _of_keys(seed, typed)
    return sorted(found or _of_all(seed, typed), key=lambda mistake: mistake.line or 0)


def _against_policies(folder: Path) -> Iterator[str]:
    """Mistakes in experiments and flows against their policies, where all three seeds are valid."""
    paths = {name: seed_file(folder, name) for name in (EXPERIMENTS, FLOWS, POLICIES)}
    seeds = {seed.name: _rows_of(seed, paths[seed.name]) for seed in declared_seeds() if seed.name in paths}
    policies = list(seeds[POLICIES].values())
    for line, says in unlike_their_policies(seeds[EXPERIMENTS], policies, clock.now()):
        yield f"{paths[EXPERIMENTS]}, line {line}: {says}"
    for line, says in policies_in_other_letters(seeds[FLOWS], policies):
        yield f"{paths[FLOWS]}, line {line}: {says}"


def _rows_of(seed: Declared, path: Path) -> Mapping[int, Mapping[str, Value]]:
    """A valid seed's rows by line."""
    (_, header), *rows = rows_in(path.read_text(encoding="utf-8-sig"))
    return {line: _typed(seed, header, line, cells).values for line, cells in rows}


def _of_header(seed: Declared, line: int, header: Sequence[str]) -> Iterator[Mistake]:
    columns = ", ".join(seed.types)
    separator = next((sign for sign in OTHER_SEPARATORS if sign in header[0]), None)
    if len(header) == 1 and separator is not None:
        yield Mistake(line, f"its cells are separated by {OTHER_SEPARATORS[separator]}; separate them by commas")
        return
    for place, name in enumerate(header):
        if name in header[:place]:
            yield Mistake(line, f"the column '{name}' is there twice")
        elif name not in seed.types:
            near = get_close_matches(name.strip().lower(), seed.types, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            yield Mistake(line, f"the column '{name}' is unknown{meant}; the columns are {columns}")
    for name in seed.filled:
        if name not in header:
            yield Mistake(line, f"the column '{name}' is missing; the columns are {columns}")


def _of_cells(seed: Declared, header: Sequence[str], line: int, cells: Sequence[str]) -> Iterator[Mistake]:
    if len(cells) > len(header):
        yield Mistake(line, f"the row has {len(cells)} cells and the header {len(header)}")
        return
    for name, cell in zip(header, cells, strict=False):
        kind = seed.types[name]
        if kind == "integer" and cell.strip() and _whole(cell) is None:
            yield Mistake(line, f"{name} '{cell}' must be a whole number")
        elif kind == "boolean" and cell.strip() and cell.lower() not in TRUTHS:
            yield Mistake(line, f"{name} '{cell}' must be true or false")


def _typed(seed: Declared, header: Sequence[str], line: int, cells: Sequence[str]) -> Row:
    given = dict(zip(header, cells, strict=False))
    return Row(line, {name: _value(kind, given.get(name, "")) for name, kind in seed.types.items()})


def _value(kind: str, cell: str) -> Value:
    if kind == "integer":
        return _whole(cell)
    if kind == "boolean":
        return TRUTHS.get(cell.lower())
    return cell or None


def _whole(cell: str) -> int | None:
    whole = WHOLE.fullmatch(cell)
    return int(whole[1]) if whole and abs(int(whole[1])) <= MOST_WHOLE else None


def _of_all(seed: Declared, rows: Sequence[Row]) -> Iterator[Mistake]:
    """Mistakes of all rows together: values that none has, and rules that some break."""
    for column, values in seed.complete.items():
        given = {row.values[column] for row in rows}
        yield from (Mistake(None, f"no row has the {column} '{value}'") for value in values if value not in given)
    by_line = {row.line: row.values for row in rows}
    for line, says in broken_rules(seed.types, seed.rules, by_line):
        yield Mistake(line, says)


def _of_row(seed: Declared, row: Row) -> Iterator[Mistake]:
    for name in seed.filled:
        if not str("" if row.values[name] is None else row.values[name]).strip():
            yield Mistake(row.line, f"{name} must not be blank")
    for name, words in seed.words.items():
        value = row.values[name]
        if value is not None and str(value).strip() and value not in words:
            yield Mistake(row.line, f"{name} '{value}' is unknown; it is one of {', '.join(words)}")


def _of_keys(seed: Declared, rows: Sequence[Row]) -> Iterator[Mistake]:
    first: dict[tuple[Value, ...], int] = {}
    for row in rows if seed.unique_key else ():
        key = tuple(row.values[name] for name in seed.unique_key)
        if key in first:
            names = " and ".join(seed.unique_key)
            yield Mistake(row.line, f"only one row may have this {names}, and line {first[key]} has it")
        first.setdefault(key, row.line)


def _declared(seed: Mapping[str, Any]) -> Declared:
    tests: list[Mapping[str, Any]] = [test[TEST]["arguments"] for test in seed.get("data_tests", []) if TEST in test]
    arguments = tests[0] if tests else {}
    return Declared(
        seed["name"],
        seed["config"]["column_types"],
        arguments.get("unique_key", []),
        arguments.get("filled", []),
        arguments.get("words", {}),
        arguments.get("complete", {}),
        arguments.get("rules", []),
    )


def _place(mistake: Mistake) -> str:
    return "" if mistake.line is None else f", line {mistake.line}"
