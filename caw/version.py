"""The version of caw that is installed."""

from importlib import metadata

UNRELEASED = "0.0.0"


def package_version() -> str:
    """The installed version of caw, as `health.last_run` shows it."""
    try:
        return metadata.version("customer-agent-warehouse")
    except metadata.PackageNotFoundError:
        return UNRELEASED
