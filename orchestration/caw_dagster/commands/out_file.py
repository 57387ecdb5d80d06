"""`--out`: a file that a command writes, outside of what caw reads and keeps."""

import os
from pathlib import Path

from caw.settings import Settings, SettingsError


def out_file(text: str, settings: Settings) -> Path:
    """The file, as an absolute path.

    Raises:
        SettingsError: it is a folder, or in the data dir or the landing zone.
    """
    try:
        file = Path(text).expanduser().resolve()
    except RuntimeError as unknown:  # ~ and a name that is no user's
        raise SettingsError(f"--out {text!r} is no path: {unknown}.") from unknown
    if not text.strip() or text.endswith(os.sep) or file.is_dir():
        raise SettingsError(f"--out {text!r} is a folder: name a file.")
    for folder in (settings.data_dir, settings.landing_dir):
        if file.is_relative_to(folder.resolve()):
            raise SettingsError(f"--out {text} is in {folder}, where caw has its own files: name one elsewhere.")
    return file
