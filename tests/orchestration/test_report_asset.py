"""The asset `published/report` in runs of the small project: failed tiles warn, and a page that cannot be written fails."""

from pathlib import Path

import dagster as dg
import pytest

from caw.report.write import Page, page_of
from caw_dagster.assets import report
from tests.orchestration.conftest import Warehouse

EARLIER = "2025-07-01"
FAULT = "lift: its SQL failed (BinderException)"


def test_failed_tiles_warn_a_run_in_the_past_writes_next_to_its_marts_and_only_a_page_not_written_fails_it(
    warehouse: Warehouse,
    first: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One tile stops every refresh, a page of the past takes the latest's place, or one goes on showing old numbers."""
    assert first.success
    monkeypatch.setattr(report, "pages", lambda *_, **__: [Page("acme", "<p>past</p>", [FAULT])])
    ran = warehouse.run(instance, as_of=EARLIER)
    assert ran.success
    (checked,) = [one for one in ran.get_asset_check_evaluations() if one.check_name == report.CHECK.name]
    assert (checked.passed, checked.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert checked.metadata["first"].value == f"- {FAULT}"
    published = warehouse.settings.published
    assert page_of(published / "as_of" / f"{EARLIER}T000000Z", "acme").read_text(encoding="utf-8") == "<p>past</p>"
    assert not page_of(published, "acme").exists()

    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_all", full)
    ran = warehouse.run(instance, as_of=EARLIER)
    (failure,) = [event.step_failure_data for event in ran.all_events if event.is_step_failure]
    assert not ran.success and "No space left" in str(failure.user_failure_data.description)
