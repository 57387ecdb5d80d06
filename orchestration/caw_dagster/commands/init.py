"""`caw init`: a folder of a team's own, with all that it may change: seeds, segments, models, settings.

What is there already is left alone, so that the same command repairs a clone of such a folder, and brings the links to
the installed package up to date.
"""

import shlex
import shutil
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from caw.feeds.declared import DBT_PROJECT_DIR, PROJECT_ROOT, SEEDS_DIR
from caw.host.printable import printable
from caw.host.yaml_files import read_yaml
from caw.settings import SettingsError, folder_settings, path_of
from caw_dagster.dbt.links import link_installed

TEMPLATE = PROJECT_ROOT / "template"
RENAMED = {"gitignore": ".gitignore"}  # one with a dot would hide parts of the template itself
OWN_SEGMENTS = ("never_talked",)
EMPTY_FOLDERS = ("landing", "landing_dev")


def main(arguments: Namespace) -> int:
    """Make the folder, or what it lacks, and say what to do next; the exit code.

    Raises:
        SettingsError: the folder belongs to something else, or it cannot be written; what it lacks, the same command
            writes when it can be.
    """
    folder = path_of(arguments.directory)
    if (folder / "pyproject.toml").is_file() and not folder_settings(folder):
        raise SettingsError(f"{folder} has a pyproject.toml without [tool.caw]: choose a folder of its own.")
    try:
        made = list(_make(folder))
        link_installed(folder / "dbt_project")
    except OSError as refused:
        raise SettingsError(
            f"{folder} cannot be written ({refused.strerror}): see to its rights and space, or choose another folder."
        ) from refused
    print(printable(f"{folder}: {len(made)} files written, none replaced."))
    given = arguments.directory
    go_there = f"cd {shlex.quote(str(folder) if given.startswith('~') else given)}"  # no shell expands a quoted ~
    print(printable(f"Put logs into {folder / 'landing'}/<source>/<feed>/, then: {go_there} && caw run"))
    return 0


def _make(folder: Path) -> Iterator[Path]:
    """Write the files that are missing; yields each."""
    for name in EMPTY_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    sources = {_place(path): path for path in TEMPLATE.rglob("*") if path.is_file()}
    sources |= {Path("seeds", path.name): path for path in SEEDS_DIR.glob("*.csv")}
    for place, source in sources.items():
        path = folder / place
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if place.name == "dbt_project.yml":
                path.write_text(source.read_text(encoding="utf-8").replace("@segments@", _segments()), encoding="utf-8")
            else:
                shutil.copyfile(source, path)
            yield path


def _place(path: Path) -> Path:
    place = path.relative_to(TEMPLATE)
    return place.with_name(RENAMED.get(place.name, place.name))


def _segments() -> str:
    """The packaged segments and the example, as a list in YAML."""
    project = read_yaml(DBT_PROJECT_DIR / "dbt_project.yml")
    return "\n".join(f"      - {name}" for name in [*project["vars"]["segments"], *OWN_SEGMENTS])
