"""Settings: what is taken from where, and that every wrong value says what to set."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caw.as_of import parse_as_of
from caw.feeds.seed_checks import check_seeds, packaged_instead
from caw.settings import SettingsError, check_folders, read_settings
from caw_dagster.instance.folders import environment as settings_environment
from generator.sample_seeds import write_sample_seeds

NOW = datetime(2025, 8, 1, 12, tzinfo=UTC)


def test_the_command_line_comes_before_the_environment(tmp_path: Path) -> None:
    environment = {"CAW_LANDING_DIR": str(tmp_path / "env"), "CAW_DATA_DIR": str(tmp_path / "kept")}
    settings = read_settings(environment, landing=str(tmp_path / "given"))
    assert (settings.landing_dir, settings.data_dir) == (tmp_path / "given", tmp_path / "kept")


def test_paths_are_absolute_whatever_the_folder_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt and the daemon's workers run in other folders."""
    monkeypatch.chdir(tmp_path)
    settings = read_settings({})
    assert (settings.landing_dir, settings.data_dir) == (tmp_path / "landing", tmp_path / "data")
    assert read_settings({}, data_dir="a/../b").data_dir == tmp_path / "b"


def test_the_raw_store_is_in_the_data_dir_at_a_path_or_at_a_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = "memory://bucket/raw"
    stores = [read_settings({"CAW_RAW_STORE": text}).store().objects.place for text in ("", "elsewhere", f"{place}/")]
    assert stores == [str(tmp_path / "data/raw"), str(tmp_path / "elsewhere"), place]
    assert "CAW_RAW_STORE" not in settings_environment(read_settings({}))
    assert settings_environment(read_settings({"CAW_RAW_STORE": "elsewhere"}))["CAW_RAW_STORE"] == stores[1]


def test_a_raw_store_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback of a storage's package, or a sentence about the data dir."""

    def refuse(*_: object) -> None:
        raise RuntimeError("no keys")

    (tmp_path / "landing").mkdir()
    monkeypatch.setattr("caw.raw_store.remote.RemoteObjects.read", refuse)
    with pytest.raises(SettingsError, match=r"memory://x/raw cannot be read \(RuntimeError\)"):
        check_folders(
            read_settings({"CAW_RAW_STORE": "memory://x/raw"}, str(tmp_path / "landing"), str(tmp_path / "d"))
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAW_MEMORY_LIMIT", "lots"),
        ("CAW_MEMORY_LIMIT", "2"),
        ("CAW_THREADS", "0"),
        ("CAW_THREADS", "two"),
        ("CAW_THREADS", "-1"),
        ("CAW_MAX_UNPACKED_BYTES", "1.5"),
        ("CAW_MAX_REFUSED_LINES", "-1"),
        ("CAW_RAW_STORE", "nosuch://bucket/raw"),
        ("CAW_RAW_STORE", "memory://"),
        ("CAW_RAW_STORE", "memory://some*/raw"),
        ("CAW_THREADS", "257"),
        ("CAW_THREADS", "9999999999"),
        ("CAW_THREADS", "9" * 5000),  # more digits than Python turns into a number
        ("CAW_THREADS", "\N{FULLWIDTH DIGIT TWO}"),
        ("CAW_MAX_UNPACKED_BYTES", "9" * 30),
        ("CAW_MEMORY_LIMIT", "1KB"),
        ("CAW_MEMORY_LIMIT", "63MiB"),
        ("CAW_MEMORY_LIMIT", "999999TB"),
        ("CAW_MEMORY_LIMIT", "9" * 5000 + "GB"),
        ("CAW_MEMORY_LIMIT", "\N{ARABIC-INDIC DIGIT TWO}GB"),  # a digit for Python, and none for DuckDB
        ("CAW_MEMORY_LIMIT", "1\N{KELVIN SIGN}B"),  # a k for who takes capitals and small letters alike
        ("CAW_MEMORY_LIMIT", "1G\N{LATIN SMALL LETTER DOTLESS I}B"),
        ("CAW_RAW_STORE", "reference://"),  # fsspec's own errors, of other types
        ("CAW_RAW_STORE", "zip://"),
    ],
)
def test_a_wrong_value_raises_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


@pytest.mark.parametrize("name", ["LANDING_DIR", "DATA_DIR", "SEEDS_DIR", "DBT_PROJECT_DIR", "RAW_STORE"])
def test_the_home_of_nobody_is_no_path(name: str) -> None:
    """A traceback of the library that looks for it."""
    with pytest.raises(SettingsError, match="is no path"):
        read_settings({f"CAW_{name}": "~nobody-of-this-name/x"})


@pytest.mark.parametrize("value", ["2GB", "512MiB", "1.5 GB", "800000kb", "64MiB", "64TiB"])
def test_sizes_are_duckdbs(value: str) -> None:
    assert read_settings({"CAW_MEMORY_LIMIT": value}).memory_limit == value


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-08-01T00:00:00Z", datetime(2025, 8, 1, tzinfo=UTC)),
        ("2025-08-01", datetime(2025, 8, 1, tzinfo=UTC)),
        ("2025-08-01 02:00:00.000001+02:00", datetime(2025, 8, 1, 0, 0, 0, 1, tzinfo=UTC)),
        (NOW.isoformat(), NOW),
        (None, NOW),
    ],
)
def test_as_of_is_an_instant_in_utc(text: str | None, instant: datetime) -> None:
    assert parse_as_of(text, NOW) == instant


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13-01", "1754006400", "2025-08-01T12:00:00.000001Z"])
def test_as_of_that_is_no_instant_or_lies_in_the_future_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--as-of"):
        parse_as_of(text, NOW)


