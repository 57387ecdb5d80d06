"""The sample of `make run`: the logs of seeds/sample moved in time to end now, and otherwise as they are."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from caw.feeds.declared import SEEDS_DIR
from caw.landing.scan import Stamp, stamp
from generator.odd_files import DIRTY_LOG
from generator.sample_landing import SampleError, described, land_sample
from generator.shifted import shifted

NOW = datetime(2026, 11, 28, 19, 49, 37, 5, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ANY_DATE = re.compile(rb"\b(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?|\b1[78]\d{8}(?:000)?\b")


def contents(landing: Path) -> dict[str, bytes]:
    """Every file of a landing zone but the hidden ones, unpacked."""
    files = {path.relative_to(landing).as_posix(): path for path in landing.rglob("[!.]*") if path.is_file()}
    return {
        name: gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
        for name, path in files.items()
    }


def stamps(landing: Path) -> dict[Path, Stamp]:
    """What the file system says of each file and folder."""
    return {path: stamp(path) for path in landing.rglob("*")}


@pytest.mark.parametrize(
    ("before", "after"),  # two days and an hour and a minute later
    [
        ("2026-06-30T12:00:00Z", "2026-07-02T13:01:00Z"),
        ("2026-06-30T12:00:00.250Z", "2026-07-02T13:01:00.250Z"),
        ("2026-06-30T12:00Z", "2026-07-02T13:01Z"),
        ("2026-06-30T23:30+02:00", "2026-07-03T00:31+02:00"),
        ("2026-06-30T12:00:00 UTC", "2026-07-02T13:01:00 UTC"),
        ("2026-06-30 12:00:00", "2026-07-02 13:01:00"),
        ("2026-10-23 01:30:00", "2026-10-25 02:31:00"),  # the hour that Paris repeats: the first time
        (
            "2026-10-23 02:30:00",
            "2026-10-25 02:31:00+0100",
        ),  # and the second, which is not what spec §2.0.3 takes it for
        ("2026-10-24 03:00:00", "2026-10-26 03:01:00"),  # 49 hours and a minute after an hour of summer time
        ("2027-03-26 01:30:00", "2027-03-28 03:31:00"),  # the hour that Paris skips
        ("1782820800", "1782997260"),
        ("1782820800250", "1782997260250"),
        ("2026-06-12T", "2026-06-12T"),  # cut off
        ("yesterday", "yesterday"),
        ("2026-06-30", "2026-06-30"),
        ("+49 1782820800", "+49 1782997260"),
        ("+1782820800", "+1782820800"),  # a phone number
        ("a1782820800", "a1782820800"),  # an id
    ],
)
def test_an_instant_is_later_and_written_as_it_was(before: str, after: str) -> None:
    """Each way of writing that spec §2.0.3 allows and the sample has."""
    by = timedelta(days=2, hours=1, minutes=1)
    assert shifted("a.csv", f"x,{before},y\n".encode(), by, PARIS).decode() == f"x,{after},y\n"


def test_what_the_sample_does_not_have_is_refused() -> None:
    """Prevents a new file of the sample from being landed at its old instants, and instants from losing their seconds."""
    with pytest.raises(ValueError, match="is none of"):
        shifted("a.parquet", b"", timedelta(0), PARIS)
    with pytest.raises(ValueError, match="whole minutes"):
        shifted("a.csv", b"", timedelta(seconds=30), PARIS)


def test_the_sample_lands_with_other_instants_and_is_else_the_same(tmp_path: Path) -> None:
    """A broken line that was mended, or an id that looked like an instant, would tell another story."""
    landing, until = land_sample(tmp_path / "data", NOW)
    assert (landing, until) == (tmp_path / "data" / "sample_landing", datetime(2026, 11, 28, 19, 49, tzinfo=UTC))
    before, after = contents(SEEDS_DIR / "sample"), contents(landing)
    assert {path: ANY_DATE.sub(b"@", data) for path, data in after.items()} == {
        path: ANY_DATE.sub(b"@", data) for path, data in before.items()
    }
    assert all(data != before[path] for path, data in after.items() if ANY_DATE.search(data))
    assert b'"occurred_at":"2026-06-12T\n' in after[DIRTY_LOG] and b"caf\xe9" in after[DIRTY_LOG]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["sample_landing"]


def test_no_instant_of_the_shifted_sample_is_later_than_its_end(tmp_path: Path) -> None:
    """Records of the future are refused."""
    landing, until = land_sample(tmp_path / "data", NOW)
    log = b"".join(data for path, data in contents(landing).items() if "acme_us/conversation_log" in path)
    instants = re.findall(rb'"occurred_at":"([^"]{19,}Z)"', log)
    latest = max(datetime.fromisoformat(text.decode()) for text in instants)
    assert until - timedelta(hours=1) < latest <= until


def test_what_has_landed_stays_as_it_is(tmp_path: Path) -> None:
    """Landed again, the same ids at other instants would be conflicting duplicates (spec §2.1.3)."""
    landing, until = land_sample(tmp_path / "data", NOW)
    before = stamps(landing)
    assert land_sample(tmp_path / "data", NOW + timedelta(days=40)) == (landing, until)
    assert stamps(landing) == before


def test_a_data_dir_with_other_logs_is_left_alone(tmp_path: Path) -> None:
    """The sample of an older version has the same ids."""
    marker = tmp_path / "raw" / "format"
    marker.parent.mkdir()
    marker.write_text("3", encoding="ascii")
    with pytest.raises(SampleError, match="holds other logs than the sample"):
        land_sample(tmp_path, NOW)
    assert [path.name for path in tmp_path.iterdir()] == [marker.parent.name]


def test_an_old_sample_is_said_to_be(tmp_path: Path) -> None:
    """Who comes back after a week finds everybody expired, and has to know why."""
    landing, until = land_sample(tmp_path, NOW)
    assert described(landing, until, NOW) == f"The sample logs in {landing} end at 2026-11-28T19:49Z."
    assert f"remove {tmp_path} to have them end now" in described(landing, until, until + timedelta(days=1))
