"""Instants as Python reads them in lines that come late (spec §2.0.3), against hand-worked forms and the reference."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from caw.formats.instants import is_instant, zone_of
from caw.formats.strict_json import parse
from tests.reference.jsontext import parse_json
from tests.reference.values import FURTHEST_AHEAD, BadValue, is_absent, read_instant
from tests.support.field_forms import INSTANTS
from tests.support.odd_values import ODD_INSTANTS

NEW_YORK = ZoneInfo("America/New_York")
LONG_AFTER = datetime(2100, 1, 1, tzinfo=UTC)


def ours(value: str, zone: ZoneInfo, ingested_at: datetime) -> bool:
    return is_instant(parse(f'{{"at": {value}}}')["at"], zone, ingested_at)


@pytest.mark.parametrize("value", INSTANTS)
def test_an_instant_is_one_in_every_form(value: str) -> None:
    """A line that is accepted takes nothing, or one that is refused does."""
    assert ours(value, NEW_YORK, LONG_AFTER) is (INSTANTS[value] is not None)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Paris", "Australia/Lord_Howe"])
@pytest.mark.parametrize("ingested_at", ["2025-03-10T12:00:00", "2024-11-02T05:59:59", "2024-10-26T00:00:00"])
def test_odd_instants_are_read_as_the_reference_reads_them(zone: str, ingested_at: str) -> None:
    """The clocks of a zone, the year 1990 and a day ahead decide otherwise here than where lines are accepted."""
    taken_in = datetime.fromisoformat(ingested_at).replace(tzinfo=UTC)
    found = {}
    for value in ODD_INSTANTS:
        raw = parse_json(value)
        try:
            found[value] = not is_absent(raw) and bool(read_instant(raw, ZoneInfo(zone), taken_in + FURTHEST_AHEAD))
        except BadValue:
            found[value] = False
    assert {value: ours(value, ZoneInfo(zone), taken_in) for value in ODD_INSTANTS} == found
    assert 10 < sum(found.values()) < len(found) - 10


def test_a_source_s_zone_is_the_seed_s(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text(
        "source,timezone,currency\nshop,Europe/Paris,EUR\nbare,,\nodd,Mars/Base,\n", encoding="utf-8"
    )
    assert zone_of("shop", tmp_path) == ZoneInfo("Europe/Paris")
    assert zone_of("bare", tmp_path) == zone_of("odd", tmp_path) == zone_of("other", tmp_path) == UTC
    (tmp_path / "sources.csv").write_text("source,currency\nshop,EUR\n", encoding="utf-8")
    assert zone_of("shop", tmp_path) == UTC, "an older file, whose lacking cells are blank for the models, too"
