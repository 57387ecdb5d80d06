"""Who a record is about (spec §3.3 to §3.5).

Lives here: matching profile keys against the profiles feed, and following merges. Always within one source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .intake import current_versions
from .keys import normal_key
from .model import Row


def _keys(profile: Row) -> list[tuple[str, str]]:
    """(name, normal value) of every key that a version of a profile can be found by."""
    keys = [(name, normal_key(name, profile[name])) for name in ("email", "phone_number", "external_id")]
    keys += [("anonymous_id", value) for value in profile["anonymous_ids"]]
    return [(name, value) for name, value in keys if value is not None]


Index = dict[tuple[str, str, str], list[Row]]
"""(source, key name, normal value) -> versions that carry it."""


def _index(versions: Iterable[Row]) -> Index:
    index: Index = {}
    for version in versions:
        for name, value in _keys(version):
            index.setdefault((version["source"], name, value), []).append(version)
    return index


class Identity:
    """The profiles feed, ready to be asked."""

    def __init__(self, profiles: Sequence[Row]) -> None:
        """`profiles`: every version ever accepted, in delivery order."""
        self._current = current_versions(profiles, "profile_id", "updated_at")
        self._current_keys = _index(self._current.values())
        self._all_keys = _index(profiles)

    def end_of_merges(self, source: str, profile_id: str | None) -> str | None:
        """Follow merged_into to its end; a cycle ends at its smallest id (spec §3.5)."""
        if profile_id is None:
            return None
        path = [profile_id]
        while True:
            profile = self._current.get((source, path[-1]))
            target = profile["merged_into"] if profile else None
            if target is None:
                return path[-1]
            if target in path:
                return min(path[path.index(target) :])
            path.append(target)

    def resolve(self, source: str, objects: Sequence[Row]) -> str | None:
        """The profile that a row of profile objects, in order, stands for.

        Key by key in checking order, each by its last value that is not absent: a profile_id stands for itself;
        another key is looked for in the current versions, then in every version ever accepted; of several versions
        the greatest updated_at, then the greatest profile_id.
        """
        last: dict[str, str] = {}
        for one in objects:
            for name, value in one.items():
                normal = normal_key(name, value)
                if normal is not None:
                    last[name] = normal
        if "profile_id" in last:
            return self.end_of_merges(source, last["profile_id"])
        for name in ("email", "phone_number", "external_id", "anonymous_id"):
            if name in last:
                key = (source, name, last[name])
                matches = self._current_keys.get(key) or self._all_keys.get(key)
                if matches:
                    best = max(matches, key=lambda row: (row["updated_at"], row["profile_id"]))
                    return self.end_of_merges(source, best["profile_id"])
        return None
