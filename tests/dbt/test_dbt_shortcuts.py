"""What dbt's runs leave out in a test process (tests/support/dbt_shortcuts.py) changes nothing of what they give."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt.compilation import Linker
from dbt.plugins.manager import PluginManager
from dbt_common import behavior_flags
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent
from dbt_common.events.event_manager import EventManager

from tests.support import dbt_shortcuts

SAID = {"conn_name": "master", "sql": "select 1", "node_info": {"node_name": "orders"}}
ROWS: Sequence[Sequence[Any]] = (
    (1, "a", "2026-06-30", None, True, 1.5, "null", datetime(2026, 6, 30, 12)),
    (2, "", "soon", 4, False, 2, "", None),
)
NAMES = [f"column_{number}" for number, _ in enumerate(ROWS[0])]


@pytest.fixture
def as_dbt_has_it(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """dbt's own events, until the shortcuts are taken again."""
    monkeypatch.setattr(BaseEvent, "__init__", dbt_shortcuts.prepare_again)
    monkeypatch.setattr(BaseEvent, "__getattr__", dbt_shortcuts.look_again)
    monkeypatch.setattr(EventManager, "fire_event", dbt_shortcuts.fire_again)
    return monkeypatch


def shown(event: Any) -> tuple[Any, ...]:
    return event.to_dict(), event.message(), event.sql, event.node_info.node_name, event.code()


def test_an_event_says_what_dbt_has_it_say(as_dbt_has_it: pytest.MonkeyPatch) -> None:
    """Errors of dbt that a test looks at, without their words."""
    theirs = shown(SQLQuery(**SAID))
    as_dbt_has_it.undo()
    ours = SQLQuery(**SAID)
    assert vars(ours).keys() == {dbt_shortcuts.GIVEN}, "nobody has looked yet"
    assert shown(ours) == theirs


def test_whoever_listens_hears_every_event_and_a_warning_can_be_an_error(as_dbt_has_it: pytest.MonkeyPatch) -> None:
    """A run that waits in vain for dbt to say that a node is done."""

    def heard(manager: EventManager) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        manager.add_callback(lambda message: found.append((message.info.name, message.info.msg, message.data.sql)))
        manager.fire_event(SQLQuery(**SAID))
        return found

    theirs = heard(EventManager())
    assert [name for name, *_ in theirs] == ["SQLQuery"]
    as_dbt_has_it.undo()
    assert heard(EventManager()) == theirs
    unheard = SQLQuery(**SAID)
    EventManager().fire_event(unheard)
    assert dbt_shortcuts.GIVEN in vars(unheard)
    strict = EventManager()
    strict.warn_error = True
    with pytest.raises(Exception, match="select 1"):
        strict.fire_event(SQLQuery(**SAID), force_warn_or_error_handling=True)


def test_a_cycle_is_found_in_a_graph_like_one_that_has_none() -> None:
    """Models that read each other, which dbt would wait for without end."""
    linker = Linker()
    for one, other in (("b", "a"), ("c", "b")):
        linker.dependency(one, other)
    assert linker.find_cycles() is linker.find_cycles() is None
    linker.dependency("a", "c")
    words = linker.find_cycles()
    assert words is not None and words == dbt_shortcuts.find_cycles_again(linker)
    assert linker.find_cycles() == words


@pytest.mark.parametrize("nulls", [("null", ""), ()])
def test_a_column_has_the_type_that_dbt_gives_it(nulls: tuple[str, ...]) -> None:
    """Seeds and answers of the database that are read as something else."""

    def types(build: Any, text: Sequence[str]) -> list[tuple[Any, ...]]:
        found = build(text, string_null_values=nulls).run(ROWS, NAMES)
        return [(type(one), one.null_values) for one in found]

    for text in ((), NAMES[:1], NAMES):
        ours = types(agate_helper.build_type_tester, text)
        assert agate_helper.build_type_tester is dbt_shortcuts.type_tester
        assert ours == types(dbt_shortcuts.types_again, text)


def test_a_flag_is_of_the_module_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    flag: Any = {"name": "careful", "default": False, "description": "-"}
    ours = behavior_flags.Behavior([flag], {}).careful._behavior_change_event.flag_source
    monkeypatch.setattr(
        behavior_flags.BehaviorFlagRendered, "_default_source", staticmethod(dbt_shortcuts.flag_source_again)
    )
    theirs = behavior_flags.Behavior([flag], {}).careful._behavior_change_event.flag_source
    assert ours == theirs == __name__


def test_plugins_are_those_that_are_installed() -> None:
    assert PluginManager.get_prefixed_modules() == dbt_shortcuts.plugins_again()
