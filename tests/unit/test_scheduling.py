"""Test files that share what takes long to make are run by one process."""

import pytest

from tests.support.scheduling import TOGETHER, BySharedThings
from tests.support.spark_here import ROOT


@pytest.mark.parametrize("starts", TOGETHER)
def test_files_that_share_something_are_one_unit_of_work(starts: tuple[str, ...]) -> None:
    """A process that waits for half a minute until another one has built what both read."""
    of = BySharedThings._split_scope
    of_each = [[str(path.relative_to(ROOT)) for path in ROOT.glob(f"{start}*.py")] for start in starts]
    files = [file for found in of_each for file in found]
    assert all(of_each) and len(files) > 1
    assert len({of(object.__new__(BySharedThings), f"{file}::test_of_something[a::b]") for file in files}) == 1


def test_every_other_file_is_one_of_its_own() -> None:
    """Two processes that both build what the tests of one file share."""
    of = BySharedThings._split_scope
    scopes = [of(object.__new__(BySharedThings), f"tests/unit/test_apt.py::{name}") for name in ("test_a", "test_b[1]")]
    assert scopes == ["tests/unit/test_apt.py"] * 2
