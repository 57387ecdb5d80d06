"""The settings of a publication in a catalog, and what a data dir remembers of it (spec §14.4)."""

from pathlib import Path

import pytest

from caw.publication.catalog_only import COPY
from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.engines.catalog_settings import FORMAT, PREFIX, check, note, place_of, remember

SERVER = "sc://server"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a data dir that publishes in a catalog."""
    monkeypatch.setenv(PREFIX, "caw_")
    monkeypatch.delenv(FORMAT, raising=False)
    read = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)}, engine="spark")
    read.state_dir.mkdir()
    return read


@pytest.mark.parametrize("now", ["", "other_"])
def test_a_run_without_the_prefix_that_was_published_by_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    """An erasure that removes a person everywhere but in the catalog that somebody has forgotten to name."""
    check(settings, SERVER)
    remember(settings, place_of(settings))
    check(settings, SERVER)
    monkeypatch.setenv(PREFIX, now)
    with pytest.raises(SettingsError, match=f"{PREFIX}=caw_: set that again"):
        check(settings, SERVER)
    note(settings).unlink()
    check(settings, SERVER)


@pytest.mark.parametrize(
    ("given", "server", "says"),
    [
        ({PREFIX: "Caw_"}, SERVER, "begins no schema's name"),
        ({PREFIX: "a`b"}, SERVER, "begins no schema's name"),
        ({PREFIX: "a" * 41}, SERVER, "begins no schema's name"),
        ({FORMAT: "csv"}, SERVER, "not one of parquet, delta, iceberg"),
        ({}, "spark://master:7077", "needs a server of Spark Connect"),
        ({}, None, "needs a server of Spark Connect"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], server: str | None, says: str
) -> None:
    """An hour's build that cannot be published, or a statement that a prefix ends."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=says):
        check(settings, server)


def test_without_a_prefix_nothing_is_asked_of_a_format_or_a_server(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run on this machine that stops for a setting of another one."""
    monkeypatch.delenv(PREFIX)
    monkeypatch.setenv(FORMAT, "csv")
    check(settings, None)


def test_files_are_left_out_only_where_a_catalog_has_the_tables(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that publishes nowhere; or one that cannot do without files where it was built to."""
    monkeypatch.setenv(COPY, "0")
    check(settings, SERVER)
    monkeypatch.delenv(PREFIX)
    with pytest.raises(SettingsError, match=f"{COPY}=0 leaves out the files .* would publish nowhere"):
        check(settings, SERVER)
