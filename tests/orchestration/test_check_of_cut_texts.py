"""The check of texts that are cut looks for those of the length at which models cut them."""

import re

from caw.feeds.declared import DBT_PROJECT_DIR
from caw_dagster.checks import LEAST_CARRIED, MOST_CARRIED


def test_the_check_knows_how_many_characters_rows_may_have() -> None:
    """A limit that is changed in the macro alone: the check would be silent, or name texts that are whole."""
    macros = (DBT_PROJECT_DIR / "macros" / "carried.sql").read_text(encoding="utf-8")
    assert re.findall(r"macro least_carried\(\) -%} {{ return\((\d+)\)", macros) == [str(LEAST_CARRIED)]
    most = re.findall(r"macro most_carried\(\) -%} {{ return\((\d+) \* (\d+) \* (\d+)\)", macros)
    assert [int(one) * int(two) * int(three) for one, two, three in most] == [MOST_CARRIED]
