"""Dagster's own instance: under the data dir, quiet, one run at a time in the warehouse."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.telemetry_upload import upload_logs

from caw.settings import Settings, read_settings
from caw_dagster.instance.folders import MARK, dagster_home, prepare_instance


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


def test_nothing_is_sent_even_from_an_instance_that_somebody_else_wrote(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster's telemetry is on by default."""
    sent: list[object] = []
    monkeypatch.setattr("requests.sessions.Session.request", lambda *asked, **_: sent.append(asked))
    home = dagster_home(settings)
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    prepare_instance(settings)
    logs = home / "logs"
    logs.mkdir()
    (logs / "event.log").write_text("{}\n", encoding="utf-8")
    stop = threading.Event()
    uploading = threading.Thread(target=upload_logs, args=[stop])
    uploading.start()
    uploading.join(timeout=2)
    stop.set()
    uploading.join()
    assert sent == []


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
