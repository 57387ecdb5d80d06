"""Texts are plain English: words of a private language that were replaced do not come back, and docstrings say what is.

To ban another word, add it to `REPLACED` with what to write. The specification is not looked at, which keeps its own
words, nor are names in code: for these there is test_plain_names.py. A word in backticks is a name or a quotation. Of
strings in code those that have a blank are looked at, which people read; in tests they are data.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.own_files import ROOT, own_files

REPLACED = {
    r"judg(?:e|es|ed|ing)": "validate, check, decide",
    r"settled": "resolved, decided",
    r"rivals?": "rows of the same key",
    r"heaps?": "buckets",
    r"sound": "valid",
    r"whom": "who, that, or another sentence",
    r"anew|afresh": "again, from nothing; rebuilt, rewritten",
    r"beside": "next to, besides",
    r"(?:un)?told(?! apart| from)": "said, named, shown, reported",
    r"st(?:ands?|anding|ood) (?:in|beside)": "is in, replaces",
}
WORD = {re.compile(rf"\b(?:{word})\b", re.IGNORECASE): instead for word, instead in REPLACED.items()}
QUOTED = re.compile(r"`[^`]*`")
NOT_LOOKED_AT = frozenset(
    {
        "docs/specification.md",
        "tests/unit/test_plain_names.py",
        "tests/unit/test_plain_words.py",
        "caw/raw_store/old_failures.py",  # finds messages of older versions by their words
    }
)
QUESTION = re.compile(r"(?:What|Where|Which|Who|Whose|Whom|How|When|Why)\b")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def texts_of(code: str) -> Iterator[str]:
    """Comments and docstrings of a piece of Python."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def messages_of(code: str) -> Iterator[str]:
    """Strings of a piece of Python that have a blank, as messages do, and parts of f-strings; docstrings too."""
    strings = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    yield from (string for string in strings if isinstance(string, str) and " " in string.strip())


def prose_of(path: Path, text: str) -> str:
    """All that is looked at of a file's text."""
    if path.suffix != ".py":
        return text
    messages = () if path.is_relative_to(ROOT / "tests") else messages_of(text)
    return "\n".join([*texts_of(text), *messages])


def replaced_words(path: Path) -> dict[str, str]:
    """Word -> what to write instead, of the replaced words in a file's texts: of anything but Python the whole file."""
    text = path.read_text(encoding="utf-8")
    if not any(word.search(text) for word in WORD):  # to parse few files
        return {}
    prose = QUOTED.sub("", prose_of(path, text))
    return {found.group(): instead for word, instead in WORD.items() if (found := word.search(prose))}


def questions(code: str) -> list[str]:
    """First lines of docstrings that answer a question in place of saying what the thing is or does."""
    nodes = (node for node in ast.walk(ast.parse(code)) if isinstance(node, DOCUMENTED))
    lines = ((ast.get_docstring(node) or "").partition("\n")[0] for node in nodes)
    return [line for line in lines if QUESTION.match(line)]


@pytest.mark.parametrize("ending", [".py", ".sql", ".yml", ".md"])
def test_no_word_that_was_replaced_comes_back(ending: str) -> None:
    """English that a practitioner must translate."""
    files = [(name, path) for name, path in own_files(ending) if name not in NOT_LOOKED_AT]
    assert files
    assert {name: words for name, path in files if (words := replaced_words(path))} == {}


def test_docstrings_say_what_a_thing_is_or_does() -> None:
    """`How a step's errors leave it` is nothing that anybody looks for; `Error policy of a step` is."""
    files = [(name, path) for name, path in own_files(".py") if name.startswith(("caw/", "orchestration/"))]
    assert files
    found = {name: lines for name, path in files if (lines := questions(path.read_text(encoding="utf-8")))}
    assert found == {}


def test_a_replaced_word_is_found_in_comments_docstrings_and_messages_alone(tmp_path: Path) -> None:
    """A check that looks past them would stay green whatever anybody writes."""
    file = tmp_path / "module.py"
    file.write_text('"""Whom it names; `settled` is told apart."""\nsound = "beside"  # stands in the log\n')
    assert list(replaced_words(file)) == ["Whom", "stands in"]
    file.write_text('say = f"{judged} is judged {settled} again"\n')
    assert list(replaced_words(file)) == ["judged"]
    assert questions('"""Whether it is."""\ndef one():\n    """How it ends.\n\n    Why."""\n') == ["How it ends."]
