"""The settings of a run, from the environment and the command line, as one frozen object.

Every setting is checked here, before anything is touched; a wrong one raises SettingsError with a sentence that says
what to set. What does not belong here: folders of Dagster and dbt (caw_dagster/instance/folders.py).
"""

import errno
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from caw.engine import DUCKDB, ENGINES, WAREHOUSE, how_to_change, remembered
from caw.host.permissions import DEFAULT_READERS, READERS, close_data_dir
from caw.landing.scan import is_ignored
from caw.limits import DEFAULT_LIMITS, GIB, MIB, Limits, size_of
from caw.raw_store.format import FormatError, check_format
from caw.raw_store.remote import objects_at
from caw.raw_store.store import RawStore

DEFAULT_LANDING = "landing"
DEFAULT_DATA = "data"
DEFAULT_MEMORY_LIMIT = "1GB"  # DuckDB spills to disk beyond it; 2GB was no quicker for 1,000,000 conversations
LEAST_MEMORY, MOST_MEMORY = 64 * MIB, 64 * 1024 * GIB  # bytes: below, not even an empty run fits; above is a slip
MOST_THREADS = 256  # DuckDB starts as many as it is given: a typing error would take the machine
MOST_BYTES = 2**62
PATTERN_CHARACTERS = frozenset("*?[]")
SHOW_VALUES = "CAW_SHOW_VALUES"
FOLDER_SETTINGS = frozenset(
    {"landing_dir", "data_dir", "seeds_dir", "dbt_project_dir", "memory_limit", "threads", "readers"}
    | {"max_unpacked_bytes", "max_refused_lines", "raw_store", "engine"}
)
DRAFTS = "spill"  # below the data dir, for what is put into a remote raw store: a folder that every run empties


class SettingsError(Exception):
    """A setting that cannot be honoured; the message says what to set instead."""


@dataclass(frozen=True)
class Settings:
    """One run's settings. Paths are absolute; sizes are bytes unless the name says otherwise."""

    landing_dir: Path
    data_dir: Path
    memory_limit: str  # DuckDB's notation, e.g. 2GB
    threads: int  # dbt's and DuckDB's
    max_unpacked: int  # a file that unpacks beyond this, and beyond a thousand times its size, is refused
    seeds_dir: Path | None = None  # a folder of CSV files, each used in place of the one in seeds/; None for none
    dbt_project_dir: Path | None = None  # a team's dbt project that has ours as its package; None for ours alone
    max_bad_lines: int = DEFAULT_LIMITS.bad_lines  # a file with more lines that are no records is refused
    readers: str = DEFAULT_READERS  # of published files: owner, group or all
    raw_store: str | None = None  # where the raw store lies, a URL of fsspec; None for `raw` below the data dir
    engine: str = DUCKDB  # that the models run on

    def store(self) -> RawStore:
        """The raw store."""
        place = self.raw_store
        return RawStore(self.data_dir, None if place is None else objects_at(place, self.data_dir / DRAFTS))

    @property
    def limits(self) -> Limits:
        """The most that ingestion takes in."""
        memory = size_of(self.memory_limit) or DEFAULT_LIMITS.memory
        return Limits(unpacked=self.max_unpacked, bad_lines=self.max_bad_lines, memory=memory)

    @property
    def state_dir(self) -> Path:
        """Locks, and state that cannot be derived from the raw store."""
        return self.data_dir / "state"

    @property
    def warehouse(self) -> Path:
        """The file that only dbt writes."""
        return self.data_dir / WAREHOUSE

    @property
    def published(self) -> Path:
        """The folder that BI tools read."""
        return self.data_dir / "published"

    @property
    def log_dir(self) -> Path:
        """The logs of Dagster, dbt and caw."""
        return self.data_dir / "logs"


