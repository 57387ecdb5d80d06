"""What is installed, held against the locks; needs no network. `make lint` runs it, `pip-audit` asks the world.

Each locked package has one version and a hash of every file, no index or address is named, what is installed is what is
locked, its licence is one that an Apache-2.0 project can stand on, and none of it is known to impersonate another.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

LOCKS = Path(__file__).resolve().parents[2] / "requirements"
INSTALLED_FROM = "dev.lock"
# Each word allows every licence text that names it: of a choice of licences one is enough.
ALLOWED = re.compile(r"\b(Apache|MIT|0?BSD|ISCL?|PSF|Python Software Foundation|MPL|Mozilla|Artistic|Zlib|Unlicense)\b")
# Taken over, or made to be mistaken for another, at one time or other: never to be depended upon by a slip of the pen.
DENIED = frozenset(
    {"acqusition", "colourama", "ctx", "jeilyfish", "python3-dateutil", "request", "torchtriton", "urllib"}
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|-[fi]\s")


def faults_of_lock(text: str) -> Iterator[str]:
    """What is wrong with a lock file's text, one sentence each."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if ADDRESS.search(line):
            yield f"{line.split()[0]}: a lock names no address"
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            requirement = Requirement(line.partition(" --hash")[0])
        except InvalidRequirement:
            yield f"{line.split()[0]}: not a locked package"
            continue
        if [part.operator for part in requirement.specifier] != ["=="]:
            yield f"{requirement.name}: not locked to one version"
        if not HASH.search(line):
            yield f"{requirement.name}: has no hash"
        if canonicalize_name(requirement.name) in DENIED:
            yield f"{requirement.name}: impersonates another package"


def locked(text: str) -> dict[str, str]:
    """The version by name of what a lock installs on this Python and machine."""
    lines = (line.partition(" --hash")[0] for line in re.sub(r"\\\n", " ", text).splitlines())
    requirements = [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {
        canonicalize_name(each.name): next(iter(each.specifier)).version
        for each in requirements
        if each.marker is None or each.marker.evaluate()
    }


def faults_of_versions(locked_versions: Mapping[str, str], installed: Mapping[str, str]) -> Iterator[str]:
    """Where what is installed is not what is locked."""
    for name, version in locked_versions.items():
        found = installed.get(name)
        if found != version:
            yield f"{name}: {version} is locked, {found or 'nothing'} is installed"


def faults_of_licences(licences: Mapping[str, str]) -> Iterator[str]:
    """The packages whose licence is not among the allowed ones."""
    for name, licence in licences.items():
        if not ALLOWED.search(licence):
            yield f"{name}: its licence {licence or '(none given)'!r} is not among the allowed ones"


def licence_of(package: metadata.PackageMetadata) -> str:
    """The licence as the package gives it: an expression, classifiers, or the first line of a text."""
    classifiers = [each for each in package.get_all("Classifier") or [] if each.startswith("License ::")]
    expression, text = (" ".join(package.get_all(field) or []).strip() for field in ("License-Expression", "License"))
    return expression or "; ".join(classifiers) or text.partition("\n")[0]


def faults(locks: Iterable[Path], installed_from: Path) -> Iterator[str]:
    """Everything that is wrong with the locks and with what is installed here."""
    for lock in locks:
        yield from (f"{lock.name}: {fault}" for fault in faults_of_lock(lock.read_text(encoding="utf-8")))
    wanted = locked(installed_from.read_text(encoding="utf-8"))
    found = {str(canonicalize_name(each.name)): each for each in metadata.distributions()}
    yield from faults_of_versions(wanted, {name: each.version for name, each in found.items()})
    yield from faults_of_licences({name: licence_of(found[name].metadata) for name in wanted if name in found})


def main() -> int:
    """Print the faults; the exit code."""
    found = list(faults(sorted(LOCKS.glob("*.lock")), LOCKS / INSTALLED_FROM))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
