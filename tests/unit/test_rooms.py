"""Which room may import which: the rules of the house that no reader should have to check."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DAGSTERS = frozenset({"dagster", "dagster_dbt", "dagster_webserver", "dbt", "dbt_common", "caw_dagster"})
OUTSIDE = frozenset({"generator", "bench", "tests"})  # of what is installed
ROOMS = ("caw", "dbt_project/models", "dbt_project/macros")
NOT_LIBRARIES = frozenset({"__future__", "_typeshed"})


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it, and those that it names for `import_module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [("caw", DAGSTERS | OUTSIDE), ("orchestration/caw_dagster", OUTSIDE), ("generator", DAGSTERS)],
)
def test_no_room_imports_from_above(folder: str, forbidden: frozenset[str]) -> None:
    """A rule about data that can only be used inside Dagster, or an installed package that needs what is not installed."""
    wrong = {
        (str(path.relative_to(ROOT)), name)
        for path in modules(folder)
        for name in imported(path)
        if name.partition(".")[0] in forbidden
    }
    assert wrong == set()


def test_data_goes_one_way_through_the_rooms() -> None:
    """Two rooms that import each other, between which whoever follows one line of a log has to go back and forth."""
    used = defaultdict(set)
    for path in modules("caw"):
        room, *_ = path.relative_to(ROOT / "caw").with_suffix("").parts
        used[room] |= {name.split(".")[1] for name in imported(path) if name.startswith("caw.")} - {room}
    assert {(one, other) for one in used for other in used[one] if one in used[other]} == set()


def test_the_walk_of_one_line_names_files_that_are_there() -> None:
    """A newcomer who is sent to a file that has moved."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    walk = page.partition("### Following one line of a log")[2].partition("\n#")[0]
    named = re.findall(r"`([\w/]+(?:\.\w+|/))`", walk)
    files = [f"/{path.relative_to(ROOT)}" for folder in ROOMS for path in (ROOT / folder).rglob("*.*")]
    assert len(named) > 10
    assert [name for name in named if not any(f"/{name}" in file for file in files)] == []


@pytest.mark.parametrize("folder", ["caw", "orchestration", "generator", "bench"])
def test_no_private_module_of_a_library_is_imported(folder: str) -> None:
    """A minor release of Dagster or dbt that moves its private modules, and every run that fails from then on."""
    wrong = {
        (str(path.relative_to(ROOT)), name)
        for path in modules(folder)
        for name in imported(path)
        if any(part.startswith("_") and part not in NOT_LIBRARIES for part in name.split("."))
    }
    assert wrong == set()
