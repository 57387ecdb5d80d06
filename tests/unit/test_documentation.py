"""dbt's documentation as one file: what it would load from elsewhere is taken out."""

import re
from pathlib import Path

import dbt.task.docs.generate as dbts
import pytest

from caw_dagster.dbt.documentation import alone
from caw_dagster.dbt.parsing import ProjectError

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


def test_a_page_that_is_not_known_is_refused() -> None:
    with pytest.raises(ProjectError, match="not known"):
        alone("<html></html>")
