"""Which files one of several test processes runs after the other: those that share what takes long to make.

Else one process waits while another makes it, or both make it.
"""

from xdist.scheduler import LoadFileScheduling

TOGETHER = (
    ("tests/integration/test_case_",),
    ("tests/integration/test_erasure",),
    ("tests/integration/test_vendor_",),
    (
        "tests/orchestration/test_clock_ahead",
        "tests/orchestration/test_erasure_run",
        "tests/orchestration/test_no_data_",
    ),
)
"""With what the paths of such files begin, for each of the things that are shared."""


class BySharedThings(LoadFileScheduling):  # type: ignore[misc]
    """A file is run by one process, as `--dist loadfile` has it, and so are all that share something with it."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next((starts[0] for starts in TOGETHER if file.startswith(starts)), file)
