"""What dbt does in each of its runs and nobody looks at in a test process: left out, put off until somebody looks, or done
once.

What a run gives is as dbt has it; tests/dbt/test_dbt_shortcuts.py compares.
"""

import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import agate  # type: ignore[import-untyped]
from dbt.compilation import Linker
from dbt.plugins.manager import PluginManager
from dbt_common import behavior_flags
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent
from dbt_common.events.event_manager import EventManager

prepare_again, fire_again = BaseEvent.__init__, EventManager.fire_event
types_again, plugins_again = agate_helper.build_type_tester, PluginManager.get_prefixed_modules
flag_source_again = behavior_flags.BehaviorFlagRendered._default_source
look_again: Any = BaseEvent.__getattr__
find_cycles_again: Any = Linker.find_cycles
GIVEN = "given"  # to an event, from which its message is made
without_cycles: set[frozenset[tuple[str, str]]] = set()  # the edges of graphs


def take_shortcuts() -> None:
    """Have dbt in this process do no more than is looked at."""
    BaseEvent.__init__ = prepared  # type: ignore[method-assign, assignment]
    BaseEvent.__getattr__ = looked_up  # type: ignore[method-assign]
    EventManager.fire_event = fired  # type: ignore[method-assign, assignment]
    Linker.find_cycles = cycles  # type: ignore[method-assign]
    agate_helper.build_type_tester = type_tester
    PluginManager.get_prefixed_modules = staticmethod(cache(plugins_again))  # type: ignore
    behavior_flags.BehaviorFlagRendered._default_source = staticmethod(flag_source)  # type: ignore[method-assign]


def prepared(event: BaseEvent, /, *arguments: Any, **given: Any) -> None:
    """Keep what is given to an event; dbt makes a message of it at once."""
    if arguments:
        prepare_again(event, *arguments, **given)
    else:
        vars(event)[GIVEN] = given


def looked_up(event: BaseEvent, name: str) -> Any:
    """What of an event is no attribute of its own: its message, and the fields of that."""
    given = vars(event).pop(GIVEN, None)
    if given is None:
        return look_again(event, name)
    prepare_again(event, **given)
    return getattr(event, name)


def fired(
    manager: EventManager, e: BaseEvent, level: Any = None, node: Any = None, force_warn_or_error_handling: bool = False
) -> None:
    """An event goes to those that listen; where nobody does, no message is made of it."""
    must = force_warn_or_error_handling or manager.require_warn_or_error_handling
    if must or manager.loggers or manager.callbacks:
        fire_again(manager, e, level, node, force_warn_or_error_handling)


def cycles(linker: Linker) -> str | None:
    """A cycle in a graph of nodes, in words; each graph is searched once."""
    edges = frozenset(linker.graph.edges)
    if edges in without_cycles:
        return None
    found: str | None = find_cycles_again(linker)
    if found is None:
        without_cycles.add(edges)
    return found


@cache
def _types(nulls: tuple[str, ...]) -> list[agate.data_types.DataType]:
    types: list[agate.data_types.DataType] = types_again((), nulls)._possible_types
    return types


def type_tester(
    text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")
) -> agate.TypeTester:
    """What finds the types of a table's columns; the types, which have regular expressions by the dozen, are made once."""
    types = _types(tuple(string_null_values or ()))
    return agate.TypeTester(force=dict.fromkeys(text_columns, types[-1]), types=types)


def flag_source() -> str:
    """The module that makes a flag of behavior; dbt looks for the module of each of all calls before it."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals["__name__"] == behavior_flags.__name__:
        frame = frame.f_back
    return str(frame.f_globals["__name__"])
