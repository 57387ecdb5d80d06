"""Names in the code are the field's words: names of a private language that were replaced do not come back.

To ban another name, add it to `REPLACED` with the one to use. Names of files and of columns that lie on disk or in
published tables (`problem`, `judged_at`) are texts, not names in Python, and are not looked at. Comments, docstrings and
pages: test_plain_words.py.
"""

import ast
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("caw", "orchestration", "generator", "bench", "tests")
REPLACED = {
    "told": "explained, shown",
    "untold": "not_checked",
    "UntoldError": "RunHistoryError",
    "told_errors": "errors",
    "told_without_values": "sanitized",
    "landed": "the landing package; file, files",
    "Landed": "FileToRead",
    "seen": "cache, found",
    "SeenFiles": "DigestCache",
    "in_order": "ordered_results",
    "lexical": "strict_json",
    "screening": "prefilter",
    "judge": "validate",
    "judge_for": "validator",
    "Judge": "Validator",
    "judged": "validated",
    "Judged": "ValidatedChunk",
    "screen": "suspicious_lines",
    "screened": "prefiltered",
    "Screened": "Prefiltered",
    "Verdicts": "ValidatedLines",
    "problem": "rejection",
    "problems": "rejections",
    "FileReport": "FileVersion",
    "BatchReport": "BatchResult",
    "unread": "unreadable",
    "persons": "subjects",
    "Trait": "Identifier",
    "seeds_of": "follow_ups_of",
    "arrivals": "late_deliveries",
    "settled": "deduplicated, resolved",
    "rivals": "same_key_rows",
    "heap": "bucket",
    "heaps": "buckets",
    "whom": "subjects",
    "anew": "from_nothing",
    "afresh": "from_nothing",
    "Refresh": "RunContext",
    "refresh": "run_context for the resource; refresh_job for the job",
}

# A test lands files, sees what there is and refreshes: nothing there has these names' other meanings.
PLAIN_IN_TESTS = frozenset({"landed", "seen", "refresh"})


def names_in(code: str) -> set[str]:
    """The names in a piece of Python, each part of a dotted one: not its texts and comments, nor parts of longer names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            if isinstance(name := getattr(node, field, None), str):
                found.update(name.split("."))
    return found


def replaced_names(path: Path, words: AbstractSet[str] = REPLACED.keys()) -> set[str]:
    """The replaced names that a module, or its file's name, has."""
    return {*names_in(path.read_text(encoding="utf-8")), path.stem} & words


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_name_that_was_replaced_comes_back(folder: str) -> None:
    """Two names for one thing, one of which nobody outside knows."""
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert modules
    words = REPLACED.keys() - (PLAIN_IN_TESTS if folder == "tests" else set())
    found = {str(path.relative_to(ROOT)): names for path in modules if (names := replaced_names(path, words))}
    assert {path: {name: f"write {REPLACED[name]}" for name in sorted(names)} for path, names in found.items()} == {}


def test_texts_and_comments_and_longer_names_are_no_names() -> None:
    """A column of the raw store that cannot be read, as its name is not allowed."""
    code = 'refresh_job = table["problem"]  # judged\n'
    assert names_in(code) & REPLACED.keys() == set()
    assert names_in("def judge(x):\n    return f'{x.problem}'\n") & REPLACED.keys() == {"judge", "problem"}
    assert names_in("from caw.lexical import parse as told") & REPLACED.keys() == {"lexical", "told"}
