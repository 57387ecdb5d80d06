"""What `caw doctor` says of the experiments (spec §8.7), worked out by hand from the figures of policy_lift."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from caw.doctor.experiments import about, points, sights_of
from caw.doctor.health import Health, of_source
from caw.doctor.page import doctor_page, needs
from caw.host.printable import wrapped
from caw.settings import Settings, read_settings

HEADER = "experiment_id,policy_id,starts_at,ends_at,holdout_percent,conversion_hours,smallest_lift"
JULY = "july,follow_up,2026-07-01T00:00Z,2026-07-08T02:00+02:00,20,48,0.02"  # the last order counts until 10 July
DURING = datetime(2026, 7, 9, 23, 59, tzinfo=UTC)
AFTER = datetime(2026, 7, 10, tzinfo=UTC)
# source, treated, held out, of these ordered, held out and written to, detectable, verdict
SEEN = ("us", 800, 200, 8, 0, 0.043402, "collecting")


def settings_of(folder: Path, *rows: str) -> Settings:
    """A team's folder of seeds with these experiments."""
    (folder / "retargeting_experiments.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return read_settings({"CAW_SEEDS_DIR": str(folder)})


def looked_at(settings: Settings, as_of: datetime, figures: Sequence[tuple[object, ...]] = ()) -> Health:
    """The doctor's findings where this is published of the experiment july."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema retargeting;
            create table retargeting.policy_lift (
                experiment_id text, source text, units_treated bigint, units_held_out bigint, converted_held_out bigint,
                sent_held_out bigint, minimum_detectable_effect double, verdict text
            )
        """)
        for row in figures:
            connection.execute("insert into retargeting.policy_lift values ('july', ?, ?, ?, ?, ?, ?, ?)", list(row))
        sights = sights_of(connection, settings, as_of)
    found = [sight.need for sight in sights if sight.need is not None]
    return Health(as_of, as_of, [], {}, [], needs=found, sights=sights)


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        # 1000 · (0.043402 / 0.02)² = 4,709.3
        (SEEN, "collecting: at 20 % held out and 1,000 mature profiles nothing smaller than 4.34 points shows; 2 points, its smallest_lift, needs about 4,800"),
        (("us", 8000, 2000, 80, 0, 0.0137249, "lift"), "lift: at 20 % held out and 10,000 mature profiles nothing smaller than 1.37 points shows: enough for 2 points, its smallest_lift"),
        (("us", 800, 200, 8, 0, 0.02, "harm"), "harm: at 20 % held out and 1,000 mature profiles nothing smaller than 2 points shows: enough for 2 points, its smallest_lift"),
        # 2.8016 · √(¼ · (1 + ½)) = 1.7156; 3 · (1.7156 / 0.02)² = 22,075
        (("us", 1, 2, 1, 0, 1.7156, "collecting"), "collecting: at 20 % held out and 3 mature profiles nothing shows; 2 points, its smallest_lift, needs about 23,000"),
        (("us", 32, 8, 0, 0, None, "collecting"), "collecting: at 20 % held out and 40 mature profiles none of the 8 held out ordered, so what shows cannot be said"),
        (("us", 32, 8, 8, 0, None, "collecting"), "collecting: at 20 % held out and 40 mature profiles all of the 8 held out ordered, so what shows cannot be said"),
        (("us", 0, 0, 0, 0, None, "collecting"), "collecting: the 48 hours for which orders count are over for nobody yet"),
        (("us", 9, 0, 0, 0, None, "no data"), "no data: of 9 mature profiles none are held out, so nothing can be compared"),
        (("us", 0, 1, 1, 0, None, "no data"), "no data: of 1 mature profiles all are held out, so nothing can be compared"),
    ],
)  # fmt: skip
def test_what_an_experiment_can_see_is_said(figures: tuple[object, ...], says: str, tmp_path: Path) -> None:
    """A team waits for two points on profiles that could not show four; or stops where nobody has ordered yet."""
    health = looked_at(settings_of(tmp_path, JULY), DURING, [figures])
    assert [sight.line for sight in health.sights] == [f"july, us: {says}"]
    assert health.needs == []


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        (("us", 850, 150, 8, 0, 0.05, "invalid: sample ratio"), "its arms are not of the sizes that a draw of 20 % makes"),
        (("us", 800, 200, 0, 1200, None, "invalid: holdout was written to"), "1,200 who are held out were written to, more than 1 % of them"),
    ],
)  # fmt: skip
def test_an_invalid_experiment_needs_a_person_while_its_orders_count(
    figures: tuple[object, ...], why: str, tmp_path: Path
) -> None:
    """Figures that mean nothing are shown as if they did; or doctor ends with 1 for ever after one failed experiment."""
    settings = settings_of(tmp_path, JULY)
    running = looked_at(settings, DURING, [figures])
    assert [sight.sentence.startswith(f"{figures[-1]}: {why}") for sight in running.sights] == [True]
    (need,) = running.needs
    assert need.sentence.startswith(f"The experiment july is invalid in us: {why}") and need.source == "us"
    over = looked_at(settings, AFTER, [figures])
    assert over.sights == [replace(running.sights[0], need=None)] and over.needs == []


