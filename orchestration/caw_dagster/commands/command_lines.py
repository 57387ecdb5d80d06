"""Commands as they are shown: lines that a shell takes as they are, for the data that this command was given."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from caw.settings import Settings, SettingsError, read_settings
from caw_dagster.child import module


def look_closer(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """The command that opens the UI on this data; the Makefile names its own (CAW_UI_COMMAND)."""
    return environment.get("CAW_UI_COMMAND") or command_line(settings, "ui")


def command_line(settings: Settings, *arguments: str) -> str:
    """A command of caw on this data, runnable from the folder that this command was started in.

    It is this environment's `caw`, by its path unless the shell finds it by its name.
    """
    script = Path(sys.executable).with_name("caw")
    by_name = shutil.which("caw")
    if by_name is not None and Path(by_name).resolve() == script.resolve():
        command = ["caw"]
    elif script.exists():
        command = [str(script)]
    else:
        command = module("caw_dagster.cli")
    if _is_of_this_folder(settings):
        return shlex.join([*command, *arguments])
    folders = ["--landing", str(settings.landing_dir), "--data-dir", str(settings.data_dir)]
    own = {"CAW_SEEDS_DIR": settings.seeds_dir, "CAW_DBT_PROJECT_DIR": settings.dbt_project_dir}
    set_first = [f"{name}={shlex.quote(str(folder))}" for name, folder in own.items() if folder is not None]
    return " ".join([*set_first, shlex.join([*command, *arguments, *folders])])


def _is_of_this_folder(settings: Settings) -> bool:
    """Whether a command without arguments or environment has these folders here, as in a folder of `caw init`."""
    try:
        if Path.cwd().is_relative_to(settings.landing_dir):  # what was delivered sets nothing
            return False
        here = read_settings({})
    except (SettingsError, OSError):  # the run is over: what it says last must not fail
        return False
    names = ("landing_dir", "data_dir", "seeds_dir", "dbt_project_dir")
    return all(getattr(settings, name) == getattr(here, name) for name in names)
