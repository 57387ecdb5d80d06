"""Files of this machine by a protocol that nothing but fsspec knows: a raw store elsewhere, where no storage's package is.

Importing the module makes the protocol known to this process.
"""

import fsspec
from fsspec.implementations.local import LocalFileSystem

PROTOCOL = "elsewhere"


class Elsewhere(LocalFileSystem):  # type: ignore[misc] # fsspec has no types
    """The local file system, by another name."""

    protocol = PROTOCOL

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        stripped: str = super()._strip_protocol(path.removeprefix(f"{PROTOCOL}://"))
        return stripped


fsspec.register_implementation(PROTOCOL, Elsewhere, clobber=True)
