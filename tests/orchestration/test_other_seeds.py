"""CAW_SEEDS_DIR: another folder's seeds replace the project's, everywhere, and give a project of their own."""

import os
from dataclasses import replace
from pathlib import Path

from caw.feeds.declared import SEEDS_DIR
from caw.settings import read_settings
from caw_dagster.dbt.project import load_project
from caw_dagster.instance.folders import environment
from generator.sample_seeds import write_sample_seeds


def test_other_seeds_are_parsed_and_typed_by_the_project_s_own_yml(tmp_path: Path, clean_environment: None) -> None:
    """Prevents a parsed project that is taken for the other seeds' too, and seeds without types and tests."""

    plain = read_settings({}, data_dir=str(tmp_path / "data"))
    swapped = replace(plain, seeds_dir=write_sample_seeds(tmp_path / "seeds"))
    os.environ.update(environment(plain))
    shipped = load_project(plain)
    os.environ.update(environment(swapped))
    other = load_project(swapped)
    assert shipped.key != other.key
    assert shipped.parsing_fingerprint == other.parsing_fingerprint  # policies change no row that was parsed
    seeds = [node for node in other.manifest["nodes"].values() if node["resource_type"] == "seed"]
    assert len(seeds) == len(list((tmp_path / "seeds").glob("*.csv")))
    assert {node["original_file_path"].rpartition("/")[0] for node in seeds} == {"../seeds"}
    assert (other.directory.parent / "seeds" / "retargeting_policies.csv").read_text(encoding="utf-8").count(
        ",15\n"
    ) == 1
    assert all(node["config"]["column_types"] and node["description"] for node in seeds)
    policies = tmp_path / "seeds" / "retargeting_policies.csv"
    policies.write_text(policies.read_text(encoding="utf-8").replace(",15\n", ",16\n"), encoding="utf-8")
    assert load_project(swapped).key != other.key


def test_a_seed_that_lacks_a_column_is_completed(tmp_path: Path, clean_environment: None) -> None:
    """A team's sources.csv is older than its column for channels, or one of its rows is."""
    settings = replace(
        read_settings({}, data_dir=str(tmp_path / "data")), seeds_dir=write_sample_seeds(tmp_path / "seeds")
    )
    os.environ.update(environment(settings))
    for given in (
        "source,timezone,currency\nshop,Europe/Paris,EUR\n",
        "\ufeffsource,timezone,currency,channel\r\nshop,Europe/Paris,EUR\r\n",
    ):
        (tmp_path / "seeds" / "sources.csv").write_text(given, encoding="utf-8", newline="")
        seeds = load_project(settings).directory.parent / "seeds"
        text = (seeds / "sources.csv").read_text(encoding="utf-8")
        assert text == "source,timezone,currency,channel,people\nshop,Europe/Paris,EUR,,\n"
        assert (seeds / "word_aliases.csv").read_bytes() == (SEEDS_DIR / "word_aliases.csv").read_bytes()
