"""Fixtures of the reference's tests: the seeds that a team starts with, and an account's rules."""

from datetime import timedelta
from pathlib import Path

import pytest

from .cases import at, write_seeds
from .seeds import read_seeds
from .typed_records import Context


@pytest.fixture(name="seeds")
def seeds_fixture(tmp_path: Path) -> Path:
    """The seed folder."""
    return write_seeds(tmp_path)


@pytest.fixture(name="context")
def context_fixture(seeds: Path) -> Context:
    """An account in New York, ingested at noon (UTC)."""
    return Context(read_seeds(seeds), "acme_us", at("2025-03-10 12:00") + timedelta(hours=24))
