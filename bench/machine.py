"""The machine in general words: what makes figures comparable, nothing that names it."""

import os
import platform
import sys
from importlib.metadata import version

from bench.measured import GIB

PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "pandas", "pyarrow")


def machine() -> dict[str, str]:
    """Cores, memory and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} on {platform.machine()}",
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "versions": versions,
    }
