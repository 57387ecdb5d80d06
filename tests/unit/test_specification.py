"""docs/specification.md and those who cite it: code, comments, descriptions and docs find the section that they name."""

import re
from pathlib import Path

from tests.support.own_files import own_files
from tests.unit.test_plain_words import QUOTED, texts_of

ROOT = Path(__file__).parents[2]
SPECIFICATION = ROOT / "docs" / "specification.md"
FOLDERS = ("caw", "generator", "orchestration", "dbt_project", "tests", "bench", "docs", "seeds")
FILES = ("README.md", "CONTRIBUTING.md")
SUFFIXES = frozenset({".py", ".sql", ".yml", ".md"})
BUILT_FOLDERS = frozenset({"target", "logs", "__pycache__"})

CITATION = re.compile(r"§(\d+(?:\.\d+)*)")
CODE_NAME = re.compile(r"""(?<![\w§.:/#"-])[A-GMO]\d{1,2}[a-c]?(?![\w"/-])""")
FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?:specification\.md|\()#s(\d+(?:-\d+)*)\b")
ANCHOR = re.compile(r'^<a id="s([\d-]+)"></a>$')
HEADING = re.compile(r"^(#{2,6}) (\d+(?:\.\d+)*)\.? (.+)$")
ENTRY = re.compile(r"^( *)- \[(\d+(?:\.\d+)*)\.? (.+)\]\(#s([\d-]+)\)$")


def specification() -> list[str]:
    return SPECIFICATION.read_text().splitlines()


def anchors() -> list[str]:
    """The numbers of the sections that can be cited, in the document's order."""
    return [found[1].replace("-", ".") for line in specification() if (found := ANCHOR.match(line))]


def headings() -> list[tuple[int, str, str]]:
    """(depth from 0, number, title) of each numbered heading."""
    return [(len(found[1]) - 2, found[2], found[3]) for line in specification() if (found := HEADING.match(line))]


def cited(text: str) -> list[str]:
    return CITATION.findall(text) + [number.replace("-", ".") for number in LINK.findall(text)]


def citing_files() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    return [ROOT / name for name in FILES] + [path for path in found if BUILT_FOLDERS.isdisjoint(path.parts)]


def prose_of(path: Path) -> str:
    """Comments and docstrings of Python, a page without its examples; names in backticks left out."""
    text = path.read_text(encoding="utf-8")
    return QUOTED.sub("", "\n".join(texts_of(text)) if path.suffix == ".py" else FENCED.sub("", text))


def test_every_cited_section_of_the_specification_is_there() -> None:
    """A rule's home that does not exist sends whoever changes the rule looking for a text that nobody wrote."""
    known = set(anchors())
    lost = {
        f"{path.relative_to(ROOT)}: §{number}"
        for path in citing_files()
        for number in cited(path.read_text(errors="replace"))
        if number not in known
    }
    assert not lost


def test_nobody_cites_a_number_that_is_left_free() -> None:
    """Its section says nothing, and the rule that is meant stands under another number."""
    free = {number for _, number, title in headings() if title == "Not used"}
    files = [path for path in citing_files() if path != SPECIFICATION]
    found = {path.name for path in files if free.intersection(cited(path.read_text(errors="replace")))}
    assert free and not found


def test_the_first_paragraph_names_what_is_not_built() -> None:
    """Who reads that everything, or nothing, is built looks for what is not there, or writes what is."""
    text = SPECIFICATION.read_text()
    paragraph = next(part for part in text.split("\n\n") if part.startswith("**What is built.**"))
    at_heads = re.findall(r"^#+ ([\d.]+?)\.? [^\n]+\n\n(?:Not built yet\.|Later\b)", text, re.MULTILINE)
    first, last = (at_heads.index(number) for number in ("2.3.18", "2.3.21"))
    assert set(cited(paragraph)) == {*at_heads} - {*at_heads[first + 1 : last]} | {"14"}


def test_nobody_cites_by_a_letter_and_a_number() -> None:
    """Rules once had such names ("M2", "C5b"); the specification has none of them, and a reader looks for them in vain."""
    found = {
        f"{name}: {code}"
        for name, path in own_files(".py", ".md")
        if path != SPECIFICATION and CODE_NAME.search(path.read_text(encoding="utf-8"))  # to parse few files
        for code in CODE_NAME.findall(prose_of(path))
    }
    assert found == set()


def test_each_section_has_one_anchor_in_front_of_its_heading() -> None:
    """Of two anchors of one name a link finds the first; a heading without one cannot be cited."""
    assert len(anchors()) == len(set(anchors()))
    lines = specification()
    for at, line in enumerate(lines):
        if found := HEADING.match(line):
            assert lines[at - 2] == f'<a id="s{found[2].replace(".", "-")}"></a>', line
    assert anchors() == [number for _, number, _ in headings()]


def test_sections_stand_in_the_order_of_their_numbers() -> None:
    """Who looks for 2.3.9 by turning pages must not find it after section 6."""
    numbers = [tuple(int(part) for part in number.split(".")) for number in anchors()]
    assert numbers == sorted(numbers)
    assert [number[0] for number in numbers if len(number) == 1] == list(range(1, 15))


def test_the_table_of_contents_names_every_heading_once_and_links_to_it() -> None:
    """A section that the table of contents lacks, or calls by an old title, is not found by who reads from the top."""
    entries = [found for line in specification() if (found := ENTRY.match(line))]
    assert [(len(found[1]) // 2, found[2], found[3]) for found in entries] == headings()
    assert all(found[4] == found[2].replace(".", "-") for found in entries)