def read_settings(
    environment: Mapping[str, str] = os.environ,
    landing: str | None = None,
    data_dir: str | None = None,
    engine: str | None = None,
) -> Settings:
    """The settings that the command line and the environment give, the command line first.

    Raises:
        SettingsError: a value cannot be honoured.
    """
    given = landing or environment.get("CAW_LANDING_DIR")
    if given is None or not Path.cwd().is_relative_to(path_of(given)):  # what was delivered sets nothing
        environment = {**folder_settings(Path.cwd()), **environment}
    values_are_shown(environment)
    place = path_of(data_dir or environment.get("CAW_DATA_DIR") or DEFAULT_DATA)
    return Settings(
        landing_dir=path_of(landing or environment.get("CAW_LANDING_DIR") or DEFAULT_LANDING),
        data_dir=place,
        memory_limit=_memory_limit(environment.get("CAW_MEMORY_LIMIT") or DEFAULT_MEMORY_LIMIT),
        threads=_count("CAW_THREADS", environment, min(os.cpu_count() or 1, MOST_THREADS), MOST_THREADS),
        max_unpacked=_count("CAW_MAX_UNPACKED_BYTES", environment, DEFAULT_LIMITS.unpacked, MOST_BYTES),
        max_bad_lines=_count("CAW_MAX_REFUSED_LINES", environment, DEFAULT_LIMITS.bad_lines, MOST_BYTES),
        seeds_dir=_folder("CAW_SEEDS_DIR", environment, "*.csv"),
        dbt_project_dir=_folder("CAW_DBT_PROJECT_DIR", environment, "dbt_project.yml"),
        readers=_readers(environment.get("CAW_READERS") or DEFAULT_READERS),
        raw_store=_raw_store(environment.get("CAW_RAW_STORE")),
        engine=_engine(engine or environment.get("CAW_ENGINE") or remembered(place) or DUCKDB),
    )


def folder_settings(folder: Path) -> Mapping[str, str]:
    """Settings of a folder's `[tool.caw]` in pyproject.toml, as the environment has them: the names in small letters
    and without `caw_`, paths from that folder. The environment and the command line come before it.

    Raises:
        SettingsError: the file is not valid TOML, or sets what is no setting.
    """
    file = folder / "pyproject.toml"
    if not file.is_file():
        return {}
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"{file} is not valid TOML ({wrong}): correct it.") from wrong
    tools = document.get("tool", {})
    given = tools.get("caw", {}) if isinstance(tools, dict) else tools
    if not isinstance(given, dict):
        raise SettingsError(f"{file}: tool.caw is no table: write [tool.caw], and its settings below it.")
    unknown = sorted(given.keys() - FOLDER_SETTINGS)
    if unknown:
        raise SettingsError(
            f"{file}: [tool.caw] has no setting {unknown[0]!r}; the settings are {', '.join(sorted(FOLDER_SETTINGS))}."
        )
    paths = {name: str(folder / str(value)) for name, value in given.items() if name.endswith("_dir")}
    return {f"CAW_{name.upper()}": str(value) for name, value in {**given, **paths}.items()}


