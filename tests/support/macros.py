"""What the dbt project's macros write for a column, in the SQL of an engine."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from caw_dagster.dbt.parsing import QUIET


def expressions(calls: Mapping[str, str], manifest: Manifest, locations: Sequence[str]) -> dict[str, str]:
    """The SQL of each call, by its name.

    Args:
        calls: in Jinja, by a name of one's own.
        manifest: the parsed project.
        locations: dbt's arguments for its folders and the engine.
    """
    listed = ", ".join(f"'{name}': {call}" for name, call in calls.items())
    command = ["compile", "--no-populate-cache", "--inline", "{{ tojson({" + listed + "}) }}", *locations]
    outcome: Any = dbtRunner(manifest=manifest).invoke([*QUIET, *command])
    assert outcome.success, outcome.exception
    found: dict[str, str] = json.loads(outcome.result.results[0].node.compiled_code)
    return found
