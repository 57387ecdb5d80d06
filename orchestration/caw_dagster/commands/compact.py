"""`caw compact`: the raw store's many small batches become few; no table changes."""

from argparse import Namespace

from caw.host.locks import LOCK, Holder, exclusive, say_waiting
from caw.host.permissions import private_files
from caw.raw_store.compaction import compact
from caw.raw_store.format import FormatError
from caw.settings import SettingsError, read_settings


def main(arguments: Namespace) -> int:
    """Compact under the run's lock and print the result; the exit code.

    Raises:
        SettingsError: there is no raw store, or it cannot be used.
    """
    settings = read_settings(data_dir=arguments.data_dir)
    store = settings.store()
    if not store.ledgers():
        raise SettingsError(f"There is no raw store in {settings.data_dir}: run `caw run` first, or set --data-dir.")
    holder = Holder.now("caw compact")
    try:
        with (
            private_files(),
            exclusive(settings.state_dir / LOCK, holder, say_waiting),
        ):
            done = compact(store, lambda count, total: print(f"Compacting {count + 1} of {total} ...", flush=True))
    except FormatError as refused:
        raise SettingsError(str(refused)) from refused
    except OSError as refused:
        raise SettingsError(
            f"The data dir {settings.data_dir} cannot be written ({refused.strerror}): nothing was lost; "
            "see to its space and rights, and try again."
        ) from refused
    print(
        f"Batches: {done.batches_before:,} before, {done.batches_after:,} now; "
        f"files of lines: {done.files_before:,} before, {done.files_after:,} now"
    )
    return 0
