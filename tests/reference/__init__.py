"""An independent reference of the specification, for the tests.

It shares no code with the warehouse: it is written from docs/specification.md alone, record by record in plain Python,
and the tests compare its tables with those that the warehouse builds. It reads the seeds, which are data.

Vendor feeds and dialects (spec §2.3) are in `vendors`; `build(..., built=...)` names the parts of them that are read,
so that the warehouse can be compared while its adapters are written one by one.

Outside it: Parquet files (NotImplementedError), folders and links, erasure (spec §6), running and publishing
(spec §5), the words of `detail` and `nearest`, limits of a file's size.
"""

from __future__ import annotations

from .model import Delivery, Warehouse
from .warehouse import build

__all__ = ["Delivery", "Warehouse", "build"]
