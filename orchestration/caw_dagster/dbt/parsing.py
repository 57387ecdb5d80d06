"""dbt's parse of a project, into a folder of its own: by dbt, or taken from one that was made when caw was installed.

To parse takes most of a first run on a small input. What `make` or the build of the wheel has parsed lies in the dbt
project's own target folder, under a hash of all that parsing reads but for the rows of seeds: of these a parsed project
knows the folder and a checksum, and both are put in here. Nothing at run time writes there.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from dbt.artifacts.resources.base import FileHash
from dbt.cli.main import dbtRunner
from dbt.contracts.files import FilePath
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode, SeedNode
from dbt.parser.read_files import load_seed_source_file

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.host.locks import Holder, exclusive, is_held
from caw_dagster.engines import Engine, engine_named

OWN = "own"  # the copy of a team's project
PARSED_FILES = frozenset({".sql", ".yml", ".yaml", ".csv", ".md", ".py"})
IGNORED_FOLDERS = frozenset({"target", "logs", "dbt_packages", "sample"})
PARSERS = ("dbt-core", "dbt-adapters", "dagster-dbt")  # and the engine's adapter
ENV_VAR = re.compile(r"""env_var\(\s*['"](\w+)['"]""")
READ_BY_RUNS = frozenset({"CAW_DATA_DIR"})  # not by the parser
QUIET = ("--log-level", "none", "--log-level-file", "none")  # results come back as objects
PROFILES = "profiles.yml"
MANIFEST = "manifest.json"
PARSED = "partial_parse.msgpack"
AHEAD = DBT_PROJECT_DIR / "target" / "parsed"  # what was parsed before any run, by its key
SCRATCH = ".parse-"  # begins the name of a folder in which a project is parsed
LOCK_OF_SCRATCH = "lock"
ABANDONED_SECONDS = 600.0  # of a folder without a lock: no process takes this long from the one to the other


class ProjectError(Exception):
    """The dbt project does not parse; the message is dbt's."""


def parse(directory: Path, folder: Path, engine: Engine | None = None) -> None:
    """Fill a folder, which appears by one rename, with the parse of the project in a directory.

    Args:
        directory: the project's.
        folder: does not exist yet.
        engine: that will run it; DuckDB where none is given.

    Raises:
        ProjectError: dbt refuses it.
    """
    engine = engine or engine_named()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_in(folder.parent) as scratch:
        draft = scratch / "project"
        ahead = AHEAD / key_of_code(directory, engine)
        if ahead.is_dir():
            _take_over(ahead, directory, draft)
        else:
            _parse(directory, draft, engine)
        try:
            draft.rename(folder)  # a folder, which atomic.py does not write
        except OSError:
            if not folder.exists():  # otherwise another process parsed the same content first
                raise


def parse_ahead(directory: Path) -> Path:
    """Parse a project for DuckDB into its own target folder, unless it is there; where. What was parsed before goes."""
    kept, engine = directory / "target" / AHEAD.name, engine_named()
    folder = kept / key_of_code(directory, engine)
    if not folder.exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        with scratch_in(kept) as scratch:
            _parse(directory, scratch / "project", engine)
            draft = scratch / folder.name
            draft.mkdir()
            for name in (MANIFEST, PARSED):
                (scratch / "project" / name).rename(draft / name)
            draft.rename(folder)  # a folder, which atomic.py does not write
    return folder


def read_parsed(folder: Path, nodes: dict[str, Any]) -> Manifest:
    """dbt's manifest of a folder that `parse` filled.

    Args:
        folder: of one project.
        nodes: those of its manifest.json; where seeds lie, and how models are made, is as it is there.
    """
    manifest = Manifest.from_msgpack((folder / PARSED).read_bytes())
    for name, node in manifest.nodes.items():
        if isinstance(node, SeedNode):
            node.root_path = nodes[name]["root_path"]
            node.checksum = FileHash.from_dict(nodes[name]["checksum"])
        elif isinstance(node, ModelNode):
            node.config.materialized = nodes[name]["config"]["materialized"]
    manifest.build_flat_graph()  # what SQL knows as `graph`; dbt makes it only of a project that it has just parsed
    return manifest


def key_of_code(directory: Path, engine: Engine) -> str:
    """A hash of all that parsing reads, wherever the project lies, but for the rows of seeds."""
    seeds = directory.parent / "seeds"
    digest = hashlib.sha256()
    for root in (directory, seeds):
        for path in parsed_files(root):
            digest.update(f"\n{path.relative_to(root).as_posix()}".encode())
            if path.suffix != ".csv":
                digest.update(f"={hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    environment = variables_of(path for path in parsed_files(directory) if path.name != PROFILES)
    digest.update(settings_of_parsing(environment, engine).encode())
    return digest.hexdigest()[:16]


def variables_of(paths: Iterable[Path]) -> set[str]:
    """The environment variables that files of a project name."""
    texts = (path.read_bytes().decode("utf-8", "replace") for path in paths if path.suffix != ".csv")
    return {name for text in texts for name in ENV_VAR.findall(text)}


def settings_of_parsing(variables: Collection[str], engine: Engine) -> str:
    """Inputs of dbt's parsing besides files: values of these variables, versions of the parsers."""
    values = [f"{name}={os.environ.get(name)}" for name in sorted(set(variables) - READ_BY_RUNS)]
    return "\n".join([*values, *(f"{name}={metadata.version(name)}" for name in (*PARSERS, engine.adapter))])


def parsed_files(*folders: Path) -> Iterator[Path]:
    """The files of these folders that dbt may parse, in the order of their paths."""
    for root in dict.fromkeys(folders):
        for folder, inside, names in os.walk(root):
            inside[:] = sorted(name for name in inside if name not in IGNORED_FOLDERS and not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix in PARSED_FILES)


def locations(directory: Path, target: Path, engine: Engine) -> list[str]:
    """dbt's arguments for its folders; nothing is written into the project."""
    return [
        *("--project-dir", str(directory), "--profiles-dir", str(_profiles(directory)), "--target", engine.target),
        *("--target-path", str(target), "--log-path", str(target)),
    ]


def _profiles(directory: Path) -> Path:
    """The folder of the profile for runs: the package's, so that a team's own profiles.yml is for its people alone."""
    return directory.parent / DBT_PROJECT_DIR.name if directory.name == OWN else directory


@contextmanager
def scratch_in(kept: Path) -> Iterator[Path]:
    """A folder to work in; it is locked, so that others know it from one whose process died."""
    with tempfile.TemporaryDirectory(dir=kept, prefix=SCRATCH) as name:
        holder = Holder.now("a parse")
        with exclusive(Path(name, LOCK_OF_SCRATCH), holder):
            yield Path(name)


def remove_abandoned(kept: Path) -> None:
    """Remove the folders of parses that were killed."""
    for scratch in kept.glob(f"{SCRATCH}*"):
        with contextlib.suppress(FileNotFoundError):  # its process has just ended
            lock = scratch / LOCK_OF_SCRATCH
            if not is_held(lock) and (lock.exists() or time.time() - scratch.stat().st_mtime > ABANDONED_SECONDS):
                shutil.rmtree(scratch, ignore_errors=True)


def _parse(directory: Path, folder: Path, engine: Engine) -> None:
    """By dbt."""
    outcome = dbtRunner().invoke([*QUIET, "parse", *locations(directory, folder, engine)])
    if not outcome.success:
        raise ProjectError(str(outcome.exception or "dbt parse failed"))


def _take_over(ahead: Path, directory: Path, folder: Path) -> None:
    """From one that was parsed before, with this project's seeds."""
    shutil.copytree(ahead, folder)
    manifest = json.loads((ahead / MANIFEST).read_bytes())
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            place = Path(node["original_file_path"])
            seed = FilePath(str(place.parent), place.name, 0.0, str(directory))
            node["root_path"] = str(directory)
            node["checksum"] = load_seed_source_file(seed, node["package_name"]).checksum.to_dict()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


if __name__ == "__main__":
    print(parse_ahead(Path(sys.argv[1]).resolve() if sys.argv[1:] else DBT_PROJECT_DIR))
