"""`python -P -m caw_dagster.web [--allow-host NAME ...] -- OPTIONS`: dagster-webserver behind `SameOriginOnly`.

The options after `--` are dagster-webserver's own.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import uvicorn
from dagster_webserver.cli import cli

from caw_dagster.web.same_origin import SameOriginOnly


def main(arguments: Sequence[str]) -> None:
    """Serve until interrupted."""
    parser = ArgumentParser(prog="python -m caw_dagster.web")
    parser.add_argument("--allow-host", action="append", default=[])
    parser.add_argument("options", nargs="*")
    chosen = parser.parse_args(arguments)
    serve = uvicorn.run

    def serve_own_pages_only(app: Any, **settings: Any) -> None:
        serve(SameOriginOnly(app, chosen.allow_host), **settings)

    # dagster-webserver has no place for a layer of one's own; it hands its application to uvicorn's public `run`.
    uvicorn.run = serve_own_pages_only
    cli(args=chosen.options, prog_name="dagster-webserver")


if __name__ == "__main__":
    main(sys.argv[1:])