def settings_of(root: Path, landing: str = "landing", data: str = "data") -> tuple[Path, Path]:
    settings = read_settings({}, landing=str(root / landing), data_dir=str(root / data))
    check_folders(settings)
    return settings.landing_dir, settings.data_dir


def test_the_data_dir_is_made_and_the_landing_zone_is_not(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no landing zone"):
        settings_of(tmp_path)
    assert not (tmp_path / "data").exists()
    (tmp_path / "landing").mkdir()
    _, data = settings_of(tmp_path)
    assert data.is_dir()


def test_a_data_dir_that_would_land_in_the_landing_zone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with pytest.raises(SettingsError, match="--data-dir"):
        settings_of(tmp_path, data="landing/data")
    settings_of(tmp_path, data="landing/.data")
    settings_of(tmp_path, landing="landing", data=".")


@pytest.mark.parametrize("name", ["d*ta", "what?", "data[1]"])
def test_a_data_dir_that_reads_as_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    """DuckDB would look for the raw store's files in other folders, or find none."""
    (tmp_path / "landing").mkdir()
    with pytest.raises(SettingsError, match="pattern"):
        settings_of(tmp_path, data=name)
    assert not (tmp_path / name).exists()


def test_a_machine_of_very_many_cores_gets_as_many_threads_as_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1024)
    assert read_settings({}).threads == 256


def test_a_data_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "data").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        settings_of(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_dir_that_is_read_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "data").mkdir(mode=0o555)
    with pytest.raises(SettingsError, match="cannot be written"):
        settings_of(tmp_path)


def test_other_seeds_need_not_be_all_of_them(tmp_path: Path) -> None:
    """A folder of before an upgrade lacks the new seed; a folder without any is a slip of the pen."""
    write_sample_seeds(tmp_path / "seeds")
    environment = {"CAW_SEEDS_DIR": str(tmp_path / "seeds")}
    settings = read_settings(environment)
    assert settings.seeds_dir == tmp_path / "seeds"
    assert settings_environment(settings)["CAW_SEEDS_DIR"] == str(tmp_path / "seeds")
    assert packaged_instead(settings) == []
    (tmp_path / "seeds" / "agent_tools.csv").unlink()
    (tmp_path / "seeds" / "sources.csv").write_text("source,timezone,currency\n", encoding="utf-8")
    check_seeds(settings)
    assert sorted(packaged_instead(settings)) == [
        "agent_tools.csv",
        "the column channel of sources.csv",
        "the column people of sources.csv",
    ]
    with pytest.raises(SettingsError, match=r"CAW_SEEDS_DIR=.* holds no \*\.csv"):
        read_settings({"CAW_SEEDS_DIR": str(tmp_path)})
    assert "CAW_SEEDS_DIR" not in settings_environment(read_settings({}))


TOOL = '[tool.caw]\nlanding_dir = "in"\nthreads = 1\n'


def test_a_folder_s_own_settings_give_way_to_the_environment_and_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(TOOL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    plain = read_settings({})
    assert (plain.landing_dir, plain.threads, plain.data_dir) == (tmp_path / "in", 1, tmp_path / "data")
    assert read_settings({"CAW_LANDING_DIR": "/env", "CAW_THREADS": "2"}).landing_dir == Path("/env")
    assert read_settings({"CAW_LANDING_DIR": "/env", "CAW_THREADS": "2"}).threads == 2
    assert read_settings({"CAW_LANDING_DIR": "/env"}, landing="/given").landing_dir == Path("/given")


def test_a_file_in_the_landing_zone_sets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may deliver logs could otherwise name the dbt project that is run."""
    (tmp_path / "pyproject.toml").write_text('[tool.caw]\ndata_dir = "elsewhere"\n', encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "pyproject.toml").write_text('[tool.caw]\ndata_dir = "elsewhere"\n', encoding="utf-8")
    for folder in (tmp_path, tmp_path / "shop"):
        monkeypatch.chdir(folder)
        assert read_settings({}, landing=str(tmp_path)).data_dir == folder / "data"
        assert read_settings({"CAW_LANDING_DIR": str(tmp_path)}).data_dir == folder / "data"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.caw]\nlanding = 'in'\n", r"has no setting 'landing'; the settings are data_dir, dbt_project_dir"),
        ("[tool.caw\n", r"pyproject\.toml is not valid TOML"),
        ("tool = 5\n", r"tool\.caw is no table"),
        ("[tool]\ncaw = ['threads']\n", r"tool\.caw is no table"),
        ('[tool.caw]\ndata_dir = "a\\u0000b"\n', "is no path"),
        ("[tool.caw]\nthreads = 'many'\n", r"CAW_THREADS='many' is not a whole number"),
        ("[tool.caw]\ndbt_project_dir = 'nowhere'\n", r"CAW_DBT_PROJECT_DIR=.*nowhere' holds no dbt_project\.yml"),
    ],
)
def test_a_wrong_setting_of_a_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=said):
        read_settings({})
