"""The tiles as `dashboards/customer_agent.yml` declares them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caw.feeds.declared import PROJECT_ROOT
from caw.host.yaml_files import read_yaml

DECLARED = PROJECT_ROOT / "dashboards" / "customer_agent.yml"
COLUMNS = {  # that a kind needs
    "numbers": ("label", "value", "previous", "format", "unit"),
    "days": ("date",),
    "bars": ("label", "value"),
    "waterfall": ("label", "change", "remaining"),
    "table": (),
}
REQUIRED = frozenset({"id", "kind", "title", "sql"})
OPTIONAL = frozenset({"note", "formats", "colour", "empty", "needs_conversations"})


class TileError(Exception):
    """A tile that cannot be shown; the message names no value of the data."""


@dataclass(frozen=True)
class Tile:
    """One declared tile: `formats` by column, `colour` the meaning of its bars, `empty` what it says without rows."""

    id: str
    kind: str
    title: str
    sql: str
    note: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    colour: str = "count"
    empty: str = "Nothing in these days."
    needs_conversations: bool = True


def read_tiles(file: Path = DECLARED) -> Sequence[Tile]:
    """The declared tiles, in their order.

    Raises:
        TileError: the declaration itself is wrong.
    """
    declared = read_yaml(file)["tiles"]
    tiles = [_tile(one) for one in declared]
    if len({tile.id for tile in tiles}) < len(tiles):
        raise TileError(f"{file.name}: two tiles have the same id.")
    return tiles


def _tile(declared: Mapping[str, Any]) -> Tile:
    name = declared.get("id", "a tile without id")
    if lacking := REQUIRED - declared.keys():
        raise TileError(f"{name}: lacks {', '.join(sorted(lacking))}.")
    if unknown := declared.keys() - REQUIRED - OPTIONAL:
        raise TileError(f"{name}: there is no key {', '.join(sorted(unknown))}.")
    if declared["kind"] not in COLUMNS:
        raise TileError(f"{name}: kind {declared['kind']} is not one of {', '.join(COLUMNS)}.")
    return Tile(**declared)
