"""Needs of a person that the summary of every run and `caw doctor` both name, in one order."""

from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from caw.adapters.people import people_of
from caw.doctor.agents import agents_needed
from caw.doctor.needs import Need, needs_of
from caw.doctor.people import people_needed
from caw.publication.notes import Notes


def all_needs(connection: DuckDBPyConnection, notes: Notes, seeds: Path) -> Sequence[Need]:
    """First the sources whose people or agents nobody has named, then refused lines and unreadable files.

    Args:
        connection: a published file.
        notes: those of its publication.
        seeds: the folder of the run's seeds.
    """
    return [
        *people_needed(connection, seeds, notes.strangers),
        *agents_needed(notes.unnamed_agents),
        *needs_of(connection, notes, people_of(seeds)),
    ]
