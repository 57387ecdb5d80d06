"""The format version of a data dir, from a marker in its raw store; a newer one than this version knows is refused."""

from pathlib import Path

from caw.raw_store.objects import Objects, put_bytes, read_bytes

MARKER = "format"
FORMAT = 3  # 1 had no lines of forgotten people, and no marker; 2 did not say which members of a line no rule reads


class FormatError(Exception):
    """The data dir is not of a format that this version can use; the message says what to do."""


def put_format(objects: Objects) -> None:
    """Say that a store is of the present format."""
    put_bytes(objects, MARKER, f"{FORMAT}\n".encode("ascii"), replaces=True)


def format_of(objects: Objects) -> int | None:
    """A raw store's format; None where there is none yet.

    Raises:
        OSError: the marker cannot be read.
    """
    try:
        text = read_bytes(objects, MARKER).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return 1 if objects.list("batches/") else None
    return int(text) if text.isdecimal() else FORMAT + 1


def check_format(objects: Objects, data_dir: Path) -> None:
    """Raise unless this version can use the raw store of a data dir; changes nothing.

    Raises:
        FormatError: a newer version of caw wrote it.
        OSError: the marker cannot be read.
    """
    found = format_of(objects)
    if found is not None and found > FORMAT:
        raise FormatError(
            f"The data dir {data_dir} was written by a newer version of caw (format {found}; this one knows up to "
            f"{FORMAT}): upgrade caw, or set --data-dir to another folder."
        )
