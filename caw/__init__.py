"""Customer Agent Warehouse: what is done to the data, in plain Python. Nothing in here imports Dagster or dbt.

The one function for people who work with the results in Python, `read`, is here; it imports pandas and DuckDB when it
is called.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read"]


def read(
    table: str,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    data_dir: str | Path | None = None,
) -> "pd.DataFrame":
    """A published table, or view, as a DataFrame of its own: `caw.read("retargeting.retargeting_eligibility")`.

    Args:
        table: `<schema>.<table>`, as docs/data_dictionary.md lists them.
        columns: which columns, in this order; all where it is None.
        where: a condition in DuckDB's SQL, as `"source = 'my_shop'"`, which may name any column of the table.
        data_dir: where everything is kept; as for the command line CAW_DATA_DIR, or data/, where it is None.

    Returns:
        The rows, in no promised order. The dtypes follow from the table's types, whatever the rows are: text is `str`,
        whole numbers are `Int64` and booleans `boolean`, which have `<NA>`, instants `datetime64[us, UTC]`, days
        `datetime64[ms]`, money objects of `decimal.Decimal`, and lists lists.

    Raises:
        FileNotFoundError: nothing is published there yet.
        LookupError: there is no such table or column; the message names those that are near.
        ValueError: the condition is none on this table.
        OSError: the file cannot be opened.
        caw.settings.SettingsError: a setting in the environment cannot be honoured.
    """
    frame: pd.DataFrame = import_module("caw.publication.frames").read_frame(table, columns, where, data_dir)
    return frame
