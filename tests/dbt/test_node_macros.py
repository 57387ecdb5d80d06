"""The macros that a node knows in a test process (tests/support/node_macros.py) are those that dbt's own code gives it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import PackageNotFoundForMacroError

from tests.support.node_macros import build_again, namespace
from tests.support.project import ProjectCopy

OF_DBT = ["dbt_duckdb", "dbt"]  # the packages of the adapter and of dbt, in the order in which they are searched
NODE, STACK = object(), MacroStack()
CONTEXT: dict[str, Any] = {}
TEAM = "a_team_s"  # a project that has ours as a package, and a macro of the name of one of ours and of dbt's


@pytest.fixture(scope="module")
def macros(project: ProjectCopy) -> Mapping[str, Mapping[str, Macro]]:
    """By package and name: dbt's, the adapter's, ours and a team's."""
    found = project.manifest().get_macros_by_package()
    both = {name for name in found["dbt"] if name in found["caw"]}
    assert both, "else nothing shows which one is found"
    names = [*sorted(both)[:1], next(name for name in found["caw"] if name not in both)]
    return {**found, TEAM: {name: replace(found["caw"][name], package_name=TEAM) for name in names}}


def shown(known: Mapping[str, Any]) -> dict[str, Any]:
    """What each name is: a macro's package, or a package's names."""
    return {
        name: (one.macro.package_name, one.macro.unique_id) if isinstance(one, MacroGenerator) else shown(one)
        for name, one in known.items()
    }


@pytest.mark.parametrize(("root", "own"), [("caw", "caw"), (TEAM, TEAM), (TEAM, "caw"), ("caw", "dbt")])
def test_each_name_is_the_macro_that_dbt_finds(macros: Mapping[str, Mapping[str, Macro]], root: str, own: str) -> None:
    """Tests that build with another macro than a run does: of the adapter instead of ours, of ours instead of a team's."""

    def built(build: Any) -> MacroNamespace:
        found: MacroNamespace = build(MacroNamespaceBuilder(root, own, STACK, OF_DBT, NODE), macros, CONTEXT)
        return found

    ours, theirs = built(namespace), built(build_again)
    assert shown(dict(ours)) == shown(dict(theirs))
    assert len(ours) == len(theirs)
    for package in (None, "dbt", "caw", TEAM):
        for name in {*macros[own], *macros["dbt"], "no macro"}:
            one, other = ours.get_from_package(package, name), theirs.get_from_package(package, name)
            assert (one and one.macro) is (other and other.macro), (package, name)
    with pytest.raises(PackageNotFoundForMacroError):
        ours.get_from_package("nobody_s", "ref")
    for known in (ours, theirs):
        for package in ("caw", "dbt"):
            known[package].update(
                dict.fromkeys(known[package], known["dbt"]["run_query"])
            )  # as a unit test overrides one
    assert shown(dict(ours)) == shown(dict(theirs))


def test_a_macro_has_its_node_s_context_and_calls(macros: Mapping[str, Mapping[str, Macro]]) -> None:
    """Macros that are rendered in the context of the node before."""
    builder = MacroNamespaceBuilder("caw", "caw", STACK, OF_DBT, NODE)
    for one in namespace(builder, macros, CONTEXT).values():
        for macro in [one] if isinstance(one, MacroGenerator) else one.values():
            assert (macro.context, macro.node, macro.stack) == (CONTEXT, NODE, STACK)
            assert macro.context is CONTEXT
