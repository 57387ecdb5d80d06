"""The dbt project as Dagster and dbt run it: parsed once per content, so that it is never silently out of date.

A parsed project is kept under the data dir in a folder named by a hash of all that parsing reads: the project's and the
seeds' files, the environment variables they name, and the versions of the parsers. A change of any of them is a new
folder, which appears by one rename. The data dir's path is read when models run, not when they are parsed.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from dbt.contracts.graph.manifest import Manifest

from caw.adapters.registry import code_fingerprint, seeds_of_adapters
from caw.feeds.declared import DBT_PROJECT_DIR, declarations
from caw.feeds.seeds import completed
from caw.host.yaml_files import read_yaml
from caw.settings import Settings
from caw_dagster.dbt.links import INSTALLED, PACKAGE, PACKAGES, link_packages
from caw_dagster.dbt.parsing import (
    IGNORED_FOLDERS,
    MANIFEST,
    OWN,
    parse,
    parsed_files,
    read_parsed,
    remove_abandoned,
    scratch_in,
    settings_of_parsing,
    variables_of,
)
from caw_dagster.engines import Engine, engine_named, engine_of

SETTINGS = "dbt_project.yml"
MACROS_OF_ROOT = f"../{DBT_PROJECT_DIR.name}/root"  # what dbt takes from the root project alone
KEPT_PROJECTS = 3  # a code server may still run on the one before


@dataclass(frozen=True)
class Project:
    """A parsed dbt project: `folder` has its manifest and what dbt needs to run without parsing again."""

    directory: Path
    folder: Path
    key: str
    engine: Engine = field(default_factory=engine_named)  # that it was parsed for

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest as Dagster reads it; unit tests, which no run executes, are left out."""
        manifest = json.loads((self.folder / MANIFEST).read_bytes())
        _attach_tests_of_several_models(manifest["nodes"])
        if not self.engine.has_views:
            _make_tables_of_views(manifest["nodes"])
        maps = {name: _without_unit_tests(manifest[name]) for name in ("child_map", "parent_map")}
        return {**manifest, "unit_tests": {}, **maps}

    def parsed(self) -> Manifest:
        """The manifest as dbt's own object; a fresh one each time, because a run changes it."""
        return read_parsed(self.folder, self.manifest["nodes"])

    @cached_property
    def parsing_fingerprint(self) -> str:
        """A hash of what makes a row that was built before wrong now: the seeds and the code of incremental models.

        A seed counts if an incremental model depends on it, however far, or if an adapter reads it, in Python, so that
        no model depends on it (spec §3.11: a changed seed that parsing uses rebuilds from the raw store).
        """
        nodes, parents = self.manifest["nodes"], self.manifest["parent_map"]
        lasting = {name for name, node in nodes.items() if node["config"].get("materialized") == "incremental"}
        upstream = linked(lasting, parents)
        digest, read_by_adapters = hashlib.sha256(code_fingerprint().encode()), seeds_of_adapters()
        for name in sorted(nodes):
            node = nodes[name]
            is_seed = node["resource_type"] == "seed"
            if name in upstream or (is_seed and node["name"] in read_by_adapters):
                digest.update(f"{name}={_content_of(node)}\n".encode())
        digest.update(json.dumps(declarations(_packaged(self.directory)), sort_keys=True).encode())
        for name, macro in sorted(self.manifest["macros"].items()):
            if macro["package_name"] == PACKAGE:
                digest.update(f"{name}={macro['macro_sql']}\n".encode())
        return digest.hexdigest()


def load_project(settings: Settings, directory: Path = DBT_PROJECT_DIR) -> Project:
    """The project as it is on disk now, parsed if this content was not parsed before.

    Raises:
        ProjectError: dbt refuses it.
    """
    own = settings.dbt_project_dir
    seeds = settings.seeds_dir or directory.parent / "seeds"
    engine = engine_of(settings)
    key = _content_key(directory, seeds, own, engine)
    kept = settings.data_dir / "target"
    is_apart = own is not None or settings.seeds_dir is not None or engine.reads_seeds
    if is_apart or any(_completed_seeds(directory, seeds).values()):
        directory = _put_together(directory, seeds, own, kept / f"source-{key}")
    project = Project(directory, kept / f"project-{key}", key, engine)
    if not project.folder.exists():
        parse(directory, project.folder, engine)
        _forget_old(kept, key)
    remove_abandoned(kept)
    return project