def values_are_shown(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether error messages may quote values of the data (caw_dagster/errors.py).

    Raises:
        SettingsError: the setting is neither 0 nor 1.
    """
    value = environment.get(SHOW_VALUES) or "0"
    if value not in ("0", "1"):
        raise SettingsError(f"{SHOW_VALUES}={value!r} is neither 0 nor 1: set it to one of them, or leave it unset.")
    return value == "1"


def check_folders(settings: Settings) -> None:
    """Create the data dir if it is missing, and check that both folders can be used and others cannot look into it.

    Raises:
        SettingsError: the landing zone is missing or no folder, or the data dir cannot be written, or a newer version
            of caw wrote it.
    """
    landing, data = settings.landing_dir, settings.data_dir
    if not landing.is_dir():
        raise SettingsError(
            f"There is no landing zone at {landing}: create that folder, or set --landing or CAW_LANDING_DIR."
        )
    if not os.access(landing, os.R_OK | os.X_OK):
        raise SettingsError(f"The landing zone {landing} cannot be read: give this user the right to list it.")
    if set(str(data)) & PATTERN_CHARACTERS:
        raise SettingsError(
            f"The data dir {data} has one of {' '.join(sorted(PATTERN_CHARACTERS))} in its path, which DuckDB reads "
            "as a pattern of file names: set --data-dir to another place."
        )
    if str(data).encode(errors="ignore") != os.fsencode(data):
        raise SettingsError(f"The data dir {data} is not UTF-8, as libraries need it: set --data-dir to another place.")
    if data.is_relative_to(landing) and not any(is_ignored(name) for name in data.relative_to(landing).parts):
        raise SettingsError(f"The data dir {data} is in the landing zone {landing}: set --data-dir to another place.")
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        _try_to_write(settings.state_dir)
        close_data_dir(data, settings.published, READERS[settings.readers])
        _check_store(settings)
        before = remembered(data)
    except FormatError as refused:
        raise SettingsError(str(refused)) from refused
    except OSError as refused:
        raise SettingsError(
            f"The data dir {data} cannot be written ({refused.strerror}): "
            "set --data-dir or CAW_DATA_DIR to a folder that this user may write."
        ) from refused
    if before is not None and before != settings.engine:
        raise SettingsError(how_to_change(data, before, settings.engine))


def _check_store(settings: Settings) -> None:
    try:
        check_format(settings.store().objects, settings.data_dir)
    except FormatError:
        raise
    except Exception as refused:  # a storage's package raises what it likes, where keys are missing too
        if settings.raw_store is None:
            raise
        raise SettingsError(
            f"The raw store {settings.raw_store} cannot be read ({type(refused).__name__}): see to its address, its "
            "keys and what they allow."
        ) from refused


def path_of(text: str) -> Path:
    """The absolute path of a setting or an argument.

    Raises:
        SettingsError: it names the home of a user that this machine does not know, or has a character that no path has,
            or a name that is too long for one.
    """
    try:
        path = Path(text).expanduser().resolve()
    except (RuntimeError, ValueError) as refused:
        raise SettingsError(f"{text!r} is no path: {str(refused).rstrip('.')}.") from refused
    if _is_too_long(path):
        raise SettingsError(f"{text!r} is no path: it, or a name in it, is too long.")
    return path


def _is_too_long(path: Path) -> bool:
    try:
        path.stat()
    except OSError as refused:
        return refused.errno == errno.ENAMETOOLONG
    return False


def _folder(name: str, environment: Mapping[str, str], holds: str) -> Path | None:
    text = environment.get(name)
    if not text:
        return None
    folder = path_of(text)
    if not any(folder.glob(holds)):
        raise SettingsError(f"{name}={text!r} holds no {holds}: set it to a folder that does, or leave it unset.")
    return folder


def _raw_store(text: str | None) -> str | None:
    if not text:
        return None
    protocol, separator, path = text.partition("://")
    place = f"{protocol}{separator}{path.rstrip('/')}" if separator else str(path_of(text))
    try:
        if set(place) & PATTERN_CHARACTERS:
            raise ValueError("DuckDB would read it as a pattern of file names")
        objects_at(place, Path(DRAFTS))
    except Exception as refused:  # a storage's package raises what it likes
        raise SettingsError(
            f"CAW_RAW_STORE={text!r} cannot be used ({refused}): set it to a URL of fsspec, like s3://bucket/raw, "
            "whose package is installed, or leave it unset."
        ) from refused
    return place


def _engine(text: str) -> str:
    if text not in ENGINES:
        raise SettingsError(f"The engine {text!r} is not one of {', '.join(ENGINES)}: it runs the models.")
    return text


def _readers(text: str) -> str:
    if text not in READERS:
        raise SettingsError(
            f"CAW_READERS={text!r} is not one of {', '.join(READERS)}: it says who may read what is published."
        )
    return text


def _memory_limit(text: str) -> str:
    given = size_of(text.strip())
    if given is None:
        raise SettingsError(f"CAW_MEMORY_LIMIT={text!r} is no size: write a number and a unit, like 1GB or 512MiB.")
    if not LEAST_MEMORY <= given <= MOST_MEMORY:
        raise SettingsError(f"CAW_MEMORY_LIMIT={text!r} is not between 64MiB and 64TiB: DuckDB cannot work with it.")
    return text.strip()


def _count(name: str, environment: Mapping[str, str], default: int, most: int) -> int:
    text = (environment.get(name) or str(default)).strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)) or not 1 <= int(text) <= most:
        raise SettingsError(f"{name}={text!r} is not a whole number from 1 to {most}: change it or leave it unset.")
    return int(text)


def _try_to_write(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass
