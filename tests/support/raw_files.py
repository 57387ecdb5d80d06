"""A lint: the raw store's files are opened in one place, caw/raw_store/objects.py, and by the models' views.

    python -m tests.support.raw_files

Prints a line for each place that names a path in the raw store, and exits 1 if there is one.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR

ROOT = SEEDS_DIR.parent
FOLDERS = ("caw", "orchestration/caw_dagster", "generator", "bench")
HOME = {"caw/raw_store/store.py"}  # where the folder's name is; objects.py is given it


def raw_paths(source: str) -> Iterator[int]:
    """The lines of a module that name a path in the raw store: `… / "raw"`, a text that begins with `raw/`."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            named = [one.id for one in (node.left, node.right) if isinstance(one, ast.Name)]
            texts = [one.value for one in (node.left, node.right) if isinstance(one, ast.Constant)]
            if "raw" in texts or "RAW" in named:
                yield node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if node.value.startswith("raw/") or "/raw/" in node.value:
                yield node.lineno
        elif isinstance(node, ast.Attribute) and ast.unparse(node).endswith("objects.root"):
            yield node.lineno  # the folder of a store on this machine


def places(root: Path = ROOT) -> Iterator[str]:
    """One line for each such place."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if name not in HOME:
                for line in sorted(raw_paths(path.read_text(encoding="utf-8"))):
                    yield f"{name}:{line}: a path in the raw store: ask for it through RawStore(…).objects"


if __name__ == "__main__":
    found = list(places())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
