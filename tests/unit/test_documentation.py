"""dbt's documentation as one file: what it would load from elsewhere is taken out."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import dbt.task.docs.generate as dbts
import pytest

from caw.engine import DUCKDB, SPARK
from caw.feeds.declared import DBT_PROJECT_DIR
from caw.settings import read_settings
from caw_dagster.dbt import documentation
from caw_dagster.dbt.documentation import alone
from caw_dagster.dbt.parsing import MANIFEST, ProjectError
from caw_dagster.dbt.project import Project
from caw_dagster.engines import engine_named

# Names and links that a browser does not load by itself: namespaces, and words of licences and messages.
NOT_LOADED = (
    "www.w3.org",
    "angularjs.org",
    "github.com",
    "npms.io",
    "jqueryui.com",
    "aviaryan.in",
    "fuzzed.getdbt.com",
)


def test_dbts_page_loads_nothing() -> None:
    """A documentation that tells a third party who reads it, and fails to open where there is no network."""
    before = Path(dbts.DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    page = alone(before)
    addresses = re.findall(r"(?<![:\w])(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", page)
    assert "cloudfront.net" in before and addresses
    assert [one for one in addresses if not one.endswith(NOT_LOADED)] == []
    assert '<head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert '"MANIFEST.JSON INLINE DATA"' in page


class Dbt:
    """A dbt that writes a page without a word, and notes what it was asked."""

    def __init__(self, manifest: object = None) -> None:
        self.success = True

    def invoke(self, arguments: list[str]) -> "Dbt":
        asked.append(arguments)
        Path(arguments[arguments.index("--target-path") + 1], documentation.PAGE).write_text("<head>", encoding="utf-8")
        return self


asked: list[list[str]] = []


@pytest.mark.parametrize(("engine", "looks"), [(DUCKDB, True), (SPARK, False)])
def test_dbt_looks_for_columns_where_an_engine_has_them(
    engine: str, looks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Spark that is started for a page, finds nothing, and leaves a metastore in the folder where one stands."""
    monkeypatch.setattr(documentation, "dbtRunner", Dbt)
    settings = read_settings({"CAW_DATA_DIR": str(tmp_path), "CAW_LANDING_DIR": str(tmp_path)}, engine=engine)
    settings.warehouse.touch()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / MANIFEST).touch()
    project = SimpleNamespace(folder=folder, directory=DBT_PROJECT_DIR, engine=engine_named(engine), parsed=dict)
    documentation.documentation(cast(Project, project), settings)
    assert ("--empty-catalog" not in asked.pop()) == looks


def test_a_page_that_is_not_known_is_refused() -> None:
    with pytest.raises(ProjectError, match="not known"):
        alone("<html></html>")
