"""Shopify's ids and money: digits of a gid, REST and GraphQL shapes (spec §2.3.14.2)."""

from __future__ import annotations

import re
from typing import Any

from ..values import is_absent
from .line import Fields, object_id
from .members import as_object, at, objects

GID = "admin_graphql_api_id"
_GID_DIGITS = re.compile(r"gid://[^?]*/([0-9]+)(?:\?.*)?")


def digits(raw: Any) -> Any:
    """The digits of a gid; another value as it is."""
    match = _GID_DIGITS.fullmatch(raw.strip()) if isinstance(raw, str) else None
    return match[1] if match else raw


def is_gid(raw: Any) -> bool:
    """Whether a value is a gid."""
    return isinstance(raw, str) and _GID_DIGITS.fullmatch(raw.strip()) is not None


def id_of(holder: Fields) -> Any:
    """The digits of its admin_graphql_api_id where there is one, else of its id, digit for digit (spec §2.3.14.2)."""
    gid = holder.get(GID)
    found = digits(gid)
    return found if found is not gid else digits(holder.get("id"))


def own_id(holder: Fields) -> str:
    """The object's id. Raises Refused (spec §2.3.2)."""
    return object_id(id_of(holder))


def is_id_alone(record: Fields) -> bool:
    """A body of an id alone: an object that was deleted."""
    return {name for name, value in record.items() if not is_absent(value)} <= {"id", GID}


def shop_money(holder: Fields, name: str) -> Any:
    """GraphQL's money in the shop's currency."""
    return at(holder, name, "shopMoney", "amount")


def nodes(raw: Any) -> list[Fields]:
    """The nodes of a GraphQL connection."""
    connection = as_object(raw)
    edges = [as_object(edge.get("node")) for edge in objects(connection.get("edges"))]
    return objects(connection.get("nodes")) or [node for node in edges if node]
