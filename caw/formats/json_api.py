"""JSON:API: the resources of a document's `included` that an element's relationships name (spec §2.3.1)."""

from collections.abc import Mapping
from typing import Any

INCLUDED = "included"

Resources = Mapping[tuple[str, str], dict[str, Any]]  # by type and id


def resources(included: Any) -> Resources:
    """The resources of a parsed `included`; none where it is no list of objects."""
    given = [one for one in included if isinstance(one, dict)] if isinstance(included, list) else []
    return {(str(one.get("type")), str(one.get("id"))): one for one in given}


def with_included(element: Any, included: Resources) -> Any:
    """An element with the resources that its relationships name, as `included: {<type>: {id, …attributes}}`."""
    relationships = element.get("relationships") if isinstance(element, dict) else None
    found: dict[str, Any] = {}
    for relationship in relationships.values() if isinstance(relationships, dict) else ():
        data = relationship.get("data") if isinstance(relationship, dict) else None
        for named in data if isinstance(data, list) else [data]:
            resource = included.get((str(named.get("type")), str(named.get("id")))) if isinstance(named, dict) else None
            if resource is not None:
                attributes = resource.get("attributes")
                inner = {"id": resource.get("id"), **(attributes if isinstance(attributes, dict) else {})}
                found.setdefault(str(resource.get("type")), inner)  # of several of a type the first
    return {**element, INCLUDED: found} if found else element
