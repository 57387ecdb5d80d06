"""Links by which a team's dbt project has ours as its package `caw`, as `dbt deps` lays them for local packages.

dbt looks for a package's seeds next to the package, by the name of the path and not through the link. So the folder of
seeds lies there as well, as a package of its own name without a node.
"""

from pathlib import Path

from caw.feeds.declared import PROJECT_ROOT

PACKAGE = "caw"  # the name of our dbt project
PACKAGES = "dbt_packages"
INSTALLED = ".caw"  # in a team's project: a link to the installed project and seeds, for its packages.yml


def link_installed(own: Path, root: Path = PROJECT_ROOT) -> None:
    """Let dbt's own commands find the installed package in a team's dbt project; an older environment's link goes."""
    _lay(own / INSTALLED, root)
    link_packages(own, Path("..", INSTALLED))


def link_packages(own: Path, root: Path) -> None:
    """Lay both packages into a team's dbt project.

    Args:
        own: the team's project.
        root: the folder of `dbt_project` and `seeds`, as seen from `dbt_packages`.
    """
    _lay(own / PACKAGES / PACKAGE, root / "dbt_project")
    _lay(own / PACKAGES / "seeds", root / "seeds")


def _lay(link: Path, target: Path) -> None:
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink() or link.readlink() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)