def test_an_experiment_may_go_on_to_the_end_of_time(tmp_path: Path) -> None:
    """`caw doctor` would end with a traceback: no instant is two days after the last one that there is."""
    settings = settings_of(tmp_path, JULY.replace("2026-07-08T02:00", "9999-12-31T23:59"))
    assert len(looked_at(settings, AFTER, [(*SEEN[:-1], "invalid: sample ratio")]).needs) == 1


def test_an_experiment_without_anybody_says_why(tmp_path: Path) -> None:
    """A mistyped policy, or gates that stop everybody, look like an experiment that has not begun."""
    settings = settings_of(tmp_path, JULY.replace("2026-07-01T00:00Z", "2026-07-01T02:00+02:00"))
    (before,) = looked_at(settings, datetime(2026, 6, 30, 23, 59, tzinfo=UTC)).sights
    assert (before.line, before.source) == ("july: starts at 2026-07-01 02:00 UTC+02:00", None)
    (begun,) = looked_at(settings, datetime(2026, 7, 1, tzinfo=UTC)).sights
    assert begun.line.startswith("july: nobody is enrolled since 2026-07-01 02:00 UTC+02:00: no trigger of follow_up")


def test_the_page_has_a_line_for_each_experiment_and_source_and_fits_a_terminal(tmp_path: Path) -> None:
    """A second account's figures are lost, or a sentence is cut."""
    health = looked_at(settings_of(tmp_path, JULY), DURING, [SEEN, ("eu", *SEEN[1:])])
    settings = read_settings({})
    page = doctor_page(settings, health, None, False, DURING).splitlines()
    at = page.index("Experiments: what each can see, four times in five")
    assert [line.partition(":")[0] for line in page[at + 1 : at + 4]] == ["  july, eu", "  july, us", ""]
    assert [sight.source for sight in of_source(health, "us").sights] == ["us"]
    narrow = wrapped("\n".join(page[at + 1 : at + 3]), 60).splitlines()
    assert max(map(len, narrow)) <= 60 and " ".join(" ".join(narrow).split()).endswith(
        "its smallest_lift, needs about 4,800"
    )
    assert needs(health, None, DURING) == []


def test_nothing_is_said_of_none_of_a_wrong_seed_or_of_an_older_file(tmp_path: Path) -> None:
    """An empty heading; or a page that ends in a traceback, where every run says what is wrong."""
    nothing = looked_at(settings_of(tmp_path), DURING)
    assert nothing.sights == []
    assert "Experiments" not in doctor_page(read_settings({}), nothing, None, False, DURING)
    assert looked_at(settings_of(tmp_path, JULY.replace(",48,", ",soon,")), DURING, [SEEN]).sights == []
    with duckdb.connect() as connection:
        assert sights_of(connection, settings_of(tmp_path, JULY), DURING) == []


def test_numbers_are_short() -> None:
    """`4.340199999 points`, or sizes that pretend to be exact to the profile."""
    assert [points(one) for one in (0.01, 0.043402, 0.2, 0.0004)] == [
        "1 point",
        "4.34 points",
        "20 points",
        "0.04 points",
    ]
    assert [about(one) for one in (7.1, 99.2, 101, 4709.3)] == [8, 100, 110, 4800]
