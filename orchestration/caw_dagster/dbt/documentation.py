"""dbt's documentation of the project as one file that asks nothing of the network.

dbt's page has the parsed project and the warehouse's columns in it, but also an icon and a usage tracker of others.
Both are taken out, and a Content-Security-Policy keeps the browser from loading anything, whatever a later dbt adds.
"""

import contextlib
import re
import shutil
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.settings import Settings
from caw_dagster.dbt.parsing import MANIFEST, QUIET, ProjectError, locations
from caw_dagster.dbt.project import Project

PAGE = "static_index.html"
HEAD = "<head>"
# Its own scripts and styles are in the page; Angular makes functions of its templates.
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
LINKS = re.compile(r'<link rel="(?:canonical|shortcut icon)"[^>]*>')
TRACKER = re.compile(r"(?:https?:)?//[a-z0-9]+\.cloudfront\.net/[\w./-]+")


def documentation(project: Project, settings: Settings) -> str:
    """The page; the caller holds the data dir's lock. Where dbt finds no tables, it lacks columns' types as built.

    Raises:
        ProjectError: dbt refuses.
    """
    with tempfile.TemporaryDirectory(prefix="docs-", dir=project.folder.parent) as name:
        target = Path(name)
        shutil.copyfile(project.folder / MANIFEST, target / MANIFEST)
        catalog = [] if settings.warehouse.is_file() and project.engine.has_catalog else ["--empty-catalog"]
        arguments = ["docs", "generate", "--static", "--no-compile", *catalog]
        with contextlib.chdir(Path.cwd()):  # dbt changes the folder and does not return
            outcome = dbtRunner(manifest=project.parsed()).invoke(
                [*QUIET, *arguments, *locations(project.directory, target, project.engine)]
            )
        if not outcome.success:
            raise ProjectError(str(outcome.exception or "dbt docs generate failed"))
        page = (target / PAGE).read_text(encoding="utf-8")
        for folder in (project.directory, DBT_PROJECT_DIR):  # seeds have the machine's path, of the packaged ones too
            page = page.replace(str(folder), folder.name)
        return alone(page)


def alone(page: str) -> str:
    """dbt's page without what it would load.

    Raises:
        ProjectError: it is not the page that this knows, so that it may load something.
    """
    if HEAD not in page:
        raise ProjectError("dbt's documentation has no head to put a policy into: this version of dbt is not known.")
    return TRACKER.sub("", LINKS.sub("", page)).replace(HEAD, HEAD + POLICY, 1)
