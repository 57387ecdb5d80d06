"""A private copy of the dbt project and its seeds, parsed once, for tests that change either of them."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from caw.feeds.declared import DBT_PROJECT_DIR
from caw_dagster.dbt.parsing import parse
from caw_dagster.dbt.project import Project
from tests.support.shared import shared

SEEDS_DIR = DBT_PROJECT_DIR.parent / "seeds"
NOT_COPIED = ("target", "logs", "sample", "dbt_packages", "*.yml.orig")


@dataclass(frozen=True)
class Edit:
    """A change of one project file: `old` must occur in it, however it is wrapped; its first occurrence becomes `new`."""

    file: str  # relative to the folder that holds dbt_project and seeds
    old: str
    new: str

    def applied_to(self, text: str) -> tuple[str, int]:
        """The changed text, and in how many places it changed: one, or none."""
        pattern = r"\s+".join(re.escape(part) for part in self.old.split())
        return re.subn(pattern, lambda _: self.new, text, count=1)

    def applies_to(self, root: Path) -> bool:
        """Whether its old text is in the file below this folder."""
        return self.applied_to((root / self.file).read_text(encoding="utf-8"))[1] == 1


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of the project under `root`, with dbt's parsed form of it."""

    root: Path

    @property
    def directory(self) -> Path:
        """The dbt project."""
        return self.root / "dbt_project"

    @property
    def seeds(self) -> Path:
        """Its seeds, as the reference reads them."""
        return self.root / "seeds"

    @cached_property
    def as_run(self) -> Project:
        """The project as a run would load it."""
        return Project(self.directory, self.root / "target", str(self.root))

    def manifest(self) -> Manifest:
        """dbt's parsed form, fresh: a run changes it."""
        return self.as_run.parsed()


def copy_project(
    root: Path, seed_rows: Mapping[str, Sequence[str]] | None = None, edits: Sequence[Edit] = ()
) -> ProjectCopy:
    """Copy the project and its seeds into a folder, change them and parse the result.

    Args:
        root: an empty folder, or one that does not exist yet.
        seed_rows: rows to add to the seeds, by name.
        edits: changes of files.

    Raises:
        AssertionError: an edit's old text is not there.
        ProjectError: dbt refuses the changed project.
    """
    ignored = shutil.ignore_patterns(*NOT_COPIED)
    shutil.copytree(DBT_PROJECT_DIR, root / "dbt_project", ignore=ignored)
    shutil.copytree(SEEDS_DIR, root / "seeds", ignore=ignored)
    for seed, rows in (seed_rows or {}).items():
        with (root / "seeds" / f"{seed}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    for edit in edits:
        path = root / edit.file
        changed, count = edit.applied_to(path.read_text(encoding="utf-8"))
        assert count == 1, f"{edit.file} no longer holds {edit.old!r}"
        path.write_text(changed, encoding="utf-8")
    os.environ.setdefault("CAW_DATA_DIR", str(root))  # the profile asks for it; each build sets its own
    parse(root / "dbt_project", root / "target")
    return ProjectCopy(root)


def shared_copy(
    name: str, seed_rows: Mapping[str, Sequence[str]] | None = None, edits: Sequence[Edit] = ()
) -> ProjectCopy:
    """`copy_project`, once for all test processes; nobody may change it."""
    return ProjectCopy(shared(name, lambda empty: copy_project(empty / "copy", seed_rows, edits)) / "copy")


def shipped() -> ProjectCopy:
    """The project as it stands, parsed; nobody may change it."""
    return shared_copy("project")


def quiet() -> list[str]:
    """dbt's arguments for no output; results come back as objects."""
    return ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]


def locations(directory: Path, target: Path) -> list[str]:
    """dbt's arguments for where things are; nothing is written next to the project."""
    return [
        *("--project-dir", str(directory), "--profiles-dir", str(directory), "--target", "run"),
        *("--target-path", str(target), "--log-path", str(target)),
    ]
