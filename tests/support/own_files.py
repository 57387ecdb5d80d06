"""Files that people of this project write: not what dbt, Python or a run leaves in its folders."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "caw",
    "orchestration",
    "dbt_project",
    "dashboards",
    "template",
    "generator",
    "bench",
    "tests",
    "docs",
    "seeds",
)
LEFT_BY_TOOLS = frozenset({"target", "logs", "dbt_packages", "__pycache__", "sample"})  # and the sample, which is data


def own_files(*endings: str) -> Iterator[tuple[str, Path]]:
    """(path below the project's folder, file) of every file with one of these endings, sorted; `.md` at the top too."""
    for path in sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]):
        name = path.relative_to(ROOT)
        if path.suffix in endings and path.is_file() and not LEFT_BY_TOOLS & set(name.parts):
            yield name.as_posix(), path
