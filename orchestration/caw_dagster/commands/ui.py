"""`caw ui`: Dagster's web server and daemon on this data dir's own instance, until Ctrl-C.

The daemon drives the schedule and the sensor, so an open UI keeps the warehouse fresh.
"""

import socket
import sys
from argparse import Namespace
from importlib import import_module
from ipaddress import ip_address

from caw.adapters.registry import check_all_seeds
from caw.host import clock
from caw.host.permissions import private_files
from caw.host.printable import printable
from caw.settings import SettingsError, check_folders, read_settings
from caw_dagster.engines import engine_of
from caw_dagster.instance.folders import prepare_instance
from caw_dagster.web.services import serve

# Dagster opens on its runs, and the asset graph on one closed box for each group.
EVENT_TABLES_PAGE = "/locations/caw/asset-groups/events/list"


def main(arguments: Namespace) -> int:
    """Run Dagster's processes until a signal; the exit code.

    Raises:
        SettingsError: before anything is started.
    """
    settings = read_settings(landing=arguments.landing, data_dir=arguments.data_dir)
    check_folders(settings)
    check_all_seeds(settings)
    engine_of(settings).check(settings)
    _check_port(arguments.host, arguments.port)
    with private_files():
        prepare_instance(settings)
        _forget_ticks_ahead()
    if not _is_loopback(arguments.host):
        print(
            f"caw: {arguments.host} is reachable from outside, and the UI asks nobody for a password", file=sys.stderr
        )
    address = address_of(arguments.host, arguments.port)
    print(f"UI at {address} within half a minute; Ctrl-C ends it", flush=True)
    print(f"The four event tables: {address}{EVENT_TABLES_PAGE}", flush=True)
    lands = f"A file that lands in {settings.landing_dir} starts a run; so does the schedule, every 5 minutes"
    print(printable(lands), flush=True)
    allowed = [f"--allow-host={name}" for name in (arguments.host, *arguments.allow_host)]
    with private_files():
        return serve([*allowed, "--", "--host", arguments.host, "--port", str(arguments.port)])


def _forget_ticks_ahead() -> None:
    """The daemon would wait for a clock that was ahead; only now, before it starts, does it forget all of that."""
    dagster = import_module("dagster")  # seconds: after the checks
    history = import_module("caw_dagster.instance.history")
    with dagster.DagsterInstance.get() as instance:
        history.forget_ticks_ahead(instance, clock.now().timestamp())


def address_of(host: str, port: int) -> str:
    """The address that a browser opens."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _check_port(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise SettingsError(f"--port {port} is not a port: choose one from 1 to 65535.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except UnicodeError:
        raise SettingsError(
            f"--host {host!r} is no name of a host: leave it out, or give one of this machine."
        ) from None
    except OSError as refused:
        raise SettingsError(
            f"{host}:{port} cannot be bound ({refused.strerror}): "
            "end the other `caw ui`, or choose another --port or --host."
        ) from refused


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
