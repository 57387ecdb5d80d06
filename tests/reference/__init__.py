"""An independent reference of the data-warehouse contract, for the tests.

It shares no code with the warehouse: it is written from the contract alone, record by record in plain Python, and
the tests compare its tables with those that the warehouse builds. It reads the seeds, which are data.

The rules of a section that another sentence settles ("Settled readings", "Left over", "May one write") name it.

Outside it: Parquet files (NotImplementedError), folders and links, erasure (section 6), running and publishing
(section 5), the words of `detail` and `nearest`, limits of a file's size.
"""

from __future__ import annotations

from .model import Delivery, Warehouse
from .warehouse import build

__all__ = ["Delivery", "Warehouse", "build"]
