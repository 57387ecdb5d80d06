"""Dagster's own instance: under the data dir, quiet, one run at a time in the warehouse."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from orchestration.instance import MARK, dagster_home, prepare_instance
from orchestration.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = dict(os.environ)
    yield read_settings({}, landing=str(tmp_path), data_dir=str(tmp_path / "data"))
    os.environ.clear()
    os.environ.update(before)


def test_the_instance_lies_under_the_data_dir_and_tells_nobody(settings: Settings) -> None:
    prepare_instance(settings)
    with DagsterInstance.get() as instance:
        assert Path(instance.root_directory) == settings.data_dir / "dagster"
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity is not None and pools.pool_granularity.value == "run"
    assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_an_old_file_of_ours_is_brought_up_to_date_and_a_persons_own_is_left(settings: Settings) -> None:
    prepare_instance(settings)
    config = dagster_home(settings) / "dagster.yaml"
    current = config.read_text()
    config.write_text(MARK + "telemetry: {enabled: true}\n")
    prepare_instance(settings)
    assert config.read_text() == current
    config.write_text("telemetry: {enabled: false}\n")
    prepare_instance(settings)
    assert config.read_text() == "telemetry: {enabled: false}\n"
