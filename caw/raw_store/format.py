"""The format version of a data dir, from a marker in its raw store; a newer one than this version knows is refused."""

from pathlib import Path

FORMAT = 3  # 1 had no lines of forgotten people, and no marker; 2 did not say which members of a line no rule reads


class FormatError(Exception):
    """The data dir is not of a format that this version can use; the message says what to do."""


def marker_of(data_dir: Path) -> Path:
    """The file that names the format."""
    return data_dir / "raw" / "format"


def format_of(data_dir: Path) -> int | None:
    """The data dir's format; None where there is no raw store yet.

    Raises:
        OSError: the marker cannot be read.
    """
    marker = marker_of(data_dir)
    if marker.exists():
        text = marker.read_text(encoding="ascii", errors="replace").strip()
        return int(text) if text.isdecimal() else FORMAT + 1
    return 1 if (data_dir / "raw" / "batches").exists() else None


def check_format(data_dir: Path) -> None:
    """Raise unless this version can use the data dir; changes nothing.

    Raises:
        FormatError: a newer version of caw wrote it.
        OSError: the marker cannot be read.
    """
    found = format_of(data_dir)
    if found is not None and found > FORMAT:
        raise FormatError(
            f"The data dir {data_dir} was written by a newer version of caw (format {found}; this one knows up to "
            f"{FORMAT}): upgrade caw, or set --data-dir to another folder."
        )
