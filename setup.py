"""What pyproject.toml cannot say: the dbt project, the seeds, the folder of `caw init`, the dashboards and two
documents are built into the wheel, and what dbt makes of the project where it is there to parse it (`pip wheel
--no-build-isolation`).

They lie side by side under `caw/project/`, so that the dbt project's `../seeds` holds there. An editable install reads
them from the checkout.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUILT_IN = ("dbt_project", "seeds", "template", "dashboards")
DOCUMENTS = ("docs/feeds.md", "docs/specification.md")  # Dagster shows their sections
LEFT_OUT = ("sample", "target", "logs", "dbt_packages", ".user.yml")


class BuildWithProject(build_py):
    """Builds the packages, and puts the project into `caw`."""

    def run(self) -> None:
        """Build."""
        super().run()
        if not self.editable_mode:
            project = Path(self.build_lib, "caw", "project")
            shutil.rmtree(project, ignore_errors=True)
            for folder in BUILT_IN:
                shutil.copytree(folder, project / folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
            (project / "docs").mkdir()
            for document in DOCUMENTS:
                shutil.copyfile(document, project / document)
            if find_spec("dbt") and find_spec("dagster_dbt"):
                parse = [sys.executable, "-P", "-m", "caw_dagster.dbt.parsing", str(project / "dbt_project")]
                roots = os.pathsep.join([str(Path.cwd()), str(Path.cwd() / "orchestration")])
                subprocess.run(parse, check=True, env={**os.environ, "PYTHONPATH": roots})


setup(cmdclass={"build_py": BuildWithProject})
