"""The check of locks and installed packages, on texts that have one fault each; `make lint` runs it on the real ones."""

import pytest

from tests.support.dependencies import (
    LOCKS,
    faults_of_licences,
    faults_of_lock,
    faults_of_versions,
    locked,
)

HASH = "--hash=sha256:" + "0a" * 32


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.lock")), ids=lambda lock: lock.name)
def test_the_locks_are_valid(lock: object) -> None:
    """An install from a lock without a hash takes whatever an index serves."""
    assert list(faults_of_lock(lock.read_text(encoding="utf-8"))) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("six==1.16.0\n", "six: has no hash"),
        (f"six>=1.16.0 \\\n    {HASH}\n", "six: not locked to one version"),
        (f"six==1.16.0 \\\n    {HASH}\nctx==1.0 \\\n    {HASH}\n", "ctx: impersonates another package"),
        (f"six @ file://here \\\n    {HASH}\n", "six: a lock names no address"),
        ("-r other.txt\n", "-r: not a locked package"),
    ],
)
def test_a_fault_in_a_lock_is_named(text: str, fault: str) -> None:
    assert list(faults_of_lock(text)) == [fault]


@pytest.mark.parametrize("option", ["index-url", "extra-index-url", "find-links"])
def test_no_option_of_a_lock_names_an_address(option: str) -> None:
    assert list(faults_of_lock(f"--{option} somewhere\n")) == [f"--{option}: a lock names no address"]


def test_packages_for_other_machines_are_not_expected_here() -> None:
    text = f'six==1.16.0 \\\n    {HASH}\nwinreg==1 ; sys_platform == "nowhere" \\\n    {HASH}\n'
    assert locked(text) == {"six": "1.16.0"}


def test_what_is_installed_must_be_what_is_locked() -> None:
    found = list(faults_of_versions({"six": "1.16.0", "attrs": "26.1.0"}, {"six": "1.17.0"}))
    assert found == ["six: 1.16.0 is locked, 1.17.0 is installed", "attrs: 26.1.0 is locked, nothing is installed"]


def test_a_licence_that_binds_what_uses_it_is_refused_and_a_choice_is_taken() -> None:
    licences = {"a": "AGPL-3.0-only", "b": "MIT OR GPL-2.0", "c": "", "d": "Apache-2.0"}
    assert [fault.partition(":")[0] for fault in faults_of_licences(licences)] == ["a", "c"]
