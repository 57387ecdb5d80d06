"""Packages of the system that a test needs, installed by apt where that asks nobody anything."""

import fcntl
import os
import shutil
import subprocess

from tests.support.shared import Place

APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")
NETWORK_SECONDS = 300  # for what has to be fetched; nothing that installs is ended half-way


def may_install() -> bool:
    """Whether there is an apt, and this is root, or becomes it without a password."""
    if shutil.which(APT[0]) is None:
        return False
    return os.geteuid() == 0 or (shutil.which("sudo") is not None and _ended_well("sudo", "-n", "true"))


def install(package: str) -> None:
    """Install a package, if that can be had, one at a time; where it cannot, all is as it was."""
    apt = (*(() if os.geteuid() == 0 else ("sudo", "-n")), "env", "DEBIAN_FRONTEND=noninteractive")
    fetching = (*apt, "timeout", str(NETWORK_SECONDS), *APT)
    wanted = ("install", "-y", "--no-install-recommends", package)
    Place.folder.mkdir(exist_ok=True)
    with (Place.folder / ".apt.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # apt waits for itself only where it installs
        _ended_well(*fetching, "update")
        if _ended_well(*fetching, *wanted, "--download-only"):
            _ended_well(*apt, *APT, *wanted, "--no-download")


def _ended_well(*command: str) -> bool:
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