def _put_together(directory: Path, seeds: Path, own: Path | None, place: Path) -> Path:
    """A copy of the project with a team's CSV files laid over its seeds, whose types and tests are the project's own;
    and, where the team has a dbt project, a copy of that, with the first as its package. The folder that dbt runs in.

    dbt is never given a seed's path from outside the project: it writes what it makes of a seed to target/<path>, which
    for an absolute path, or one that leads far up, is the seed itself or some other file.
    """
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch_in(place.parent) as scratch:
            draft = scratch / "source"
            shutil.copytree(directory, draft / directory.name, ignore=shutil.ignore_patterns(*IGNORED_FOLDERS))
            (draft / "seeds").mkdir()
            shipped = directory.parent / "seeds"
            for path in [*shipped.glob("*.yml"), *shipped.glob("*.csv"), *seeds.glob("*.csv")]:
                shutil.copyfile(path, draft / "seeds" / path.name)
            for name, text in _completed_seeds(directory, seeds).items():
                if text is not None:
                    (draft / "seeds" / name).write_text(text, encoding="utf-8")
            if own is not None:
                _copy_own(own, draft / OWN)
            try:
                draft.rename(place)  # a folder, which atomic.py does not write
            except OSError:
                if not place.exists():  # otherwise another process made the same copy first
                    raise
    return place / (directory.name if own is None else OWN)


def _copy_own(own: Path, copy: Path) -> None:
    """Copy a team's dbt project next to the two folders that it has as packages."""
    ignored = {own: {"target", "logs", INSTALLED}, own / PACKAGES: {PACKAGE, "seeds"}}
    shutil.copytree(own, copy, symlinks=True, ignore=lambda folder, _: ignored.get(Path(folder), set()))
    link_packages(copy, Path("..", ".."))
    with contextlib.suppress(yaml.YAMLError, AttributeError, UnicodeDecodeError):  # dbt says what is wrong with it
        said = read_yaml(own / SETTINGS)
        paths = said.get("macro-paths") or ["macros"]
        if isinstance(paths, list):
            said["macro-paths"] = [*paths, MACROS_OF_ROOT]
        (copy / SETTINGS).unlink()  # it may be a link
        (copy / SETTINGS).write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _completed_seeds(directory: Path, seeds: Path) -> Mapping[str, str | None]:
    """Seeds by name, with the columns that an older file lacks; None for a seed that lacks none."""
    described = directory.parent / "seeds" / "_seeds.yml"
    declared = read_yaml(described)["seeds"] if described.exists() else []
    columns = {f"{seed['name']}.csv": [column["name"] for column in seed["columns"]] for seed in declared}
    return {name: completed(seeds / name, names) for name, names in columns.items() if (seeds / name).is_file()}


def _without_unit_tests(links: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {
        name: [other for other in others if not other.startswith("unit_test.")]
        for name, others in links.items()
        if not name.startswith("unit_test.")
    }


def _content_key(directory: Path, seeds: Path, own: Path | None, engine: Engine) -> str:
    digest = hashlib.sha256(str(directory).encode())
    paths = list(parsed_files(directory, directory.parent / "seeds", seeds, *([own] if own else [])))
    for path in paths:
        digest.update(f"\n{path}={hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    digest.update(settings_of_parsing(variables_of(paths), engine).encode())
    return digest.hexdigest()[:16]


def _forget_old(kept: Path, key: str) -> None:
    for kind in ("project", "source"):
        others = [path for path in kept.glob(f"{kind}-*") if path.name != f"{kind}-{key}"]
        for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_PROJECTS - 1 :]:
            shutil.rmtree(path, ignore_errors=True)


def _attach_tests_of_several_models(nodes: Mapping[str, Any]) -> None:
    """Give each test that names no model one to be the check of: the one that its name starts with, or its first.

    dagster-dbt knows the model of a generic test and of a test with one parent; others would be no checks at all.
    """
    for test in nodes.values():
        if test["resource_type"] != "test" or test.get("attached_node") or "dagster" in test["config"]["meta"]:
            continue
        models = [nodes[parent] for parent in test["depends_on"]["nodes"] if parent in nodes]
        if len(models) > 1:
            named = [model for model in models if test["name"].startswith(model["name"])]
            chosen = max(named, key=lambda model: len(model["name"])) if named else models[0]
            test["config"]["meta"]["dagster"] = {"ref": {"name": chosen["name"], "package": chosen["package_name"]}}


def _make_tables_of_views(nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        if node["resource_type"] == "model" and node["config"].get("materialized") == "view":
            node["config"]["materialized"] = "table"


def linked(names: Iterable[str], links: Mapping[str, Sequence[str]]) -> set[str]:
    """These nodes of the project's graph, and all that their links lead to, however far: parents, or children."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(links.get(name, ()))
    return found


def relation(node: Mapping[str, Any]) -> tuple[str, str]:
    """Schema and name of a node in the warehouse."""
    return node["schema"], node.get("alias") or node["identifier"]


def _packaged(directory: Path) -> Path:
    """Our dbt project: this one, or the package of a team's."""
    packaged = directory / PACKAGES / PACKAGE
    return packaged if packaged.is_dir() else directory


def _content_of(node: Mapping[str, Any]) -> str:
    return str(node.get("raw_code") or node["checksum"]["checksum"])
